"""Detect Russian words and sentences in Uzbek Cyrillic text.

By words that only Russian has, by endings, by the letters of a sentence, and by what only Uzbek has. Errors are visible
to users: text detected as Russian is not changed and is reported.
"""

import re
from typing import NamedTuple

from getsms_core.messages.uzbek import letter_pairs, names
from getsms_core.messages.uzbek.lexicon import LATIN_STEMS
from getsms_core.messages.uzbek.tokens import MARKS

_ONLY_RUSSIAN = re.compile(
    "и|в|во|с|со|к|ко|для|или|что|как|это|вы|мы|вас|вам|вами|ваш|ваша|ваши|ваше|вашу|нас|наш|наша|наши|при|если|только|можно"
    "|будет|есть|день|дня|дней|же|бы|все|всё|всем|всех|сегодня|завтра|здравствуйте|спасибо|пожалуйста"
    "|бесплатно|никому|уважаем(?:ый|ая|ые)|подробности|жд[её]м|открыт[аы]?|купить|добро|сч[её]т|счета|адресу"
    "|купи|получи|успей|закажи|звони|приходи|скачай|оформи|выбирай|плати|дарим|подарим|новинк[аи]|рублей|сумов|родители"
    "|до|по|за|января|февраля|апреля|мая|июня|июля|августа|сентября|октября|ноября|декабря"
    "|через|без|после|перед|между|над|приедет|год|года|году|лет|минуты|минуту|рублей|руб|долларов|доллара|остаток|готов[аоы]?"
    "|новый|новая|новое|часа|часов|тел[её]фону|покупку|вход|цен[аы]",
    re.IGNORECASE,
)
_BORROWED = re.compile(
    "скидк[аиу]|скидок|заказ|заказа|доставка|доставки|оплата|магазин|магазина|филиала|подарок|подарки|распродажа",
    re.IGNORECASE,
)
"""Russian words that Uzbek borrows as they are: Russian only in a sentence without any sign of Uzbek."""
_BORROWED_ALONE = re.compile("скидка|заказ|доставка|магазин|подарок|оплата", re.IGNORECASE)
"""Those that are Uzbek in a sentence of one word beside Uzbek: "Скидка! Ҳамма нарсага 15%"."""
_ALSO_UZBEK = re.compile("на|не|о|об|у|от|из|он|она|они|нам|код|клиент", re.IGNORECASE)
_RUSSIAN_SHAPE = re.compile(
    "[ыщ]|^(?:подъ(?!езд|ём)|разъ|отъ|изъ|въе)|[бвгджзклмнпрстфхцчшщ]ён$|(?<=..)(?:[сцз]кий|[зьг]ко|[чшжзтсьд]но|ого|его|ться|тся|лся|лась|лись|ение|ения|(?<!п)ание|ирован[аоы]?|ость|ости|ство|ства|ая|яя|ую|юю|ать|ить|йте|ите)$",
    re.IGNORECASE,
)
_UZBEK = re.compile(
    "[ўқғҳӯ]|(?<=..)(?:лар|лари|ларга|ларни|ларда|ларимиз|ларингиз|нинг|имиз|ингиз|сизлар|гача|даги|япти|япмиз|моқда|майди"
    "|ётган|ганлар|аверинг|олинг|ибди|ишди)$|(?<=...)(?:дан|имизда|ингизда|миз|сизми|лади|ади|йди|динг|инг|сиз|ингни|[бвдзкмнпстфхшжчц]га)$"
    "|^(?:ва|дан|нинг|гача|учун|билан|бу|сиз|сизга|сизни|сизнинг|сен|мен|бор|катта|янги|бугун|эртага|йил|йили|кун|куни|соат|салом"
    "|ассалому|алайкум|муборак|келинг|олинг|мижоз|манзил|хурматли|ота|бепул|тайёр|нарх|нархи|нархлар|чегирма|фақат|барча"
    "|керак|мумкин|илтимос|раҳмат|марҳамат|марҳабо|буюртма|буюртмангиз|ёки|лекин|аммо|эмас|эди|экан|эса|бўлади|бўлди|совға"
    "|бизда|биз|бизга|бизни|бизнинг|ким|кимга|нима|качон|каерда|арзон|яхши|яна|ҳам|хам|ойи|ойда|хафта|дона|минг"
    "|шошилинг|бошланди|тугайди|тугади|очилди|очдик|келди|кетди|ишга|ишлайди|жойда|тушди|бир|икки|уч|турт|беш|олти|етти"
    "|саккиз|орқали|оркали|хизмат|хизмати|хизматлар|эълон|эътибор|дикк?ат|яқин|якин|яшил|ер|иш|уй|уйга|сотув|сотувда|савдо"
    "|табриклаймиз|кутамиз|кутяпмиз|таклиф|илова|иловани|дукон|дуконда|анжуман|дарс|дарслар|чипта|кузги|ёзги|бахорги|бугунги|эртанги|тонгги|тунги|сифат|сифатли|кафолат|кафолати"
    "|тушлик|ойлик|кунлик|йиллик|текин|савол|жавоб|ойига|кунига|соатда|ичида|тез|кеч|ёрдам|хар|куп|йук|тошкент|тулов|карз|дори"
    "|хаво|сув|махалла|мактаб|кийим|пойабзал|дона|хонали|ўлчам|очиқ|ёпиқ|навбат|пул|ёш|ойда|муддат|муддати)$",
    re.IGNORECASE,
)
_UZBEK_WORDS, _RUSSIAN_WORDS = names.words_in("uzbek_words.txt"), names.words_in("russian_words.txt")
_UZBEK_SUFFIX = re.compile(
    f"\\d\\s?(?:да|дан|гача|та|нинг|даги)\\b|\\d:\\d\\d\\s?га\\b|[A-Za-z][{MARKS}-]?(?:да|дан|га|ни|нинг|даги|лар|гача)\\b"
)
"""What Uzbek writes behind a number or a name: 20:30 да, Go-да."""
_SENTENCE = re.compile(r"[^.!?\n\s](?:[^.!?\n]|(?<=\b[^\W\d_])\.(?=\s))*")  # Қ. Ёрматов is in one sentence
_WORD = re.compile(r"[^\W\d_]+")
_CYRILLIC = re.compile("[\u0400-\u04ff]")


_BORROWABLE = re.compile("(?=.*[ыщ]).+[бвлнрстш]ка|.{2,}(?:ание|ение|ость|ство|тель|щик)", re.IGNORECASE)
_BORROWED_IN_LETTERS_OF_RUSSIAN = re.compile(
    "щ(?:[её]тка|ебень|ит|иток)|плащ|ящик|сварщик|[а-яё]+овщик|гиперссылка", re.IGNORECASE
)
_RUSSIAN_NOUN = re.compile("(?=.*[ыщ]).+(?<!ы)[бвгдзклмнпрстфхцчшщ]|сч[её]т", re.IGNORECASE)
_BOTH_LANGUAGES = re.compile("^[А-ЯЁ].+(?:[ео]в|ин)а?$")  # surnames
_BORROWED_WORDS = frozenset(LATIN_STEMS.values())
RUSSIAN, UNSURE_BESIDE_UZBEK, UNSURE = 8, 6, 1
"""Scores of a sentence of two words or more without a sign of either language: from `RUSSIAN` it is Russian, from
`UNSURE` it may be, in a text with a sign of Uzbek from `UNSURE_BESIDE_UZBEK`.
Measured: of 1,170 Uzbek sentences 6 score from `UNSURE`; of 100 Russian ones 8 score less."""


def looks_russian(word: str) -> bool:
    """Return whether a word of an Uzbek sentence looks Russian. Nouns that Uzbek borrows do not."""
    if _UZBEK.search(word) or _BORROWED_IN_LETTERS_OF_RUSSIAN.fullmatch(word):
        return False
    return bool(_RUSSIAN_SHAPE.search(word)) or (len(word) > 3 and bool(_ONLY_RUSSIAN.fullmatch(word)))


def is_russian_noun(word: str) -> bool:
    """Return whether a word that looks Russian ends as the nouns that Uzbek declines: самовывоз, борщ."""
    return bool(_RUSSIAN_NOUN.fullmatch(word))


def is_borrowable(word: str) -> bool:
    """Return whether a word that looks Russian is a noun that Uzbek sentences take in: рассылка, предложение."""
    return is_russian_noun(word) or bool(_BORROWABLE.fullmatch(word))


class RussianSentences(NamedTuple):
    """The spans (start, end) of the sentences that are Russian, and of those that may be."""

    certain: list[tuple[int, int]]
    unsure: list[tuple[int, int]]


def russian_sentences(text: str) -> RussianSentences:
    """Find Russian sentences: with a sign of Russian, or with letters as in Russian, and without a sign of Uzbek. Where
    one is surely Russian and none has a sign of Uzbek, all are Russian: "Оплата прошла успешно. Остаток 5 000". A
    single letter that is an abbreviation, a unit or a label is a sign of neither."""
    cyrillic_sentences, certain, borrowed = [], [], []
    is_uzbek_anywhere = is_russian_anywhere = False
    scores: dict[tuple[int, int], float] = {}
    for sentence in _SENTENCE.finditer(text):
        words = [
            word[0]
            for word in _WORD.finditer(text, sentence.start(), sentence.end())
            if _CYRILLIC.search(word[0]) and not (len(word[0]) == 1 and _is_label(text, word.start()))
        ]
        if not words:
            continue
        span = (sentence.start(), sentence.start() + len(sentence[0].rstrip()))
        cyrillic_sentences.append(span)
        if any(map(_UZBEK.search, words)) or _UZBEK_SUFFIX.search(text, *span) or not _UZBEK_WORDS.isdisjoint(words):
            is_uzbek_anywhere = True
            continue
        telling = [word for word in words if not _BOTH_LANGUAGES.search(word) and word.lower() not in _BORROWED_WORDS]
        score = letter_pairs.russian(telling) if len(telling) > 1 else 0
        has_russian = score >= RUSSIAN or any(
            (looks_russian(word) and not is_russian_noun(word))
            or _ONLY_RUSSIAN.fullmatch(word)
            or word.lower() in _RUSSIAN_WORDS
            for word in words
        )
        is_russian_anywhere = is_russian_anywhere or has_russian
        ambiguous_words = {word.casefold() for word in words if _ALSO_UZBEK.fullmatch(word)}
        if len(words) == 1 and _BORROWED_ALONE.fullmatch(words[0]):
            borrowed.append(span)
        elif has_russian or len(ambiguous_words) >= 3 or any(map(_BORROWED.fullmatch, words)):
            certain.append(span)
        else:
            scores[span] = score
    if is_russian_anywhere and not is_uzbek_anywhere:
        return RussianSentences(cyrillic_sentences, [])
    limit = UNSURE_BESIDE_UZBEK if is_uzbek_anywhere else UNSURE
    unsure = [span for span, score in scores.items() if score >= limit]
    if is_uzbek_anywhere:  # «Скидка! Барча маҳсулотларга 20%»
        return RussianSentences(certain, sorted(unsure + borrowed))
    return RussianSentences(sorted(certain + borrowed), unsure)


def _is_label(text: str, index: int) -> bool:
    """Return whether a single letter stands for no word: А. Темур к., 220 В, 5-В синф, «В» блок, В2 даража, а/в."""
    return (
        text[index + 1 : index + 2] in _AFTER_A_LABEL
        or text[index - 1 : index] == "/"
        or (text[index].isupper() and bool(_LABEL.search(text[max(0, index - 2) : index])))
    )


_AFTER_A_LABEL = frozenset("./0123456789")
_LABEL = re.compile(r"\d\s?$|[-«“\"]$|[а-яёўқғҳ] $")  # 220 В, «В», витамин С; not СКИДКА С
