"""Notices by e-mail: one mail for all notices of a user that are due, in the user's language, with links."""

from collections.abc import Collection
from functools import partial

import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import _, ngettext, using_language
from getsms_core.base.settings import Settings
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import Notice, NoticeChoice, User
from getsms_core.mail import message as mail
from getsms_core.notices import inbox

AGAIN_MS, AGAIN_MOST_MS = 600_000, 4 * 3_600_000  # delay before the first retry of a mail; doubled each time
GIVE_UP_MS = 3 * 86_400_000
"""A notice older than this is not mailed any more: it stays in the app."""
_WAITING = sa.text("notice.mail_at IS NOT NULL")  # literal, for the partial index


def any_due(session: Session, now: int) -> bool:
    """Return whether a mail is due at `now` (UTC ms)."""
    query = sa.select(col(Notice.id)).where(_WAITING, col(Notice.mail_at) <= now).limit(1)
    return session.execute(query).first() is not None


def send_due(store: Store, settings: Settings) -> int:
    """Send each user with a due notice one mail with all that wait; return how many mails were sent.

    Notices are recorded as mailed before the mail is sent, and are due again only if certainly nothing was sent, with
    longer delays: a killed worker or a lost connection may cost a mail, but never sends it twice. One user's failure
    does not keep the others' mails, unless it is the server's: all wait then, because a server that accepts connections
    and says nothing takes up to five minutes a mail, and the worker does no other job meanwhile. Raises the last
    `DomainError` of `mail.send`."""
    sent, failure = 0, None
    due_users = store.transact(_due_users)
    for place, user_id in enumerate(due_users):
        try:
            sent += _send(store, settings, user_id)
        except DomainError as error:
            failure = error
            if error.code in mail.SERVER_CODES:
                store.transact(partial(_postpone, user_ids=due_users[place + 1 :], error=error))
                break
    if failure is not None:
        raise failure
    return sent


def _due_users(session: Session) -> list[int]:
    now = now_ms(session)
    late = sa.update(Notice).where(_WAITING, col(Notice.created_at) < now - GIVE_UP_MS).values(mail_at=None)
    session.execute(late, execution_options={"synchronize_session": False})
    tries = sa.func.max(col(Notice.mail_tries))
    query = sa.select(col(Notice.user_id)).where(_WAITING, col(Notice.mail_at) <= now).group_by(col(Notice.user_id))
    return list(session.scalars(query.order_by(tries, col(Notice.user_id))))


def _send(store: Store, settings: Settings, user_id: int) -> int:
    """Mail the waiting notices of a user; return 1, or 0 if there are none."""
    claimed = store.transact(lambda session: _claim(session, user_id))
    if claimed is None:
        return 0
    language, address, notices = claimed
    with using_language(language):
        subject, text = _written(settings, [inbox.info(notice) for notice in notices])
    try:
        mail.send(settings, [address], subject, text)
    except DomainError as error:
        refusal = error
        retry = error.code not in mail.POSSIBLY_SENT_CODES
        store.transact(lambda session: _failed(session, user_id, [notice.id for notice in notices], refusal, retry))
        raise
    return 1


def _postpone(session: Session, user_ids: Collection[int], error: DomainError) -> None:
    """Let the mails of these users wait, without a try: next time they are before those that were tried."""
    waiting = sa.update(Notice).where(_WAITING, col(Notice.user_id).in_(user_ids))
    session.execute(
        waiting.values(mail_at=now_ms(session) + AGAIN_MS), execution_options={"synchronize_session": False}
    )
    choices = sa.update(NoticeChoice).where(col(NoticeChoice.user_id).in_(user_ids))
    session.execute(choices.values(mail_code=error.code, mail_params=dict(error.reason.params)))


def _claim(session: Session, user_id: int) -> tuple[str, str, list[Notice]] | None:
    """Record the waiting notices of a user as mailed; return the language, the address and the notices."""
    user, choice = session.get(User, user_id), session.get(NoticeChoice, user_id)
    waiting = sa.select(Notice).where(col(Notice.user_id) == user_id, _WAITING).order_by(col(Notice.id))
    notices = list(session.scalars(waiting.with_for_update()))
    now = now_ms(session)
    reachable = user is not None and user.disabled_at is None and choice is not None and choice.email
    for notice in notices:
        notice.mail_at, notice.mailed_at = None, now if reachable else None
    if user is None or choice is None or not reachable or not notices:
        return None
    choice.mail_code, choice.mail_params = "", None
    return user.language, choice.email, notices


def _failed(session: Session, user_id: int, notice_ids: list[int | None], error: DomainError, retry: bool) -> None:
    now = now_ms(session)
    for notice in session.scalars(sa.select(Notice).where(col(Notice.id).in_(notice_ids))):
        if retry:
            notice.mail_at = now + min(AGAIN_MS << min(notice.mail_tries, 10), AGAIN_MOST_MS)
            notice.mailed_at = None
            notice.mail_tries += 1
    choice = session.get(NoticeChoice, user_id)
    if choice is not None:
        choice.mail_code, choice.mail_params = error.code, dict(error.reason.params)


def _written(settings: Settings, notices: list[inbox.NoticeInfo]) -> tuple[str, str]:
    """Return the subject and the text of the mail."""
    groups = inbox.grouped(list(reversed(notices)))
    n = len(notices)
    subject = groups[0].heading if len(groups) == 1 else ngettext("{n} notice", "{n} notices", n).format(n=n)
    lines = []
    for group in groups:
        lines.append(group.heading)
        lines += [f"- {notice.sentence} {link(settings, notice)}" for notice in group.notices]
        lines.append("")
    lines.append(_("Choose which notices you get: {address}").format(address=f"{settings.app_url}/notices"))
    return f"GETSMS Campaigns: {subject}", "\n".join(lines)


def link(settings: Settings, notice: inbox.NoticeInfo) -> str:
    """Return the address of the page that a notice is about."""
    query = f"?id={notice.campaign_id}" if notice.campaign_id else ""
    return f"{settings.app_url}/{notice.page}{query}"
