"""A second corpus, of sentences as marketing, banks and schools send them, and what must be left as it is.

The names, ц, ъ, ь, е, сҳ and нг, dates and sums each have sentences of their own; every line is read in both directions
and through the two scripts between.
"""

import pytest

from getsms_core.messages.uzbek.transliteration import Script, convert
from tests.each_case import each_case

BOTH_WAYS = """
Фақат шу ҳафта: иккинчи жуфт оёқ кийимга 50% чегирма!    | Faqat shu hafta: ikkinchi juft oyoq kiyimga 50% chegirma!
1+1=3! Учинчи маҳсулот сизга совға.                      | 1+1=3! Uchinchi mahsulot sizga sovgʻa.
Қора жума бошланди: нархлар 70% гача тушди.              | Qora juma boshlandi: narxlar 70% gacha tushdi.
Ҳурматли {ism|mijoz}, сиз учун шахсий таклиф бор.        | Hurmatli {ism|mijoz}, siz uchun shaxsiy taklif bor.
Кешбек 5% ҳар бир харид учун қайтади.                    | Keshbek 5% har bir xarid uchun qaytadi.
Янги мавсум либослари аллақачон дўконларимизда.          | Yangi mavsum liboslari allaqachon doʻkonlarimizda.
Ютуқли ўйинда қатнашинг ва автомобиль ютинг!             | Yutuqli oʻyinda qatnashing va avtomobil yuting!
Промокод билан буюртма беринг: етказиб бериш бепул.      | Promokod bilan buyurtma bering: yetkazib berish bepul.
Шошилинг, чегирма эртага соат 23:59 да тугайди.          | Shoshiling, chegirma ertaga soat 23:59 da tugaydi.
Бонусларингиз: 12 500 балл. Улар 31-мартда куяди.        | Bonuslaringiz: 12 500 ball. Ular 31-martda kuyadi.
Дўстингизни таклиф қилинг ва 20 000 сўм олинг.           | Doʻstingizni taklif qiling va 20 000 soʻm oling.
ШОШИЛИНГ! ЧЕГИРМА ЧЕКЛАНГАН, ЁЗИНГ, ҚЎНҒИРОҚ ҚИЛИНГ | SHOSHILING! CHEGIRMA CHEKLANGAN, YOZING, QOʻNGʻIROQ QILING
ЯНГИ ЙИЛ ЮТУҚЛАРИ: ЯККАСАРОЙ ФИЛИАЛИДА                   | YANGI YIL YUTUQLARI: YAKKASAROY FILIALIDA
Ш. РАШИДОВ КЎЧАСИ, ТОШКЕНТ Ш.                            | SH. RASHIDOV KOʻCHASI, TOSHKENT SH.
Тошкент Ш., Ч. Айтматов, А. Чориев, Ё                    | Toshkent Sh., Ch. Aytmatov, A. Choriyev, Yo
ЕВРОПА ЎЙИНЛАРИ, ЁШЛАР ВА ЧЕМПИОНЛАР                     | YEVROPA OʻYINLARI, YOSHLAR VA CHEMPIONLAR
Гулчеҳра опа, Шаҳзода ва Чарос сизни кутяпти.            | Gulchehra opa, Shahzoda va Charos sizni kutyapti.
Жамшид Ғофуров, Ёқуб Ҳошимов, Эъзоза Йўлдошева           | Jamshid Gʻofurov, Yoqub Hoshimov, Eʼzoza Yoʻldosheva
Саъдулла ака, Раъно опа ва Неъматжонга салом айтинг.     | Saʼdulla aka, Raʼno opa va Neʼmatjonga salom ayting.
Ш. Ў. Чориев ва Ч. Ғ. Шомуродов имзолади.                | Sh. Oʻ. Choriyev va Ch. Gʻ. Shomurodov imzoladi.
Исҳоқжон ва Асҳоб Исҳоқов мусҳаф ўқийди.                 | Isʼhoqjon va Asʼhob Isʼhoqov musʼhaf oʻqiydi.
Муҳаммадюсуф, Нилуфар, Оқила, Қундуз, Ўғилой             | Muhammadyusuf, Nilufar, Oqila, Qunduz, Oʻgʻiloy
Юлдуз Усмонова концерти 8-март куни бўлади.              | Yulduz Usmonova konserti 8-mart kuni boʻladi.
Зуҳра Ёдгорова, Ойдин Яҳёева ва Юнус Раҳимов             | Zuhra Yodgorova, Oydin Yahyoyeva va Yunus Rahimov
Цирк томошаси якшанба куни соат 12:00 да.                | Sirk tomoshasi yakshanba kuni soat 12:00 da.
Цемент ва шифер нархи пасайди.                           | Sement va shifer narxi pasaydi.
Акция, лотерея ва презентация бир кунда!                 | Aksiya, lotereya va prezentatsiya bir kunda!
Процент ставкаси йиллик 18%, рецепт талаб қилинмайди.    | Protsent stavkasi yillik 18%, retsept talab qilinmaydi.
Полиция ва милиция ходимлари касб байрами.               | Politsiya va militsiya xodimlari kasb bayrami.
Центрда янги офис очилди, лицензия рақами 15.            | Sentrda yangi ofis ochildi, litsenziya raqami 15.
Инвестиция, реклама ва консультация хизматлари.          | Investitsiya, reklama va konsultatsiya xizmatlari.
Меҳмонхона, офицер, цех, станция, функция, дотация       | Mehmonxona, ofitser, sex, stansiya, funksiya, dotatsiya
Маъмурият эълони: таътил 25 июндан бошланади.            | Maʼmuriyat eʼloni: taʼtil 25 iyundan boshlanadi.
Санъат, қалъа, жамъият, мажмуа, муваффақият              | Sanʼat, qalʼa, jamʼiyat, majmua, muvaffaqiyat
Мўътабар мижоз, масъулият чекланган жамият очилди.       | Moʻtabar mijoz, masʼuliyat cheklangan jamiyat ochildi.
Қатъий нарх, сунъий чарм, шеърий тўплам, меъёр           | Qatʼiy narx, sunʼiy charm, sheʼriy toʻplam, meʼyor
Объект қурилиши тугади, субъект рўйхатдан ўтди.          | Obyekt qurilishi tugadi, subyekt roʻyxatdan oʻtdi.
Съезд ва подъезд манзили ўзгарди.                        | Syezd va podyezd manzili oʻzgardi.
Альбом, апельсин, фильм, роль, пульт, мебель             | Albom, apelsin, film, rol, pult, mebel
Февраль, апрель, июнь, июль, сентябрь, октябрь           | Fevral, aprel, iyun, iyul, sentabr, oktabr
Ноябрда ва декабрда ҳам, январгача ҳам амал қилади.      | Noyabrda va dekabrda ham, yanvargacha ham amal qiladi.
Профиль, портфель, тоннель эмас: контроль ва модуль      | Profil, portfel, tonnel emas: kontrol va modul
Рубль ва доллар курси, дизель нархи, деталь ва рельс     | Rubl va dollar kursi, dizel narxi, detal va rels
Бульон, почтальон, медальон, павильон, коньяк            | Bulyon, pochtalyon, medalyon, pavilyon, konyak
Ер, ел, етти, емак, еҳ, Европа, Ертўла                   | Yer, yel, yetti, yemak, yeh, Yevropa, Yertoʻla
Поезд, аэропорт, проект, клиент келди, дуэт              | Poyezd, aeroport, proyekt, kliyent keldi, duet
Эшик, элак, эртак, поэзия, саэҳ, эътибор                 | Eshik, elak, ertak, poeziya, saeh, eʼtibor
Келди, кетди, беш, тез, севги, дераза, меҳр              | Keldi, ketdi, besh, tez, sevgi, deraza, mehr
Тонгги нонушта, янги ранг, кўнгил, сингил, минг, энг     | Tonggi nonushta, yangi rang, koʻngil, singil, ming, eng
Денгиз, Манғит, Ангрен, қўнғироқ, жанговар, инглиз       | Dengiz, Mangʻit, Angren, qoʻngʻiroq, jangovar, ingliz
Йўл, йўқ, йўғон, йил, йигит, ойи, уйи, тойга             | Yoʻl, yoʻq, yoʻgʻon, yil, yigit, oyi, uyi, toyga
Ёз, ёмғир, дарё, қиёфа, дунё, юрак, ую, я, баён          | Yoz, yomgʻir, daryo, qiyofa, dunyo, yurak, uyu, ya, bayon
Чиройли чашма, човгум, қоч, кеч, учувчи, пичоқ           | Chiroyli chashma, chovgum, qoch, kech, uchuvchi, pichoq
Ўзбек ғазали, ўғил, тоғ, соғлом, бўғиз, тўғри            | Oʻzbek gʻazali, oʻgʻil, togʻ, sogʻlom, boʻgʻiz, toʻgʻri
2026 йил 5 декабрь, шанба, соат 18:30 да кутамиз.        | 2026 yil 5 dekabr, shanba, soat 18:30 da kutamiz.
Тўлов муддати: 15.03.2026. Кечикиш жаримаси 0,1%.        | Toʻlov muddati: 15.03.2026. Kechikish jarimasi 0,1%.
Мажлис 1-сентябрда, жума, соат 9:00–11:30 да.            | Majlis 1-sentabrda, juma, soat 9:00–11:30 da.
Қарзингиз 1 250 000,50 сўм, тўлов санаси 10-май.         | Qarzingiz 1 250 000,50 soʻm, toʻlov sanasi 10-may.
Ойлик 450 минг сўмдан, бир йилга 5,4 млн сўм.            | Oylik 450 ming soʻmdan, bir yilga 5,4 mln soʻm.
Картадан 99 900 сўм ечилди, қолдиқ: 1 200 сўм.           | Kartadan 99 900 soʻm yechildi, qoldiq: 1 200 soʻm.
Кредит 24 ойга, йиллик 22 фоиз, гаровсиз.                | Kredit 24 oyga, yillik 22 foiz, garovsiz.
Буюртма №4512 тайёр, жами 87 000 сўм.                    | Buyurtma №4512 tayyor, jami 87 000 soʻm.
Манзил: Тошкент ш., Юнусобод т., А. Темур к., 12-уй.     | Manzil: Toshkent sh., Yunusobod t., A. Temur k., 12-uy.
Қўшимча: +998 (71) 200-00-00, ички 12; *880# теринг.     | Qoʻshimcha: +998 (71) 200-00-00, ichki 12; *880# tering.
Рад этиш учун STOP50 деб ёзинг: 1234 рақамига.           | Rad etish uchun STOP50 deb yozing: 1234 raqamiga.
Код: 4821. Уни ҳеч кимга айтманг!                        | Kod: 4821. Uni hech kimga aytmang!
Ота-оналар, бўлса-да, аста-секин, кўча-кўй               | Ota-onalar, boʻlsa-da, asta-sekin, koʻcha-koʻy
5-«Б» синф ўқувчиси Ойгул бугун дарсга кечикди.          | 5-«B» sinf oʻquvchisi Oygul bugun darsga kechikdi.
Ҳурматли клиент, шартномангиз узайтирилди.               | Hurmatli kliyent, shartnomangiz uzaytirildi.
Илова: https://getsms.uz/йўл?a=1 орқали юкланг.          | Ilova: https://getsms.uz/йўл?a=1 orqali yuklang.
Каналимиз: @getsms_uz, #чегирма                          | Kanalimiz: @getsms_uz, #чегирма
{Sana} куни {soat|10:00} да {Filial} филиалига келинг.   | {Sana} kuni {soat|10:00} da {Filial} filialiga keling.
XX аср, III чорак, VII синф, IX том                      | XX asr, III chorak, VII sinf, IX tom
И. Каримов, В. Холматов ва Х. Олимжон кўчалари           | I. Karimov, V. Xolmatov va X. Olimjon koʻchalari
Об-ҳаво: эртага ёмғир, ҳарорат 5 даража.                 | Ob-havo: ertaga yomgʻir, harorat 5 daraja.
Она тили, она-бола, ота-она ва боболар                   | Ona tili, ona-bola, ota-ona va bobolar
На сен келдинг, на мен бордим.                           | Na sen kelding, na men bordim.
"""
TABLE = [tuple(part.strip() for part in line.split(" | ")) for line in BOTH_WAYS.strip().splitlines()]

RUSSIAN = [
    "Получите скидку 20% сегодня",
    "Вам одобрен кредит до 50 000 000 сум",
    "Магазин открыт с 9 до 21 часа",
    "Уважаемый клиент, ваш заказ готов",
    "Ваша посылка прибыла в пункт выдачи",
    "Поздравляем с днём рождения",
    "Код подтверждения: 4821",
    "Не сообщайте код никому",
    "Новая коллекция уже в продаже",
    "Запишитесь на приём по телефону",
    "Успейте купить до 31 декабря",
    "Акция действует только сегодня",
    "Ждём вас по адресу: Навои 5",
    "Спасибо за покупку",
    "Доставка бесплатно",
    "Добро пожаловать",
    "Внимание",
    "Распродажа",
    "Купи 2 получи 3",
    "Успей до 31 декабря",
]


def test_there_are_enough_sentences() -> None:
    assert len(TABLE) >= 60


@each_case("russian", RUSSIAN)
def test_russian_is_left_alone_and_named(russian: str) -> None:
    for sentence in (russian, f"Ҳурматли мижоз! {russian}."):
        converted = convert(sentence, Script.ASCII)
        assert russian in converted.text
        assert [warning.word in russian for warning in converted.warnings] == [True]


@each_case(("cyrillic", "latin"), TABLE)
def test_a_sentence_in_cyrillic_becomes_latin_without_a_doubt(cyrillic: str, latin: str) -> None:
    converted = convert(cyrillic, Script.LATIN)
    assert (converted.text, converted.warnings) == (latin, [])


@each_case(("cyrillic", "latin"), TABLE)
def test_the_same_sentence_becomes_cyrillic_again_from_every_latin(cyrillic: str, latin: str) -> None:
    for script in (Script.LATIN, Script.ASCII, Script.REFORMED):
        converted = convert(latin, script).text
        assert convert(converted, Script.CYRILLIC, source=script).text == cyrillic
        assert convert(converted, Script.LATIN, source=script).text == latin
        assert convert(cyrillic, script).text == converted


@pytest.mark.parametrize(
    ("latin", "cyrillic", "named"),
    [
        ("iPhone 15 va Galaxy S24", "iPhone 15 ва Galaxy S24", ["iPhone", "Galaxy"]),
        ("Payme yoki Click orqali", "Payme ёки Click орқали", ["Payme", "Click"]),
        ("HUMO karta, QR-kod", "HUMO карта, QR-код", ["HUMO", "QR"]),
        ("bepul Wi-Fi va e-mail", "бепул Wi-Fi ва e-mail", []),
        ("McDonald's taomlari", "McDonald's таомлари", ["McDonald's"]),
        ("Sony televizori", "Sony телевизори", ["Sony"]),
        ("bir kilo uzum", "бир кило узум", []),
        ("SHavkat, CHori, YAngi yil", "Шавкат, Чори, Янги йил", []),
    ],
)
def test_names_stay_in_latin_letters_and_are_named(latin: str, cyrillic: str, named: list[str]) -> None:
    converted = convert(latin, Script.CYRILLIC)
    assert (converted.text, [warning.word for warning in converted.warnings]) == (cyrillic, named)


@pytest.mark.parametrize("latin", ["Click va McDonald's", "iPhone'dan, Wi-Fi"])
@pytest.mark.parametrize("to", [Script.LATIN, Script.REFORMED, Script.ASCII])
def test_names_keep_their_letters_between_the_latin_scripts(latin: str, to: Script) -> None:
    assert convert(latin, to).text == latin


def test_spellings_against_the_rules_are_understood() -> None:
    converted = convert("Ishoqova, 1-sentyabr, tsement", Script.CYRILLIC)
    assert converted.text == "Исҳоқова, 1-сентябрь, цемент"
