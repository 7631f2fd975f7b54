"""Responses are written in portions, so that sending never waits for an upload of a million rows, and count from one
short transaction on: all rows of an upload or none, for readers and after a kill.

Each upload has the next version of its campaign's responses. Its rows are hidden until `ResponseVersion` names that
version (`response_versions.published`). What a broken-off upload has written is deleted by the next upload, or by the
job that a worker enqueues for it (`request_cleaning`).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core import jobs
from getsms_core.base import clock
from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import SYSTEM
from getsms_core.base.work_states import JobKind
from getsms_core.campaigns.build import get_campaign, subject
from getsms_core.campaigns.response_rows import UNKNOWN
from getsms_core.db.bulk import insert_rows, rows_changed
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import NEVER_REPLACED, Message, Response, ResponseEvent, ResponseVersion, table
from getsms_core.db.upserts import insert_unless_exists

PORTION = 10_000
"""Rows of one transaction."""
STALE_MS = 20_000
"""An upload of another process that has written nothing for this long was broken off."""
MOST_REST_SECONDS = 0.3
WAIT_SECONDS = 60.0
RETRY_MS = 3_600_000
_LOOK_SECONDS = 0.2
_EVENT = ("campaign_id", "recipient", "responded_at", "amount", "ordinal", "version", "created_at", "created_by")
_QUIETLY = {"synchronize_session": False}

Event = tuple[int, int, int, int]
"""Recipient, time, amount, and a number that tells equal rows of one file apart."""


_Rows = type[Response] | type[ResponseEvent]


class _Overtaken(Exception):
    """Another upload has begun, because this one had written nothing for too long."""


@dataclass(frozen=True)
class Upload:
    """An upload that is being written, as `version` of its campaign's responses; `oldest` is the first version that
    counts before it."""

    store: Store
    campaign_id: int
    version: int
    oldest: int

    @contextmanager
    def _portion(self) -> Iterator[Session]:
        """A short transaction of this upload, after which SQLite's lock is free for as long as it was held: a waiting
        worker asks for it every 100 ms only."""
        begun = clock.monotonic()
        with self.store.writing() as session:
            self._touch(session)
            yield session
        if self.store.sqlite:
            clock.sleep(min(MOST_REST_SECONDS, clock.monotonic() - begun))

    def _touch(self, session: Session, **values: object) -> None:
        own = sa.update(ResponseVersion).where(
            col(ResponseVersion.campaign_id) == self.campaign_id, col(ResponseVersion.writing) == self.version
        )
        if not rows_changed(
            session.execute(own.values(touched_at=now_ms(session), **values), execution_options=_QUIETLY)
        ):
            raise _Overtaken

    def write(self, events: Sequence[Event], created_by: str, *, replace: bool, run: jobs.JobRun | None) -> None:
        """Write sorted events and, of each message that they name, the new sum; with `replace` the sum of these events
        alone. Raises `JobStopped` where a user cancels the job `run`."""
        recipients = sorted({event[0] for event in events if event[0] > 0})
        total = len(events) + len(recipients)
        if run is not None:
            run.progress(self.store, 0, total, step="storing")
        for start in range(0, len(events), PORTION):
            if run is not None:
                run.progress(self.store, start, total)
            with self._portion() as session:
                now = now_ms(session)
                rows = [(self.campaign_id, *event, self.version, now, created_by)
                        for event in events[start : start + PORTION]]  # fmt: skip
                insert_rows(session, "response_event", _EVENT, rows)
        for start in range(0, len(recipients), PORTION):
            if run is not None:
                run.progress(self.store, len(events) + start, total)
            some = recipients[start : start + PORTION]
            with self._portion() as session:
                self._write_sums(session, some[0], some[-1], replace=replace)

    def _write_sums(self, session: Session, first: int, last: int, *, replace: bool) -> None:
        """Write the sum of the events of each message that this upload names, from one id to another. Responses of a
        release that stored no events are replaced by their first events."""
        event = ResponseEvent
        within = (col(event.campaign_id) == self.campaign_id, col(event.recipient).between(first, last))
        named = sa.select(col(event.recipient)).where(*within, col(event.version) == self.version)
        if not replace:
            before = sa.update(Response).where(
                col(Response.message_id).between(first, last), col(Response.message_id).in_(named),
                col(Response.replaced_in) == NEVER_REPLACED,
            )  # fmt: skip
            session.execute(before.values(replaced_in=self.version), execution_options=_QUIETLY)
        oldest = self.version if replace else self.oldest
        known_amount = sa.case((col(event.amount) != UNKNOWN, col(event.amount)))
        known_time = sa.case((col(event.responded_at) != UNKNOWN, col(event.responded_at)))
        sums = (
            sa.select(
                col(event.recipient).label("message_id"), sa.func.max(col(event.created_at)).label("created_at"),
                sa.func.max(col(event.created_by)).label("created_by"), sa.func.sum(known_amount).label("amount"),
                sa.func.min(known_time).label("responded_at"),
            )
            .where(*within, col(event.version) >= oldest, col(event.recipient).in_(named))
            .group_by(col(event.recipient))
            .subquery()
        )  # fmt: skip
        amount = sa.cast(sums.c.amount, sa.BigInteger)  # PostgreSQL's sum of integers is a decimal
        rows = sa.select(
            sums.c.message_id, sa.literal(self.version), sa.literal(NEVER_REPLACED), sa.literal(self.campaign_id),
            col(Message.variant), sums.c.created_at, sums.c.created_by, amount, sums.c.responded_at,
        ).join(Message, col(Message.id) == sums.c.message_id)  # fmt: skip
        names = ("message_id", "version", "replaced_in", "campaign_id", "variant", "created_at", "created_by", "amount",
                 "responded_at")  # fmt: skip
        session.execute(sa.insert(table(Response)).from_select(names, rows), execution_options=_QUIETLY)

    def publish(self, session: Session, *, replace: bool) -> None:
        """Make this upload count, in the caller's transaction; with `replace` none of before."""
        self._touch(session, newest=self.version, **({"oldest": self.version} if replace else {}))

    def delete_dead_rows(self) -> None:
        """Delete the rows that do not count, and let those count again that a broken-off upload would have replaced.
        Call it before this upload writes, or after it counts."""
        with self.store.reading() as session:
            own = session.get_one(ResponseVersion, self.campaign_id)
            replaced = sa.and_(col(Response.replaced_in) > own.newest, col(Response.replaced_in) < NEVER_REPLACED)
            work: list[tuple[_Rows, sa.Delete | sa.Update, sa.ColumnElement[bool]]] = [
                (Response, sa.delete(Response), _dead(Response, own)),
                (ResponseEvent, sa.delete(ResponseEvent), _dead(ResponseEvent, own)),
                (Response, sa.update(Response).values(replaced_in=NEVER_REPLACED), replaced),
            ]
            ids = [_ids(session, rows, self.campaign_id, which) for rows, _change, which in work]
        for (rows, change, which), of_change in zip(work, ids, strict=True):
            for start in range(0, len(of_change), PORTION):
                some = of_change[start : start + PORTION]
                within = _within(rows, self.campaign_id, some[0], some[-1])
                with self._portion() as session:
                    session.execute(change.where(*within, which), execution_options=_QUIETLY)

    def mark_clean(self) -> None:
        """Note that nothing is left to delete."""
        with self.store.writing() as session:
            self._touch(session, clean=True)


def _within(rows: _Rows, campaign_id: int, first: int, last: int) -> tuple[sa.ColumnElement[bool], ...]:
    """Return the condition for a range of ids, so that the primary key finds it: SQLite would take the index of the
    campaign and read a million rows for each portion."""
    if rows is Response:
        return (col(Response.message_id).between(first, last),)
    return (col(ResponseEvent.campaign_id) == campaign_id, col(ResponseEvent.recipient).between(first, last))


def _dead(rows: _Rows, own: ResponseVersion) -> sa.ColumnElement[bool]:
    dead = [col(rows.version) > own.newest, col(rows.version) < own.oldest]
    return sa.or_(*dead, col(Response.replaced_in) <= own.newest) if rows is Response else sa.or_(*dead)


def _ids(session: Session, rows: _Rows, campaign_id: int, which: sa.ColumnElement[bool]) -> list[int]:
    row_id = col(Response.message_id) if rows is Response else col(ResponseEvent.recipient)
    query = sa.select(row_id).where(col(rows.campaign_id) == campaign_id, which).order_by(row_id)
    return [int(row[0]) for row in session.connection().execute(query)]


@contextmanager
def upload(store: Store, campaign_id: int, run: jobs.JobRun | None) -> Iterator[Upload]:
    """Begin an upload, by the job `run` or by this process: it deletes what a broken-off one has left, and waits for
    one of another process. Raises `DomainError`: "no-such-campaign", "responses-busy" (it waited too long, or was
    overtaken because it wrote nothing for too long)."""
    writer = clock.new_id() if run is None else f"job:{run.id}"
    deadline = clock.monotonic() + WAIT_SECONDS
    try:
        while True:
            with store.writing() as session:
                begun = _begin(session, campaign_id, writer)
            if begun is not None:
                break
            if clock.monotonic() > deadline:
                raise DomainError.of("responses-busy", id=campaign_id)
            clock.sleep(_LOOK_SECONDS)
        own, was_clean = begun
        new = Upload(store, campaign_id, own.writing, own.oldest)
        if not was_clean:
            new.delete_dead_rows()
        yield new
    except _Overtaken:
        raise DomainError.of("responses-busy", id=campaign_id) from None


def _begin(session: Session, campaign_id: int, writer: str) -> tuple[ResponseVersion, bool] | None:
    """Take the next version; None while another writer has one. Return it, and whether nothing is left to delete."""
    get_campaign(session, campaign_id, lock=False)
    insert_unless_exists(session, ResponseVersion(campaign_id=campaign_id))
    own = session.get_one(ResponseVersion, campaign_id, with_for_update=True)
    now, was_clean = now_ms(session), own.clean
    is_written = not was_clean and own.writing > own.newest
    if is_written and own.writer != writer and own.touched_at > now - STALE_MS:
        return None
    own.writing, own.writer, own.touched_at, own.clean = own.writing + 1, writer, now, False
    return own, was_clean


def clean_up(new: Upload) -> None:
    """Delete what an upload that now counts has replaced. An error here does not fail the upload; a worker retries."""
    with suppress(_Overtaken, DomainError):
        new.delete_dead_rows()
        new.mark_clean()


def delete_leftovers(store: Store, campaign_id: int, run: jobs.JobRun | None = None) -> None:
    """Delete what a broken-off upload to this campaign has left, unless another one is being written."""
    with store.reading() as session:
        own = session.get(ResponseVersion, campaign_id)
    if own is not None and not own.clean:
        with upload(store, campaign_id, run) as new:
            new.mark_clean()


def request_cleaning(session: Session, now: int) -> int:
    """Enqueue a job for each campaign with rows of a broken-off upload; return their number. A worker calls it once a
    minute."""
    left = sa.select(col(ResponseVersion.campaign_id)).where(
        col(ResponseVersion.clean).is_(False), col(ResponseVersion.touched_at) < now - STALE_MS
    )
    campaign_ids = list(session.scalars(left))
    if not campaign_ids:
        return 0
    busy = jobs.unavailable_subjects(session, JobKind.RESPONSES, now - RETRY_MS)
    wanted = [name for name in map(subject, campaign_ids) if name not in busy]
    for name in wanted:
        jobs.enqueue(session, JobKind.RESPONSES, name, SYSTEM.name)
    return len(wanted)
