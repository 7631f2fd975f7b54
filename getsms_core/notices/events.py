"""Make notices, in the transaction of the change that they are about."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.base.codes import NoticeEvent
from getsms_core.base.permissions import user_key
from getsms_core.db.models import Campaign, Notice, NoticeChoice, Template, User
from getsms_core.db.upserts import insert_unless_exists
from getsms_core.notices.choices import Choices, concerns

GROUP_MS = 60_000
"""How long an e-mail waits for further notices to the same user: 20 campaigns that are paused at once are one mail."""


def of_campaign(
    session: Session, event: NoticeEvent, campaign_id: int, key: str, now: int, *, by: str = "", **params: Any
) -> None:
    """Notify of something that happened to a campaign, at `now` (UTC ms); nobody of a test. `key` tells this event from
    others of the same kind and campaign; `by` did it and needs no notice. A repeat makes no second notice."""
    campaign = session.get(Campaign, campaign_id)
    if campaign is None or campaign.is_test:
        return
    facts = {"name": campaign.name, **params}
    for user, choices in _concerned(session, event, {campaign.created_by, campaign.started_by}, by):
        _make(session, user, choices, event, f"{event.value}:{campaign_id}:{key}", now, campaign_id, facts)


def of_template(
    session: Session, event: NoticeEvent, template: Template, owners: Collection[str], now: int, *, by: str,
    **params: Any,
) -> None:  # fmt: skip
    """Notify of a template that waits or was decided about, at `now` (UTC ms). `owners` wrote it or asked for approval;
    `by` did it and needs no notice. A repeat makes no second notice."""
    facts = {"name": template.name, "version": template.version, **params}
    for user, choices in _concerned(session, event, owners, by):
        _make(session, user, choices, event, f"{event.value}:{template.id}", now, None, facts)


def of_account(session: Session, event: NoticeEvent, key: str, now: int, **params: Any) -> None:
    """Notify of something that concerns the whole account, at `now` (UTC ms). A repeat makes no second notice."""
    for user, choices in _chosen(session, event):
        _make(session, user, choices, event, f"{event.value}:{key}", now, None, params)


def _concerned(
    session: Session, event: NoticeEvent, owners: Collection[str], by: str
) -> Iterator[tuple[User, Choices]]:
    """Yield the users for whom the event counts, without the one who did it."""
    owner_keys, made_by = {user_key(name) for name in owners}, {user_key(by)} if by else set()
    for user, choices in _chosen(session, event):
        key = user_key(user.name)
        if key not in made_by and choices.counts(event, own=key in owner_keys):
            yield user, choices


def _chosen(session: Session, event: NoticeEvent) -> Iterator[tuple[User, Choices]]:
    """Yield the enabled users who want to know of the event."""
    query = sa.select(User, NoticeChoice).outerjoin(NoticeChoice, col(NoticeChoice.user_id) == col(User.id))
    for user, stored in session.execute(query.where(col(User.disabled_at).is_(None)).order_by(col(User.id))).all():
        if not concerns(event, user.role):
            continue
        choices = Choices.of(stored, user.role)
        if event in choices.app or event in choices.mail:
            yield user, choices


def _make(
    session: Session,
    user: User,
    choices: Choices,
    event: NoticeEvent,
    key: str,
    now: int,
    campaign_id: int | None,
    params: Mapping[str, Any],
) -> None:
    mail_at = now + GROUP_MS if event in choices.mail and choices.email else None
    notice = Notice(user_id=int(user.id or 0), event=event, key=key, campaign_id=campaign_id, params=dict(params),
                    in_app=event in choices.app, created_at=now, mail_at=mail_at)  # fmt: skip
    insert_unless_exists(session, notice)
