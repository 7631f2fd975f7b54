"""Classify a column header: phone, number, or something that is never a phone. In Uzbek (both scripts), Russian and
English. Whole words only: "hotel" contains "tel"."""

import re
import unicodedata

# fmt: off
_PHONE = frozenset([
    "telefon", "telefoni", "telefonlar", "telefonlari", "tel", "phone", "phones", "telephone", "mobile", "mob", "cell",
    "cellphone", "msisdn", "phonenumber", "gsm", "sms", "whatsapp", "mobil", "uyali", "telefonraqam", "telefonraqami",
    "telefonnomer", "мобил", "уяли", "телефонный", "телефон", "телефона", "телефоны", "телефону", "телефонов",
    "телефони", "телефонлари", "тел", "моб", "мобильный", "мобильного", "мобильные", "сотовый", "сотового", "сот",
    "смс",
])
_NUMBER = frozenset([
    "raqam", "raqami", "nomer", "nomeri", "number", "номер", "номера", "рақам", "рақами", "контакт", "контакты",
    "contact", "kontakt", "kontakti", "aloqa",
])
# Columns whose values can be read as phones and never are: the number of a taxpayer, an amount, a date. Beside a word
# for phone as well ("SMS ID"): such a column has to be chosen by the user.
_NEVER = frozenset([
    "stir", "stiri", "inn", "inni", "tin", "pinfl", "pnfl", "jshshir", "jshir", "jshshr", "inps", "snils", "nds", "qqs",
    "стир", "инн", "пинфл", "пнфл", "жшшир", "жшир", "жшшр", "инпс", "снилс", "ндс", "ққс",
    "passport", "pasport", "passporti", "pasporti", "паспорт", "паспорта", "паспорти", "seriya", "seriyasi", "серия",
    "id", "ids", "uid", "uuid", "guid", "pk", "ид", "айди", "mfo", "мфо", "oked", "окэд", "okonh", "оконх", "iban",
    "swift", "imei", "imsi", "iccid", "sku", "artikul", "артикул", "ip", "barcode", "shtrixkod", "штрихкод", "штрих",
    "amount", "amounts", "summa", "summasi", "sum", "sums", "som", "uzs", "usd", "eur", "rub", "сумма", "суммы", "сумм",
    "сумаси", "суммаси", "сум", "сўм", "price", "prices", "cost", "narx", "narxi", "нарх", "нархи", "цена", "цены",
    "стоимость", "qiymat", "qiymati", "қиймат", "қиймати", "balance", "balans", "balansi", "баланс", "debt", "qarz",
    "qarzi", "qarzdorlik", "қарз", "қарзи", "қарздорлик", "долг", "долга", "saldo", "сальдо", "total", "jami", "жами",
    "итого", "всего", "discount", "chegirma", "скидка", "limit", "лимит", "bonus", "бонус", "ball", "ballar", "баллы",
    "points", "percent", "foiz", "процент",
    "date", "datetime", "timestamp", "time", "sana", "sanasi", "сана", "санаси", "дата", "даты", "vaqt", "vaqti",
    "вақт", "вақти", "время", "muddat", "muddati", "муддат", "срок", "year", "yil", "yili", "йил", "йили", "год",
    "month", "oy", "ой", "месяц",
    "quantity", "qty", "count", "soni", "сони", "количество", "кол", "miqdor", "miqdori", "миқдор", "миқдори", "weight",
    "вес", "age", "yosh", "yoshi", "ёш", "ёши", "возраст", "index", "indeks", "индекс", "zip", "postcode",
])
# These are never phones either, except together with a word for phone: "phone for the order".
_OTHER_NUMBER = frozenset([
    "order", "orders", "buyurtma", "buyurtmasi", "буюртма", "zakaz", "заказ", "заказа", "заявка", "заявки", "ariza",
    "arizasi", "ариза", "sale", "sales", "sotuv", "sotuvi", "savdo", "сотув", "савдо", "продажа", "продажи", "invoice",
    "faktura", "фактура", "счет", "счёт", "счета", "счёта", "hisob", "hisobi", "hisobraqam", "hisobraqami", "ҳисоб",
    "ҳисобрақам", "account", "shartnoma", "shartnomasi", "шартнома", "договор", "договора", "contract", "card", "karta",
    "kartasi", "карта", "карты", "plastik", "пластик", "chek", "cheki", "чек", "чека", "receipt", "kvitansiya",
    "квитанция", "квитанции", "transaction", "tranzaksiya", "транзакция", "транзакции", "payment", "tolov", "tolovi",
    "тўлов", "оплата", "оплаты", "платеж", "платежа", "apartment", "xonadon", "хонадон", "kvartira", "квартира",
    "квартиры", "uy", "уй", "дом", "дома", "tabel", "табель", "табельный", "tartib", "тартиб", "shaxsiy", "шахсий",
    "личный", "лицевой", "document", "hujjat", "ҳужжат", "документ", "документа", "avto", "авто", "mashina", "kadastr",
    "кадастр", "license", "licence", "litsenziya", "лицензия", "лицензии", "guvohnoma", "гувоҳнома", "fax", "faks",
    "факс", "code", "codes", "kod", "kodi", "kodlari", "код", "коды", "коди", "кода",
])
_STEMS = (
    "jshshir", "pinfl", "passport", "pasport", "паспорт", "пинфл", "жшшир", "summa", "сумма", "balans", "qarzdor",
    "стоимост", "количеств",
)
# fmt: on
_APOSTROPHES = re.compile("[ʻʼ'’‘`´]")


def _words(name: str) -> list[str]:
    parted = re.sub(r"(?<=[^\W\d_])(?<![A-ZА-Я])(?=[A-ZА-Я])", " ", unicodedata.normalize("NFKC", name))
    return re.findall(r"[^\W\d_]+", _APOSTROPHES.sub("", parted).casefold())


def header_weight(name: str) -> float:
    """Return 2 for a header that means phone, 1 for number, 0 for any other. Whole words only: no "hotel"."""
    words = set(_words(name))
    if words & _PHONE:
        return 2
    return 1 if words & _NUMBER else 0


def is_never_a_phone(name: str) -> bool:
    """Return whether a header never means a phone, even if the values can be read as one: STIR, ИНН, ID, amount,
    date."""
    words = _words(name)
    if words and all(len(word) == 1 for word in words):
        words = ["".join(words)]  # И.Н.Н.
    if any(word in _NEVER or word.startswith(_STEMS) for word in words):
        return True
    return not _PHONE.intersection(words) and not _OTHER_NUMBER.isdisjoint(words)


def is_only_header_words(cell: str) -> bool:
    """Whether a cell is nothing but the name of a phone column, such as "Telefon raqami"."""
    words = _words(cell)
    return bool(words) and header_weight(cell) == 2 and all(word in _PHONE or word in _NUMBER for word in words)
