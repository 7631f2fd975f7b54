"""Whether backups are made: one that failed, and nightly ones that stopped. From the entries of the audit log."""

from dataclasses import dataclass
from datetime import timedelta, tzinfo

import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.base.reasons import worded
from getsms_core.db.models import Audit
from getsms_core.reports.filters import local_day

LATE_MS = 36 * 3_600_000
"""A nightly backup is late so long after the last one: a machine that was off makes it when it starts."""
FORGOTTEN_MS = 30 * 86_400_000
"""Later than this nothing is said: backups are made in another way by then."""
NIGHTS = 3
"""Backups on so many days in a row are nightly ones."""
_MADE, _FAILED, _RESTORED = "database.backup", "database.backup-failed", "database.restore"
_ENTRIES = 200  # hourly backups of a week


@dataclass(frozen=True)
class BackupTrouble:
    """The last backup failed at `failed_at`, for `reason`; or (None, "") the nightly one is late. `made_at` is when the
    last good one was made; None where there is none. Instants are UTC ms."""

    failed_at: int | None
    reason: str
    made_at: int | None


def trouble(session: Session, zone: tzinfo, now: int) -> BackupTrouble | None:
    """Return what is wrong with the backups at `now` (UTC ms); None while they are made, or never were."""
    query = sa.select(col(Audit.action), col(Audit.at), col(Audit.detail)).where(
        col(Audit.subject) == "database", col(Audit.action).in_((_MADE, _FAILED, _RESTORED))
    )
    entries = session.execute(query.order_by(col(Audit.id).desc()).limit(_ENTRIES)).all()
    made = [entry.at for entry in entries if entry.action == _MADE]
    latest = next((entry for entry in entries if entry.action != _RESTORED), None)
    if latest is None or latest.at <= now - FORGOTTEN_MS:
        return None
    if latest.action == _FAILED:
        return BackupTrouble(latest.at, str(worded(latest.detail.get("reason", ""))), made[0] if made else None)
    # A restored database knows only the backups before the one that it came from.
    expected_since = max(entry.at for entry in entries if entry.action != _FAILED)
    days = {local_day(at, zone) for at in made}
    nightly = all(local_day(made[0], zone) - timedelta(days=back) in days for back in range(NIGHTS))
    return BackupTrouble(None, "", made[0]) if nightly and now - expected_since > LATE_MS else None
