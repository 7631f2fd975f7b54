"""Whether texts are the approved one: its words exactly, its merge fields any short value on one line."""

import random
import time

import pyarrow as pa

from getsms_core.campaigns.template_match import VALUE_MAX_LENGTH, matches
from getsms_core.messages import merge_fields
from tests.each_case import each_case


@each_case(
    ("approved", "text", "same"),
    [
        ("Salom", "Salom", True),
        ("Salom", "Salom ", False),
        ("Salom", "salom", False),
        ("Salom", "", False),
        ("Oʻzbekiston", "O'zbekiston", False),
        ("Salom {ism}!", "Salom Aziza!", True),
        ("Salom {ism}!", "Salom !", True),
        ("Salom {ism|mijoz}!", "Salom mijoz!", True),
        ("Salom {ism}!", "Salom Aziza", False),
        ("Salom {ism}!", "Salom Aziza! Yutdingiz", False),
        ("{a} va {b}", "bir va ikki", True),
        ("Kod {{{kod}}}", "Kod {77}", True),
        ("Kod {{{kod}}}", "Kod 77", False),
        ("100% (+2) [a] $1 ^ . * ? |\\", "100% (+2) [a] $1 ^ . * ? |\\", True),
        ("a.c", "abc", False),
        ("bir\nikki", "bir\nikki", True),
        ("bir\nikki", "bir ikki", False),
        ("{a}", "bir\nikki", False),
        ("{a}", "bir\rikki", False),
        ("{a}", "x" * VALUE_MAX_LENGTH, True),
        ("{a}", "ў" * VALUE_MAX_LENGTH, True),
        ("{a}", "x" * (VALUE_MAX_LENGTH + 1), False),
        ("Салом {исм} 👍 №1…", "Салом Олим 👍 №1…", True),
        ("Salom", "Salom\n", False),
    ],
)
def test_a_text_is_the_approved_one_or_is_not(approved: str, text: str, same: bool) -> None:
    assert (matches(approved, pa.array([text], pa.string())).count == 0) is same


def test_it_counts_all_and_shows_the_first() -> None:
    texts = pa.chunked_array([["Salom a", "Salom", "Sal"], ["Salom b", None, "x", "y", "z", "w"]])
    result = matches("Salom {ism}", texts)
    assert result.count == 7
    assert result.first == ((1, "Salom"), (2, "Sal"), (4, ""), (5, "x"), (6, "y"))


def test_what_a_template_renders_always_matches_it() -> None:
    chance = random.Random(4)
    letters = "aʻЖ.*+?()[]{}|\\^$€😀\n -_#/"
    for _ in range(300):
        words = ["".join(chance.choice(letters) for _ in range(chance.randrange(12))) for _ in range(3)]
        literal = [word.replace("{", "{{").replace("}", "}}") for word in words]
        text = literal[0] + "{ism}" + literal[1] + "{shahar|d}" + literal[2]
        values = ["".join(chance.choice(letters) for _ in range(chance.randrange(20))) for _ in range(2)]
        fields = pa.table({"ism": values[:1], "shahar": values[1:]})
        rendered = merge_fields.parse(text).render_column(fields)
        assert matches(text, rendered).count == 0
        changed = pa.array([rendered[0].as_py() + "\n!"])
        assert matches(text, changed).count == 1


def test_a_pattern_made_to_be_slow_is_not() -> None:
    evil = "{a}{b}{c}{d}{e}{f}!"
    assert matches(evil, pa.array(["x" * 600] * 200)).count == 200


def _is_the_approved(literals: list[str], text: str) -> bool:
    """The definition, with every place where each literal may be."""
    ends = {len(literals[0])} if text.startswith(literals[0]) else set()
    for literal in literals[1:]:
        begins = {
            begin
            for end in ends
            for begin in range(end, min(len(text), end + VALUE_MAX_LENGTH) + 1)
            if not {"\n", "\r"} & set(text[end:begin])
        }
        ends = {begin + len(literal) for begin in begins if text.startswith(literal, begin)}
    return len(text) in ends


def test_it_decides_as_the_definition_does() -> None:
    chance = random.Random(9)
    matched = 0
    for _ in range(20):
        literals = ["".join(chance.choice("aaab\n") for _ in range(chance.randrange(4))) for _ in range(4)]
        literals[-1] += chance.choice(["", "b"])
        texts = []
        for _ in range(6):
            values = [
                "".join(chance.choice("aab") for _ in range(chance.choice([0, 1, 3, 98, 99, 100, 101])))
                + chance.choice(["", "", "", "", "\r"])
                for _ in range(3)
            ]
            texts.append("".join(literal + value for literal, value in zip(literals, [*values, ""], strict=True)))
        wrong = [text for text in texts if not _is_the_approved(literals, text)]
        result = matches("{x}".join(literals), pa.array(texts), shown=len(texts))
        assert [text for _, text in result.first] == wrong, literals
        matched += len(texts) - result.count
    assert 20 < matched < 100


def test_a_text_of_many_merge_fields_is_compared_as_quickly() -> None:
    approved = "Salom " + ", ".join(f"{{f{number}}} soz" for number in range(200)) + "."
    text = merge_fields.parse(approved).render({f"f{number}": f"so {number}" for number in range(200)})
    began = time.process_time()
    assert matches(approved, pa.array([text, text + "!"] * 100)).count == 100
    assert time.process_time() - began < 5  # 0.05 s; it was 30 s and more
