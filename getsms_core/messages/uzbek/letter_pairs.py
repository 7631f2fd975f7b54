"""How much rather than Uzbek a word is Russian, or a foreign name, by its pairs of letters.

The tables hold the logarithm of how much more often each pair is written in Russian (in English and in names) than in
Uzbek, in halves: "a" is -4, "i" is 0, "q" is 4. A row is the first letter of a pair ("^" is before a word), a column
the second ("$" is after it). They are made by tests/unit/messages/uzbek/data/make_letter_pairs.py.
"""

import re
from collections.abc import Iterable

CYRILLIC_LETTERS = "^абвгджзийклмнопрстуфхцчшщъыьэюяе$"
LATIN_LETTERS = "^abcdefghijklmnopqrstuvwxyzʻ$"
_C_AND_W, _ONE_LETTER = re.compile("ch|sh|c|w"), {"ch": "c", "sh": "w"}
_FOLDED = str.maketrans("ўқғҳёӯ`'‘’´", "укгхеуʻʻʻʻʻ", "ʼ")


def folded(text: str) -> str:
    """Return a text in small letters without what is often not typed: ў is у, қ is к, ʼ is nothing. ch is c and sh is
    w, which Uzbek has in no other place; a c or w of another language is "."."""
    return _C_AND_W.sub(lambda match: _ONE_LETTER.get(match[0], "."), text.lower().translate(_FOLDED))


def _pairs(letters: str, rows: str) -> dict[str, float]:
    return {
        first + second: (ord(grade) - ord("i")) / 2
        for first, row in zip(letters, rows.split(), strict=False)
        for second, grade in zip(letters[1:], row, strict=True)
    }


_RUSSIAN = _pairs(
    CYRILLIC_LETTERS,
    """
    gflikgniafjgkkmijghgckjhmjjjhaggj
    dgkffikifghhggldhhifhfkfqajjfqlkh
    ghgcdjjejmiglgjmjjfjfqjjqjqjjfnhd
    kcheefkljonollpjkklfkjcpjjqmjjplk
    ahjknjjejlihjmjkggfjjjejjjjjjgjfc
    gejkhfjejkkjpmjonjlgljjmjfqojjqli
    fijgpdjkjpeiqcjdeggjjjjgjjjjjjjog
    llqajnfdjlekjkjlfgjjjjejjjqnjjpjf
    ifkbfgfmigfiflifjmggmljdojjjjkinf
    ffecejjafnhdidjbkiajagoljjjjjjgal
    hijfamjggahcjjjljhfjgbdcjjjjjfjhh
    dqgaanjhjneaijgjhejkgjjjjjpljlqmi
    ehpbbjgijbfiiifddcijjjdgjjoijjqmk
    jbfaefahjfaammgegijggghjjeqljjpmf
    aklkmnjikjjkiqkhlldhjkkhljjjlllpn
    hgjjfjjljjjfknmogdljjgjejjpijjplg
    jelcamcgjhafgkkheeicgjcnggqjjjple
    ghpdehjejmkgljmlklgghjomjdqpkkqjh
    iepadgjgjkdigkokmagkfjojjfqqjfilk
    cjfhlmfdfhegcgjcihjgfgkbqfjjinfqm
    ggjgjjjhjjejfhjjdceigjjjjjjjjjjgd
    adkgegfdjgacdhjngahgejjcjjjjjjjen
    mjjjjjjgjjjjjojjjjpjjfjjjjqjjjjkm
    jjjeeejijmdfqfjegkgjjjmojjjojjjme
    hfgaajjhjfgdgfgiedcjfjdgjjjjjjjob
    njjjjjjqjjjjjjjjjjnjjjjjjjjljjjqj
    ejgjfgdejgacjjjdfffjjjjjjjjjjjkhj
    jqqpnjmjppqqmjpooqjjqjqnjjjjjjjqq
    jljkgjqjjojlpjjjmkjjjilqjjjjjjjho
    jjfeejjjjhicbgjecjjidjjejejjjjjjj
    jegjjjijjafffgjbhmgjjjqjqjjjjmjjo
    jgpcijpjjbhofjbdimjjinncpjjjjqpqm
    hjjkmjhpkijmmlhjlkoiikhlqdjjjmlqo
    """,
)
_FOREIGN = _pairs(
    LATIN_LETTERS,
    """
    khjkkjkijgemijikekjiihheehkk
    egihgjhepahhhggkaghhmhdhgdfd
    ghkdkkdkfngiogfkkkkmghkgkfkf
    imkfkkfkdffeihjkhhhcgkkkkkkj
    fkkkmoknfjhhjjjoknqijhmhmmkn
    ojapqkjiqgfjllmmplnjnkhoifjp
    hhkklmgkkkkjmgikkmelmkjklkkl
    djkgnkmqfkhjipkokknmikkklkbi
    jekookgnihhffiknkiilhhkhplkm
    jfghpihedbffhinlbfikklblackb
    dhkhlkhkeekfekhkkejhhkhkgkkf
    bjgijkkngkbbeldmkfieedbkjkkj
    ejhhmkahhghkbejifpjijlgkjgkj
    gneflhfmhkcbikijkgkigmgkjgij
    hfdjmlhmejjfdjjmhikljkmgkbli
    jgajnlifhdihjjqkbijjpiejeaal
    jkmnmkkpjkdmikkqklmlikfkikmm
    amfakkkkakkefeakbjddkgghkkkb
    hiihnhhhfgkfhfjmfnjjikibmfpi
    hgmflgekggjeihhlidmkkkkgjkho
    ginfljcqhhafgbikhjkkfhknmmnl
    kghjpjhemefhjimobijjhadhdfki
    hdafmgffigfckdfnhedcefhkggkf
    eieblkbhckjaebkgbgfbbfhgkkkd
    dnkfmjgkhkkiehdqkggjgkdimkkl
    blkafkfgbhgbggfokglgafjafkpl
    djfdjkakakhaebgkhiihfhkkkjkd
    dhaehkdkaghahcdcaanefkabaaki
    """,
)


def russian(words: Iterable[str]) -> float:
    """Return the score of Cyrillic words of two letters or more: above 0, they are rather Russian than Uzbek."""
    return _score(_RUSSIAN, words)


def foreign(word: str) -> float:
    """Return the score of a Latin word: above 0, it is rather English or a name than Uzbek. Words that Uzbek borrows
    have scores above 0 too, up to 18: it tells only of words that a capital within a sentence marks as a name."""
    return _score(_FOREIGN, [word])


def _score(table: dict[str, float], words: Iterable[str]) -> float:
    return sum(
        table.get(first + second, 0)
        for word in map(folded, words)
        if len(word) > 1
        for first, second in zip("^" + word, word + "$", strict=True)
    )
