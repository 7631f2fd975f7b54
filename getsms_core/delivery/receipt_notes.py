"""Problems with a campaign's receipts for users: records set aside, and status calls that return no receipts."""

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.base import logs
from getsms_core.base.codes import NoticeEvent, SetAsideReason
from getsms_core.db.after_commit import log_after_commit
from getsms_core.db.bulk import insert_rows
from getsms_core.db.models import SetAside, StatusFault
from getsms_core.delivery.receipts import UnmatchedRecord
from getsms_core.gateway import StatusRecord, reason_text
from getsms_core.notices import events

log = logging.getLogger("getsms.worker")
UNKNOWN_ID = "request-id-wrong"
RECENT_MS = 25 * 3_600_000  # a call that fails is repeated after a day at the latest
NOTICE_CALLS = 3  # one failed call may be chance: users are notified of the third in a row
_MAX_ASIDES = 100  # records set aside of one call: an answer has at most as many messages
_FAULT = ("campaign_id", "code", "detail", "calls", "since_at", "last_at")
_ASIDE = ("campaign_id", "fingerprint", "reason", "request_id", "status", "at", "times")


@dataclass
class PollNotes:
    """The problems found by the status calls of one transaction."""

    asides: dict[tuple[int, str], list[object]] = field(default_factory=dict)
    failed: Counter[tuple[int, str]] = field(default_factory=Counter)
    details: dict[tuple[int, str], str] = field(default_factory=dict)
    answered: set[int] = field(default_factory=set)

    def aside(
        self, campaign_id: int, request_id: str, asides: Sequence[UnmatchedRecord], unreadable: Sequence[str]
    ) -> None:
        """Add the records of a call that match no message."""
        broken = [UnmatchedRecord(SetAsideReason.UNREADABLE, _unreadable(request_id, text)) for text in unreadable]
        for unmatched in [*asides, *broken][:_MAX_ASIDES]:
            row = self.asides.setdefault(
                (campaign_id, unmatched.fingerprint), [unmatched.reason.value, request_id, unmatched.record.status, 0]
            )
            row[3] = int(str(row[3])) + 1

    def fault(self, campaign_ids: Iterable[int], code: str, detail: str) -> None:
        """Add a call that returned no receipts."""
        for campaign_id in campaign_ids:
            self.failed[campaign_id, code] += 1
            self.details[campaign_id, code] = detail

    def write(self, session: Session, now: int) -> None:
        """Store the problems; log which begin and which end."""
        _write_asides(session, self.asides, now)
        _write_faults(session, self, now)


def _unreadable(request_id: str, text: str) -> StatusRecord:
    return StatusRecord(request_id, "", "", text, "", None, "", "", "")


def _write_asides(session: Session, asides: Mapping[tuple[int, str], Sequence[object]], now: int) -> None:
    if not asides:
        return
    of_campaigns = col(SetAside.campaign_id).in_({campaign_id for campaign_id, _fingerprint in asides})
    fingerprints = col(SetAside.fingerprint).in_({fingerprint for _campaign_id, fingerprint in asides})
    stored_fingerprints = set(session.scalars(sa.select(col(SetAside.fingerprint)).where(of_campaigns, fingerprints)))
    for (campaign_id, fingerprint), (code, request_id, *_rest) in asides.items():
        if fingerprint not in stored_fingerprints:
            log_after_commit(session, log, logs.WARNING, "receipt.set_aside", campaign_id=campaign_id,
                             request_id=request_id, code=code)  # fmt: skip
    rows = [(*key, code, request_id, status, now, times)
            for key, (code, request_id, status, times) in sorted(asides.items())]  # fmt: skip
    insert_rows(session, "set_aside", _ASIDE, rows, adding=("times",), key=("campaign_id", "fingerprint"))


def _write_faults(session: Session, notes: PollNotes, now: int) -> None:
    campaign_ids = notes.answered | {campaign_id for campaign_id, _code in notes.failed}
    faults = sa.select(col(StatusFault.campaign_id), col(StatusFault.code), col(StatusFault.calls))
    fault_rows = session.execute(faults.where(col(StatusFault.campaign_id).in_(campaign_ids)))
    stored = {(campaign_id, code): calls for campaign_id, code, calls in fault_rows}
    rows: list[tuple[object, ...]] = []
    for (campaign_id, code), calls in sorted(notes.failed.items()):
        if campaign_id in notes.answered and code != UNKNOWN_ID:
            continue
        if (campaign_id, code) not in stored:
            log_after_commit(session, log, logs.WARNING, "status.refused", campaign_id=campaign_id, code=code)
        before = stored.pop((campaign_id, code), 0)
        if before < NOTICE_CALLS <= before + calls:
            events.of_campaign(session, NoticeEvent.RECEIPTS, campaign_id, code, now)
        rows.append((campaign_id, code, notes.details[campaign_id, code], calls, now, now))
    # Two workers may poll one campaign: the row of either counts the calls of both.
    insert_rows(session, "status_fault", _FAULT, rows, adding=("calls",), key=("campaign_id", "code"),
                setting=("detail", "last_at"))  # fmt: skip
    for campaign_id, code in sorted(stored):
        if campaign_id in notes.answered and code != UNKNOWN_ID:
            log_after_commit(session, log, logs.INFO, "status.restored", campaign_id=campaign_id, code=code)
            of_key = (col(StatusFault.campaign_id) == campaign_id, col(StatusFault.code) == code)
            session.execute(sa.delete(StatusFault).where(*of_key))


@dataclass(frozen=True)
class Fault:
    """Status calls of a campaign that return no receipts: the reason, how many in a row, the first and last (UTC
    ms)."""

    campaign_id: int
    code: str
    reason: str
    calls: int
    since_at: int
    last_at: int


def count_set_aside(session: Session, campaign_id: int) -> dict[SetAsideReason, int]:
    """Return how many records of a campaign were set aside, by the code of the reason."""
    rows = session.execute(
        sa.select(col(SetAside.reason), sa.func.count())
        .where(col(SetAside.campaign_id) == campaign_id)
        .group_by(col(SetAside.reason))
        .order_by(col(SetAside.reason))
    )
    return {code: int(n) for code, n in rows}


def faults(session: Session, campaign_id: int | None = None, since: int = 0) -> list[Fault]:
    """Return the status calls that failed after `since` (UTC ms), of one campaign or of all, newest first."""
    query = sa.select(StatusFault).where(col(StatusFault.last_at) >= since)
    if campaign_id is not None:
        query = query.where(col(StatusFault.campaign_id) == campaign_id)
    rows = session.scalars(query.order_by(col(StatusFault.last_at).desc(), col(StatusFault.code)))
    return [
        Fault(row.campaign_id, row.code, reason_text(row.code, row.detail), row.calls, row.since_at, row.last_at)
        for row in rows
    ]
