"""The text that went to the same list a short while ago."""

import time

import pytest
from sqlmodel import Session

from getsms_core.campaigns import duplicates
from getsms_core.campaigns import service as campaigns
from getsms_core.db.engine import Store
from getsms_core.db.models import Campaign, RecipientList
from tests.factories import make_campaign, make_list

HOUR = 3_600_000


def _now() -> int:
    return int(time.time() * 1000)


def _other_file(session: Session, list_id: int, sha256: str) -> None:
    row = session.get(RecipientList, list_id)
    assert row is not None
    row.sha256 = sha256


def _same(store: Store, campaign_id: int, text: str | None = None) -> int | None:
    duplicate = duplicates.find_duplicate(store, campaigns.get(store, campaign_id), text)
    return duplicate.id if duplicate else None


def _mine(store: Store, list_id: int | None, text: str = "Navroʻz  muborak") -> int:
    return make_campaign(store, state="draft", list_id=list_id, text=text)


def test_yesterdays_text_to_the_same_list_is_found_whatever_its_apostrophes(store: Store) -> None:
    listed = make_list(store, 3)
    before = make_campaign(store, list_id=listed, text="Navro'z muborak", started_at=_now() - 26 * HOUR)
    own_campaign = _mine(store, listed)
    assert _same(store, own_campaign) == before
    assert _same(store, own_campaign, "Boshqa matn") is None
    assert _same(store, before) is None  # a draft was never sent


def test_the_same_file_uploaded_again_is_the_same_list(store: Store) -> None:
    first, second, other = (make_list(store, 3) for _ in range(3))
    with store.writing() as session:
        _other_file(session, other, "f" * 64)
    before = make_campaign(store, list_id=first, text="Navro'z muborak", started_at=_now() - HOUR)
    assert _same(store, _mine(store, second)) == before
    assert _same(store, _mine(store, other)) is None


def test_a_list_without_a_file_is_like_no_other(store: Store) -> None:
    first, second = (make_list(store, 3) for _ in range(2))
    with store.writing() as session:
        for listed in (first, second):
            _other_file(session, listed, "")
    make_campaign(store, list_id=first, text="Navro'z muborak", started_at=_now() - HOUR)
    assert _same(store, _mine(store, second)) is None


@pytest.mark.parametrize(
    ("columns", "found"),
    [
        ({"started_at": -72 * HOUR}, False),
        ({"started_at": -HOUR, "is_test": True}, False),
        ({"state": "draft"}, False),
        ({"state": "cancelled", "started_at": None}, False),
        ({"state": "cancelled", "started_at": -HOUR}, True),
        ({"state": "running", "started_at": -HOUR}, True),
        ({"state": "paused", "started_at": -HOUR}, True),
        ({"state": "scheduled", "scheduled_at": 5 * HOUR}, True),
        ({"state": "awaiting approval", "created_at": -HOUR}, True),
    ],
)
def test_what_left_or_is_to_leave_counts(store: Store, columns: dict[str, object], found: bool) -> None:
    listed = make_list(store, 3)
    shifted = {name: _now() + value if isinstance(value, int) and name.endswith("_at") else value
               for name, value in columns.items()}  # fmt: skip
    campaign_id = make_campaign(store, list_id=listed, text="Navroʻz muborak", **({"state": "finished"} | shifted))  # type: ignore[arg-type]
    with store.writing() as session:
        stored = session.get(Campaign, campaign_id)
        assert stored is not None
        for name, value in shifted.items():
            if name != "state":
                setattr(stored, name, value)
    assert (_same(store, _mine(store, listed)) == campaign_id) is found


def test_a_campaign_without_a_list_repeats_nothing(store: Store) -> None:
    make_campaign(store, text="Salom", started_at=_now())
    assert _same(store, _mine(store, None, "Salom")) is None


def test_one_that_awaits_approval_is_found_however_long_ago_it_was_written(store: Store) -> None:
    listed = make_list(store, 3)
    waiting = make_campaign(
        store, state="awaiting approval", list_id=listed, text="Navroʻz muborak", created_at=_now() - 90 * HOUR
    )
    assert _same(store, _mine(store, listed)) == waiting
