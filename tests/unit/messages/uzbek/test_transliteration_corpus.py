"""Sentences as they stand in Uzbek SMS, in Cyrillic and in today's Latin: each is made from the other."""

from getsms_core.messages.uzbek.transliteration import Script, convert
from tests.each_case import each_case

BOTH_WAYS = """
Ҳурматли мижоз, хуш келибсиз!                            | Hurmatli mijoz, xush kelibsiz!
Ассалому алайкум, қадрли дўстим.                         | Assalomu alaykum, qadrli doʻstim.
Ўзбекистон — келажаги буюк давлат.                       | Oʻzbekiston — kelajagi buyuk davlat.
Буюртмангиз қабул қилинди.                               | Buyurtmangiz qabul qilindi.
Буюртмангиз йўлда, ҳайдовчи 15 дақиқада етиб боради.     | Buyurtmangiz yoʻlda, haydovchi 15 daqiqada yetib boradi.
Сизнинг тасдиқлаш кодингиз: 4821.                        | Sizning tasdiqlash kodingiz: 4821.
Кодни ҳеч кимга айтманг!                                 | Kodni hech kimga aytmang!
Бугун барча маҳсулотларга 20% чегирма.                   | Bugun barcha mahsulotlarga 20% chegirma.
Дўконимиз янги манзилда очилди.                          | Doʻkonimiz yangi manzilda ochildi.
Ҳисобингизга 50 000 сўм тушди.                           | Hisobingizga 50 000 soʻm tushdi.
Қарзингиз: {summa} сўм. Илтимос, тўланг.                 | Qarzingiz: {summa} soʻm. Iltimos, toʻlang.
Туғилган кунингиз муборак бўлсин!                        | Tugʻilgan kuningiz muborak boʻlsin!
Янги йилингиз билан табриклаймиз!                        | Yangi yilingiz bilan tabriklaymiz!
Наврўз байрамингиз муборак!                              | Navroʻz bayramingiz muborak!
Рамазон ҳайити муборак бўлсин.                           | Ramazon hayiti muborak boʻlsin.
Ота-оналар мажлиси жума куни соат 18:00 да.              | Ota-onalar majlisi juma kuni soat 18:00 da.
Фарзандингиз бугун дарсга келмади.                       | Farzandingiz bugun darsga kelmadi.
Шифокор қабулига эртага соат 9:30 да келинг.             | Shifokor qabuliga ertaga soat 9:30 da keling.
Таҳлил натижаларингиз тайёр.                             | Tahlil natijalaringiz tayyor.
Электр энергияси учун тўлов муддати тугаяпти.            | Elektr energiyasi uchun toʻlov muddati tugayapti.
Табиий газ таъминоти вақтинча тўхтатилади.               | Tabiiy gaz taʼminoti vaqtincha toʻxtatiladi.
Ичимлик суви эртага соат 10 дан 14 гача бўлмайди.        | Ichimlik suvi ertaga soat 10 dan 14 gacha boʻlmaydi.
Эълон: йиғилиш қолдирилди.                               | Eʼlon: yigʻilish qoldirildi.
Эътибор беринг, манзил ўзгарди.                          | Eʼtibor bering, manzil oʻzgardi.
Сунъий интеллект курсига марҳамат.                       | Sunʼiy intellekt kursiga marhamat.
Санъат музейида кўргазма очилди.                         | Sanʼat muzeyida koʻrgazma ochildi.
Шеърият кечасига таклиф этамиз.                          | Sheʼriyat kechasiga taklif etamiz.
Масъул ходим сиз билан боғланади.                        | Masʼul xodim siz bilan bogʻlanadi.
Маълумот учун: 71 200 00 00.                             | Maʼlumot uchun: 71 200 00 00.
Исҳоқ ака, сизни кутяпмиз.                               | Isʼhoq aka, sizni kutyapmiz.
Мўъжизалар дунёсига хуш келибсиз!                        | Moʻjizalar dunyosiga xush kelibsiz!
Дарё бўйидаги янги уйлар сотувда.                        | Daryo boʻyidagi yangi uylar sotuvda.
Ер участкаси ва ёзги боғ.                                | Yer uchastkasi va yozgi bogʻ.
Европа маҳсулотлари арзон нархда.                        | Yevropa mahsulotlari arzon narxda.
Поезд соат 7 да жўнайди.                                 | Poyezd soat 7 da joʻnaydi.
Аэропортга трансфер бепул.                               | Aeroportga transfer bepul.
Объектга фақат рухсат билан кирилади.                    | Obyektga faqat ruxsat bilan kiriladi.
Акция 31 декабргача давом этади.                         | Aksiya 31 dekabrgacha davom etadi.
Конференция 5 октябрда бошланади.                        | Konferensiya 5 oktabrda boshlanadi.
Концерт 12 сентябрь куни бўлади.                         | Konsert 12 sentabr kuni boʻladi.
1 январдан янги тарифлар амал қилади.                    | 1 yanvardan yangi tariflar amal qiladi.
Лицей ўқувчилари учун олимпиада.                         | Litsey oʻquvchilari uchun olimpiada.
Милиция ходимига ҳужжатни кўрсатинг.                     | Militsiya xodimiga hujjatni koʻrsating.
Консультация бепул, ёзилишга шошилинг.                   | Konsultatsiya bepul, yozilishga shoshiling.
Автомобилингиз таъмирдан чиқди.                          | Avtomobilingiz taʼmirdan chiqdi.
Компьютер ва мебель дўкони.                              | Kompyuter va mebel doʻkoni.
Янги альбом ва фильмлар.                                 | Yangi albom va filmlar.
Паролингизни янгиланг.                                   | Parolingizni yangilang.
Район ҳокимлиги хабар беради.                            | Rayon hokimligi xabar beradi.
Факультет деканатига мурожаат қилинг.                    | Fakultet dekanatiga murojaat qiling.
Бюджет тўғрисида маълумот.                               | Budjet toʻgʻrisida maʼlumot.
Пенсиянгиз картангизга ўтказилди.                        | Pensiyangiz kartangizga oʻtkazildi.
ДИҚҚАТ! ШАҲАР БЎЙЛАБ ЧЕГИРМАЛАР!                         | DIQQAT! SHAHAR BOʻYLAB CHEGIRMALAR!
ЯНГИ ЙИЛ АРАФАСИДА ЮТУҚЛИ ЎЙИН                           | YANGI YIL ARAFASIDA YUTUQLI OʻYIN
Шаҳар ва Чорсу бозори.                                   | Shahar va Chorsu bozori.
Ш. Рашидов кўчаси, 12-уй.                                | Sh. Rashidov koʻchasi, 12-uy.
«Чорсу» савдо мажмуаси                                   | «Chorsu» savdo majmuasi
Ғалаба байрами, Ғафур Ғулом кўчаси.                      | Gʻalaba bayrami, Gʻafur Gʻulom koʻchasi.
Тоғ этагидаги дам олиш маскани.                          | Togʻ etagidagi dam olish maskani.
Қўнғироқ қилинг: +998 90 123-45-67.                      | Qoʻngʻiroq qiling: +998 90 123-45-67.
Батафсил: https://getsms.uz/aksiya?id=5                  | Batafsil: https://getsms.uz/aksiya?id=5
Саволлар бўлса, info@getsms.uz га ёзинг.                 | Savollar boʻlsa, info@getsms.uz ga yozing.
Ҳурматли {ism|mijoz}, {Sana} куни кутамиз.               | Hurmatli {ism|mijoz}, {Sana} kuni kutamiz.
Ойига атиги 99 000 сўмдан бошлаб.                        | Oyiga atigi 99 000 soʻmdan boshlab.
Уйғониш даври меъморчилиги.                              | Uygʻonish davri meʼmorchiligi.
XXI аср касблари                                         | XXI asr kasblari
Ижтимоий тармоқларда @getsms_uz ни кузатинг.             | Ijtimoiy tarmoqlarda @getsms_uz ni kuzating.
"""
TABLE = [tuple(part.strip() for part in line.split(" | ")) for line in BOTH_WAYS.strip().splitlines()]


def test_the_corpus_is_large_enough() -> None:
    assert len(TABLE) >= 60


@each_case(("cyrillic", "latin"), TABLE)
def test_cyrillic_becomes_latin(cyrillic: str, latin: str) -> None:
    converted = convert(cyrillic, Script.LATIN)
    assert (converted.text, converted.warnings) == (latin, [])


@each_case(("cyrillic", "latin"), TABLE)
def test_latin_becomes_cyrillic(cyrillic: str, latin: str) -> None:
    converted = convert(latin, Script.CYRILLIC)
    assert (converted.text, converted.warnings) == (cyrillic, [])


@each_case(("cyrillic", "latin"), TABLE)
def test_every_script_leads_to_every_other(cyrillic: str, latin: str) -> None:
    reformed, ascii_ = convert(cyrillic, Script.REFORMED).text, convert(cyrillic, Script.ASCII).text
    assert convert(latin, Script.REFORMED).text == reformed
    assert convert(latin, Script.ASCII).text == ascii_
    assert convert(reformed, Script.LATIN, source=Script.REFORMED).text == latin
    assert convert(ascii_, Script.LATIN).text == latin
    assert convert(reformed, Script.CYRILLIC, source=Script.REFORMED).text == cyrillic
    assert convert(ascii_, Script.CYRILLIC).text == cyrillic
