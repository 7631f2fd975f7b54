"""Random audiences against a model that looks at one number at a time: who gets a message, who gets none and why, and
who is claimed after further opt-outs; on both databases."""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pytest
import sqlalchemy as sa
from sqlmodel import col

from getsms_core.base.errors import DomainError
from getsms_core.base.kinds import ExcludedReason, OptOutScope
from getsms_core.base.states import CampaignState, MessageState
from getsms_core.campaigns import audience, control, excluded
from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns.exclusions import Exclusions
from getsms_core.campaigns.service import Draft
from getsms_core.contacts import suppression
from getsms_core.contacts.conditions import Condition, parse, to_json
from getsms_core.db import rollups
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import Campaign, Message
from tests.effort import times
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
from tests.job_support import do_all
from tests.unit.contacts.test_conditions_evaluate import naive, naive_key

POOL = phones(16)
CELLS = [
    "Fargʻona",
    "farg'ona ",
    " FARG`ONA",
    "",
    "  ",
    "\u200b",
    "25",
    "25.0",
    "1.000",
    "1 000",
    "01.02.1990",
    "1990-02-01",
    "007",
]
CONDITIONS = [
    "", "x = fargʻona", "x != 25", "x is empty", "not x contains 0", "x >= 25", "x < 01.01.2000",
    "x in (25, 1000, 'Farg''ona')", "x starts farg or x = 007",
]  # fmt: skip
M = MessageState
DAY_MS = 86_400_000
GOT = (M.ACCEPTED, M.DELIVERED, M.UNCERTAIN)
STATES = [*GOT, M.REJECTED, M.UNDELIVERED, M.EXPIRED, M.CANCELLED, M.QUEUED]


@dataclass
class Earlier:
    """A campaign that was sent: its list, and of each number the state and how many days ago it was sent."""

    campaign_id: int
    is_open: bool
    is_test: bool
    numbers: list[int]
    states: dict[int, tuple[M, float]] = field(default_factory=dict)

    def got(self, number: int) -> bool:
        state = self.states[number][0] if number in self.states else None
        return state in GOT or (self.is_open and state is M.QUEUED)

    def got_since(self, number: int, days: int) -> bool:
        state, ago = self.states.get(number, (None, 0.0))
        return not self.is_test and state in GOT and ago < days


def earlier_campaign(store: Store, dice: random.Random) -> Earlier:
    numbers = dice.sample(POOL, dice.randint(2, 8))
    is_open, is_test = dice.random() < 0.4, dice.random() < 0.2
    state = CampaignState.PAUSED if is_open else CampaignState.FINISHED
    earlier = Earlier(running(store, numbers=numbers, state=state), is_open, is_test, numbers)
    with store.writing() as session:
        now = now_ms(session)
        for message in messages_of(store, earlier.campaign_id):
            chosen, ago = dice.choice(STATES), dice.choice((0.5, 1.5, 2.5))
            earlier.states[message.phone] = chosen, ago
            left_at = None if chosen in (M.QUEUED, M.CANCELLED) else int(now - ago * DAY_MS)
            values = {"state": chosen, "left_at": left_at}
            session.execute(sa.update(Message).where(col(Message.id) == message.id).values(**values))
        which = col(Campaign.id) == earlier.campaign_id
        session.execute(sa.update(Campaign).where(which).values(is_test=is_test))
        rollups.rebuild(session, earlier.campaign_id)
    return earlier


def some(dice: random.Random, of: Iterable[int], most: int) -> tuple[int, ...]:
    options = list(of)
    return tuple(dice.sample(options, dice.randint(0, min(most, len(options)))))


def reason_of(
    number: int, cell: str, condition: Condition | None, listed: set[int], exclusions: Exclusions,
    sent: Mapping[int, Earlier], no_advertising: set[int],
) -> ExcludedReason | None:  # fmt: skip
    if condition is not None and not naive(condition, {"x": cell}):
        return ExcludedReason.WHERE
    if number in listed:
        return ExcludedReason.LISTS
    if any(sent[which].got(number) for which in exclusions.campaigns):
        return ExcludedReason.CAMPAIGNS
    if any(number in sent[which].numbers for which in exclusions.new_since):
        return ExcludedReason.CAMPAIGNS
    if exclusions.days and any(earlier.got_since(number, exclusions.days) for earlier in sent.values()):
        return ExcludedReason.DAYS
    return ExcludedReason.ADVERTISING if number in no_advertising else None


@pytest.mark.parametrize("seed", range(times(6)))
def test_a_random_audience_is_that_of_the_model(store: Store, seed: int) -> None:
    dice = random.Random(seed)
    sent = {earlier.campaign_id: earlier for earlier in (earlier_campaign(store, dice) for _ in range(3))}
    opted_out = set(some(dice, POOL, 2))
    suppression.add(store, AZIZA, opted_out, "asked", "") if opted_out else None
    numbers = [dice.choice(POOL) for _ in range(dice.randint(6, 24))]
    cells = [dice.choice(CELLS) for _ in numbers]
    list_id = checked_list(store, numbers, x=cells)
    other_numbers = dice.sample(POOL, 3)
    other = checked_list(store, other_numbers)
    is_advertising = dice.random() < 0.5
    ads = set(some(dice, set(POOL) - opted_out, 3))
    suppression.add(store, AZIZA, ads, "asked", "", OptOutScope.ADVERTISING) if ads else None
    exclusions = Exclusions(
        (other,) if dice.random() < 0.3 else (),
        some(dice, sent, 2),
        dice.choice((None, None, 1, 2)),
        some(dice, sent, 1),
    )
    where = dice.choice(CONDITIONS)
    condition = parse(where) if where else None
    draft = Draft(
        "Sale", dice.choice(("Salom", "{x|}")), list_id,
        category="advertising" if is_advertising else "service",
        condition=to_json(condition) if condition else "", exclusions=exclusions, control=dice.choice((0, 0, 2_500)),
    )  # fmt: skip
    campaign_id = campaigns.create(store, AZIZA, settings_for(), draft)

    accepted: dict[int, tuple[int, str]] = {}
    for place, (number, cell) in enumerate(zip(numbers, cells, strict=True)):
        if number not in opted_out:
            accepted.setdefault(number, (place + 2, cell))
    listed = set(other_numbers) - opted_out if exclusions.lists else set()
    reasons = {
        number: reason_of(number, cell, condition, set(other_numbers) if exclusions.lists else set(), exclusions, sent,
                          ads if is_advertising else set())
        for number, (_row, cell) in accepted.items()
    }  # fmt: skip
    assert listed <= set(other_numbers)
    left = np.array([number for number, reason in reasons.items() if reason is None], np.int64)
    seed_of_draw = campaign_of(store, campaign_id).control_seed
    drawn = set(left[control.draw(left, draft.control, seed_of_draw)].tolist())
    for number, (_row, cell) in accepted.items():
        if number in drawn:
            reasons[number] = ExcludedReason.CONTROL
        elif reasons[number] is None and draft.text != "Salom" and not naive_key(cell):
            reasons[number] = ExcludedReason.EMPTY_TEXT
    expected = sorted((accepted[number][0], number) for number, reason in reasons.items() if reason is None)

    planned = audience.of(store, campaign_of(store, campaign_id))
    if not expected:
        with pytest.raises(DomainError):
            campaigns.prepare(store, campaign_id)
        return
    assert sorted(planned.recipients["phone"].to_pylist()) == sorted(
        number for number, reason in reasons.items() if reason in (None, ExcludedReason.EMPTY_TEXT)
    ), "what is counted before is what is made"
    campaigns.start(store, AZIZA, campaign_id)
    do_all(store)
    assert [(message.row, message.phone) for message in messages_of(store, campaign_id)] == expected
    assert {row.phone: row.reason for row in excluded.rows(store, campaign_of(store, campaign_id))} == {
        number: reason for number, reason in reasons.items() if reason is not None
    }
    late_all, late_ads = set(some(dice, POOL, 3)), set(some(dice, POOL, 3))
    suppression.add(store, AZIZA, late_all, "asked", "") if late_all else None
    suppression.add(store, AZIZA, late_ads, "asked", "", OptOutScope.ADVERTISING) if late_ads else None
    barred = late_all | (late_ads if is_advertising else set())
    with store.reading() as session:
        now = now_ms(session)
    claims = [claim for claim in Engine(store, now=now).claim() if claim.campaign_id == campaign_id]
    claimed = [message.phone for claim in claims for message in claim.messages]
    assert sorted(claimed) == sorted(number for _row, number in expected if number not in barred)
    assert_rollups(store, campaign_id)
