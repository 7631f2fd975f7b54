"""Lists: a file in, every row of it a recipient or a refusal, and the way from the upload to ready or failed."""

import csv
import io
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st
from sqlmodel import col

from getsms_core import jobs
from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import Actor, Role
from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns.service import Draft
from getsms_core.contacts import lists
from getsms_core.contacts.lists import Options
from getsms_core.db.documents import RowCounts
from getsms_core.db.engine import Store
from getsms_core.db.models import ListFile, OptOut, RecipientList
from getsms_core.worker import handlers
from tests.effort import times
from tests.engine_support import AZIZA, assert_rollups, audited, checked_list, counts, messages_of, settings_for
from tests.job_support import claim, claimed, do_next, label

GOOD = b"telefon;ism\n998901234567;Aziza\n90 123 45 68;Bek\n90 123-45-67;Twice\n12;Nobody\n"


def upload(store: Store, data: bytes = GOOD, filename: str = "customers.csv", **options: object) -> int:
    parts = (data[start : start + 16] for start in range(0, len(data), 16))
    return lists.upload(store, AZIZA, "Customers", filename, parts, Options(**options))  # type: ignore[arg-type]


def check(store: Store) -> tuple[str, str] | None:
    """Do the next job here."""
    return do_next(store, "worker-1")


def refused(code: str, work: Callable[[], object]) -> str:
    with pytest.raises(DomainError) as refusal:
        work()
    assert refusal.value.code == code
    return refusal.value.message


def test_an_upload_waits_in_parts_and_is_checked_by_a_job(store: Store) -> None:
    list_id = upload(store)
    waiting = lists.get(store, list_id)
    assert (waiting.state, waiting.size, waiting.created_by) == ("pending", len(GOOD), "Aziza")
    with store.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(ListFile)) == -(-len(GOOD) // 16)
    assert check(store) == ("list", f"list:{list_id}")
    ready = lists.get(store, list_id)
    assert (ready.state, ready.facts["phone_column"], ready.facts["delimiter"]) == ("ready", "telefon", ";")
    assert ready.counts == RowCounts(4, 2, ready.counts.repaired, rejected=1, duplicates=1, opted_out=0)
    recipients = lists.accepted(store, list_id).to_pylist()
    assert [(r["row"], r["phone"], r["ism"]) for r in recipients] == [
        (2, 998901234567, "Aziza"),
        (3, 998901234568, "Bek"),
    ]


def test_a_list_that_is_not_checked_yet_cannot_be_read(store: Store) -> None:
    list_id = upload(store)
    refused("list-not-ready", lambda: lists.load(store, list_id))
    assert "99" in refused("no-such-list", lambda: lists.get(store, 99))


@pytest.mark.parametrize("data", [b"", b"\x00\x01\x02" * 300, b"ism;shahar\nAziza;Toshkent\n"])
def test_a_file_that_cannot_be_used_fails_with_a_sentence(store: Store, data: bytes) -> None:
    list_id = upload(store, data)
    check(store)
    failed = lists.get(store, list_id)
    assert failed.state == "failed"
    assert failed.code
    assert failed.message.endswith((".", "?"))
    refused("list-not-ready", lambda: lists.load(store, list_id))


def test_the_same_file_checked_with_other_options_is_another_list(store: Store) -> None:
    data = b"uy;mobil\n712345678;998901234567\n"
    first = upload(store, data, phone_column="uy")
    check(store)
    second = lists.recheck(store, AZIZA, first, Options(phone_column="mobil"))
    check(store)
    assert lists.get(store, first).counts.accepted == 0
    assert lists.get(store, second).counts.accepted == 1
    assert lists.get(store, first).sha256 == lists.get(store, second).sha256


def test_a_list_whose_file_is_not_kept_cannot_be_checked_again(sqlite_store: Store) -> None:
    list_id = checked_list(sqlite_store, ["998901234567"])
    refused("no-file", lambda: lists.recheck(sqlite_store, AZIZA, list_id, Options()))


def test_a_file_is_kept_at_once_or_nothing_of_it(store: Store, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_bytes(GOOD)
    bad.write_bytes(b"ism\nAziza\n")
    list_id = lists.add_file(store, AZIZA, good, "", Options())
    assert (lists.get(store, list_id).state, lists.get(store, list_id).name) == ("ready", "good.csv")
    with pytest.raises(DomainError):
        lists.add_file(store, AZIZA, bad, "", Options())
    assert [recipient_list.id for recipient_list in lists.all_lists(store)] == [list_id]


def test_who_may_not_change_lists_adds_none(sqlite_store: Store, tmp_path: Path) -> None:
    analyst = Actor("Bek", Role.ANALYST)
    refused("not-allowed", lambda: lists.upload(sqlite_store, analyst, "a", "a.csv", [GOOD], Options()))
    refused("not-allowed", lambda: lists.add_opt_outs(sqlite_store, analyst, [998901234567], "person", ""))
    refused("not-allowed", lambda: lists.remove_opt_out(sqlite_store, analyst, 998901234567, "why"))
    assert lists.all_lists(sqlite_store) == []


# ----------------------------------------------------------------------------------------------------------- opt-outs


def test_opt_outs_are_added_once_and_taken_back_only_with_a_reason(store: Store) -> None:
    numbers = [998901234567, 998901234568]
    assert lists.add_opt_outs(store, AZIZA, numbers, "person", "asked") == 2
    assert lists.add_opt_outs(store, AZIZA, [*numbers, 998901234569], "file", "") == 1
    refused("reason-missing", lambda: lists.remove_opt_out(store, AZIZA, numbers[0], "  "))
    lists.remove_opt_out(store, AZIZA, numbers[0], "asked to come back")
    refused("not-opted-out", lambda: lists.remove_opt_out(store, AZIZA, numbers[0], "again"))
    assert lists.opted_out(store).tolist() == [998901234568, 998901234569]
    assert len(audited(store, "optout.add")) == 2
    assert [note.detail["reason"] for note in audited(store, "optout.remove")] == ["asked to come back"]


def test_a_list_names_the_opted_out_and_leaves_them_out(store: Store) -> None:
    lists.add_opt_outs(store, AZIZA, [998901234567], "person", "asked")
    list_id = checked_list(store, ["998901234567", "998901234568"])
    assert lists.get(store, list_id).counts.opted_out == 1
    assert lists.accepted(store, list_id)["phone"].to_pylist() == [998901234568]


# ------------------------------------------------------------------------------------------------- one row, one fate

cells = st.one_of(
    st.sampled_from(("998901234567", "90 123 45 68", "+998 (93) 555-44-33", "8 90 123 45 69", "0901234570")),
    st.sampled_from(("", "12", "Aziza", "71 234 56 78", "9.98901E+11", "998901234567.0", "901234567, 935554433")),
    st.integers(998_900_000_000, 998_999_999_999).map(str),
    st.text(alphabet="0123456789+-() .,x", max_size=15),
)


@given(values=st.lists(cells, min_size=1, max_size=12), opted=st.booleans())
@effort(max_examples=times(12), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_row_of_a_file_is_one_message_or_one_refusal(
    sqlite_store: Store, tmp_path: Path, values: list[str], opted: bool
) -> None:
    with sqlite_store.writing() as session:
        session.execute(sa.delete(OptOut))
    if opted:
        lists.add_opt_outs(sqlite_store, AZIZA, [998901234567], "person", "asked")
    list_id = checked_list(sqlite_store, values, ism=[f"n{i}" for i in range(len(values))])
    checked, numbers = lists.checked(sqlite_store, list_id), lists.get(sqlite_store, list_id).counts
    accepted = checked.accepted()["row"].to_pylist()
    outcomes = checked.rows["outcome"].to_pylist()
    assert checked.rows["row"].to_pylist() == list(range(2, len(values) + 2))
    by_outcome = numbers.accepted + numbers.rejected + numbers.duplicates + numbers.opted_out
    assert numbers.rows == len(values) == by_outcome
    named = {problem["row"] for problem in checked.problems()}
    for row, outcome in zip(checked.rows["row"].to_pylist(), outcomes, strict=True):
        assert row in accepted or row in named, (row, outcome)
    if not accepted:
        return
    campaign_id = campaigns.create(sqlite_store, AZIZA, settings_for(), Draft("Sale", "Salom {ism}", list_id))
    campaigns.prepare(sqlite_store, campaign_id)
    messages = messages_of(sqlite_store, campaign_id)
    assert [message.row for message in messages] == accepted
    assert len({message.phone for message in messages}) == len(messages)
    assert [message.text for message in messages] == [f"Salom n{row - 2}" for row in accepted]
    assert counts(sqlite_store, campaign_id) == {"queued": len(accepted)}
    assert_rollups(sqlite_store, campaign_id)


@given(values=st.lists(cells, min_size=1, max_size=8))
@effort(max_examples=times(4), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_that_holds_for_a_real_file_too(sqlite_store: Store, tmp_path: Path, values: list[str]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", quoting=csv.QUOTE_ALL)
    writer.writerows([("telefon", "n"), *((value, i) for i, value in enumerate(values))])
    path = tmp_path / "list.csv"
    path.write_text(text.getvalue())
    checked, _facts = lists.check_file(sqlite_store, path, Options(phone_column="telefon"))
    assert checked.fields["n"].to_pylist() == [str(i) for i in range(len(values))]
    assert checked.rows["row"].to_pylist() == list(range(2, len(values) + 2))
    assert checked.counts.rows == len(values)


# ---------------------------------------------------------------------------------------------------------------- jobs


def test_jobs_are_claimed_one_at_a_time_and_in_order(store: Store) -> None:
    first, second = upload(store), upload(store)
    with store.writing() as session:
        assert jobs.any_open(session)
        assert label(claim(session, "worker-1")) == ("list", f"list:{first}")
        assert label(claim(session, "worker-2")) == ("list", f"list:{second}")
        assert claim(session, "worker-1") is None
        assert jobs.any_open(session)  # under way


def test_what_a_dead_worker_had_taken_is_asked_for_again(store: Store) -> None:
    list_id = upload(store)
    with store.writing() as session:
        claim(session, "worker-1")
        jobs.requeue(session, ["worker-2"])
        assert claim(session, "worker-2") is None
        jobs.requeue(session, ["worker-1"])
        assert label(claim(session, "worker-2")) == ("list", f"list:{list_id}")


def test_a_list_whose_check_was_killed_says_so_and_a_ready_one_is_left_alone(store: Store) -> None:
    killed = upload(store)
    handlers.record_crash(store, claimed(store))
    ready = upload(store)
    run = claimed(store)
    lists.check_uploaded_list(store, ready, run)
    handlers.record_crash(store, run)  # after its last write
    assert lists.get(store, killed).state == "failed"
    assert "stopped" in lists.get(store, killed).message
    assert lists.get(store, ready).state == "ready"


def test_a_campaign_is_prepared_only_when_it_is_to_be_sent(store: Store) -> None:
    list_id = checked_list(store, ["998901234567"])
    campaign_id = campaigns.create(store, AZIZA, settings_for(), Draft("Sale", "Salom", list_id))
    with store.writing() as session:
        assert claim(session, "worker-1") is None
    campaigns.start(store, AZIZA, campaign_id)
    campaigns.cancel(store, AZIZA, campaign_id)
    assert claim(store) is None
    campaign_id = campaigns.create(store, AZIZA, settings_for(), Draft("Sale", "Salom", list_id))
    campaigns.start(store, AZIZA, campaign_id)
    campaigns.pause(store, AZIZA, campaign_id)
    campaigns.resume(store, AZIZA, campaign_id)
    assert check(store) == ("campaign", f"campaign:{campaign_id}")
    assert counts(store, campaign_id) == {"queued": 1}


@pytest.mark.parametrize(
    "store_url", [pytest.param("sqlite", marks=pytest.mark.job_process), "postgresql"], indirect=True
)
def test_a_job_in_a_process_of_its_own_does_the_work(
    store: Store, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GETSMS_DATABASE_URL", store_url)
    list_id = upload(store)
    process = handlers.start_process(claimed(store))
    assert isinstance(process, subprocess.Popen)
    assert process.wait(60) == 0
    with store.reading() as session:
        state = session.scalar(sa.select(col(RecipientList.state)).where(col(RecipientList.id) == list_id))
    assert state == "ready"
