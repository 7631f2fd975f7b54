"""How much rather than Uzbek a word is Russian, or a foreign name, by its pairs of letters.

The tables hold the logarithm of how much more often each pair is written in Russian (in English and in names) than in
Uzbek, in halves: "a" is -4, "i" is 0, "q" is 4. A row is the first letter of a pair ("^" is before a word), a column
the second ("$" is after it). They are made by tests/unit/messages/uzbek/data/make_letter_pairs.py.
"""

from collections.abc import Iterable

CYRILLIC_LETTERS = "^абвгджзийклмнопрстуфхцчшщъыьэюяе$"
LATIN_LETTERS = "^abcdefghijklmnopqrstuvwxyzʻ$"
_FOLDED = str.maketrans("ўқғҳёӯ`'‘’´", "укгхеуʻʻʻʻʻ", "ʼ")


def folded(text: str) -> str:
    """Return a text in small letters without what is often not typed: ў is у, қ is к, ʼ is nothing."""
    return text.lower().translate(_FOLDED)


def _pairs(letters: str, rows: str) -> dict[str, float]:
    return {
        first + second: (ord(grade) - ord("i")) / 2
        for first, row in zip(letters, rows.split(), strict=False)
        for second, grade in zip(letters[1:], row, strict=True)
    }


_RUSSIAN = _pairs(
    CYRILLIC_LETTERS,
    """
    gflikgniafjgkkmjjghgckjhmjjjhaggj
    dgkffikifghhggldhhifhfkfqajjfqlkh
    ghgcdjjejmiglgjmkjfjfqjjqjqjjfnhd
    kcheefkljonollpjkklfkjcpjjqmjjplk
    ahjknjjejlihjmjkggfjjjejjjjjjgjfc
    gejkhfjejkkjpmjonjlgljjmjfqojjqli
    fijgpdjkjpeiqcjdeggjjjjgjjjjjjjog
    llqajnfdjlekjkjlfgjjjjejjjqnjjpkf
    ifkbfgfmigfiflifjmggmljdojjjjkinf
    ffecejjafnhdidjbkiajagoljjjjjjgal
    hijfamjggahcjjjljhfjgbdcjjjjjfjhh
    dqgaanjhjneaijgjhejkgjjjjjpljlqmi
    ehpbbjgijbfiiifddcijjjdgjjoijjqmk
    jbfaefahjfaammgegijggghjjeqljjpmf
    aklkmnjikjjkiqkhlldhkkkhljjjlllpn
    hgjjfjjljjjfknmogdljjgjejjpijjplg
    jelcamcgjhafgkkheeicgjcnggqjjjqle
    ghpdehjejmkgljmlklgghjomjdqpkkqjh
    iepadgjgjkdigkokmagkfjojjfqqjfilk
    cjfhlmfdfhehcgjcihjgfgkbqfjjinfqm
    ggjgjjjhjjejfhjjdceigjjjjjjjjjjgd
    adkgegfdjgacdijngahgejjcjjjjjjjen
    mjjjjjjgjjjjjojjjjpjjfjjjjqjjjjkm
    jjjeeejijmdfqfjegkgjjjmojjjojjjme
    hfgaajjhjfgdgfgiedcjfjdgjjjjjjjob
    njjjjjjqjjjjjjjjjjnjjjjjjjjljjjqj
    ejgjfgdejgadjjjdfffjjjjjjjjjjjkhj
    jqqpnjmjqpqqmjpooqjjqjqnjjjjjjjqq
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
    khmkkjkijgemijikekjiihqeehkk
    eglhgjhepahhhggkaghhmhqhgdfd
    gindkkdkfngiogfkkkkmghkgkfkf
    qmqnqmkhqkqqknqnkqqqqmmkqkkq
    fkkkmoknfjhhjjjoknpijhmhmmko
    ojmpqkjiqgfjllmmplnjnkqoifjp
    hhoklmhkkkkjmgikkmgllkkklkkl
    djkgnkmqfkhjipkokknmikkklkbi
    igehmkakgfibfdkjbihhffkgplkh
    jfkhpihedbffhinlbfhkklklackb
    dhkhlkhkeekfekhkkejhhkkkgkkg
    bkgijkkngkbbeldmkfheedkkjkkj
    ejkhmkahhghkbejifpjijlmkjgkj
    gnhflhfmhkcbikijkgkigmnkjhij
    hfkjmlhmejjfdjjmhikljkmgkbli
    jgijnlifheihjkqkbiijpiqjeaal
    jkmnmkkpjkdmikkqklllikkkikmm
    amfakkkkakkefeakbjddlgkhkkgb
    hjlhnhhhfgkfhfjmfnjjikobmfpi
    hgofmgeeggjeihhlidmlklqgjkmo
    giofljcqhhafgbikhjlkfhqnmmnl
    kgjjpjhemefhjinobijjhakhdfki
    hdafmgffjgfckdfnhedcefkkggkf
    qkkkqkkqqkkkkqqkkqqkkkkkmkmq
    dnqfmjgkhkkiehdqkgejgkmimkkl
    blkafkfgbkgbggfokgkgafnafkpl
    djidjkakakhaebgkhiihfhkkkjkd
    dfaehkdkaghahcdcaajefkkbaakj
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
