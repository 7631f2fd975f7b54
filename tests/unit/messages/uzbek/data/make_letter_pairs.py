"""Count the letter pairs of Uzbek, Russian and English, for `messages.uzbek.letter_pairs`; prints its two tables.

    python -m tests.unit.messages.uzbek.data.make_letter_pairs

The texts are the catalogues and the guides of this repository, the Cyrillic and Latin of the lines that are not kept
back, the lists of names and of borrowed words, and the brands below.
"""

import re
from collections import Counter
from collections.abc import Iterable
from math import log, sqrt
from pathlib import Path

from babel.messages.pofile import read_po

from getsms_core.messages.uzbek import names
from getsms_core.messages.uzbek.letter_pairs import CYRILLIC_LETTERS, LATIN_LETTERS, folded
from getsms_core.messages.uzbek.lexicon import LATIN_STEMS
from getsms_core.messages.uzbek.transliteration import Script, convert

ROOT = Path(__file__).parents[5]
WORD = re.compile("[^\\W\\d_](?:[ʻʼ'‘’`]?[^\\W\\d_])*")
LINES = ["lines_of_development.tsv", "lines_of_companies.tsv"]

BRANDS = """
    Anglesey Bellucci Terrazza Murad Crafers Zen Terra Pinterest Hayat Ronaldo Barselona Valentino Versace
    Gucci Prada Hermes Cartier Rolex Omega Tissot Casio Seiko Citizen Bosch Siemens Philips Electrolux Gorenje
    Indesit Ariston Beko Vestel Arcelik Haier Midea Hisense Skyworth Kenwood Moulinex Rowenta Bork Delonghi
    Krups Lavazza Illy Nespresso Dolce Gusto Barilla Danissimo Activia Rexona Axe Gillette Oralb Colgate
    Sensodyne Lacalut Blendamed Domestos Fairy Vanish Lenor Tolstoy Gloria Mango Stradivarius Bershka Oysho
    Koton Defacto Colins Mavi Penti Ostin Sinsay Mohito Reserved Cropp Tezro Sinotruk Isuzu Volvo Scania
    Renault Peugeot Citroen Skoda Audi Porsche Lamborghini Ferrari Jaguar Bentley Tesco Leroy Merlin Decathlon
    Intersport Sportmaster Letual Rivgosh Tiens Herbalife Siberian Welness Nutrilite Glotr Yougov Smartup
    Payze Infin Tenge
"""


def catalogue(language: str) -> list[str]:
    path = ROOT / f"getsms_core/locale/{'ru' if language == 'ru' else 'uz'}/LC_MESSAGES/getsms.po"
    with path.open("rb") as file:
        messages = [message.id if language == "en" else message.string for message in read_po(file)]
    texts = [part for message in messages for part in ([message] if isinstance(message, str) else message or [])]
    guides = [path.read_text("utf-8") for path in (ROOT / "docs/guides" / language).glob("*.md")]
    return [re.sub(r"\{[^}]*\}|`[^`]*`|https?\S+", " ", text) for text in texts + guides]


def pairs(texts: Iterable[str]) -> Counter[str]:
    words = Counter(word for text in texts for word in map(folded, WORD.findall(text)) if len(word) > 1)
    counted: Counter[str] = Counter()
    for word, times in words.items():
        for first, second in zip("^" + word, word + "$", strict=True):
            counted[first + second] += sqrt(times)  # type: ignore[assignment]  # a frequent word counts less
    return counted


def table(foreign: Counter[str], uzbek: Counter[str], letters: str) -> None:
    total, total_uzbek, unseen = sum(foreign.values()), sum(uzbek.values()), len(letters) ** 2 / 2
    for first in letters[:-1]:
        row = ""
        for second in letters[1:]:
            pair = first + second
            odds = log((foreign[pair] + 0.5) / (total + unseen) / ((uzbek[pair] + 0.5) / (total_uzbek + unseen)))
            row += "abcdefghijklmnopq"[round(max(-4, min(4, odds)) * 2) + 8]
        print(f"    {row}")
    print()


def main() -> None:
    lines = [
        line.split("\t") for name in LINES for line in (Path(__file__).parent / name).read_text("utf-8").split("\n")
    ]
    lines = [line for line in lines if len(line) == 3]
    uzbek = catalogue("uz")
    cyrillic = [convert(text, Script.CYRILLIC, source=Script.LATIN).text for text in uzbek] + [
        line[1] for line in lines
    ]
    table(pairs(catalogue("ru")), pairs(cyrillic), CYRILLIC_LETTERS)
    known = {name.casefold() for name in names.NAMES | names.ENGLISH | names.ENGLISH_ALONE}
    latin = [
        word
        for text in [*uzbek, *(line[2] for line in lines), *LATIN_STEMS, *names.PEOPLE_AND_PLACES]
        for word in WORD.findall(text)
        if word.casefold() not in known and not re.search("[wW]|[cC](?![hH])", word)
    ]
    foreign = [*catalogue("en"), *names.NAMES, *names.ENGLISH, BRANDS]
    table(pairs(foreign), pairs(latin), LATIN_LETTERS)


if __name__ == "__main__":
    main()
