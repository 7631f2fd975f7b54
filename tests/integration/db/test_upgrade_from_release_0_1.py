"""A database of release 0.1 with campaigns in every state: upgraded, it reports what release 0.1 reported.

The fixture and how it is made: tests/fixtures/make_release_0_1.py.
"""

import csv
import gzip
import hashlib
import json
import sqlite3
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
import sqlalchemy as sa
from alembic import command as alembic_command

from getsms_core import reports
from getsms_core.accounts import gateway_account
from getsms_core.base import reasons
from getsms_core.base.settings import load
from getsms_core.base.states import CampaignState, ChunkState, MessageState
from getsms_core.db import schema
from getsms_core.db.engine import Store, open_store
from getsms_core.sandbox.thread import run_in_thread
from getsms_core.worker.loop import Worker
from tests.engine_support import assert_rollups
from tests.integration.cli.cli_support import document, run

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
OLD: dict[str, Any] = json.loads((FIXTURES / "release_0_1.json").read_text("utf-8"))
ZONE = ZoneInfo("Asia/Tashkent")
CAMPAIGNS = sorted(map(int, OLD["show"]))
EXPORTED = [
    row["campaign"] for row in OLD["list"] if row["test"] or row["name"] in ("Birinchi sinov", "Uch matn", "Javobsiz")
]
"""Half a second each; the report on all messages has the rows of every campaign but the tests."""
RUNNING = next(row["campaign"] for row in OLD["list"] if row["status"] == "running")


def unpacked(name: str) -> str:
    return gzip.decompress((FIXTURES / name).read_bytes()).decode()


def load_sqlite(path: Path) -> str:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(unpacked("release_0_1.sql.gz"))
    return f"sqlite:///{path}"


def load_postgres(server: str) -> str:
    name = f"release_0_1_{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    head, _, query = server.partition("?")
    url = f"{head.rpartition('/')[0]}/{name}?{query}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(unpacked("release_0_1.pg.sql.gz").encode())
    return url


@contextmanager
def connected(url: str) -> Iterator[sa.Connection]:
    """A connection to a database as it is: `open_store` would upgrade it."""
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"), poolclass=sa.NullPool)
    with engine.connect() as connection:
        yield connection


@pytest.fixture(params=["sqlite", "postgresql"])
def old_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of each kind as release 0.1 left it."""
    if request.param == "sqlite":
        return load_sqlite(tmp_path / "release.db")
    return load_postgres(str(request.getfixturevalue("postgres")))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def upgraded_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """An upgraded one, for tests that only read."""
    if request.param == "sqlite":
        url = load_sqlite(tmp_path_factory.mktemp("upgraded") / "release.db")
    else:
        url = load_postgres(str(request.getfixturevalue("postgres")))
    open_store(url).close()
    return url


@pytest.fixture(scope="module")
def report_now(upgraded_url: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What this release reports of it, under the keys of release_0_1.json."""
    folder = tmp_path_factory.mktemp("files")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)  # away from `.env`
        patch.setenv("GETSMS_DATABASE_URL", upgraded_url)
        audit = document("audit", "--limit", "100000")["entries"]  # first: files that are written leave entries
        report = document("report", "--format", "csv", "--out", "report.csv")
        return {
            "list": document("list", "--limit", "1000")["campaigns"],
            "show": {str(n): document("show", str(n)) for n in CAMPAIGNS},
            "report": report | {"columns": columns_of(folder / "report.csv")},
            "export_csv": {str(n): exported(folder, n) for n in EXPORTED},
            "lists": document("lists", "--all")["lists"],
            "list_show": {list_id: document("lists", "show", list_id) for list_id in OLD["list_show"]},
            "optouts": document("optout", "list"),
            "templates": document("templates", "list", "--all")["templates"],
            "prices": document("prices", "list"),
            "rules": document("rules", "show"),
            "people": document("people", "list")["people"],
            "reports": document("reports", "list")["reports"],
            "alerts": document("alerts"),
            "audit": audit,
        }


def exported(folder: Path, campaign_id: int) -> dict[str, Any]:
    answer = document("export", str(campaign_id), "--format", "csv", "--out", "export.csv")
    return {"rows": answer["rows"], "columns": columns_of(folder / "export.csv")}


def columns_of(path: Path) -> dict[str, str]:
    """As in make_release_0_1.py: a checksum for each column of a CSV file."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        sample = file.readline()
        file.seek(0)
        rows = list(csv.reader(file, delimiter=";" if ";" in sample else ","))
    columns = zip(*rows, strict=True)
    return {name: hashlib.sha256("\n".join(cells).encode()).hexdigest()[:16] for name, *cells in columns}


@pytest.fixture
def store(upgraded_url: str) -> Iterator[Store]:
    opened = open_store(upgraded_url)
    yield opened
    opened.close()


# ------------------------------------------------------------------------------------------------- what the fixture has

EVERY_STATE: Mapping[tuple[str, str], set[str]] = {
    ("campaign", "state"): {state.value for state in CampaignState},
    ("campaign", "erasing"): {"", "done"},
    ("chunk", "state"): {state.value for state in ChunkState},
    ("message", "state"): {state.value for state in MessageState} - {"sending"},  # the chunk is sending
    ("message", "reason"): {"counted-as-sent", "counted-as-not-sent", "opted-out", "frequency-cap", "end-time"},
    ("attempt", "outcome"): {"accepted", "part", "rejected", "nothing-left", "uncertain"},
    ("recipient_list", "state"): {"waiting", "ready", "failed", "erased", "deleted"},
    ("template", "state"): {"draft", "submitted", "approved", "refused"},
    ("export", "state"): {"waiting", "ready", "failed"},
    ("saved_report", "kind"): {"report", "watch"},
    ("saved_report", "state"): {"idle", "asked"},
    ("person", "role"): {"administrator", "manager", "marketer", "analyst"},
}
PAUSES = {
    "by-person", "limit-over", "spend-campaign", "spend-day", "ip-not-registered", "login-wrong", "account-blocked",
    "too-many-uncertain", "too-many-rejected", "quiet-hours", "late-start", "late-approval",
}  # fmt: skip


def test_the_fixture_has_everything_in_every_state(old_url: str) -> None:
    with connected(old_url) as connection:
        assert connection.scalar(sa.text("SELECT version_num FROM alembic_version")) == "0002"
        for (name, column), states in EVERY_STATE.items():
            rows = connection.execute(sa.text(f"SELECT DISTINCT {column} FROM {name}")).scalars().all()
            assert states <= set(rows), (name, column, states - set(rows))
        codes = connection.execute(sa.text("SELECT code FROM campaign WHERE state = 'paused'")).scalars().all()
        assert set(codes) >= PAUSES
        sentences = " ".join(connection.execute(sa.text("SELECT reason FROM campaign")).scalars().all())
        for words in ("Лимит", "limit of", "Shlyuz"):
            assert words in sentences


# ------------------------------------------------------------------------------------------------------- the figures


def test_it_is_upgraded_to_the_newest_schema_and_opens_again(upgraded_url: str) -> None:
    for _ in range(2):
        store = open_store(upgraded_url)
        with store.engine.connect() as connection:
            assert schema.current_revision(connection) == schema.HEAD
        store.close()


def test_the_upgraded_tables_are_those_of_the_models(upgraded_url: str) -> None:
    store, configuration = open_store(upgraded_url), schema.alembic_config()
    with store.engine.connect() as connection:
        configuration.attributes["connection"] = connection
        alembic_command.check(configuration)
    store.close()


CHANGED_IN_SHOW = {
    "counts": "what a user counted as sent no longer expires, because the gateway was never asked about it",
    "delivery_rate": "the same messages are in no delivery rate",
    "billed": "it holds the messages whose receipts name a count of parts, in any state; the rest is `remainder`",
    "variants": "the response rate counts responders with a delivered message; bounds while messages wait",
    "verdict": "nothing is called better that waiting messages can still overturn",
}
"""Keys of `show` whose definition has changed since release 0.1, and why; each has a test of its own below."""
CHANGED_IN_VARIANTS = {"low", "high", "response_rate"}
CONTROL_CHARACTERS = next(row["campaign"] for row in OLD["list"] if row["name"] == "Boshqaruv belgilari")
COUNTED_AS_SENT = next(row["campaign"] for row in OLD["list"] if row["name"] == "Javobsiz")


def pairs(report_now: dict[str, Any]) -> Iterator[tuple[int, dict[str, Any], dict[str, Any]]]:
    """Each campaign with what is shown of it now and then."""
    for campaign_id in CAMPAIGNS:
        yield campaign_id, report_now["show"][str(campaign_id)], OLD["show"][str(campaign_id)]


def test_show_reports_the_same_of_every_campaign(report_now: dict[str, Any]) -> None:
    for campaign_id, now, then in pairs(report_now):
        unchanged_keys = (
            then.keys() - CHANGED_IN_SHOW - {"reason"} - ({"text"} if campaign_id == CONTROL_CHARACTERS else set())
        )
        assert {key: now[key] for key in unchanged_keys} == {key: then[key] for key in unchanged_keys}
        assert [key for key in now if key in then] == [*then]


def test_the_reasons_stay_as_they_are_or_are_in_the_readers_language(report_now: dict[str, Any]) -> None:
    """Release 0.1 stored sentences. Those whose code says all are worded again, in the language of the command."""
    unchanged, reworded = set(), set()
    for campaign_id, now, then in pairs(report_now):
        if then["reason"] and now["reason"] == then["reason"]:
            unchanged.add(campaign_id)
        elif then["reason"]:
            assert now["reason"] == reasons.words(now["code"], {})
            reworded.add(campaign_id)
        else:
            assert now["reason"] == ""
    assert unchanged
    assert reworded


def test_control_characters_are_removed_from_the_texts_of_a_draft(report_now: dict[str, Any]) -> None:
    now, then = (figures["show"][str(CONTROL_CHARACTERS)] for figures in (report_now, OLD))
    assert then["text"] == "Salom\x07 {Ism}\u202e!\tKod\r\n1"
    assert now["text"] == "Salom {Ism}! Kod\n1"
    assert now["variants"][1]["text"] == "Ikkinchi  matn"


def test_every_message_is_in_one_state_and_only_what_was_counted_as_sent_moved(report_now: dict[str, Any]) -> None:
    for campaign_id, now, then in pairs(report_now):
        moved = 3 if campaign_id == COUNTED_AS_SENT else 0
        counts = then["counts"]
        changed = {"expired": counts["expired"] - moved, "accepted": counts["accepted"] + moved}
        assert now["counts"] == counts | changed
        assert sum(now["counts"].values()) in (now["messages"], 0)
        settled = sum(now["counts"][state] for state in ("delivered", "undelivered", "expired"))
        assert now["delivery_rate"] == (now["counts"]["delivered"] / settled if settled else None)
    assert report_now["show"][str(COUNTED_AS_SENT)]["counted_as_sent"] == 3


def test_the_same_parts_are_billed_and_the_remainder_makes_them_whole(report_now: dict[str, Any]) -> None:
    for _campaign_id, now, then in pairs(report_now):
        billed = now["billed"]
        assert billed["billed_parts"] == now["billed_parts"] == then["billed_parts"]
        assert billed["messages"] >= then["billed"]["messages"]
        whole = {
            key: billed[key] + sum(remainder[key] for remainder in billed["remainder"].values())
            for key in ("messages", "parts")
        }
        has_messages = sum(now["counts"].values()) > 0
        assert whole == ({key: now[key] for key in whole} if has_messages else dict.fromkeys(whole, 0))


def test_an_ab_test_keeps_its_texts_shares_and_responses(report_now: dict[str, Any]) -> None:
    responses = 0
    for campaign_id, now, then in pairs(report_now):
        for new, old in zip(now.get("variants", ()), then.get("variants", ()), strict=True):
            unchanged_keys = (
                old.keys() - CHANGED_IN_VARIANTS - ({"text"} if campaign_id == CONTROL_CHARACTERS else set())
            )
            assert {key: new[key] for key in unchanged_keys} == {key: old[key] for key in unchanged_keys}
            assert new["responses"] == new["responses_delivered"] + new["responses_not_delivered"]
            responses += new["responses"]
    assert responses > 10


def test_the_list_of_campaigns_is_the_same(report_now: dict[str, Any]) -> None:
    for now, then in zip(report_now["list"], OLD["list"], strict=True):
        counts = report_now["show"][str(then["campaign"])]["counts"]  # compared above
        assert {key: now[key] for key in then} == then | {"counts": counts, "reason": now["reason"]}


@pytest.mark.parametrize(
    "key",
    ["lists", "list_show", "optouts", "templates", "prices", "rules", "people", "reports", "alerts", "audit"],
)
def test_what_is_kept_beside_the_campaigns_is_the_same(report_now: dict[str, Any], key: str) -> None:
    old, now = OLD[key], only_keys_of(OLD[key], report_now[key])
    if key == "reports":  # how the last run went is worded anew, in the language of whoever reads it
        assert [bool(report["message"]) for report in now] == [bool(report["message"]) for report in old]
        old, now = ([{**report, "message": ""} for report in reports] for reports in (old, now))
    assert now == old


def only_keys_of(old: Any, new: Any) -> Any:
    """The new answer without the keys that release 0.1 did not have: new ones come at the end."""
    if isinstance(old, dict) and isinstance(new, dict):
        return {key: only_keys_of(old[key], new[key]) for key in old}
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return [only_keys_of(*pair) for pair in zip(old, new, strict=True)]
    return new


def test_exports_and_the_report_on_all_messages_have_the_same_rows(report_now: dict[str, Any]) -> None:
    """Only the state and the time of what was counted as sent, and had expired, differ; and the reason of what was not
    delivered, which the upgrade takes from its receipt."""
    files = [(int(n), OLD["export_csv"][n], now) for n, now in report_now["export_csv"].items()]
    for campaign_id, then, now in [*files, (COUNTED_AS_SENT, OLD["report"], report_now["report"])]:
        old, new = then["columns"], now["columns"]
        different = {name for name, checksum in old.items() if new[name] != checksum and name != "reason"}
        assert now["rows"] == then["rows"]
        assert different == (CHANGED_WITH_STATE if campaign_id == COUNTED_AS_SENT else set())
    assert report_now["report"]["question"] == OLD["report"]["question"]


CHANGED_WITH_STATE = {"state", "settled_at"}


# ------------------------------------------------------------------------------------- overview, roll-ups, accounts


def test_the_overview_shows_the_same_days(store: Store) -> None:
    now = OLD["now"]
    shown, then = reports.overview(store, ZONE, now), OLD["overview"]
    for name, span in (("today", shown.today), ("week", shown.week), ("month", shown.month)):
        for part, sums in (("sums", span.sums), ("before", span.before)):
            old = then["spans"][name][part]
            assert sums.figures.total == sum(old["messages"].values())
            for key in ("sent_parts", "sent_cost", "billed_parts"):
                assert getattr(sums, key) == old[key], (name, part, key)
    running = [[row.id, row.state.value, row.reason, row.messages] for row in reports.running(store, now)]
    assert running == then["running"]
    concerns = [c for c in reports.concerns(store, ZONE, now) if c.need.value != "worse"]
    needs = [[concern.need.value, concern.campaign_id, concern.messages] for concern in concerns]
    assert sorted(needs, key=str) == sorted(then["concerns"], key=str)  # those of one kind come in any order


def test_every_roll_up_equals_a_recount(store: Store) -> None:
    assert_rollups(store, *CAMPAIGNS)
    keys = "campaign_id, number_range, bucket"
    with store.reading() as session:
        delays = session.execute(sa.text(f"SELECT {keys}, messages FROM delay ORDER BY {keys}")).all()
        by_hour = session.execute(
            sa.text(f"SELECT {keys}, sum(messages) FROM hour_delay GROUP BY {keys} ORDER BY {keys}")
        ).all()
    assert [list(row) for row in delays] == [list(row) for row in by_hour] == OLD["overview"]["delays"]


def test_the_two_addresses_of_the_login_are_one_account(store: Store) -> None:
    with store.reading() as session:
        accounts = session.execute(sa.text("SELECT id, login, sandbox FROM account ORDER BY id")).all()
        used = set(session.execute(sa.text("SELECT account_id FROM campaign")).scalars())
    assert [(login, bool(sandbox)) for _id, login, sandbox in accounts] == [("", True), ("dokon", False)]
    assert used == {account_id for account_id, _login, _sandbox in accounts}


# ------------------------------------------------------------------------------------------------- the worker goes on


def queued_messages(url: str) -> Counter[tuple[str, str]]:
    """Phone and text of what the running campaign has still to send; not of the chunk whose answer was lost."""
    store = open_store(url)
    with store.reading() as session:
        rows = session.execute(
            sa.text(
                "SELECT message.phone, message.text FROM message JOIN chunk ON chunk.id = message.chunk_id"
                " WHERE message.campaign_id = :id AND message.state = 'queued' AND chunk.state = 'queued'"
            ),
            {"id": RUNNING},
        ).all()
    store.close()
    return Counter((str(phone), text) for phone, text in rows)


@pytest.mark.slow
def test_a_worker_sends_the_rest_of_the_running_campaign_once(
    old_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    queued = queued_messages(old_url)
    flying = OLD["show"][str(RUNNING)]["counts"]["sending"]
    assert queued
    assert flying
    with run_in_thread(tmp_path / "gateway.db") as gateway:
        settings = {
            "DATABASE_URL": old_url, "LOGIN": "dokon", "PASSWORD": "parol", "URL": gateway.url, "POLL_FIRST": "0.1",
            "FILES": str(tmp_path / "files"), "REPORTS_FOLDER": str(tmp_path / "reports"), "NICKNAME": "Dokon",
        }  # fmt: skip
        for name, value in settings.items():
            monkeypatch.setenv(f"GETSMS_{name}", value)
        monkeypatch.chdir(tmp_path)
        assert run("rules", "set", "--no-quiet").exit_code == 0
        with connected(old_url) as connection, connection.begin():  # ten seconds of processor time for a PDF
            connection.execute(sa.text("UPDATE saved_report SET state = 'idle'"))
        with closing(open_store(old_url)) as store, closing(gateway_account.gateway(load())) as client:
            Worker(store, load(), client).run(drain=True, receipts_seconds=0)
        sent = Counter({(message.phone, message.text): message.times for message in gateway.ledger.sent()})
    assert sent == queued
    shown, then = document("show", str(RUNNING)), OLD["show"][str(RUNNING)]
    assert shown["counts"]["uncertain"] == then["counts"]["uncertain"] + flying
    assert shown["counts"]["queued"] == shown["counts"]["sending"] == 0
    assert sum(shown["counts"].values()) == then["messages"]
    assert ("Yuklangan", "ready") in {(row["name"], row["state"]) for row in document("lists")["lists"]}
