"""The states, the moves between them, and the one definition of every figure."""

from dataclasses import dataclass, fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from getsms_core.base import state_diagrams
from getsms_core.base.errors import Conflict
from getsms_core.base.i18n import LANGUAGES, using_language
from getsms_core.base.state_meanings import campaign_meaning, message_meaning
from getsms_core.base.states import (
    COUNTED,
    FINAL,
    GLOSSARY,
    LABELS,
    MESSAGE_STATES,
    SENT,
    STATE_TABLES,
    CampaignState,
    ChunkState,
    Figures,
    MessageState,
    change,
    final_state,
    label_of,
    thing_label,
)
from getsms_core.base.transitions import StateTable
from tests.conftest import ROOT
from tests.each_case import each_case

M = MessageState
counts = st.fixed_dictionaries({state.value: st.integers(0, 10**7) for state in MessageState})


TRANSITIONS = MESSAGE_STATES.transitions


@pytest.mark.parametrize("states", STATE_TABLES, ids=lambda states: states.table)
def test_every_state_has_its_transitions_and_can_be_reached(states: StateTable[Any]) -> None:
    every_state = set(states.states.__members__.values())
    assert set(states.transitions) == every_state
    reached = {*states.initial, *(after for afters in states.transitions.values() for after in afters)}
    assert reached == every_state
    for before, afters in states.transitions.items():
        assert before not in afters, "staying is not a transition"
        assert all(afters.values()), "the diagram names every cause"


def test_each_kind_of_state_has_one_table() -> None:
    assert len({states.states for states in STATE_TABLES}) == len(STATE_TABLES)
    assert len({(states.table, states.column) for states in STATE_TABLES}) == len(STATE_TABLES)


def test_every_state_has_its_word_on_the_screen() -> None:
    for state in [*MessageState, *CampaignState, *ChunkState]:
        assert LABELS[state.value]


def test_what_is_final_never_moves_again() -> None:
    assert {*FINAL, M.REJECTED, M.CANCELLED} == set(MESSAGE_STATES.final())


def test_the_program_has_no_way_from_uncertain_back_to_sending() -> None:
    """Only through `queued`, and only a person puts it there."""
    assert M.SENDING not in TRANSITIONS[M.UNCERTAIN]
    assert {state for state, after in TRANSITIONS.items() if M.SENDING in after} == {M.QUEUED}


def test_only_what_the_gateway_took_gets_a_last_word() -> None:
    assert {state for state, after in TRANSITIONS.items() if FINAL & set(after)} == {M.ACCEPTED}
    assert FINAL | {M.ACCEPTED} == SENT


def test_the_transitions_of_a_message_are_those_of_the_design() -> None:
    """Written out here a second time: whoever changes the table changes the promise."""
    assert {state: set(after) for state, after in TRANSITIONS.items() if after} == {
        M.QUEUED: {M.SENDING, M.CANCELLED},
        M.SENDING: {M.ACCEPTED, M.REJECTED, M.UNCERTAIN, M.QUEUED},
        M.ACCEPTED: {M.DELIVERED, M.UNDELIVERED, M.EXPIRED},
        M.UNCERTAIN: {M.ACCEPTED, M.REJECTED, M.CANCELLED, M.QUEUED},
    }


@dataclass
class Row:
    state: CampaignState


def test_a_change_that_the_table_does_not_have_is_refused_and_changes_nothing() -> None:
    row = Row(CampaignState.CANCELLED)
    with pytest.raises(Conflict) as refused:
        change(row, CampaignState.RUNNING)
    assert refused.value.code == "wrong-state"
    assert "“Cancelled”" in refused.value.message
    assert "“Running”" in refused.value.message
    with using_language("ru"):
        assert refused.value.message.startswith("Рассылка:")
        assert "«Отменена»" in refused.value.message
    assert row.state is CampaignState.CANCELLED


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("states", STATE_TABLES, ids=lambda states: states.table)
def test_every_state_of_every_thing_has_a_label(states: StateTable[Any], language: str) -> None:
    """What has none would be shown by its code in a refusal."""
    with using_language(language):
        assert thing_label(states.table) != states.table
        assert [state for state in states.states if label_of(states.table, state) == state.value] == []
    assert label_of(states.table, "of-a-newer-release") == "of-a-newer-release"


def test_a_change_that_the_table_has_is_made_and_a_repeat_of_it_changes_nothing() -> None:
    row = Row(CampaignState.DRAFT)
    change(row, CampaignState.RUNNING)
    change(row, CampaignState.RUNNING)
    assert row.state is CampaignState.RUNNING


def test_rows_come_from_the_states_that_they_store() -> None:
    """A message that is sending is stored as queued."""
    assert MESSAGE_STATES.sources(M.REJECTED) == (M.QUEUED, M.UNCERTAIN)
    assert MESSAGE_STATES.sources(M.REJECTED, [M.UNCERTAIN]) == (M.UNCERTAIN,)
    with pytest.raises(Conflict):
        MESSAGE_STATES.sources(M.DELIVERED, [M.UNCERTAIN])


@each_case(
    ("word", "state"),
    [
        ("delivered", M.DELIVERED),
        ("DELIVRD", M.DELIVERED),
        (" Delivered ", M.DELIVERED),
        ("undelivered", M.UNDELIVERED),
        ("UNDELIV", M.UNDELIVERED),
        ("undeliverable", M.UNDELIVERED),
        ("rejected", M.UNDELIVERED),
        ("REJECTD", M.UNDELIVERED),
        ("deleted", M.UNDELIVERED),
        ("expired", M.EXPIRED),
        ("sent", None),
        ("accepted", None),
        ("ENROUTE", None),
        ("unknown", None),
        ("", None),
        ("not delivered", None),
        ("delivered?", None),
        ("доставлено", None),
    ],
)
def test_the_gateways_words(word: str, state: MessageState | None) -> None:
    assert final_state(word) is state


@given(st.text())
def test_a_word_that_is_not_in_the_table_is_never_guessed(word: str) -> None:
    state = final_state(word)
    assert state is None or word.strip().lower() in {
        "delivered", "delivrd", "undelivered", "undeliverable", "undeliv", "rejected", "rejectd", "deleted", "expired"
    }  # fmt: skip


@given(counts)
def test_the_figures_add_up(states: dict[str, int]) -> None:
    figures = Figures.of(states)
    assert figures.counts() == states
    assert figures.total == sum(states.values())
    assert figures.total == figures.sent + figures.unsent + figures.rejected + figures.uncertain + figures.cancelled
    assert figures.sent == figures.waiting + figures.settled


@given(counts)
def test_the_delivery_rate_is_delivered_of_settled(states: dict[str, int]) -> None:
    rate = Figures.of(states).rate
    settled = states["delivered"] + states["undelivered"] + states["expired"]
    assert rate == (states["delivered"] / settled if settled else None)
    assert rate is None or 0 <= rate <= 1


@given(counts, st.integers(0, 10**6))
def test_waiting_and_uncertain_messages_do_not_move_the_rate(states: dict[str, int], more: int) -> None:
    changed = states | {name: states[name] + more for name in ("accepted", "uncertain", "queued", "rejected")}
    assert Figures.of(changed).rate == Figures.of(states).rate


def test_states_that_are_absent_count_nothing_and_without_a_last_word_there_is_no_rate() -> None:
    assert Figures.of({"queued": 3}) == Figures(queued=3)
    assert Figures.of({}).rate is None
    assert Figures(accepted=5, uncertain=1).rate is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_of_a_campaign_and_a_message_says_what_it_means_for_its_reader(language: str) -> None:
    with using_language(language):
        sentences = [campaign_meaning(state) for state in CampaignState]
        sentences += [message_meaning(state) for state in (*MessageState, COUNTED)]
    assert len(set(sentences)) == len(CampaignState) + len(MessageState) + 1
    assert all(sentence.endswith(".") for sentence in sentences)
    assert message_meaning("waiting") == message_meaning(MessageState.ACCEPTED)


def test_every_figure_in_the_glossary_is_explained() -> None:
    assert {"Sent", "Waiting", "Delivered", "Uncertain", "Delivery rate"} <= set(GLOSSARY)
    assert all(meaning.endswith(".") for meaning in GLOSSARY.values())


def test_the_diagrams_in_the_docs_are_those_of_the_tables() -> None:
    """`make states` draws them."""
    assert (ROOT / "docs" / "states.md").read_text("utf-8") == state_diagrams.page()


def test_figures_take_each_count_by_its_name() -> None:
    names = [field.name for field in fields(Figures)]
    assert names == [*(state.value for state in MessageState), COUNTED]
    figures = Figures.of({name: n for n, name in enumerate(names, 1)})
    assert [getattr(figures, name) for name in names] == list(range(1, len(names) + 1))
    assert Figures.of({}) == Figures()
