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
        """,
    )
)
"""Latin, then Cyrillic; followed by any of `SUFFIXES`."""

MISSPELT: dict[str, str] = dict(
    re.findall(
        r"(\S+)=(\S+)",
        "sentyabr=сентябрь oktyabr=октябрь ishoq=исҳоқ ashob=асҳоб mushaf=мусҳаф tashih=тасҳиҳ tsement=цемент",
    )
)
"""Latin as it is often written against the rules, then Cyrillic; never produced by us."""

SUFFIXES = re.compile(
    "(?:lar|imiz|ingiz|miz|ngiz|im|ing|si|ning|ni|dagi|dan|da|gacha|ga|dek|day|cha|chi|lik|li|siz|dir|ova|ov|mi|i|m|ng)*"
)

NAMES = frozenset(
    re.findall(
        r"\S+",
        """
    Click Payme Uzum Humo UzCard Uzcard Visa Mastercard MasterCard Korzinka Makro OLX Ucell Beeline Mobiuz Uzmobile
    Perfectum Samsung Galaxy Xiaomi Redmi Huawei Honor LG Artel Google Gmail Apple Android YouTube TikTok WhatsApp
    Facebook iPhone QR USB USD EUR UZS LED XL XXL GPS NFC PDF ID
        """,
    )
)
"""Names and abbreviations that Uzbek writes in Latin letters in either script."""
NAMES_ANY_CASE = frozenset(name.casefold() for name in NAMES)
