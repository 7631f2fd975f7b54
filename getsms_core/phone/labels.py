"""The words that say what a number is: "tel:", "моб.", "Mijoz telefoni:", "(личный)". Other words are never removed:
they may say that the number is an order's, a passport's, or no longer in use."""

import re

_LABEL = re.compile(
    r"(?:(?:tel|telephone|phones?|mob|mobile?|cell|telefon(?:i|im|lari?)?|raqam(?:i|im|lari?)?|nomer(?:i|im)?|number|aloqa|uchun|"
    r"sms|smsto|mms|callto|whats\s?app|viber|telegram|skype|signal|facetime|p(?=:)|(?:wa|tg|imo|sip|тг|имо|[tт](?=[.:]))(?=[\s:.-])(?!\.me)|"
    r"(?:contact|kontakt|контакты?)(?=\s*:)|contact(?=\s+(?:number|phone|no))|no(?=[\s.:])|uzb?(?=\W*998)|тел|телефон(?:а|у|и|ы|ов|им|лари?)?|моб|мобильный|мобил|уяли|сот|сотовый|номер(?:и|а|им)?|"
    r"uyali|sotoviy|mobilniy|[mм](?=[.:/])|ph(?=[\s.:])|bog.?lanish|murojaat|боғланиш|мурожаат|(?:контактный|личный|рабочий|домашний)(?=\s+(?:тел|ном|моб))|"
    r"(?:конт|раб|дом)(?=[.]\s*(?:тел|ном|моб))|beeline|ucell|uzmobile|mobiuz|билайн|юселл|узмобайл|мобиуз|"
    r"ра[қк]ам(?:и|им|лари?)?|алоқа|учун|смс|в[ао][тц]с?ап|вайбер|телеграм|телега|скайп)(?![^\W\d_])[\s.:№#/\u2600-\u27bf\U0001f300-\U0001faff\ufe0f-]*)+",
    re.I,
)
# Telegram's own ids are bare digits as well, often nine.
_TELEGRAM_ID = re.compile(r"(?:tg|telegram|тг|телеграм|телега)[\s.:№#-]*\d{5,11}", re.I)
_WORDS_IN_FRONT = re.compile(r"(?:[^\d+()]|\([^\d+()]+\)){2,80}")
_WORDS_BEHIND = re.compile(r"[\s(,-]+((?:[^\W\d_][\w.'ʻʼ’‘`´]*[\s.]*){1,3})[\s.)]*$")
_APOSTROPHES = re.compile("['ʻʼ’‘`´]")
_WORD = re.compile(r"[^\W\d_]+")
_MOST_WORDS = 6
_PHONE = re.compile(
    r"tel|telefon(?:a|i|im|ingiz|lar|lari|ni|ning|ga)?|tele?phones?|phones?|phonenumber|mob|mobile?|mobilniy|cell|cellphone|"
    r"gsm|msisdn|sms|whatsapp|viber|uyali|sotoviy|telefonraqam[i]?|call|calls|qongiroq|boglanish|murojaat|"
    r"тел|телефон(?:а|у|и|ы|ов|ом|им|ингиз|лар|лари|ни|нинг)?|моб|мобильн(?:ый|ого|ые)|мобил|сот|сотов(?:ый|ого)|уяли|смс|"
    r"в[ао][тц]с?ап|вайбер|звонить|звоните|позвонить|звонки|звонков|связь|связи|алоқа|алока|aloqa|"
    r"б[оў][гғ]ланиш|боғланиш|мурожаат|қўнғироқ|кунгирок|humans|ums|perfectum|beeline|ucell|uzmobile|mobiuz|юмс|хуманс"
)
_MINE = re.compile(r"(?:my|мой|mening|менинг) (?:number|номер|raqamim|nomerim|рақамим|номерим)")
# Whose number it is and what for: these describe a number that another word calls a phone.
_NUMBER = frozenset([
    *("number", "numbers", "no", "nomer", "nomeri", "nomerim", "raqam", "raqami", "raqamim", "raqamlari", "raqamlar"),
    *("номер", "номера", "номери", "ном", "рақам", "рақами", "рақамлари", "ракам", "раками", "n", "nr"),
])  # fmt: skip
_DESCRIBING = _NUMBER | frozenset([
    *("mijoz", "mijozning", "mijozlar", "мижоз", "мижознинг", "клиента", "клиент", "client", "clients", "customer"),
    *("uchun", "учун", "для", "for", "of", "по", "my", "mening", "менинг", "мой", "ваш", "sizning"),
    *("ish", "uy", "ishonch", "ota", "otasi", "ona", "onasi", "отца", "матери", "менеджера", "manager"),
    *("contact", "kontakt", "контакт", "контактный", "контакты", "контактные"),
])  # fmt: skip
_KINDS = frozenset([
    *("личный", "рабочий", "домашний", "основной", "дополнительный", "доп", "осн", "личн", "раб", "дом", "конт"),
    *("asosiy", "qoshimcha", "shaxsiy", "ishchi", "асосий", "қўшимча", "шахсий", "personal", "main", "work", "home"),
])  # fmt: skip
_ALONE_BEHIND = _KINDS - {"дом", "доп", "home"}  # beside digits these may be a house or an extension
_NUMBERED = re.compile(r"tel|phone|mob|тел|моб|сот", re.I)
_PLACE = re.compile(r"\d{1,2}\s*[:=)]\s*(?=[+(\d])")


def strip_label(text: str) -> str:
    """The text without "tel:", "моб." and their like before or after the number."""
    if not any(map(str.isalpha, text)):
        return text
    label = _LABEL.match(text)
    rest = text[label.end() :].strip(" -.:()=") if label else text
    if label and (place := _PLACE.match(text, label.end())) and _NUMBERED.search(label[0]):  # "Тел 1: 90 123 45 67"
        return text[place.end() :]
    if (not label or any(map(str.isalpha, rest))) and (front := _WORDS_IN_FRONT.match(text)) and _says_phone(front[0]):
        return text[front.end() :].strip(" -.:=")
    if label:
        return rest
    behind = _WORDS_BEHIND.search(text)
    if behind and (_LABEL.fullmatch(behind[1].strip(" -.:()")) or _describes_phone(behind[1])):
        return text[: behind.start()].strip(" -.:(")
    return text


def is_telegram_id(text: str) -> bool:
    """Whether a text is the bare id of a Telegram user, not a phone number."""
    return _TELEGRAM_ID.fullmatch(text) is not None


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(_APOSTROPHES.sub("", text))]


def _says_phone(text: str) -> bool:
    """Whether the words in front of a number call it a phone, and nothing else is among them."""
    words = _words(text)
    if not 0 < len(words) <= _MOST_WORDS:
        return False
    if _MINE.fullmatch(" ".join(words)):
        return True
    is_phone = [_PHONE.fullmatch(word) is not None for word in words]
    return any(is_phone) and all(
        phone or word in _DESCRIBING or word in _KINDS for phone, word in zip(is_phone, words, strict=True)
    )


def _describes_phone(text: str) -> bool:
    """Whether the words behind a number say no more than what kind of a number it is."""
    words = _words(text)
    return bool(words) and all(word in _ALONE_BEHIND or word in _NUMBER or _PHONE.fullmatch(word) for word in words)
