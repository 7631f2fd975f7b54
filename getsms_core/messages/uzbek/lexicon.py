"""Words that transliteration by letters gets wrong: it looks them up first."""

import re

LATIN_STEMS: dict[str, str] = dict(
    re.findall(
        r"(\S+)=(\S+)",
        """
    yanvar=январь fevral=февраль aprel=апрель iyun=июнь iyul=июль sentabr=сентябрь oktabr=октябрь noyabr=ноябрь
    dekabr=декабрь budjet=бюджет albom=альбом avtomobil=автомобиль mebel=мебель model=модель kalendar=календарь
    parol=пароль rol=роль nol=ноль filtr=фильтр film=фильм multfilm=мультфильм festival=фестиваль kabel=кабель
    panel=панель palto=пальто pult=пульт fakultet=факультет medal=медаль kompyuter=компьютер intervyu=интервью
    sudya=судья rayon=район mayor=майор mayonez=майонез yogurt=йогурт yod=йод yoga=йога litsey=лицей
    litsenziya=лицензия ofitsiant=официант ofitser=офицер tonnel=тоннель dotsent=доцент retsept=рецепт
    protsent=процент protsess=процесс
    meditsina=медицина sirk=цирк sement=цемент sex=цех konsert=концерт konsepsiya=концепция aksioner=акционер
    aksiz=акциз abzas=абзац shpris=шприц marganes=марганец fransuz=француз kvars=кварц potensial=потенциал
    sentner=центнер silindr=цилиндр selsiy=цельсий inersiya=инерция porsiya=порция proporsiya=пропорция
    konsultatsiya=консультация shampun=шампунь stil=стиль pavilyon=павильон batalyon=батальон medalyon=медальон
    bulyon=бульон pochtalyon=почтальон bilyard=бильярд nuqtayi=нуқтаи moʻjiza=мўъжиза moʻtabar=мўътабар
    moʻtadil=мўътадил pensiya=пенсия duel=дуэль koeffitsiyent=коэффициент sentr=центр konsern=концерн sitata=цитата
    sivilizatsiya=цивилизация senzura=цензура siklon=циклон sikl=цикл sisterna=цистерна sunami=цунами konyak=коньяк
    almanax=альманах yubilyar=юбиляр feldsher=фельдшер detal=деталь gastrol=гастроль gantel=гантель asfalt=асфальт
    dizel=дизель balzam=бальзам emal=эмаль insult=инсульт magistral=магистраль palma=пальма portfel=портфель
    profil=профиль rels=рельс rubl=рубль tunnel=туннель vanil=ваниль apelsin=апельсин spektakl=спектакль
    ansambl=ансамбль otel=отель motel=мотель kokteyl=коктейль alyans=альянс oblast=область gospital=госпиталь
    losos=лосось kontrol=контроль modul=модуль dvigatel=двигатель rezultat=результат kultura=культура
    multimedia=мультимедиа alfa=альфа delfin=дельфин vitse=вице provinsiya=провинция
    mfy=мфй vaksinatsiya=вакцинация poyabzal=пойабзал dielektrik=диэлектрик
    kalkulyator=калькулятор kalkulyatsiya=калькуляция pelmen=пельмень byulleten=бюллетень svarshik=сварщик
    syomka=съёмка akvarel=акварель shinel=шинель pedal=педаль spiral=спираль salto=сальто vals=вальс golf=гольф
    delta=дельта velvet=вельвет inventar=инвентарь sekretar=секретарь tetrad=тетрадь rul=руль kultivator=культиватор
    ultrazvuk=ультразвук kilovolt=киловольт alpinizm=альпинизм albatros=альбатрос vakansiya=вакансия
    vaksina=вакцина auksion=аукцион aksent=акцент sirkul=циркуль sitrus=цитрус sellofan=целлофан sellyuloza=целлюлоза
    sentrifuga=центрифуга senz=ценз ensiklopediya=энциклопедия konsentrat=концентрат konsentratsiya=концентрация
    konsessiya=концессия kanselyariya=канцелярия kansler=канцлер prinsip=принцип prins=принц prinsessa=принцесса
    shveysariya=швейцария shveysar=швейцар lesitin=лецитин kalsiy=кальций kvarsit=кварцит
    pinset=пинцет sokol=цоколь sink=цинк sitadel=цитадель sitramon=цитрамон kommersiya=коммерция pitsa=пицца
    pitseriya=пиццерия
    alpinist=альпинист alternativ=альтернатив alternativa=альтернатива banderol=бандероль bulvar=бульвар
    buldozer=бульдозер vermishel=вермишель volt=вольт volfram=вольфрам gorizontal=горизонталь diagonal=диагональ
    dubl=дубль karamel=карамель kartel=картель kult=культ kulminatsiya=кульминация lager=лагерь losyon=лосьон
    molbert=мольберт nikel=никель oftalmolog=офтальмолог oftalmologiya=офтальмология parallel=параллель
    pastel=пастель patrul=патруль puls=пульс pulmonolog=пульмонолог relyef=рельеф slesar=слесарь senyor=сеньор
    sulfat=сульфат shampinyon=шампиньон shpatel=шпатель shtempel=штемпель tabel=табель tekstil=текстиль tokar=токарь
    ultimatum=ультиматум falsifikatsiya=фальсификация fasol=фасоль folga=фольга folklor=фольклор
    xrustal=хрусталь emulsiya=эмульсия polsha=польша belgiya=бельгия nyu=нью york=йорк olga=ольга igor=игорь
    tatyana=татьяна natalya=наталья ilya=илья darya=дарья albert=альберт kazan=казань sibir=сибирь
    gel=гель konsol=консоль tyulpan=тюльпан vodevil=водевиль vestibyul=вестибюль
    koltso=кольцо ritsar=рицарь seld=сельдь tyul=тюль ultrabinafsha=ультрабинафша
    ultratovush=ультратовуш multibrend=мультибренд multivarka=мультиварка multivitamin=мультивитамин
    multivalyuta=мультивалюта multikarta=мультикарта alpaka=альпака bolnitsa=больница
    konsyerj=консьерж portyer=портьер portyera=портьера
    grilyaj=грильяж ganteli=гантели kafel=кафель kisel=кисель kegl=кегль
    konyunktura=конъюнктура adyutant=адъютант vyetnam=вьетнам
    selofan=целлофан siklamen=цикламен sirroz=цирроз sistit=цистит sitologiya=цитология
    sian=циан sikoriy=цикорий
    sikada=цикада sinkografiya=цинкография sirkulyatsiya=циркуляция
    abssess=абсцесс plebissit=плебисцит dissiplina=дисциплина intsident=инцидент
    kanserogen=канцероген
    potentsial=потенциал tendensiya=тенденция differensial=дифференциал differensiatsiya=дифференциация
    provinsial=провинциал sotsiologiya=социология sotsium=социум spetsifik=специфик spetsializatsiya=специализация
    ilyustratsiya=иллюстрация kvt=кВт gs=Гц kobalt=кобальт konsultant=консультант alkogol=алкоголь kalyan=кальян
    veksel=вексель
    ventil=вентиль fonar=фонарь byustgalter=бюстгальтер shnitsel=шницель skulptura=скульптура skulptor=скульптор
    bazalt=базальт voltmetr=вольтметр gilza=гильза shelf=шельф gelmint=гельминт filtratsiya=фильтрация
    fakultativ=факультатив kalka=калька salmonella=сальмонелла multik=мультик buldog=бульдог maldiv=мальдив
    bryussel=брюссель marsel=марсель albina=альбина elvira=эльвира konki=коньки myusli=мюсли
    neksiya=нексия elektromobil=электромобиль
        """,
    )
)
"""Latin, then Cyrillic; followed by any of `SUFFIXES`."""

COMPOUND = re.compile(
    "(?:avto|elektro|video|foto|tele|mikro|mini|super|mega|radio|moto|agro|kino|audio|ekstra)(?="
    + "|".join(stem for stem, cyrillic in LATIN_STEMS.items() if len(stem) > 4 and "ь" in cyrillic)
    + ")",
    re.IGNORECASE,
)
"""The first part of a word whose second part has a ь: fotoalbom, supermodel."""

MISSPELT: dict[str, str] = dict(
    re.findall(
        r"(\S+)=(\S+)",
        """
    sentyabr=сентябрь oktyabr=октябрь ishoq=исҳоқ ashob=асҳоб mushaf=мусҳаф tashih=тасҳиҳ tsement=цемент
    vaktsina=вакцина aktsent=акцент aktsiya=акция tsirk=цирк pizza=пицца printsip=принцип kontsert=концерт
    kontsepsiya=концепция lektsiya=лекция frantsiya=франция frantsuz=француз kompyutor=компьютер
    shveytsariya=швейцария injeksiya=инъекция reestr=реестр pasient=пациент lisenziya=лицензия
        """,
    )
)
"""Latin as it is often written against the rules, then Cyrillic; never produced by us."""

SUFFIXES = re.compile(
    "(?:lar|imiz|ingiz|miz|ngiz|im|ing|si|ning|niki|ni|dagi|dan|da|gacha|gach|ga|dek|day|cha|chi|chilik|lik|li|siz|dir"
    "|ova|ov|mi|i|m|ng|man|san|roq|ku|yu|viy|iy|xona|soz|simon|lash(?:gan|tirish|tirilgan|tiradi|ish|di|adi)?|lan(?:gan|ish|di|adi))*"
)

ABBREVIATION = re.compile(
    "(?!(?:ЮРТ|ЛЮКС?|ПЛЮС|БЮСТ|КРЮК|ТРЮК|ШЛЮЗ|ФЛЮС|ЯРД|ЮНГ)(?![А-ЯЁЎҚҒҲ]))[БВГДЖЗЙКЛМНПРСТФХЦЧШҚҒҲЯЁЮ]{3,6}|ЁАЖ|ЧП"
)
"""Cyrillic abbreviations: capitals without a vowel but я, ё, ю. Only the first letter of their Latin digraphs is a
capital, as the registers write them: MChJ, YaTT."""

TS_IS_ONE_LETTER = re.compile("^ts|(?<=.)ts(?:e|i(?!z|n$|ng|nlar|nmi))")
"""Uzbek has т and с beside each other only before its own suffixes: davlatsiz, ketsin, kutsa."""
UNSURE_TS = re.compile("(?<=[aeiouʻ])ts(?=[eou]|i(?!z))", re.IGNORECASE)

DJ_IS_J = re.compile("дж|едж|идж(?!а)")
"""джем, менеджер, колледж, имидж; but бюджет and пиджак."""
