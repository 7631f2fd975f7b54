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
    sudya=судья rayon=район mayor=майор mayonez=майонез yogurt=йогурт yoga=йога litsey=лицей
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
    pinset=пинцет sokolov=соколов sokol=цоколь sink=цинк sitadel=цитадель sitramon=цитрамон kommersiya=коммерция
    pitsa=пицца
    pitseriya=пиццерия
    alpinist=альпинист alternativ=альтернатив alternativa=альтернатива banderol=бандероль bulvar=бульвар
    buldozer=бульдозер vermishel=вермишель volt=вольт volfram=вольфрам gorizontal=горизонталь diagonal=диагональ
    dubl=дубль karamel=карамель kartel=картель kult=культ kulminatsiya=кульминация lager=лагерь losyon=лосьон
    molbert=мольберт nikel=никель oftalmolog=офтальмолог oftalmologiya=офтальмология parallel=параллель
    pastel=пастель patrul=патруль puls=пульс pulmonolog=пульмонолог relyef=рельеф slesar=слесарь senyor=сеньор
    sulfat=сульфат shampinyon=шампиньон shpatel=шпатель shtempel=штемпель tabel=табель tekstil=текстиль tokar=токарь
    ultimatum=ультиматум falsifikatsiya=фальсификация fasol=фасоль folga=фольга folklor=фольклор
    xrustal=хрусталь emulsiya=эмульсия polsha=польша belgiya=бельгия nyu=нью york=йорк olga=Ольга igor=игорь
    tatyana=татьяна natalya=наталья ilya=Илья darya=Дарья albert=альберт kazan=казань sibir=сибирь
    gel=гель konsol=консоль tyulpan=тюльпан vodevil=водевиль vestibyul=вестибюль
    koltso=кольцо ritsar=рицарь seld=сельдь tyul=тюль ultrabinafsha=ультрабинафша
    ultratovush=ультратовуш multibrend=мультибренд multivarka=мультиварка multivitamin=мультивитамин
    multivalyuta=мультивалюта multikarta=мультикарта alpaka=альпака bolnitsa=больница
    konsyerj=консьерж portyer=портьер portyera=портьера
    grilyaj=грильяж ganteli=гантели kafel=кафель kisel=кисель kegl=кегль
    konyunktura=конъюнктура adyutant=адъютант vyetnam=вьетнам
    siklamen=цикламен sirroz=цирроз sistit=цистит sitologiya=цитология
    sian=циан sikoriy=цикорий
    sikada=цикада sinkografiya=цинкография sirkulyatsiya=циркуляция
    abssess=абсцесс plebissit=плебисцит dissiplina=дисциплина insident=инцидент
    kanserogen=канцероген
    tendensiya=тенденция differensial=дифференциал differensiatsiya=дифференциация
    provinsial=провинциал sotsiologiya=социология sotsium=социум spetsifik=специфик spetsializatsiya=специализация
    kvt=кВт kobalt=кобальт konsultant=консультант alkogol=алкоголь kalyan=кальян
    veksel=вексель
    ventil=вентиль fonar=фонарь byustgalter=бюстгальтер shnitsel=шницель skulptura=скульптура skulptor=скульптор
    bazalt=базальт voltmetr=вольтметр gilza=гильза shelf=шельф gelmint=гельминт filtratsiya=фильтрация
    fakultativ=факультатив kalka=калька salmonella=сальмонелла multik=мультик buldog=бульдог maldiv=мальдив
    bryussel=брюссель marsel=марсель albina=альбина elvira=эльвира konki=коньки myusli=мюсли
    neksiya=нексия elektromobil=электромобиль
    xolodilnik=холодильник royal=рояль sezar=цезарь rieltor=риэлтор polietilen=полиэтилен rep=рэп analgin=анальгин
    aerozol=аэрозоль almagel=алмагель apostil=апостиль belyetaj=бельэтаж bestseller=бестселлер binokl=бинокль
    budilnik=будильник violonchel=виолончель vedomost=ведомость vual=вуаль gavan=гавань glazur=глазурь gril=гриль
    guash=гуашь gorchitsa=горчица dekolte=декольте dirijabl=дирижабль distribyutor=дистрибьютор drel=дрель
    dyubel=дюбель jenshen=женьшень zapchast=запчасть impuls=импульс italyan=итальян kadril=кадриль kalmar=кальмар
    kanifol=канифоль karusel=карусель kilka=килька kitel=китель kolrabi=кольраби kompanyon=компаньон kanyon=каньон
    shinyon=шиньон kreml=кремль krendel=крендель latun=латунь lanset=ланцет lotsman=лоцман maz=мазь malta=Мальта
    maltoza=мальтоза matritsa=матрица melxior=мельхиор melburn=мельбурн migren=мигрень mishyak=мишьяк
    monorels=монорельс myanma=мьянма neft=нефть nippel=ниппель nitsa=ницца nul=нуль nyuton=ньютон penalti=пенальти
    penyuar=пеньюар pech=печь plastir=пластырь pudel=пудель salvador=сальвадор saldo=сальдо sardel=сардель
    sardelka=сарделька sifr=цифр siren=сирень sitrat=цитрат siferblat=циферблат stal=сталь stapel=стапель
    shtapel=штапель shtepsel=штепсель talk=тальк tyulen=тюлень fortepyano=фортепьяно frikadelka=фрикаделька
    forel=форель falset=фальцет yakor=якорь yuriskonsult=юрисконсульт sent=цент sedra=цедра tablitsa=таблица
    teplitsa=теплица uborshitsa=уборщица granitsa=граница konveyer=конвейер pleyer=плейер foye=фойе feyerverk=фейерверк
    payariq=пайариқ poyandoz=пойандоз razyom=разъём konyunktivit=конъюнктивит shoʻba=шўъба moʻjizakor=мўъжизакор
    moʻjizaviy=мўъжизавий yodli=йодли yodlangan=йодланган yodinol=йодинол yodomarin=йодомарин biopsiya=биопсия
    epilepsiya=эпилепсия dispepsiya=диспепсия gipoksiya=гипоксия anoreksiya=анорексия refleksiya=рефлексия
    fleksiya=флексия ekspansiya=экспансия anneksiya=аннексия apopleksiya=апоплексия stokgolm=стокгольм vilnyus=вильнюс
    simferopol=симферополь liverpul=ливерпуль belarus=беларусь lazanya=лазанья syurix=цюрих pilesos=пылесос
    krishka=крышка pokrishka=покрышка vishka=вышка rinok=рынок vixodnoy=выходной vistavka=выставка vipusknoy=выпускной
    viveska=вывеска samovivoz=самовывоз virezka=вырезка muzika=музыка ges=ГЭС tes=ТЭС ies=ИЭС ses=СЭС kes=КЭС sez=СЭЗ
    metz=МЭТЗ
    kyoln=кёльн sevilya=севилья monreal=монреаль bazel=базель grenobl=гренобль neapol=неаполь
    konstantinopol=константинополь sevastopol=севастополь stavropol=ставрополь melitopol=мелитополь
    mariupol=мариуполь ternopol=тернополь tiraspol=тирасполь yaroslavl=ярославль tver=Тверь perm=Пермь
    ryazan=рязань tyumen=тюмень astraxan=астрахань sizran=сызрань kuban=кубань suzdal=суздаль nalchik=нальчик
    tolyatti=тольятти chernobil=чернобыль gomel=гомель xarkov=харьков lvov=львов ulyanovsk=ульяновск viborg=выборг
    irtish=иртыш filadelfiya=филадельфия pensilvaniya=пенсильвания transilvaniya=трансильвания nyukasl=ньюкасл
    nyuport=ньюпорт fransisko=франциско sinsinnati=цинциннати leypsig=лейпциг dyusseldorf=дюссельдорф
    volfsburg=вольфсбург zalsburg=зальцбург konstansa=констанца mayns=майнц grats=грац vrotslav=вроцлав
    gdansk=гданьск lodz=лодзь poznan=познань seylon=цейлон tirol=тироль alanya=аланья antalya=анталья
    bolonya=болонья kalkutta=калькутта tayvan=тайвань xaynan=хайнань uxan=ухань pxenyan=пхеньян xelsinki=хельсинки
    reykyavik=рейкьявик malmyo=мальмё elbrus=эльбрус versal=версаль eyfel=эйфель malyorka=мальорка
    valensiya=валенсия gersegovina=герцеговина elzas=эльзас palmas=пальмас manxetten=манхэттен xyuston=хьюстон
    sietl=сиэтл santyago=сантьяго bretan=бретань shampan=шампань sichuan=сычуань yunnan=юньнань krim=Крым
    sofya=софья lyubov=любовь ildar=ильдар eldar=эльдар elmira=эльмира elmar=эльмар elza=эльза ravil=равиль guzel=гузель
    ramil=рамиль shamil=шамиль nail=наиль emil=эмиль rafael=рафаэль daniel=даниэль alfiya=альфия ilyas=ильяс
    valter=вальтер rudolf=рудольф adolf=адольф alfred=альфред arnold=арнольд matilda=матильда adel=адель
    ilyich=ильич gorkiy=горький fentezi=фэнтези sendvich=сэндвич repper=рэппер reper=рэпер xellouin=хэллоуин
    fyuchers=фьючерс piksel=пиксель slanets=сланец knyaz=князь monastir=монастырь slovar=словарь shit=щит
    shitok=щиток plash=плащ borsh=борщ shavel=щавель shuka=щука sheben=щебень shyotka=щётка nostalgiya=ностальгия
    gildiya=гильдия selderey=сельдерей okun=окунь konsorsium=консорциум shpil=шпиль shpilka=шпилька
    shpindel=шпиндель butil=бутыль butilka=бутылка mundial=мундиаль kefal=кефаль altruizm=альтруизм
    akropol=акрополь metropol=метрополь moral=мораль revolver=револьвер pulsar=пульсар pulsatsiya=пульсация
    oksitotsin=окситоцин glitsin=глицин seziy=цезий sirkoniy=цирконий stronsiy=стронций aldegid=альдегид
    formaldegid=формальдегид cherepitsa=черепица stranitsa=страница ulitsa=улица gostinitsa=гостиница spitsa=спица
    stolitsa=столица pyatnitsa=пятница maslenitsa=масленица koritsa=корица ustritsa=устрица lisitsa=лисица
    melnitsa=мельница gaubitsa=гаубица pshenitsa=пшеница kirillitsa=кириллица gusenitsa=гусеница mokritsa=мокрица
    falafel=фалафель xetchbek=хэтчбек imbir=имбирь marsipan=марципан keshyu=кешью timyan=тимьян omul=омуль
    edelveys=эдельвейс delfinariy=дельфинарий senzor=цензор seremoniya=церемония yashik=ящик skalpel=скальпель
    geshtalt=гештальт topol=тополь gazel=газель perets=перец ledenets=леденец ogurets=огурец tunets=тунец
    xolodets=холодец brosh=брошь adyunkt=адъюнкт ossillograf=осциллограф sianoz=цианоз sitoxrom=цитохром
    sirkulyar=циркуляр poliester=полиэстер plener=пленэр entalpiya=энтальпия fyord=фьорд paelya=паэлья
    manyak=маньяк madyar=мадьяр yantar=янтарь retush=ретушь kranovshik=крановщик betonshik=бетонщик
    barabanshik=барабанщик emulgator=эмульгатор rolstavni=рольставни
    sirnik=сырник ribalka=рыбалка vipiska=выписка vipusk=выпуск vikup=выкуп viplata=выплата otkritka=открытка
    ssilka=ссылка giperssilka=гиперссылка asfiksiya=асфиксия ataksiya=атаксия anafilaksiya=анафилаксия
    autopsiya=аутопсия meriya=мэрия reket=рэкет regtaym=рэгтайм feshn=фэшн feyri=фэйри ensiklika=энциклика seolit=цеолит
    serber=цербер siprofloksatsin=ципрофлоксацин massachusets=массачусетс naggets=наггетс vipechka=выпечка
    golubsi=голубци palchik=пальчик perekis=перекись profitrol=профитроль bens=Бенц sivorotka=сыворотка viruchka=выручка
    vishivka=вышивка zastroyshik=застройщик sborshik=сборщик upakovshik=упаковщик lgota=льгота roznitsa=розница
    pekar=пекарь aptekar=аптекарь bibliotekar=библиотекарь shtil=штиль remen=ремень porshen=поршень sterjen=стержень
    tikva=тыква fizkultura=физкультура barrel=баррель feldmarshal=фельдмаршал matrats=матрац marganets=марганец
    rozigrish=розыгрыш pokritiye=покрытие
        """,
    )
)
"""Latin, then Cyrillic; followed by any of `SUFFIXES`. Where the Cyrillic has a capital, the Latin needs it too:
Olga, but olgani is a verb; GES is written ГЭС."""

WHOLE_WORDS: dict[str, str] = {"yod": "йод", "Yod": "Йод", "YOD": "ЙОД", "Gs": "Гц", "kGs": "кГц", "MGs": "МГц"}
"""Words without a suffix, in these letters alone: yodda is ёдда."""

BEGINNINGS: dict[str, str] = dict(
    re.findall(
        r"(\S+)=(\S+)",
        """
    moʻjiza=мўъжиза moʻjaz=мўъжаз moʻtabar=мўътабар moʻtadil=мўътадил tanspol=танцпол
    multi=мульти ultra=ультра kompyuter=компьютер kultur=культур filtr=фильтр film=фильм oftalm=офтальм pulmon=пульмон
    pulver=пульвер alpin=альпин albumin=альбумин altern=альтерн asfalt=асфальт volt=вольт falsif=фальсиф falsh=фальш
    folklor=фольклор sulf=сульф gelmint=гельминт kulmin=кульмин konsult=консульт kalsi=кальци siklo=цикло sianid=цианид
    sellyul=целлюл sement=цемент sentral=централ sentrif=центриф silindr=цилиндр konsentr=концентр konsept=концепт
    konsert=концерт aksept=акцепт aksent=акцент vaksin=вакцин proporsi=пропорци potensi=потенци differensi=дифференци
    tendensi=тенденци provinsi=провинци inersi=инерци kommersi=коммерци konfidensi=конфиденци
    ssen=сцен sivil=цивил skulpt=скульпт balne=бальне dalton=дальтон devalv=девальв kalkul=калькул katapult=катапульт
    palpat=пальпат salmonel=сальмонел emuls=эмульс impuls=импульс rezult=результ spets=спец plats=плац blits=блиц
    sefa=цефа sefe=цефе sefi=цефи sefo=цефо sefu=цефу seft=цефт sitolog=цитолог sistoskop=цистоскоп
    serebr=церебр patsient=пациент podyom=подъём gersog=герцог konferens=конференц
    ensefal=энцефал karsino=карцино kuzm=кузьм solovyo=соловьё vorobyo=воробьё muravyo=муравьё tretyak=третьяк
    ulyan=ульян averyan=аверьян kasyan=касьян demyan=демьян yemelyan=емельян lukyan=лукьян sevastyan=севастьян
    bikov=быков davidov=давыдов krilov=крылов ribakov=рыбаков chernish=черныш golitsin=голицын sinitsin=синицын
    lisitsin=лисицын soljenits=солжениц lisenko=лысенко kovalchuk=ковальчук melnich=мельнич sherbak=щербак
    sherbin=щербин shukin=щукин shedrin=щедрин vasilkov=васильков feldman=фельдман gelman=гельман goldshteyn=гольдштейн
    shulman=шульман shults=шульц bolshakov=большаков bolshevi=большеви menshikov=меньшиков menshevi=меньшеви
    menshov=меньшов visotsk=высоцк zaysev=зайцев zaytsev=зайцев yelsin=ельцин skvorsov=скворцов voronsov=воронцов
    rumyansev=румянцев shevsov=шевцов svetkov=цветков svetayev=цветаев sukerberg=цукерберг siolkovsk=циолковск
    sereteli=церетели knyaz=княз viklyuch=выключ podyomn=подъёмн sikl=цикл puls=пульс
        """,
    )
)
"""Latin, then Cyrillic; at the beginning of a word, whatever follows."""

_WITHIN_OTHER_WORDS = frozenset(
    re.findall(r"\w+", "reper prins sokol daniel konki sedra pitsa kalka plash shuka sistit gilza salto krishka")
)
BEGINNINGS |= {  # italyanskiy as italyan
    latin: cyrillic.rstrip("ь")
    for latin, cyrillic in LATIN_STEMS.items()
    if len(latin) > 4
    and cyrillic.islower()
    and re.search("[ьцщъэ].", cyrillic)
    and latin not in BEGINNINGS
    and latin not in _WITHIN_OTHER_WORDS
}

COMPOUND = re.compile(
    "(?:avto|elektro|video|foto|tele|mikro|mini|super|mega|radio|moto|agro|kino|audio|ekstra|aero|bio|gidro|multi|yevro"
    "|termo|disk)(?=film|"
    + "|".join(stem for stem, cyrillic in LATIN_STEMS.items() if len(stem) > 4 and re.search("[ьцъ]", cyrillic))
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
    ilyustratsiya=иллюстрация selofan=целлофан potentsial=потенциал intsident=инцидент obekt=объект subekt=субъект
    lisey=лицей
        """,
    )
)
"""Latin as it is often written against the rules, then Cyrillic; never produced by us."""

SUFFIXES = re.compile(
    "(?:lar|imiz|ingiz|miz|ngiz|im|ing|si|ning|niki|ni|dagi|dan|da|gacha|gach|ga|dek|day|cha|chi|chilik|lik|li|siz|dir"
    "|ova|ov|mi|i|m|ng|man|san|roq|(?<=k)ka(?:cha)?|(?<=q)qa(?:cha)?|ku|yu|viy|iy|xona|soz|simon|lash(?:gan|tirish|tirilgan|tiradi|ish|di|adi)?|lan(?:gan|ish|di|adi))*"
)

ABBREVIATION = re.compile(
    "(?!(?:ЮРТ|ЛЮКС?|ПЛЮС|БЮСТ|КРЮК|ТРЮК|ШЛЮЗ|ФЛЮС|ЯРД|ЮНГ)(?![А-ЯЁЎҚҒҲ]))[БВГДЖЗЙКЛМНПРСТФХЦЧШҚҒҲЯЁЮ]{3,6}|ЁАЖ|ЧП|ЯИМ"
)
"""Cyrillic abbreviations: capitals without a vowel but я, ё, ю. Only the first letter of their Latin digraphs is a
capital, as the registers write them: MChJ, YaTT."""

TS_IS_ONE_LETTER = re.compile(
    "^ts|(?<=.)ts(?:e(?!var|p[ak])|i(?!mon|fat|r[ao]|z(?!m)|n$|ng|nlar|nmi)|ov(?!et))|(?<=[aoe]mi)tsin|(?<=oksa)tsin"
    "|(?<=eta)tsin|(?<!ove)(?<!bra)(?<![ar]ku)ts(?=k)|(?<=...e)ts$"
)
"""Uzbek has т and с beside each other only before its own suffixes: davlatsiz, ketsin, kutsa. Medicines end in цин.
Russian names have цк and цов: Donetsk, Kuznetsov; not Irkutsk, postsovet."""
SOFT_L = re.compile("l(?=n(?:aya|uyu|iy|oy|oye|ost|itsa)$|n(?:ik|itsa)(?!i)|sk)|(?<=....[aei]te)l$")
"""Russian adjectives, nouns and places: stiralnaya, nachalnik, Norilsk, ochistitel; not Komilniki."""
UNSURE_TS = re.compile("(?<=[aeiouʻ])ts(?=[eou]|i(?!z))", re.IGNORECASE)

DJ_IS_J = re.compile("дж|едж|идж(?!а)")
"""джем, менеджер, колледж, имидж; but бюджет and пиджак."""
