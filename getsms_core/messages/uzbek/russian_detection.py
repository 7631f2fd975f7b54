"""Detect Russian words and sentences in Uzbek Cyrillic text.

By words that only Russian has, by endings, and by what only Uzbek has. Errors are visible to users: text
detected as Russian is not changed and is reported.
"""

import re

_ONLY_RUSSIAN = re.compile(
    "и|в|во|с|со|к|ко|для|или|что|как|это|вы|мы|вас|вам|вами|ваш|ваша|ваши|ваше|вашу|нас|наш|наша|наши|при|если|только|можно"
    "|будет|есть|день|дня|дней|же|бы|все|всё|всем|всех|сегодня|завтра|скидк[аиу]|скидок|здравствуйте|спасибо|пожалуйста"
    "|заказ|заказа|доставка|бесплатно|никому|уважаем(?:ый|ая|ые)|подробности|жд[её]м|оплата|магазин|открыт[аы]?|филиала"
    "|подарок|подарки|купить|цен[аы]|распродажа|добро|сч[её]т|счета|адресу|новый|новая|новое|часа|часов|тел[её]фону"
    "|покупку|вход",
    re.IGNORECASE,
)
_ALSO_UZBEK = re.compile("на|не|по|о|об|у|от|за|до|из|он|она|они|нам|код|клиент", re.IGNORECASE)
_RUSSIAN_SHAPE = re.compile(
    "[ыщ]|(?<=..)(?:ого|его|ться|тся|лся|лась|лись|ение|ения|ание|ания|ость|ости|ство|ства|ая|яя|ую|юю|ать|ить|йте|ите)$",
    re.IGNORECASE,
)
_UZBEK = re.compile(
    "[ўқғҳ]|(?:лар|лари|ларга|ларни|ларда|нинг|имиз|ингиз|даги|япти|моқда)$"
    "|^(?:ва|учун|билан|бу|сиз|сизга|сизни|сен|мен|бор|катта|янги|бугун|эртага|йил|кун|куни|соат|салом|ассалому|алайкум"
    "|муборак|келинг|олинг|мижоз|манзил|хурматли|ота)$",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[^.!?\n\s][^.!?\n]*")
_WORD = re.compile(r"[^\W\d_]+")
_CYRILLIC = re.compile("[\u0400-\u04ff]")


def is_russian(word: str) -> bool:
    """Return whether a word looks Russian in any position."""
    if _UZBEK.search(word):
        return False
    return bool(_RUSSIAN_SHAPE.search(word)) or (len(word) > 3 and bool(_ONLY_RUSSIAN.fullmatch(word)))


def russian_sentences(text: str) -> list[tuple[int, int]]:
    """Return the spans (start, end) of Russian sentences: with a sign of Russian and without a sign of Uzbek. A letter
    followed by a full stop is an abbreviation ("А. Темур к.") and is a sign of neither."""
    spans = []
    for sentence in _SENTENCE.finditer(text):
        words = [
            word[0]
            for word in _WORD.finditer(text, sentence.start(), sentence.end())
            if _CYRILLIC.search(word[0]) and not (len(word[0]) == 1 and text[word.end() : word.end() + 1] == ".")
        ]
        has_russian = any(is_russian(word) or _ONLY_RUSSIAN.fullmatch(word) for word in words)
        ambiguous_words = {word.casefold() for word in words if _ALSO_UZBEK.fullmatch(word)}
        if (has_russian or len(ambiguous_words) >= 3) and not any(map(_UZBEK.search, words)):
            spans.append((sentence.start(), sentence.start() + len(sentence[0].rstrip())))
    return spans
