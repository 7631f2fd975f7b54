"""A user's notices in the app: the count of unread ones, the list, and marking them as read."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import groupby

import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.base.codes import NoticeEvent
from getsms_core.base.errors import NotFound
from getsms_core.base.permissions import Actor
from getsms_core.db.bulk import rows_changed
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import Notice
from getsms_core.notices import words
from getsms_core.notices.choices import own_user

READ_RETENTION_MS, RETENTION_MS = 30 * 86_400_000, 90 * 86_400_000
LIMIT = 200
_UNREAD = sa.text("notice.read_at IS NULL")  # literal, for the partial index


@dataclass(frozen=True)
class NoticeInfo:
    """A notice as it is shown; instants are UTC ms."""

    id: int
    event: NoticeEvent
    sentence: str
    campaign_id: int | None
    created_at: int
    read_at: int | None
    mailed_at: int | None

    @property
    def page(self) -> str:
        """The page of the app that it leads to."""
        if self.campaign_id is not None:
            return "campaigns"
        return "templates" if self.event in (NoticeEvent.TEMPLATE_WAITS, NoticeEvent.TEMPLATE_DECIDED) else "overview"


@dataclass(frozen=True)
class NoticeGroup:
    """The notices of one event that are read, or not, newest first."""

    event: NoticeEvent
    heading: str
    notices: tuple[NoticeInfo, ...]


def unread(store: Store, user_id: int) -> int:
    """Return how many notices of a user are unread."""
    query = sa.select(sa.func.count()).where(col(Notice.user_id) == user_id, _UNREAD, col(Notice.in_app).is_(True))
    with store.reading() as session:
        return session.scalar(query) or 0


def listing(store: Store, actor: Actor, user_id: int, *, unread_only: bool = False) -> list[NoticeInfo]:
    """Return a user's notices, newest first, at most 200. Raises `DomainError` ("not-allowed", "no-such-person")."""
    query = sa.select(Notice).where(col(Notice.user_id) == user_id, col(Notice.in_app).is_(True))
    if unread_only:
        query = query.where(_UNREAD)
    with store.reading() as session:
        own_user(session, actor, user_id)
        rows = session.scalars(query.order_by(col(Notice.created_at).desc(), col(Notice.id).desc()).limit(LIMIT)).all()
    return [info(row) for row in rows]


def info(row: Notice) -> NoticeInfo:
    """Return a notice with its sentence in the language of this context."""
    sentence = words.sentence(row.event, row.params)
    return NoticeInfo(row.id or 0, row.event, sentence, row.campaign_id, row.created_at, row.read_at, row.mailed_at)


def grouped(notices: Sequence[NoticeInfo]) -> list[NoticeGroup]:
    """Return notices by event, the event of the newest one first."""
    order = list(dict.fromkeys(notice.event for notice in notices))
    by_event = sorted(notices, key=lambda notice: order.index(notice.event))
    groups = [(event, tuple(members)) for event, members in groupby(by_event, key=lambda notice: notice.event)]
    return [NoticeGroup(event, words.heading(event, len(members)), members) for event, members in groups]


def mark_read(
    store: Store,
    actor: Actor,
    user_id: int,
    notice_ids: Collection[int] | None = None,
    *,
    up_to: int | None = None,
) -> int:
    """Mark notices as read, without ids all of them, or those up to the id `up_to`; return how many were unread. Raises
    `DomainError`: "not-allowed", "no-such-person", "no-such-notice" (of this user; nothing is marked then)."""

    def work(session: Session) -> int:
        own_user(session, actor, user_id)
        own = col(Notice.user_id) == user_id
        where: list[sa.ColumnElement[bool]] = [own, col(Notice.read_at).is_(None)]
        if notice_ids is not None:
            known = set(session.scalars(sa.select(col(Notice.id)).where(own, col(Notice.id).in_(notice_ids))))
            if unknown := sorted(set(notice_ids) - known):
                raise NotFound.of("no-such-notice", id=unknown[0])
            where.append(col(Notice.id).in_(notice_ids))
        if up_to is not None:
            where.append(col(Notice.id) <= up_to)
        marked = sa.update(Notice).where(*where).values(read_at=now_ms(session))
        return rows_changed(session.execute(marked, execution_options={"synchronize_session": False}))

    return store.transact(work)


def sweep(session: Session, now: int) -> None:
    """Delete notices that were read a month ago, and all after three months (`now` in UTC ms)."""
    old = sa.or_(col(Notice.read_at) < now - READ_RETENTION_MS, col(Notice.created_at) < now - RETENTION_MS)
    session.execute(sa.delete(Notice).where(old), execution_options={"synchronize_session": False})
