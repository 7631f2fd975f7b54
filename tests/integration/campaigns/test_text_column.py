"""Texts by column: each recipient gets the text of their value, everybody else the fallback, on both databases."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from getsms_core import phone, reports
from getsms_core.base.errors import DomainError
from getsms_core.campaigns import audience, copying, draft_costs, draft_preview, excluded, text_column, texts
from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns.service import Draft
from getsms_core.contacts.conditions.keys import key
from getsms_core.db.engine import Store
from getsms_core.messages.estimate import Estimate
from getsms_core.messages.variants import MAX_VALUES, Variant
from tests.engine_support import (
    AZIZA,
    Engine,
    assert_rollups,
    campaign_of,
    checked_list,
    messages_of,
    phones,
    running,
    settings_for,
)

UZ, RU = Variant("Salom {ism}", value="uz"), Variant("Здравствуйте, {ism}", value="ru")
LANGUAGES = ["uz", " UZ ", "ru", "Ru\u200b", "", "kaa", "en", "uz"]


def draft(store: Store, cells: list[str], by_value: tuple[Variant, ...] = (UZ, RU), **more: object) -> int:
    names = [f"Ism{i}" for i in range(len(cells))]
    list_id = checked_list(store, phones(len(cells)), til=cells, ism=names)
    content = Draft("Test", "Hello {ism}", list_id, variants=by_value, text_column="til")
    return campaigns.create(store, AZIZA, settings_for(), replace(content, **more))  # type: ignore[arg-type]


def refusal(column: str, *by_value: Variant) -> str:
    with pytest.raises(DomainError) as error:
        text_column.check(column, "Hello", by_value)
    return error.value.code


def test_both_an_ab_test_and_texts_by_column_are_refused(store: Store) -> None:
    assert refusal("til", UZ, Variant("B", 50)) == "two-kinds-of-texts"
    assert refusal("til", Variant("B", 50)) == "two-kinds-of-texts"
    assert refusal("", UZ) == "two-kinds-of-texts"
    with pytest.raises(DomainError):
        draft(store, ["uz"], (UZ, Variant("B", 50)))


def test_values_that_are_no_use_are_refused() -> None:
    assert refusal("til", Variant("a", value=" \u200b")) == "empty-value"
    assert refusal("til", Variant("a", value="Oʻzbek"), Variant("b", value="o'zbek ")) == "same-value"
    assert refusal("til", Variant(" ", value="uz")) == "empty-variant"
    assert refusal("til", Variant("{", value="uz")) == "brace-not-closed"
    too_many = [Variant("a", value=str(i)) for i in range(MAX_VALUES + 1)]
    assert refusal("til", *too_many) == "too-many-values"
    text_column.check("til", "Hello", too_many[:MAX_VALUES])


def test_a_column_that_the_list_does_not_have_is_refused_when_it_starts_and_when_it_is_built(store: Store) -> None:
    campaign_id = draft(store, LANGUAGES, text_column="language")
    for act in (lambda: campaigns.start(store, AZIZA, campaign_id), lambda: campaigns.prepare(store, campaign_id)):
        with pytest.raises(DomainError) as error:
            act()
        assert error.value.code == "no-such-column"
        assert "til, ism." in error.value.message
    assert campaign_of(store, campaign_id).state == "draft"


def test_each_recipient_gets_the_text_of_their_value(store: Store) -> None:
    campaign_id = draft(store, LANGUAGES)
    campaigns.prepare(store, campaign_id)
    assert [(m.variant, m.text) for m in messages_of(store, campaign_id)] == [
        (1, "Salom Ism0"), (1, "Salom Ism1"), (2, "Здравствуйте, Ism2"), (2, "Здравствуйте, Ism3"), (0, "Hello Ism4"),
        (0, "Hello Ism5"), (0, "Hello Ism6"), (1, "Salom Ism7"),
    ]  # fmt: skip
    assert_rollups(store, campaign_id)
    with store.reading() as session:
        counted = text_column.counts(session, campaign_of(store, campaign_id))
    assert [(text.value, text.messages, text.parts) for text in counted] == [("uz", 3, 3), ("ru", 2, 2), (None, 3, 3)]


def test_the_kind_of_apostrophe_does_not_matter(store: Store) -> None:
    cells = ["Oʻzbek", "O'zbek", "o`zbek", "rus"]
    campaign_id = draft(store, cells, (Variant("Salom", value="Oʼzbek"),))
    campaigns.prepare(store, campaign_id)
    assert [message.variant for message in messages_of(store, campaign_id)] == [1, 1, 1, 0]


def test_a_value_that_nobody_has_and_values_without_a_text_are_counted(store: Store) -> None:
    campaign_id = draft(store, LANGUAGES, (UZ, Variant("Салам", value="kk")))
    recipients = audience.recipients(store, campaign_of(store, campaign_id))
    covered = text_column.coverage(recipients, "til", ["uz", "kk"])
    assert covered == text_column.Coverage(4, 3, ("ru", "kaa", "en"), 1, ("kk",))
    assert [code for code, _sentence in text_column.remarks("til", covered)] == [
        "unused-value", "other-values", "no-value",
    ]  # fmt: skip
    values = text_column.values_of(recipients, "TIL")
    assert [(value.value, value.recipients) for value in values.values] == [("uz", 3), ("ru", 2), ("kaa", 1), ("en", 1)]
    assert (values.count, values.empty) == (4, 1)


def test_a_text_that_is_empty_for_its_value_leaves_out_only_its_recipients(store: Store) -> None:
    campaign_id = draft(store, ["uz", "ru", "uz", "en"], (Variant("{xabar}", value="uz"),))
    list_id = checked_list(
        store, phones(4), til=["uz", "ru", "uz", "en"], ism=list("abcd"), xabar=["", "", "Salom", ""]
    )
    campaigns.change(store, AZIZA, campaign_id, replace(Draft.of(campaigns.get(store, campaign_id)), list_id=list_id))
    campaigns.prepare(store, campaign_id)
    assert excluded.empty_rows(store, campaign_of(store, campaign_id)) == [2]
    assert [message.text for message in messages_of(store, campaign_id)] == ["Hello b", "Salom", "Hello d"]
    assert_rollups(store, campaign_id)


def _estimates(store: Store, campaign_id: int, price: int = 9_500) -> list[Estimate]:
    campaign = campaign_of(store, campaign_id)
    recipients, assignment = audience.recipients(store, campaign), texts.Assignment.of(campaign)
    assert assignment is not None
    return [
        draft_costs.estimate_text(recipients, text, (price,) * 20, mend_values=False, share=(i, assignment))
        for i, text in enumerate(texts.texts_of(campaign))
    ]


def test_a_text_that_nobody_gets_does_not_lower_the_price_of_the_others(store: Store) -> None:
    estimates = _estimates(store, draft(store, ["uz", "ru", "uz"]))
    assert [estimate.messages for estimate in estimates] == [0, 2, 1]
    assert draft_costs.combine(estimates).prices == (9_500, 9_500)


def test_the_longest_and_the_most_expensive_message_are_those_of_all_texts(store: Store) -> None:
    long_latin, short_cyrillic = Variant("x" * 150, value="uz"), Variant("Ж" * 71, value="ru")
    list_id = checked_list(store, [998_901_234_567, 998_931_234_567], til=["ru", "uz"])
    wanted = Draft("Sale", "Hello", list_id, text_column="til", variants=(long_latin, short_cyrillic))
    campaign = campaign_of(store, campaigns.create(store, AZIZA, settings_for(), wanted))
    recipients, assignment = audience.recipients(store, campaign), texts.Assignment.of(campaign)
    assert assignment is not None
    ucell = phone.range_of(np.array([998_931_234_567]))[0]
    for dear_range, dearest in ((None, 0), (ucell, 1)):  # 2 SMS for 100 each, then 1 for 500
        prices = tuple(500 if i == dear_range else 100 for i in range(len(phone.RANGES)))
        together = draft_costs.combine([
            draft_costs.estimate_text(recipients, text, prices, mend_values=False, share=(i, assignment))
            for i, text in enumerate(texts.texts_of(campaign))
        ])  # fmt: skip
        assert (together.dearest, together.longest, together.max_parts) == ((dearest,), 1, 2)


def test_a_text_that_is_empty_for_all_its_recipients_is_no_obstacle_to_the_others(store: Store) -> None:
    list_id = checked_list(store, phones(3), til=["uz", "ru", "uz"], xabar=["", "Привет", " "])
    further = (Variant("{xabar}", value="uz"), Variant("{xabar}!", value="ru"))
    wanted = Draft("Sale", "Hello", list_id, text_column="til", variants=further)
    campaign_id = campaigns.create(store, AZIZA, settings_for(), wanted)
    estimates = _estimates(store, campaign_id)
    assert [(estimate.messages, estimate.blank.count) for estimate in estimates] == [(0, 0), (0, 2), (1, 0)]
    together = draft_costs.combine(estimates)
    campaigns.prepare(store, campaign_id)
    campaign = campaign_of(store, campaign_id)
    assert (together.messages, together.parts, together.cost) == (campaign.messages, campaign.parts, campaign.cost)
    assert (together.blank.rows, together.dearest) == ([0, 2], (1,))


def test_texts_that_are_empty_for_everybody_are_refused_together(store: Store) -> None:
    list_id = checked_list(store, phones(2), til=["uz", "uz"], xabar=["", " "])
    wanted = Draft("Sale", "Hello", list_id, text_column="til", variants=(Variant("{xabar}", value="uz"),))
    estimates = _estimates(store, campaigns.create(store, AZIZA, settings_for(), wanted))
    with pytest.raises(DomainError) as refusal:
        draft_costs.combine(estimates)
    assert refusal.value.code == "all-texts-empty"


def test_a_copy_keeps_the_column_and_its_texts(store: Store) -> None:
    campaign_id = draft(store, LANGUAGES)
    copied = Draft.of(campaigns.get(store, copying.copy(store, AZIZA, settings_for(), campaign_id)))
    assert (copied.text_column, copied.variants) == ("til", (UZ, RU))


def test_the_results_stand_side_by_side_without_a_verdict(store: Store) -> None:
    campaign_id = running(store, 4, text="Hello", variants=(Variant("Salom", value="uz"),), text_column="til",
                   fields={"til": ["uz", "uz", "uz", "en"]})  # fmt: skip
    Engine(store).send()
    results = reports.experiment(store, campaign_id)
    assert results is not None
    assert (results.column, results.delivered, results.responded) == ("til", None, None)
    assert [(row.value, row.figures.sent) for row in results.rows] == [("uz", 3), (None, 1)]
    assert reports.texts_in_words(results) == []


WORDS = ["uz", "UZ", " uz", "ru", "Ru ", "oʻz", "O'Z", "", "  ", "\u200b", "kaa", "қр"]


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=30),
    st.lists(st.sampled_from(["uz", "RU", "oʼz", "en"]), unique=True, max_size=4),
)
def test_preview_cost_and_messages_agree_row_by_row(sqlite_store: Store, cells: list[str], values: list[str]) -> None:
    by_value = tuple(Variant(f"{value} {{ism}}", value=value) for value in values)
    campaign_id = draft(sqlite_store, cells, by_value)
    campaign = campaigns.get(sqlite_store, campaign_id)
    recipients = audience.recipients(sqlite_store, campaign)
    expected = []
    for i, cell in enumerate(cells):  # the plain way: one cell after the other
        first = next((value for value in values if key(value) == key(cell)), None)
        expected.append(f"{'Hello' if first is None else first} Ism{i}")
    prices = (1,) * 20
    previewed = [draft_preview.message(AZIZA, campaign, recipients, at, prices).text for at in range(len(cells))]
    assert previewed == expected
    estimates = []
    assignment = texts.Assignment.of(campaign)
    for i, text in enumerate(texts.texts_of(campaign)):
        share = None if assignment is None else (i, assignment)
        estimates.append(draft_costs.estimate_text(recipients, text, prices, mend_values=False, share=share))
    campaigns.prepare(sqlite_store, campaign_id)
    messages = messages_of(sqlite_store, campaign_id)
    assert [message.text for message in messages] == expected
    of_text = Counter(message.variant or 0 for message in messages)
    assert [estimate.messages for estimate in estimates] == [of_text[i] for i in range(len(values) + 1)]
    assert draft_costs.combine(estimates).parts == sum(message.parts for message in messages)
    with sqlite_store.reading() as session:
        counted = text_column.counts(session, campaign_of(sqlite_store, campaign_id))
    if values:
        assert [text.messages for text in counted] == [*(of_text[i] for i in range(1, len(values) + 1)), of_text[0]]


def test_a_column_of_many_different_values_and_nulls_is_matched() -> None:
    cells = pa.chunked_array([pa.array([None, "1", "2"]), pa.array([str(i) for i in range(5_000)])])
    table = pa.table({"row": np.arange(5_003), "phone": np.arange(5_003), "n": cells})
    assigned = text_column.assign(table, "n", ["2", "4999", "nobody"])
    assert (assigned[:3].tolist(), assigned[5].item(), assigned[-1].item()) == ([0, 0, 1], 1, 2)
    assert (assigned > 0).sum() == 3
