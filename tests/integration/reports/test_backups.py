"""Whether backups are made, as the audit log tells it."""

from zoneinfo import ZoneInfo

import pytest
from sqlmodel import col, select

from getsms_core import backup, reports
from getsms_core.audit import log as audit
from getsms_core.base.codes import NoticeEvent
from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import SYSTEM, Role
from getsms_core.db.engine import Store
from getsms_core.db.models import Audit, Notice
from getsms_core.notices import inbox
from getsms_core.reports import Need
from getsms_core.scheduled import notices
from getsms_core.users import service as users
from tests.engine_support import AZIZA, settings_for

ZONE = ZoneInfo("Asia/Tashkent")
HOUR, DAY = 3_600_000, 86_400_000
NOW = 1_773_990_000_000  # 12:00 in Tashkent
NIGHT = NOW - 9 * HOUR - HOUR // 2  # 02:30 of that day


def entries(store: Store, *made: tuple[str, int]) -> None:
    """Entries of the audit log about the database, each an action and its instant."""
    with store.writing() as session:
        for action, at in made:
            reason = {"reason": DomainError.of("disk-full").reason} if action == "backup-failed" else {}
            audit.note(session, AZIZA, f"database.{action}", "database", **reason)
            session.flush()
            session.exec(select(Audit).order_by(col(Audit.id).desc())).first().at = at  # type: ignore[union-attr]


def trouble(store: Store, now: int = NOW) -> reports.BackupTrouble | None:
    with store.reading() as session:
        return reports.backup_trouble(session, ZONE, now)


def nights(*days_ago: int) -> list[tuple[str, int]]:
    return [("backup", NIGHT - days * DAY) for days in sorted(days_ago, reverse=True)]


def test_a_nightly_backup_that_stopped_is_found_after_36_hours(store: Store) -> None:
    assert trouble(store) is None
    entries(store, *nights(2, 1, 0))
    assert trouble(store) is None
    assert trouble(store, NIGHT + 36 * HOUR) is None
    assert trouble(store, NIGHT + 37 * HOUR) == reports.BackupTrouble(None, "", NIGHT)
    assert trouble(store, NIGHT + 31 * DAY) is None
    [concern] = reports.concerns(store, ZONE, NIGHT + 37 * HOUR)
    assert (concern.need, concern.backup) == (Need.BACKUP, reports.BackupTrouble(None, "", NIGHT))


@pytest.mark.parametrize("days", [(0,), (0, 1), (0, 1, 3), (0, 7, 14)])
def test_backups_that_are_not_made_every_night_are_never_late(store: Store, days: tuple[int, ...]) -> None:
    entries(store, *nights(*days))
    assert trouble(store, NIGHT + 3 * DAY) is None


def test_several_backups_before_an_upgrade_are_not_nightly_ones(store: Store) -> None:
    entries(store, *[("backup", NOW - minutes * 60_000) for minutes in (30, 20, 10)])
    assert trouble(store, NOW + 3 * DAY) is None


def test_a_restored_database_waits_for_its_first_backup(store: Store) -> None:
    entries(store, *nights(12, 11, 10), ("restore", NOW - HOUR))
    assert trouble(store) is None
    assert trouble(store, NOW + 2 * DAY) == reports.BackupTrouble(None, "", NIGHT - 10 * DAY)


def test_a_failed_backup_is_told_until_one_is_made(store: Store) -> None:
    entries(store, ("backup-failed", NIGHT))
    assert trouble(store) == reports.BackupTrouble(
        NIGHT, "The disk is full. Nothing was changed. Free some space, then try again.", None
    )
    entries(store, ("backup", NOW - HOUR))
    assert trouble(store) is None
    entries(store, ("backup-failed", NOW - 1))
    found = trouble(store)
    assert found is not None
    assert (found.failed_at, found.made_at) == (NOW - 1, NOW - HOUR)


def test_administrators_are_notified_once_of_each(store: Store) -> None:
    aziza = users.create(store, SYSTEM, "Aziza", "a good password", Role.ADMINISTRATOR)
    users.create(store, SYSTEM, "Malika", "a good password", Role.MANAGER)
    entries(store, *nights(2, 1, 0))
    for _again in range(2):
        store.transact(lambda session: notices.notice_late_backup(session, settings_for(), NIGHT + 37 * HOUR))
    store.transact(lambda session: notices.notice_late_backup(session, settings_for(), NIGHT + HOUR))
    backup.note_failure(store, AZIZA, DomainError.of("disk-full"))
    assert {notice.sentence for notice in inbox.listing(store, AZIZA, aziza.id)} == {
        "A backup failed. The overview gives the reason.",
        "The nightly backup was not made. The overview tells since when.",
    }
    with store.reading() as session:
        told = session.exec(select(Notice)).all()
    assert {(notice.user_id, notice.event) for notice in told} == {(aziza.id, NoticeEvent.BACKUP)}
    assert len(told) == 2
