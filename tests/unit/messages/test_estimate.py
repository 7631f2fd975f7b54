"""The estimate of a text over all rows equals what rendering and measuring every row gives."""

import random

import pyarrow as pa
import pytest

from getsms_core.base.errors import DomainError
from getsms_core.messages import encoding, merge_fields, template_text
from getsms_core.messages.estimate import FEW_LETTERS, estimate
from tests.effort import times

AWKWARD = "abc {}|€[]^~ʻ’“”…–№Жş😀👍é"


def _fields(**columns: list[str]) -> pa.Table:
    return pa.table(columns, schema=pa.schema([(name, pa.string()) for name in columns]))


def _counted(text: str, fields: pa.Table, mend: bool) -> encoding.Measures:
    return encoding.measure_column(merge_fields.parse(text).render_column(fields, mend=mend))


def _some(chance: random.Random, most: int) -> str:
    return "".join(chance.choice(AWKWARD) for _ in range(chance.randrange(most)))


@pytest.mark.parametrize("seed", range(times(3)))
def test_it_agrees_with_every_row_rendered_and_measured(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(25):
        rows = chance.randrange(40)
        fields = _fields(A=[_some(chance, 90) for _ in range(rows)], b=[_some(chance, 9) for _ in range(rows)])
        pieces = [_some(chance, 60).replace("{", "{{").replace("}", "}}") for _ in range(3)]
        text = pieces[0] + chance.choice(["{a}", "{a|d€f’}", ""]) + pieces[1] + chance.choice(["{B|}", ""]) + pieces[2]
        replaced = template_text.replace_in_template(text)
        replaced_parts = {mend: _counted(replaced, fields, mend).parts.sum() for mend in (False, True)}
        for mend in (False, True):
            costs, counted = estimate(text, fields, price=9500, mend_values=mend), _counted(text, fields, mend)
            assert costs.parts == counted.parts.sum()
            assert costs.cost == counted.parts.sum() * 9500
            assert costs.gsm7 == counted.gsm7.sum()
            assert abs(costs.mean_cost * max(rows, 1) - costs.cost) * 2 <= rows
            assert costs.mended == replaced_parts[mend]
            assert costs.mended_values == replaced_parts[True]
            dearest = sorted(range(rows), key=lambda row: (-counted.parts[row], -counted.units[row], row))[:5]
            assert list(costs.dearest) == dearest


@pytest.mark.parametrize("seed", range(times(3)))
def test_what_each_character_costs_is_what_the_campaign_would_cost_less_without_it(seed: int) -> None:
    chance = random.Random(100 + seed)
    for _ in range(12):
        rows = chance.randrange(1, 12)
        fields = _fields(A=[_some(chance, 60) for _ in range(rows)])
        text = (_some(chance, 90) + "…").replace("{", "{{").replace("}", "}}") + chance.choice(["{a}", "{a|d’}", ""])
        mended = template_text.replace_in_template(text)
        can = {change.before for change in template_text.template_changes(text)}
        for extra in estimate(text, fields, price=100).extras:
            if extra.replacement is None:
                others = [character for character in encoding.expensive_characters(mended) if character in AWKWARD]
                with_it = template_text.with_plain_letters(
                    mended, [character for character in others if character != extra.character]
                )
                without = template_text.with_plain_letters(mended, others)
            else:
                others = [character for character in can if character != extra.character]
                with_it, without = (template_text.replace_in_template(text, others) if others else text), mended
            added_parts = _counted(with_it, fields, False).parts.sum() - _counted(without, fields, False).parts.sum()
            few = (
                len([character for character in encoding.expensive_characters(mended) if character not in "{}"])
                <= FEW_LETTERS
            )
            assert extra.parts == (added_parts if few or extra.replacement is not None else 0), (text, extra)
            assert extra.cost == extra.parts * 100


def test_it_prices_each_expensive_character_as_if_all_others_were_mended() -> None:
    fields = _fields(ism=["Aziza", "Bobur"])
    costs = estimate("Hurmatli {ism}, Navro‘z bayrami muborak… " + "x" * 60, fields, price=9500)
    assert [(e.character, e.replacement, e.times, e.parts, e.cost) for e in costs.extras] == [
        ("‘", "'", 1, 2, 19000),
        ("…", "...", 1, 2, 19000),
    ]
    assert (costs.parts, costs.mended) == (4, 2)


def test_letters_are_named_but_never_mended() -> None:
    costs = estimate("Салом", _fields(ism=["a"]), price=9500)
    assert {e.replacement for e in costs.extras} == {None}
    assert costs.mended == costs.parts == 1


def test_an_emoji_is_priced_beside_a_plain_letter() -> None:
    costs = estimate("Aksiya 🎉🔥 “bugun” " + "x" * 60, _fields(ism=["a", "b"]), price=9500)
    assert [(e.character, e.replacement, e.parts) for e in costs.extras] == [
        ("“", '"', 0), ("”", '"', 0), ("🎉", None, 2), ("🔥", None, 2),
    ]  # fmt: skip
    assert (costs.mended_cost, costs.letters_cost) == (4 * 9500, 2 * 9500)


def test_many_letters_are_priced_together() -> None:
    costs = estimate("Ҳурматли мижоз, чегирма бор! " + "x" * 60, _fields(ism=["a", "b"]), price=9500)
    assert len(costs.extras) > FEW_LETTERS
    assert {extra.cost for extra in costs.extras} == {0}
    assert costs.letters_cost == 2 * 9500


def test_a_joiner_within_an_emoji_is_not_offered_for_replacement() -> None:
    costs = estimate("👨‍👩‍👧 ❤\ufe0f", _fields(ism=["a"]), price=9500)
    assert {extra.replacement for extra in costs.extras} == {None}
    assert costs.mended == costs.parts


def test_it_counts_the_rows_whose_values_are_expensive() -> None:
    fields = _fields(ism=["Oʻktam", "Aziza", "Gʻayrat ʻ", "Жамшид"])
    costs = estimate("Salom {ism}" + "x" * 80, fields, price=9500)
    assert dict(costs.values)["ʻ"] == 2
    assert dict(costs.values)["Ж"] == 1
    assert (costs.ucs2, costs.parts, costs.mended_values) == (3, 7, 5)


def test_it_names_the_emoji_of_values_beside_their_letters() -> None:
    fields = _fields(ism=["Aziza 🌸", "Bobur 🌸🌸", "😀Ж", "€"])
    assert dict(estimate("Salom {ism}", fields, price=9500).values) == {"🌸": 2, "😀": 1, "Ж": 1}


def test_it_names_empty_fields_and_the_row_to_preview() -> None:
    costs = estimate("Salom {ism}, {shahar|aziz mijoz}", _fields(ism=["a", "b", " "], shahar=["x", "", "y"]), price=1)
    assert {name: (empty.count, empty.rows) for name, empty in costs.empty.items()} == {"ism": (1, [2])}
    assert costs.first_empty == 1


def test_the_longest_is_by_characters_and_the_most_expensive_by_parts() -> None:
    costs = estimate("{ism}", _fields(ism=["x" * 100, "ʻ" * 80, "y"]), price=1)
    assert (costs.longest, costs.dearest[0], costs.max_parts) == (0, 1, 2)


def test_a_message_that_no_phone_could_put_together_is_refused() -> None:
    assert estimate("x" * 153 * 255, _fields(ism=["a"]), price=1).max_parts == 255
    with pytest.raises(DomainError, match="would take 256 SMS, and a phone joins at most 255") as refusal:
        estimate("x" * 153 * 254 + "{ism}", _fields(ism=["a", "y" * 300]), price=1)
    assert refusal.value.code == "text-too-long"


def test_an_empty_list_costs_nothing() -> None:
    costs = estimate("Salom {ism}", _fields(ism=[]), price=9500)
    assert (costs.messages, costs.parts, costs.cost, costs.mean, costs.longest) == (0, 0, 0, 0.0, None)


def test_mending_leaves_the_names_of_fields_alone() -> None:
    assert template_text.replace_in_template("“{gʻoya|yoʻq}” {{ʻ}} ʻ") == "\"{gʻoya|yo'q}\" {{'}} '"
    assert template_text.replace_in_template("“ʻ", only=["ʻ"]) == "“'"


def test_it_names_each_change_of_the_text_where_it_stands() -> None:
    text = "“{gʻoya|yoʻq}” 👨\u200d👩 {{ʻ}} №"
    changes = template_text.template_changes(text)
    assert [(change.before, change.after) for change in changes] == [
        ("“", '"'),
        ("ʻ", "'"),
        ("”", '"'),
        ("ʻ", "'"),
        ("№", "N"),
    ]
    assert all(text[change.position] == change.before for change in changes)
    assert template_text.template_changes("Salom {ʻ}") == []


def test_it_refuses_what_the_list_cannot_serve() -> None:
    with pytest.raises(DomainError) as refusal:
        estimate("Salom {nomi}", _fields(ism=["a"]), price=1)
    assert refusal.value.code == "unknown-field"
    with pytest.raises(DomainError):
        estimate("Salom {", _fields(ism=["a"]), price=1)
