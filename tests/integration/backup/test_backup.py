"""Backup and restore on both databases: consistent, whole or not at all, and nothing is sent by itself afterwards."""

import errno
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from sqlmodel import col

from getsms_core import backup
from getsms_core.accounts import policy
from getsms_core.backup import rows as backup_rows
from getsms_core.base import processes
from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import using_language
from getsms_core.base.kinds import OptOutScope
from getsms_core.base.permissions import Actor, Role
from getsms_core.base.reasons import worded
from getsms_core.base.states import CampaignState, Preparation
from getsms_core.campaigns import number_indexing
from getsms_core.campaigns import service as campaigns
from getsms_core.contacts import lists, suppression
from getsms_core.db import schema
from getsms_core.db.engine import Store, now_ms, open_store
from getsms_core.db.models import AppServer, Campaign, Contact, OptOut, Table, Worker
from getsms_core.delivery import Resolution, resolve
from getsms_core.users import service as users
from tests.conftest import copy_sqlite_template
from tests.engine_support import (
    AZIZA,
    HOUR,
    LOST,
    NOW,
    Engine,
    assert_rollups,
    audited,
    campaign_of,
    chunks_of,
    counts,
    messages_of,
    receipt,
    running,
    settings_for,
    statuses,
)
from tests.forks import run_forked
from tests.integration.cli.cli_support import document, refused

C = CampaignState
PASSWORD = "a good password"
SMALL_DISK = """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))
from getsms_core.cli import main
main()
"""
NOT_KEPT = ("worker", "app_server", "audit")


@pytest.fixture
def target(store: Store, store_url: str, request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], Store]:
    """Another empty database, of a kind: "sqlite" or "postgresql"."""

    def make(kind: str) -> Store:
        if kind == "sqlite":
            (tmp_path / "target").mkdir()
            return open_store(copy_sqlite_template(tmp_path / "target"))
        return open_store(str(request.getfixturevalue("other_postgres_url")))

    return make


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "copy.getsms"


def rows_of(store: Store) -> dict[str, list[Any]]:
    """Every row of every table that a backup holds, and the index of numbers, which a worker makes again."""
    number_indexing.index_missing(store)
    with store.reading() as session:
        return {
            table.name: sorted((tuple(row) for row in session.execute(sa.select(table))), key=repr)
            for table in Table.metadata.sorted_tables
            if table.name not in NOT_KEPT
        }


def back(store: Store, file: Path, password: str | None = None, *, replace: bool = True) -> backup.RestoreResult:
    return backup.restore_backup(store, AZIZA, backup.check_backup(file, password), replace=replace)


def refusal_of(act: Callable[[], object]) -> DomainError:
    with pytest.raises(DomainError) as refusal:
        act()
    return refusal.value


def busy(store: Store) -> dict[str, int]:
    """A campaign in every situation that a backup may find; their ids by name."""
    engine = Engine(store)
    ids = {"half": running(store, 6, chunk_size=2)}
    engine.send()
    claims = engine.claim(1)
    assert claims, "a chunk is on its way when the backup is made"
    with store.writing() as session:
        session.get_one(Campaign, ids["half"]).state = C.PAUSED  # the claims of the others are not of this one
    others = {"quiet": C.PAUSED, "due": C.SCHEDULED, "later": C.SCHEDULED, "asks": C.AWAITING_APPROVAL,
              "draft": C.DRAFT, "cancelled": C.CANCELLED, "unready": C.RUNNING}  # fmt: skip
    for name, state in others.items():
        ids[name] = running(store, 2, state=state)
    with store.writing() as session:
        now = now_ms(session)
        session.get_one(Campaign, ids["half"]).state = C.RUNNING
        session.get_one(Campaign, ids["quiet"]).code = "quiet-hours"
        for name, at in (("due", now - HOUR), ("later", now + HOUR)):
            campaign = session.get_one(Campaign, ids[name])
            campaign.scheduled_at, campaign.started_at = at, None
        session.get_one(Campaign, ids["unready"]).prepared = Preparation.PREPARING
        session.get_one(Campaign, ids["unready"]).worker_id = "gone"
    with store.writing() as session:  # the tallies of a campaign are written when it is ready
        session.execute(sa.text("DELETE FROM tally WHERE campaign_id = :id"), {"id": ids["unready"]})
    return ids


# ----------------------------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize("other", ["worker", "app"])
def test_a_restore_is_refused_while_a_process_lives_here_or_on_another_host(
    store: Store, file: Path, other: str
) -> None:
    campaign_id = running(store, 2)
    backup.write_backup(store, AZIZA, file)
    model = Worker if other == "worker" else AppServer
    extra: dict[str, Any] = {"version": "1"} | ({"secret_fingerprint": "f"} if other == "app" else {})

    def register(host: str, pid: int, started: str, beat_ms: int) -> None:
        with store.writing() as session:
            session.execute(sa.delete(model))
            now = now_ms(session)
            session.add(model(id="1", host=host, pid=pid, process_started=started, started_at=now,
                              heartbeat_at=now - beat_ms, **extra))  # fmt: skip

    this_host, pid = processes.host_identity(), os.getpid()
    before = rows_of(store)
    for row in ((this_host, pid, processes.process_start_ticks(pid), 3_600_000), ("far", 7, "x", 1_000)):
        register(*row)
        refusal = refusal_of(lambda: back(store, file))
        assert refusal.code == "in-use"
        assert f"{other} {row[1]}" in refusal.message
    assert rows_of(store) == before
    register("far", 7, "x", 60_000)
    back(store, file)
    register(this_host, pid, "another process with this number", 0)
    back(store, file)
    assert counts(store, campaign_id) == {"uncertain": 2}


def test_a_database_that_is_not_empty_is_replaced_only_when_that_is_said(store: Store, file: Path) -> None:
    backup.write_backup(store, AZIZA, file)
    users.create_first_administrator(store, "Aziza", PASSWORD)
    assert refusal_of(lambda: back(store, file, replace=False)).code == "database-not-empty"
    assert [person.name for person in users.all_users(store)] == ["Aziza"]
    back(store, file, replace=True)
    assert users.all_users(store) == []


def test_a_backup_of_this_release_needs_no_migration_and_ids_go_on_after_its_own(
    store: Store, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = running(store, 2, state=C.DRAFT)
    backup.write_backup(store, AZIZA, file)
    later = [running(store, 1, state=C.DRAFT) for _each in range(3)]
    monkeypatch.setattr(schema, "migrate", lambda *_arguments: pytest.fail("a migration ran"))
    back(store, file)
    with store.reading() as session:
        assert list(session.scalars(sa.select(col(Campaign.id)))) == [first]
    assert running(store, 1, state=C.DRAFT) == later[0]


def test_who_opted_out_since_the_backup_stays_opted_out(store: Store, file: Path) -> None:
    suppression.add(store, AZIZA, [998901234501, 998901234502, 998901234503], "site", "", OptOutScope.ADVERTISING)
    backup.write_backup(store, AZIZA, file)
    suppression.remove(store, AZIZA, 998901234501, "asked for news again")
    suppression.add(store, AZIZA, [998901234502, 998901234504], "call", "STOP", OptOutScope.ALL)
    suppression.add(store, AZIZA, [998901234505], "call", "", OptOutScope.ADVERTISING)
    restored = back(store, file)
    assert restored.kept_opt_outs == 3
    with store.reading() as session:
        opt_outs = {row.phone % 100: (row.scope.value, row.source) for row in session.scalars(sa.select(OptOut))}
    assert opt_outs == {1: ("advertising", "site"), 2: ("all", "call"), 3: ("advertising", "site"),
                        4: ("all", "call"), 5: ("advertising", "call")}  # fmt: skip
    assert audited(store, "database.restore")[-1].detail["numbers"] == 3
    assert back(store, file).kept_opt_outs == 3  # in the database that is replaced they are newer than the backup


def test_a_damaged_file_changes_nothing_even_when_its_checksum_fits(store: Store, file: Path) -> None:
    running(store, 3)
    backup.write_backup(store, AZIZA, file)
    before = rows_of(store)
    sound = backup.check_backup(file)
    file.write_bytes(file.read_bytes()[:-40])
    assert refusal_of(lambda: back(store, file)).code == "backup-damaged"
    assert refusal_of(lambda: backup.restore_backup(store, AZIZA, sound, replace=True)).code == "backup-damaged"
    assert rows_of(store) == before


def test_only_who_may_change_the_settings_makes_and_restores_a_backup(store: Store, file: Path) -> None:
    marketer = Actor("Lola", Role.MARKETER)
    assert refusal_of(lambda: backup.write_backup(store, marketer, file)).code == "not-allowed"
    assert not file.exists()
    backup.write_backup(store, AZIZA, file)
    assert refusal_of(lambda: backup.restore_backup(store, marketer, backup.check_backup(file))).code == "not-allowed"


def test_a_file_that_exists_is_never_written_over(store: Store, file: Path) -> None:
    file.write_text("mine")
    assert refusal_of(lambda: backup.write_backup(store, AZIZA, file)).code == "file-exists"
    file.unlink()
    file.symlink_to(file.with_name("elsewhere"))
    assert refusal_of(lambda: backup.write_backup(store, AZIZA, file)).code == "file-exists"


@pytest.mark.parametrize("missing", [errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS])
def test_a_network_folder_without_hard_links_takes_a_backup(
    sqlite_store: Store, file: Path, monkeypatch: pytest.MonkeyPatch, missing: int
) -> None:
    def no_links(_source: object, _target: object) -> None:
        raise OSError(missing, os.strerror(missing))

    monkeypatch.setattr(os, "link", no_links)
    backup.write_backup(sqlite_store, AZIZA, file)
    assert backup.check_backup(file).about.revision == schema.HEAD
    assert refusal_of(lambda: backup.write_backup(sqlite_store, AZIZA, file)).code == "file-exists"
    assert list(file.parent.glob(".*.part")) == []


def test_a_failed_command_is_in_the_audit_log_in_the_readers_language(
    store: Store, store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GETSMS_DATABASE_URL", store_url)
    assert refused("backup", str(tmp_path / "no folder" / "copy")) == "cannot-write"
    [entry] = audited(store, "database.backup-failed")
    for language, words in (("en", "its folder does not exist"), ("ru", "его папки нет")):
        with using_language(language):
            assert words in worded(entry.detail["reason"])
    assert document("backup", str(tmp_path / "copy"))["messages"] == 0
    assert len(audited(store, "database.backup-failed")) == 1


def test_a_full_disk_leaves_no_part_of_a_file(sqlite_store: Store, sqlite_url: str, tmp_path: Path) -> None:
    running(sqlite_store, 2000)
    folder = tmp_path / "disk"
    folder.mkdir()

    result = run_forked(
        [sys.executable, "-c", SMALL_DISK, "backup", str(folder / "copy"), "--json"],
        env={**os.environ, "GETSMS_DATABASE_URL": sqlite_url, "GETSMS_ENV": "test"},
        timeout=60,
    )
    assert (result.returncode, json.loads(result.stdout)["error"]) == (1, "cannot-write"), result.stderr
    assert list(folder.iterdir()) == []


# ------------------------------------------------------------------------------------------------- what is restored


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_everything_is_in_the_other_database_and_what_may_have_left_is_uncertain(
    store: Store, target: Callable[[str], Store], file: Path, kind: str
) -> None:
    ids = busy(store)
    users.create_first_administrator(store, "Aziza", PASSWORD)
    before, accepted = rows_of(store), messages_of(store, ids["half"])[:2]
    assert backup.write_backup(store, AZIZA, file).messages == 20
    assert rows_of(store) == before

    other = target(kind)
    restored = back(other, file, replace=False)
    after = rows_of(other)
    for name in ("person", "recipient_list", "list_block", "account", "receipt", "attempt", "template"):
        assert after[name] == before[name], name
    assert {name: counts(other, campaign_id) for name, campaign_id in ids.items()} == {
        "half": {"accepted": 2, "uncertain": 4},
        "quiet": {"uncertain": 2},
        "due": {"uncertain": 2},
        "later": {"queued": 2},
        "asks": {"queued": 2},
        "draft": {"queued": 2},
        "cancelled": {"queued": 2},
        "unready": {},
    }
    states = {name: (campaign_of(other, ids[name]).state, campaign_of(other, ids[name]).code) for name in ids}
    paused, draft = (C.PAUSED, "restored"), (C.DRAFT, "restored")
    assert states == {"half": paused, "quiet": paused, "due": paused, "later": draft, "asks": draft,
                      "draft": draft, "cancelled": (C.CANCELLED, ""), "unready": draft}  # fmt: skip
    assert (restored.outcome.uncertain, restored.outcome.paused, restored.outcome.drafts) == (8, 3, 3)
    assert {message.reason for message in messages_of(other, ids["half"])} == {None, "restored"}
    assert [message.next_poll_at for message in messages_of(other, ids["half"])[:2]] == [
        message.next_poll_at for message in accepted
    ]
    assert {chunk.state.value for chunk in chunks_of(other, ids["half"])} == {"done", "uncertain"}
    assert_rollups(other, *ids.values())
    with other.reading() as session:
        assert schema.current_revision(session.connection()) == schema.HEAD
    assert audited(other, "database.restore")[-1].detail["uncertain"] == 8
    new = running(other, 1)  # the ids of what comes next begin after the restored ones
    assert new == max(ids.values()) + 1
    other.close()


def test_no_worker_sends_anything_of_a_restored_database_and_receipts_are_followed(store: Store, file: Path) -> None:
    ids = busy(store)
    backup.write_backup(store, AZIZA, file)
    back(store, file)
    engine = Engine(store, now=NOW + HOUR)
    assert engine.claim() == []
    dues = engine.due()
    assert dues
    message = messages_of(store, ids["half"])[0]
    engine.apply_answers((dues, statuses(receipt(message))))
    assert counts(store, ids["half"])["delivered"] == 1


def test_resume_is_refused_until_a_person_has_settled_every_restored_message(store: Store, file: Path) -> None:
    campaign_id = running(store, 6, chunk_size=2)
    backup.write_backup(store, AZIZA, file)
    back(store, file)

    def settle(how: Resolution, *rows: int | None) -> int:
        first, last = rows
        return resolve(store, AZIZA, campaign_id, how, rows=(first, last))

    assert refusal_of(lambda: campaigns.resume(store, AZIZA, campaign_id)).code == "restored"
    assert settle(Resolution.SENT, None, 3) == 2
    assert settle(Resolution.AGAIN, 6, None) == 2
    assert settle(Resolution.SENT, 100, 200) == 0
    assert campaign_of(store, campaign_id).state == C.PAUSED
    assert refusal_of(lambda: campaigns.resume(store, AZIZA, campaign_id)).code == "restored"
    assert Engine(store, now=NOW + HOUR).claim() == []
    assert settle(Resolution.NOT_SENT, 4, 5) == 2
    campaigns.resume(store, AZIZA, campaign_id)
    engine = Engine(store, now=NOW + HOUR)
    assert [message.row for claim in engine.send() for message in messages_of(store, campaign_id)
            if message.id in {sent.id for sent in claim.messages}] == [6, 7]  # fmt: skip
    assert counts(store, campaign_id) == {"accepted": 4, "cancelled": 2}
    assert_rollups(store, campaign_id)


def test_a_campaign_that_waited_for_approval_after_a_part_was_sent_is_paused_and_the_rest_uncertain(
    store: Store, file: Path
) -> None:
    """As a draft it would lose the record of what was sent with its next change, and start again from its first row."""
    campaign_id = running(store, 4, chunk_size=1)
    Engine(store).send(want=2)
    campaigns.pause(store, AZIZA, campaign_id)
    account_id = campaign_of(store, campaign_id).account_id
    policy.save(store, AZIZA, account_id, policy.Policy(approve_messages=0), settings_for().zone)
    campaigns.resume(store, AZIZA, campaign_id)
    assert campaign_of(store, campaign_id).state == C.AWAITING_APPROVAL
    backup.write_backup(store, AZIZA, file)
    outcome = back(store, file).outcome
    restored = campaign_of(store, campaign_id)
    assert (restored.state, restored.code, counts(store, campaign_id)) == (
        C.PAUSED, "restored", {"accepted": 2, "uncertain": 2})  # fmt: skip
    assert (outcome.uncertain, outcome.paused, outcome.drafts) == (2, 1, 0)
    resolve(store, AZIZA, campaign_id, Resolution.AGAIN)
    campaigns.resume(store, AZIZA, campaign_id)
    assert campaign_of(store, campaign_id).state == C.AWAITING_APPROVAL
    assert_rollups(store, campaign_id)


def test_a_campaign_whose_messages_were_all_settled_as_sent_is_finished(store: Store, file: Path) -> None:
    campaign_id = running(store, 4)
    backup.write_backup(store, AZIZA, file)
    back(store, file)
    for rows in ((2, 3), (4, 5)):
        assert campaign_of(store, campaign_id).state == C.PAUSED
        resolve(store, AZIZA, campaign_id, Resolution.SENT, rows=rows)
    assert campaign_of(store, campaign_id).state == C.FINISHED


def test_what_may_have_left_counts_for_the_frequency_cap(store: Store, file: Path) -> None:
    campaign_id = running(store, 2)
    account_id = campaign_of(store, campaign_id).account_id
    policy.save(store, AZIZA, account_id, policy.Policy(cap_messages=1, cap_days=7), settings_for().zone)
    backup.write_backup(store, AZIZA, file)
    back(store, file)
    with store.reading() as session:
        phones = set(session.scalars(sa.select(col(Contact.phone))))
    assert phones == {message.phone for message in messages_of(store, campaign_id)}


@pytest.mark.parametrize("revision", ["0001", "0002"])
def test_a_backup_of_an_older_revision_is_restored_and_brought_up_to_date(
    store: Store, store_url: str, file: Path, revision: str
) -> None:
    campaign_id = running(store, 2)
    config = schema.alembic_config()
    with store.engine.execution_options(getsms_write=True).begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, revision)
    old = open_store(store_url, upgrade=False)
    backup.write_backup(old, AZIZA, file)
    with old.engine.connect() as connection:
        assert schema.current_revision(connection) == revision
    old.close()
    now = open_store(store_url)
    back(now, file)
    assert counts(now, campaign_id) == {"uncertain": 2}
    with now.reading() as session:
        assert schema.current_revision(session.connection()) == schema.HEAD
        assert session.execute(sa.select(sa.func.count()).select_from(AppServer)).scalar() == 0
    now.close()


def test_a_backup_sees_one_instant_while_workers_write(
    store: Store, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign_id, engine = running(store, 40, chunk_size=2), Engine(store)
    engine.send(want=5)
    whole = backup_rows.blocks

    def writes_between(connection: sa.Connection, table: sa.Table) -> Any:
        engine.send(LOST)
        return whole(connection, table)

    monkeypatch.setattr(backup_rows, "blocks", writes_between)
    backup.write_backup(store, AZIZA, file)
    assert counts(store, campaign_id)["uncertain"] > 0
    back(store, file)
    assert counts(store, campaign_id) == {"accepted": 10, "uncertain": 30}
    assert_rollups(store, campaign_id)


def test_lists_and_texts_of_any_letters_come_back(store: Store, file: Path) -> None:
    campaign_id = running(store, 2, text='Oʻzbekiston 🎉\n\t\\N \\ “Салом” ; , "x"')
    list_id = campaign_of(store, campaign_id).list_id
    assert list_id
    rows = lists.accepted(store, list_id)
    backup.write_backup(store, AZIZA, file)
    back(store, file)
    # A tab of a campaign's text is stored as a space.
    assert {message.text for message in messages_of(store, campaign_id)} == {'Oʻzbekiston 🎉\n \\N \\ “Салом” ; , "x"'}
    assert lists.accepted(store, list_id).equals(rows)


# ------------------------------------------------------------------------------------------------------ the command


@pytest.fixture
def by_command(store: Store, store_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("GETSMS_DATABASE_URL", store_url)
    monkeypatch.setenv("GETSMS_FILES", str(tmp_path / "files"))
    return tmp_path / "copy.getsms"


def test_the_command_refuses_what_cannot_be_written_or_read(by_command: Path, tmp_path: Path) -> None:
    assert refused("backup", str(tmp_path / "no folder" / "copy")) == "cannot-write"
    assert refused("restore", str(tmp_path / "none")) == "no-such-file"
    assert refused("restore", str(tmp_path)) == "cannot-read"
    assert refused("backup", str(by_command), "--password-stdin", given="short\n") == "password"
    assert refused("backup", str(by_command), "--password-stdin", given="\n") == "password"
    by_command.write_text("phone\n901234567\n")
    assert refused("backup", str(by_command)) == "file-exists"
    assert refused("restore", str(by_command)) == "backup-foreign"


def test_the_command_names_the_file_its_bytes_and_its_messages(store: Store, by_command: Path) -> None:
    campaign_id = running(store, 3)
    answer = document("backup", str(by_command), "--password-stdin", given=PASSWORD + "\n")
    assert answer == {"file": str(by_command), "bytes": by_command.stat().st_size, "messages": 3}
    assert by_command.stat().st_mode & 0o777 == 0o600
    assert refused("restore", str(by_command), "--yes") == "backup-encrypted"
    assert refused("restore", str(by_command), "--yes", "--password-stdin", given="not that one\n") == "wrong-password"
    assert refused("restore", str(by_command), "--password-stdin", given=PASSWORD) == "database-not-empty"
    back = document("restore", str(by_command), "--yes", "--password-stdin", given=PASSWORD)
    assert list(back) == ["file", "messages", "uncertain", "paused", "drafts", "taken_at", "opt_outs"]
    assert (back["messages"], back["uncertain"], back["paused"], back["drafts"]) == (3, 3, 1, 0)
    assert refused("resume", str(campaign_id)) == "restored"
    arguments = ("resolve", str(campaign_id), "--as", "again", "--yes", "--from-row", "3", "--to-row", "3")
    assert document(*arguments)["resolved"] == 1
    assert counts(store, campaign_id) == {"queued": 1, "uncertain": 2}


def test_a_backup_holds_neither_the_server_secret_nor_the_gateways_password(
    store: Store, by_command: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GETSMS_LOGIN", "acme")
    monkeypatch.setenv("GETSMS_PASSWORD", "gateway-password-1")
    secret = by_command.with_name("server.secret")
    secret.write_text("5" * 64)
    secret.chmod(0o600)
    running(store, 1)
    document("backup", str(by_command))
    content = by_command.read_bytes()
    assert b"gateway-password-1" not in content
    assert b"5" * 64 not in content
