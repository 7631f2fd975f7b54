"""Responses: which rows count, which are named and why, and what a campaign brought and cost, counted by hand."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import sqlalchemy as sa
from sqlmodel import col

from getsms_core import reports
from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import using_language
from getsms_core.base.kinds import ExcludedReason
from getsms_core.base.permissions import Actor, Role
from getsms_core.campaigns import build, excluded, response_rows, responses
from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns.response_rows import Columns, UnusedReason, UnusedRow
from getsms_core.contacts import list_columns
from getsms_core.db import rollups
from getsms_core.db.engine import Store
from getsms_core.db.models import ExcludedRollUp, Message, Response
from getsms_core.messages.variants import Variant
from tests.engine_support import (
    AZIZA,
    NOW,
    Engine,
    checked_list,
    messages_of,
    phones,
    receipt,
    running,
    settings_for,
    statuses,
)
from tests.integration.cli.cli_support import document, refused, run

ZONE = ZoneInfo("Asia/Tashkent")
TABLE = Columns("telefon", None, "summa", "vaqt")
LATER = "15.01.2027 23:59"  # NOW is 15 January 2027, 13:00 in Tashkent


def delivered(store: Store, n: int, failing: int = 0, **more: object) -> int:
    """A sent campaign of `n` messages, the last `failing` of which were not delivered."""
    campaign_id = running(store, n, **more)  # type: ignore[arg-type]
    engine = Engine(store)
    engine.send(want=50)
    engine.now += 5_000
    messages = messages_of(store, campaign_id)
    records = [receipt(m, "undelivered" if i >= n - failing else "delivered") for i, m in enumerate(messages)]
    engine.apply_answers((engine.due(want=5000), statuses(*records)))
    return campaign_id


def written(folder: Path, *rows: str) -> Path:
    file = folder / f"buyers-{len(list(folder.iterdir()))}.csv"
    file.write_text("telefon;summa;vaqt\n" + "".join(f"{row}\n" for row in rows), "utf-8")
    return file


def stored(store: Store, campaign_id: int) -> dict[int, tuple[int | None, int | None]]:
    """Amount and time of each response, by the number of its message."""
    first = messages_of(store, campaign_id)[0].id - 1
    with store.reading() as session:
        rows = session.scalars(sa.select(Response).where(col(Response.campaign_id) == campaign_id))
        return {row.message_id - first: (row.amount, row.responded_at) for row in rows}


def test_each_row_that_does_not_count_is_named_with_its_row_and_why(store: Store, tmp_path: Path) -> None:
    campaign_id = delivered(store, 4)
    first, second, third, fourth = phones(4)
    file = written(
        tmp_path,
        f"{first};150 000;{LATER}",
        f"{first};50000,50;16.01.2027 10:00",  # the same person again: the amounts are added
        f"{second};;",
        f"{third};90000;15.01.2027 08:00",  # before the message
        f"{fourth};10;15.01.2027",  # a day without a time: the day of the message is not earlier
        f"998977777777;5;{LATER}",
        f"xyz;5;{LATER}",
        f"{second};many;{LATER}",
        f"{second};5;31.31.2027",
    )
    matched = responses.from_file(store, AZIZA, campaign_id, file, TABLE, zone=ZONE)
    assert [(row.row, row.reason.value) for row in matched.unused] == [
        (5, "earlier"), (7, "no-message"), (8, "no-number"), (9, "bad-amount"), (10, "bad-time"),
    ]  # fmt: skip
    assert (matched.matched, matched.new, matched.unmatched, matched.refused, matched.known) == (3, 3, 2, 3, 0)
    assert matched.amount == 200_000_50 + 1_000
    responses_by_row = stored(store, campaign_id)
    assert {number: amount for number, (amount, _at) in responses_by_row.items()} == {1: 200_000_50, 2: None, 4: 1_000}
    assert responses_by_row[1][1] == datetime(2027, 1, 15, 23, 59, tzinfo=ZONE).timestamp() * 1000
    assert responses_by_row[4][1] == NOW

    again = responses.from_file(store, AZIZA, campaign_id, file, TABLE, zone=ZONE)
    assert (again.new, again.known, stored(store, campaign_id)) == (0, 4, responses_by_row)
    next_file = written(tmp_path, f"{first};1000;01.02.2027 12:00")  # the file of the next month adds to it
    assert responses.from_file(store, AZIZA, campaign_id, next_file, TABLE, zone=ZONE).new == 0
    assert stored(store, campaign_id)[1][0] == 201_000_50
    replaced = responses.from_file(store, AZIZA, campaign_id, next_file, TABLE, zone=ZONE, replace=True)
    assert (replaced.new, list(stored(store, campaign_id))) == (1, [1])


@pytest.mark.parametrize("written", ["90 123-45-67", "901234567", "8 90 1234567", "00998901234567", "998901234567"])
def test_an_unused_row_shows_an_analyst_no_whole_number_in_any_notation(written: str) -> None:
    row = UnusedRow(2, written, UnusedReason.NO_MESSAGE)
    assert row.shown_value(AZIZA) == written
    shown = row.shown_value(Actor("Ann", Role.ANALYST))
    assert "*****" in shown
    assert "2345" not in shown


def test_nobody_responds_to_a_message_that_was_not_sent(store: Store) -> None:
    campaign_id = running(store, 2)
    Engine(store)
    matched = responses.from_text(store, AZIZA, campaign_id, f"{phones(1)[0]}\n\n{phones(2)[1]}")
    assert [(row.row, row.value, row.reason.value) for row in matched.unused] == [
        (1, str(phones(1)[0]), "not-sent"), (3, str(phones(2)[1]), "not-sent"),
    ]  # fmt: skip
    assert stored(store, campaign_id) == {}


def test_what_a_comma_means_in_an_amount_is_decided_by_the_language_each_time(tmp_path: Path) -> None:
    file = written(tmp_path, f"{phones(1)[0]};1,000;")
    for language, amounts in (("en", [100_000]), ("uz", []), ("en", [100_000])):
        with using_language(language):
            assert response_rows.from_file(file, TABLE, ZONE).amounts.tolist() == amounts


@pytest.mark.parametrize(
    ("typed", "instant", "day"),
    [
        ("31.12.2026 14:05", datetime(2026, 12, 31, 9, 5, tzinfo=UTC), False),
        ("2026-12-31T14:05:30Z", datetime(2026, 12, 31, 14, 5, 30, tzinfo=UTC), False),
        ("2026-12-31 14:05:30.123+03:00", datetime(2026, 12, 31, 11, 5, 30, tzinfo=UTC), False),
        ("31/12/2026", datetime(2026, 12, 30, 19, 0, tzinfo=UTC), True),
        ("12/31/2026", None, False),  # the order is never guessed
        ("31.12.2026 25:00", None, False),
        ("yesterday", None, False),
        ("2026-12-31T14:05:00+25:99", None, False),
        ("2026-12-31T14:05:00-99:00", None, False),
    ],
)
def test_times_are_read_one_way_only(typed: str, instant: datetime | None, day: bool) -> None:
    moment = response_rows.parse_time(typed, ZONE)
    assert moment == (None if instant is None else (int(instant.timestamp() * 1000), day))


def test_people_are_found_by_the_clients_own_key(store: Store, tmp_path: Path) -> None:
    keys = ["A-1", "a-2", "", "A-4"]
    campaign_id = delivered(store, 4, fields={"Mijoz": keys, "Shahar": ["Buxoro", "Buxoro", "Xiva", "Xiva"]})
    list_id = int(campaigns.get(store, campaign_id).list_id or 0)
    file = tmp_path / "crm.csv"
    file.write_text("client;summa\n a-1 ;100\nA-2;200\nA-9;300\n;5\n", "utf-8")
    columns = Columns(key="client", amount="summa")
    with pytest.raises(DomainError) as refusal:
        responses.from_file(store, AZIZA, campaign_id, file, columns)
    assert refusal.value.code == "no-key-column"
    list_columns.describe(store, AZIZA, list_id, key="Mijoz")
    matched = responses.from_file(store, AZIZA, campaign_id, file, columns)
    assert (matched.matched, matched.unmatched, matched.amount) == (2, 1, 300_00)
    assert [(row.row, row.value, row.reason.value) for row in matched.unused] == [
        (4, "A-9", "no-message"),
        (5, "", "no-key"),
    ]
    assert {number: amount for number, (amount, _at) in stored(store, campaign_id).items()} == {1: 100_00, 2: 200_00}

    by_city = reports.responses_by_column(store, AZIZA, campaign_id, "shahar")
    assert {city: (figures.sent, figures.responses, figures.amount) for city, figures in by_city.items()} == {
        "Buxoro": (2, 2, 300_00), "Xiva": (2, 0, 0),
    }  # fmt: skip
    list_columns.describe(store, AZIZA, list_id, personal=["Shahar"])
    with pytest.raises(DomainError) as refusal:
        reports.responses_by_column(store, Actor("Ann", Role.ANALYST), campaign_id, "Shahar")
    assert refusal.value.code == "personal-column"


def test_phone_numbers_in_the_column_of_amounts_are_refused(sqlite_store: Store, tmp_path: Path) -> None:
    campaign_id = delivered(sqlite_store, 1)
    number = messages_of(sqlite_store, campaign_id)[0].phone
    file = written(tmp_path, *[f"{number};{number};{LATER}"] * 1_100)
    with pytest.raises(DomainError) as refusal:
        responses.from_file(sqlite_store, AZIZA, campaign_id, file, TABLE, zone=ZONE)
    assert refusal.value.code == "amounts-too-large"
    assert stored(sqlite_store, campaign_id) == {}


def test_a_client_with_several_numbers_responds_to_the_message_that_was_sent(store: Store, tmp_path: Path) -> None:
    numbers = ["12", *phones(4)]
    fields = {"Mijoz": ["K1", "K1", "K2", "K2", "K3"]}
    campaign_id = running(store, numbers=numbers, fields=fields, chunk_size=1)
    engine = Engine(store)
    for _chunk in range(2):  # the first number of K2 gets its message before the second one, K3 gets none yet
        engine.send()
        engine.now += 1_000
    list_columns.describe(store, AZIZA, int(campaigns.get(store, campaign_id).list_id or 0), key="Mijoz")
    file = tmp_path / "crm.csv"
    file.write_text("client;summa\nK1;100\nK2;200\nK3;300\n", "utf-8")
    columns = Columns(key="client", amount="summa")
    matched = responses.from_file(store, AZIZA, campaign_id, file, columns)
    assert (matched.matched, matched.amount) == (2, 300_00)
    assert [(row.value, row.reason) for row in matched.unused] == [("K3", UnusedReason.NOT_SENT)]
    for _chunk in range(2):
        engine.send()
    again = responses.from_file(store, AZIZA, campaign_id, file, columns)
    assert (again.matched, again.known, again.new) == (3, 2, 1)
    of_messages = {number: amount for number, (amount, _at) in stored(store, campaign_id).items()}
    assert of_messages == {1: 100_00, 2: 200_00, 4: 300_00}


def test_rate_revenue_cost_and_return_agree_with_a_count_by_hand(store: Store, tmp_path: Path) -> None:
    campaign_id = delivered(store, 200, failing=20, variants=(Variant("Xayr", 50),))
    dice = np.random.default_rng(7)
    messages = messages_of(store, campaign_id)
    bought = {i: int(dice.integers(1_000, 900_000)) for i in dice.choice(200, 31, replace=False).tolist()}
    rows = [f"{messages[i].phone};{amount};{LATER}" for i, amount in bought.items()]
    responses.from_file(store, AZIZA, campaign_id, written(tmp_path, *rows), TABLE, zone=ZONE)
    whole = reports.response_figures(store, campaign_id)
    by_text = reports.responses_by_text(store, campaign_id)
    for figures, chosen in (
        (whole, list(range(200))),
        (by_text["A"], [i for i in range(200) if messages[i].variant == 0]),
        (by_text["B"], [i for i in range(200) if messages[i].variant == 1]),
    ):
        delivered_ones = [i for i in chosen if messages[i].state == "delivered"]
        amounts = np.array([bought.get(i, 0) * 100 for i in chosen], float)
        cost = sum(messages[i].price for i in chosen)
        responded = sum(i in bought for i in chosen)
        assert (figures.sent, figures.delivered, figures.cost) == (len(chosen), len(delivered_ones), cost)
        assert (figures.responses, figures.amount) == (responded, amounts.sum())
        assert figures.rate == sum(i in bought for i in delivered_ones) / len(delivered_ones)
        assert figures.cost_per_response == cost / responded
        low, high = figures.cost_bounds
        assert low is not None
        assert high is not None
        assert low < cost / responded < high
        reach = 1.959964 * np.sqrt(len(chosen)) * amounts.std(ddof=1)
        assert figures.amount_bounds == pytest.approx((amounts.sum() - reach, amounts.sum() + reach))
        assert figures.returned == amounts.sum() / cost
    assert sum(by_text.values(), reports.ResponseFigures()) == whole
    empty = reports.response_figures(store, 999)
    assert (empty.rate, empty.cost_per_response, empty.cost_bounds, empty.returned) == (None, None, (None, None), None)


def test_the_control_group_says_what_the_messages_added(
    store: Store, store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    list_id = checked_list(store, phones(400))
    draft = campaigns.Draft("Sale", "Salom", list_id, control=5000)
    campaign_id = campaigns.create(store, AZIZA, settings_for(), draft)
    build.prepare(store, campaign_id)
    with store.writing() as session:
        campaign = build.get_campaign(session, campaign_id)
        campaign.state, campaign.started_at = campaigns.C.RUNNING, NOW
    assert reports.control_figures(store, campaign_id) is not None
    engine = Engine(store)
    engine.send(want=10)
    held_out = [row.phone for row in excluded.rows(store, campaigns.get(store, campaign_id))]
    reached = [message.phone for message in messages_of(store, campaign_id)]
    assert (len(held_out), len(reached)) == (200, 200)
    chosen = [*reached[:40], *held_out[:10]]
    matched = responses.from_text(store, AZIZA, campaign_id, "\n".join(map(str, chosen)))
    assert (matched.matched, matched.control, matched.unmatched, matched.unused) == (40, 10, 0, ())
    assert responses.from_text(store, AZIZA, campaign_id, "\n".join(map(str, chosen))).known == 50
    effect = reports.control_figures(store, campaign_id)
    assert effect is not None
    assert (effect.held_out, effect.held_out_responses, effect.reached, effect.responses) == (200, 10, 200, 40)
    assert effect.lift == pytest.approx(0.15)
    assert effect.low == pytest.approx(0.0866, abs=1e-3)  # Newcombe's method 10 by hand
    assert effect.high == pytest.approx(0.2149, abs=1e-3)
    words = " ".join(reports.control_in_words(effect))
    assert "20.0% of the 200 people with a message responded, and 5.0% of the control group." in words
    assert "The messages added 15.0 points" in words
    assert "about 30 of these responses" in words

    # A purchase before the campaign is no response, with a message as in the control group; one on its day is.
    early = written(tmp_path, f"{reached[60]};1;14.01.2027 12:00", f"{held_out[60]};1;14.01.2027 12:00",
                    f"{held_out[61]};1;15.01.2027 12:59")  # fmt: skip
    unused = responses.from_file(store, AZIZA, campaign_id, early, TABLE, zone=ZONE).unused
    assert [(row.row, row.reason.value) for row in unused] == [(2, "earlier"), (3, "earlier"), (4, "earlier")]
    assert reports.control_figures(store, campaign_id) == effect
    monkeypatch.setenv("GETSMS_DATABASE_URL", store_url)
    shown = document("show", str(campaign_id))
    control = shown["control"]
    assert (control["held_out"], control["responses"], control["lift"]) == (200, 10, pytest.approx(0.15))
    assert shown["responses"]["messages"] == 40
    assert "The messages added 15.0 points" in run("show", str(campaign_id)).stdout
    file = written(tmp_path, f"{reached[50]};1 500,50;{LATER}")
    answer = document("responses", str(campaign_id), str(file), "--amount-column", "summa", "--time-column", "VAQT")
    assert (answer["matched"], answer["unmatched"], answer["amount"]) == (1, 0, "1500.50")
    again = run("responses", str(campaign_id), str(file), "--amount-column", "summa", "--time-column", "VAQT")
    assert "1 recipient responded. New: 0." in again.stdout
    assert refused("responses", str(campaign_id), str(file), "--amount-column", "narx") == "no-such-column"
    assert refused("responses", str(campaign_id), str(file), "--key-column", "telefon") == "no-key-column"
    assert run("responses", str(campaign_id), str(file), "--key-column", "a", "--phone-column", "b").exit_code == 2


@pytest.mark.parametrize(
    ("reached", "held_out", "sentence"),
    [
        ((5, 200), (4, 200), "The difference may be chance"),
        ((40, 200), (10, 200), "The messages added"),
        ((10, 200), (40, 200), "the messages did harm"),
        ((3, 200), (0, 5), "The difference may be chance"),  # no response among five says nothing
    ],
)
def test_a_difference_that_may_be_chance_is_called_so(
    reached: tuple[int, int], held_out: tuple[int, int], sentence: str
) -> None:
    lift, low, high = reports.difference(reached, held_out)
    control = reports.ControlFigures(held_out[1], held_out[0], reached[1], reached[0], 0, lift, low, high)
    assert sentence in " ".join(reports.control_in_words(control))
    assert low <= lift <= high


def test_responses_to_messages_that_count_as_not_sent_do_not_exceed_those_sent(store: Store) -> None:
    campaign_id = running(store, 2)
    Engine(store).send(want=50)
    sent, uncertain = messages_of(store, campaign_id)
    with store.writing() as session:
        session.add(ExcludedRollUp(campaign_id=campaign_id, reason=ExcludedReason.CONTROL, recipients=2))
        session.execute(sa.update(Message).where(col(Message.id) == uncertain.id).values(state="uncertain"))
        rollups.rebuild(session, campaign_id)
    responses.from_text(store, AZIZA, campaign_id, f"{sent.phone} {uncertain.phone}")
    for state in ("uncertain", "cancelled"):  # a user counts it as not sent
        with store.writing() as session:
            session.execute(sa.update(Message).where(col(Message.id) == uncertain.id).values(state=state))
            rollups.rebuild(session, campaign_id)
        figures = reports.response_figures(store, campaign_id)
        assert (figures.responses, figures.responses_sent, figures.sent) == (2, 1, 1)
        assert figures.cost_per_response == sent.price
        assert figures.cost_bounds[0] == sent.price
        assert reports.responses_in_words(figures)
        held_out = reports.control_figures(store, campaign_id)
        assert held_out is not None
        reached = {"uncertain": 2, "cancelled": 1}[state]
        assert (held_out.responses, held_out.reached, held_out.lift) == (reached, reached, 1.0)
        assert reports.control_in_words(held_out)
