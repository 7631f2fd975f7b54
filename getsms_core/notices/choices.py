"""Which events a user is notified of, and in which ways."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlmodel import Session

from getsms_core.audit import log as audit
from getsms_core.base.codes import NoticeEvent
from getsms_core.base.errors import DomainError, NotFound
from getsms_core.base.i18n import _
from getsms_core.base.permissions import Actor, Permission, Role, not_allowed
from getsms_core.base.settings import Settings
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import NoticeChoice, User
from getsms_core.mail import message as mail

E = NoticeEvent
_BY_ROLE: Mapping[Role, tuple[NoticeEvent, ...]] = {
    Role.MARKETER: (E.DECIDED, E.TEMPLATE_DECIDED, E.FINISHED, E.PAUSED, E.RECEIPTS, E.SPENDING),
    Role.MANAGER: (E.APPROVAL, E.TEMPLATE_WAITS, E.PAUSED, E.SPENDING, E.WORSE),
    Role.ANALYST: (E.FINISHED, E.WORSE),
    Role.ADMINISTRATOR: (E.APPROVAL, E.TEMPLATE_WAITS, E.DECIDED, E.TEMPLATE_DECIDED, E.PAUSED, E.RECEIPTS, E.SPENDING,
                         E.WORSE, E.BACKUP),
}  # fmt: skip
_RIGHTS: Mapping[NoticeEvent, Permission] = {
    E.APPROVAL: Permission.APPROVE, E.TEMPLATE_WAITS: Permission.APPROVE, E.BACKUP: Permission.SETTINGS
}  # fmt: skip
"""The right without which nothing can be done about an event."""
_ASKED_OF_ALL = (E.APPROVAL, E.TEMPLATE_WAITS)
_DECISIONS = (E.DECIDED, E.TEMPLATE_DECIDED)


@dataclass(frozen=True)
class Choices:
    """The events that count in the app, those that go by e-mail to `email`, and whether only the user's own campaigns
    count. `by_role`: the user has chosen nothing. `mail_failure`: why the last e-mail failed. Neither is saved."""

    app: frozenset[NoticeEvent]
    mail: frozenset[NoticeEvent] = frozenset()
    email: str = ""
    own_only: bool = True
    mail_failure: str = ""
    by_role: bool = False

    @classmethod
    def of_role(cls, role: Role) -> "Choices":
        """Return what a user who has chosen nothing gets: in the app what the role needs."""
        return cls(frozenset(_BY_ROLE.get(role, ())), own_only=role is Role.MARKETER, by_role=True)

    @classmethod
    def of(cls, stored: NoticeChoice | None, role: Role) -> "Choices":
        """Return the choices of a row. Events that this release does not know are ignored; those that the user was not
        offered, because a later release or another role brought them, are on in the app where the role needs them."""
        if stored is None:
            return cls.of_role(role)
        app, mailed = (
            frozenset(event for event in NoticeEvent if event.value in events)
            for events in (stored.app_events, stored.mail_events)
        )
        new = frozenset(event for event in _BY_ROLE.get(role, ()) if event.value not in stored.offered_events)
        return cls(app | new, mailed, stored.email, stored.own_only, stored.mail_failure)

    def counts(self, event: NoticeEvent, *, own: bool) -> bool:
        """Return whether an event of a campaign or template counts; `own`: it is the user's own. Approval is asked of
        everybody. A decision is for those who wait for it, unless the user chose those about others too."""
        if own or event in _ASKED_OF_ALL:
            return True
        return not self.own_only and not (self.by_role and event in _DECISIONS)


def concerns(event: NoticeEvent, role: Role) -> bool:
    """Return whether a role may do anything about an event: who may not approve is not asked for approval."""
    return event not in _RIGHTS or Actor("", role).may(_RIGHTS[event])


def offered(role: Role) -> list[NoticeEvent]:
    """Return the events that a role can choose."""
    return [event for event in NoticeEvent if concerns(event, role)]


def get(store: Store, actor: Actor, user_id: int) -> Choices:
    """Return a user's choices. Raises `DomainError` ("not-allowed", "no-such-person")."""
    with store.reading() as session:
        user = own_user(session, actor, user_id)
        return Choices.of(session.get(NoticeChoice, user_id), user.role)


def save(store: Store, actor: Actor, settings: Settings, user_id: int, chosen: Choices) -> None:
    """Save a user's choices. Raises `DomainError`: "not-allowed", "no-such-person", "bad-address",
    "too-many-addresses", "no-notice-address" (events by e-mail without an address), "mail-not-set-up" for further
    events by e-mail; those chosen while there was a mail server may stay."""
    addresses = mail.parse_addresses(chosen.email)
    if len(addresses) > 1:
        raise DomainError.of("too-many-addresses", n=1)
    if chosen.mail and not addresses:
        raise DomainError.of("no-notice-address")
    with store.writing() as session:
        user = own_user(session, actor, user_id)
        possible = offered(user.role)
        row = session.get(NoticeChoice, user_id) or NoticeChoice(user_id=user_id, changed_at=0)
        stored = Choices.of(session.get(NoticeChoice, user_id), user.role)
        if chosen.mail - stored.mail and not mail.is_set_up(settings):
            raise mail.not_set_up()
        before = _logged(stored)
        row.email = addresses[0] if addresses else ""
        row.app_events = [event.value for event in possible if event in chosen.app]
        row.mail_events = [event.value for event in possible if event in chosen.mail]
        row.offered_events = [event.value for event in possible]
        row.own_only, row.changed_at = chosen.own_only, now_ms(session)
        row.mail_code, row.mail_params = "", None
        session.add(row)
        audit.note(
            session,
            actor,
            "notices.save",
            f"person:{user_id}",
            **audit.changes(before, _logged(Choices.of(row, user.role))),
        )


def _logged(choices: Choices) -> dict[str, str | bool | list[str]]:
    return {
        "app": sorted(choices.app),
        "mail": sorted(choices.mail),
        "email": choices.email,
        "own_only": choices.own_only,
    }


def own_user(session: Session, actor: Actor, user_id: int) -> User:
    """Return the user whose notices the actor may read and change: one's own, as an administrator anybody's. Raises
    `DomainError` ("not-allowed", "no-such-person")."""
    user = session.get(User, user_id)
    if user is None:
        raise NotFound("no-such-person", _("This user does not exist."))
    if user.name != actor.name:
        if not actor.may(Permission.SETTINGS):
            raise not_allowed(actor.name, actor.role)
    else:
        actor.must(Permission.READ)
    return user
