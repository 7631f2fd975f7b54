"""Saved texts: their versions and their moderation.

`base.work_states` has the transitions. An approved version may be sent; a refused one has a reason, and a new version
follows. Only a draft changes. `template_match` checks what a campaign on an approved template sends.
"""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import Session, col, select

from getsms_core.audit import log as audit
from getsms_core.base import names, reasons
from getsms_core.base.codes import Language, NoticeEvent
from getsms_core.base.errors import Conflict, DomainError, NotFound
from getsms_core.base.i18n import LANGUAGES, _
from getsms_core.base.kinds import MessageKind
from getsms_core.base.permissions import Actor, Permission, user_key
from getsms_core.base.states import change as change_state
from getsms_core.base.work_states import TEMPLATE_STATES, TemplateState
from getsms_core.campaigns import approvers
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import Campaign, Template
from getsms_core.db.upserts import insert_unless_exists
from getsms_core.messages import merge_fields
from getsms_core.notices import events

T = TemplateState


@dataclass(frozen=True)
class Wording:
    """The content of a version."""

    name: str
    text: str
    category: str = "service"
    language: str = "uz"


# ------------------------------------------------------------------------------------------------------------- reading


def get(store: Store, template_id: int) -> Template:
    """Return a version. Raises `DomainError` ("no-such-template")."""
    with store.reading() as session:
        return _get(session, template_id)


def latest(store: Store) -> list[Template]:
    """Return the newest version of each template, newest first."""
    with store.reading() as session:
        newest = (
            sa.select(sa.func.max(col(Template.version)), col(Template.name)).group_by(col(Template.name)).subquery()
        )
        is_newest = sa.and_(newest.c[0] == col(Template.version), newest.c[1] == col(Template.name))
        return list(session.exec(select(Template).join(newest, is_newest).order_by(col(Template.id).desc())))


def versions(store: Store, name: str) -> list[Template]:
    """Return all versions of a template, newest first."""
    with store.reading() as session:
        order = col(Template.version).desc()
        return list(session.exec(select(Template).where(col(Template.name) == name).order_by(order)))


def approved(store: Store) -> list[Template]:
    """Return the newest approved version of each template, by name."""
    with store.reading() as session:
        templates = session.exec(
            select(Template)
            .where(col(Template.state) == T.APPROVED)
            .order_by(col(Template.name), col(Template.version))
        )
        return list({template.name: template for template in templates}.values())


# ------------------------------------------------------------------------------------------------------------- writing


def create(store: Store, actor: Actor, wording: Wording) -> int:
    """Create a template, version 1, as a draft; return its id.

    Raises `DomainError`: "not-allowed", "template-name", "template-exists", "empty-text", errors of a malformed
    text."""
    actor.must(Permission.CAMPAIGN)
    wording = require_valid(wording)
    with store.writing() as session:
        template_id = None
        if not session.exec(select(col(Template.id)).where(col(Template.name) == wording.name).limit(1)).first():
            template_id = _add(session, actor, wording, 1)
        if template_id is None:
            raise Conflict.of("template-exists", name=wording.name)
        return template_id


def change(
    store: Store,
    actor: Actor,
    template_id: int,
    text: str,
    category: str,
    language: str,
    *,
    seen: tuple[str, str, str] | None = None,
) -> None:
    """Change a draft; other states are frozen. `seen` are the text, kind and language that the user changed.

    Raises `DomainError` ("template-frozen"), and "changed-meanwhile" where they are others by now."""
    actor.must(Permission.CAMPAIGN)
    with store.writing() as session:
        template = _get(session, template_id, lock=True)
        good = require_valid(Wording(template.name, text, category, language))
        if (template.text, template.category, template.language) == (good.text, good.category, good.language):
            return
        if template.state != T.DRAFT:
            raise DomainError.of("template-frozen", name=template.name, version=template.version)
        if seen is not None and seen != (template.text, template.category, template.language):
            name = audit.last_actor(session, f"template:{template_id}", "template.change") or _("another user")
            raise Conflict.of("changed-meanwhile", case="wording", name=name)
        _change(session, actor, template, good)


def add(store: Store, actor: Actor, name: str, text: str, category: str | None, language: str | None) -> int:
    """Save a text as a draft: of a new template, of the next version of one, or in place of the draft that the same
    user wrote last. A kind and language of None are those of the version before, else service and Uzbek. Returns the
    draft's id.

    Raises `DomainError` as `create`, and "template-drafted" where the draft has the words of another user."""
    actor.must(Permission.CAMPAIGN)
    name = names.clean("template", name)
    with store.writing() as session:
        same_name = select(Template).where(col(Template.name) == name)
        newest = session.exec(same_name.order_by(col(Template.version).desc()).limit(1).with_for_update()).first()
        if newest is None:
            good, version = require_valid(Wording(name, text, category or "service", language or "uz")), 1
        else:
            wording = Wording(name, text, category or newest.category, language or newest.language)
            good, version = require_valid(wording), newest.version + 1
        if newest is not None and newest.state == T.DRAFT:
            writer = audit.last_actor(session, f"template:{newest.id}", "template.change") or newest.created_by
            if user_key(writer) != user_key(actor.name):
                raise Conflict.of("template-drafted", name=name, version=newest.version, author=writer, id=newest.id)
            _change(session, actor, newest, good)
            return int(newest.id or 0)
        template_id = _add(session, actor, good, version)
        if template_id is None:  # another request added this version at this moment
            raise Conflict.of("template-exists", name=name)
        return template_id


def new_version(store: Store, actor: Actor, template_id: int) -> int:
    """Create a draft of the next version with the same text, or return the existing draft. Returns its id."""
    actor.must(Permission.CAMPAIGN)
    with store.writing() as session:
        source = _get(session, template_id)
        newest = session.exec(
            select(Template).where(col(Template.name) == source.name).order_by(col(Template.version).desc()).limit(1)
        ).one()
        if newest.state == T.DRAFT:
            return int(newest.id or 0)
        wording, version = Wording(source.name, source.text, source.category, source.language), newest.version + 1
        added = _add(session, actor, wording, version)
        if added is None:  # by another request at this moment
            same = (col(Template.name) == source.name, col(Template.version) == version)
            return session.exec(select(Template).where(*same)).one().id or 0
        return added


def discard(store: Store, actor: Actor, template_id: int) -> None:
    """Delete a draft. Raises `DomainError` ("template-frozen")."""
    actor.must(Permission.CAMPAIGN)
    with store.writing() as session:
        template = _get(session, template_id, lock=True)
        if template.state != T.DRAFT:
            raise DomainError.of("template-frozen", case="delete")
        campaign_name = session.scalar(
            sa.select(col(Campaign.name)).where(col(Campaign.template_id) == template_id).limit(1)
        )
        if campaign_name is not None:
            raise DomainError.of("template-used", name=campaign_name)
        audit.note(
            session, actor, "template.discard", f"template:{template_id}", name=template.name, version=template.version
        )
        session.delete(template)


def submit(store: Store, actor: Actor, template_id: int) -> None:
    """Submit a draft for approval; the version never changes afterwards. A repeat changes nothing."""
    actor.must(Permission.CAMPAIGN)
    _move(store, actor, template_id, T.SUBMITTED)


def approve(store: Store, actor: Actor, template_id: int) -> None:
    """Approve a version for campaigns. A user other than those who wrote and submitted it must do so, unless nobody
    else may. Raises `DomainError` ("not-allowed", "own-template", "template-state")."""
    actor.must(Permission.APPROVE)
    if not may_approve(store, actor, template_id):
        raise DomainError.of("own-template")
    _move(store, actor, template_id, T.APPROVED)


def may_approve(store: Store, actor: Actor, template_id: int) -> bool:
    """Return whether this user may approve this version: the role permits it, and the user is not an author of it,
    unless no other user could approve. Where all are authors, one who did not submit it approves."""
    if not actor.may(Permission.APPROVE):
        return False
    with store.reading() as session:
        template = _get(session, template_id)
        written = ("template.change", "template.submitted")
        entries = audit.entries_about(session, f"template:{template_id}", written, ["template.discard"])
    authors = {user_key(template.created_by), *(user_key(entry.actor) for entry in entries)}
    submitters = {user_key(entry.actor) for entry in entries if entry.action == "template.submitted"}
    me = user_key(actor.name)
    others = approvers.keys(approvers.enabled(store)) - {me}
    if me not in authors or not others:
        return True
    return not others - authors and me not in submitters


def refuse(store: Store, actor: Actor, template_id: int, reason: str) -> None:
    """Refuse a version, with a reason. Raises `DomainError` ("not-allowed", "reason-missing", "template-state")."""
    actor.must(Permission.APPROVE)
    reason = names.clean("reason", reason)
    if not reason:
        raise DomainError.of("reason-missing", case="template")
    _move(store, actor, template_id, T.REFUSED, reason)


# ------------------------------------------------------------------------------------------------------------- helpers


def require_valid(wording: Wording) -> Wording:
    """Return the content of a version as it is stored. Raises `DomainError` as `create`."""
    name = names.clean("template", wording.name)
    text = merge_fields.clean_text(names.check("text", wording.text))
    if merge_fields.parse(text).is_blank:
        raise DomainError.of("empty-text")
    if wording.category not in tuple(MessageKind) or wording.language not in LANGUAGES:
        raise DomainError.of("template-kind")
    return Wording(name, text, wording.category, wording.language)


def _change(session: Session, actor: Actor, template: Template, good: Wording) -> None:
    before = {"text": template.text, "category": template.category, "language": template.language}
    template.text = good.text
    template.category, template.language = MessageKind(good.category), Language(good.language)
    audit.note(session, actor, "template.change", f"template:{template.id}", **audit.changes(before, {
        "text": good.text, "category": good.category, "language": good.language,
    }))  # fmt: skip


def _add(session: Session, actor: Actor, wording: Wording, version: int) -> int | None:
    """Add a version; return its id, or None if the name has this version already."""
    row = Template(name=wording.name, text=wording.text, version=version,
                   category=MessageKind(wording.category), language=Language(wording.language),
                   created_at=now_ms(session), created_by=actor.name)  # fmt: skip
    template = insert_unless_exists(session, row)
    if template is None:
        return None
    audit.note(session, actor, "template.create", f"template:{template.id}", name=wording.name, version=version)
    return int(template.id or 0)


def _move(store: Store, actor: Actor, template_id: int, new_state: TemplateState, reason: str = "") -> None:
    with store.writing() as session:
        template = _get(session, template_id, lock=True)
        if template.state == new_state:
            return
        if not TEMPLATE_STATES.may(template.state, new_state):
            raise DomainError.of(
                "template-state",
                name=template.name,
                version=template.version,
                state=reasons.state(TEMPLATE_STATES.table, template.state),
            )
        change_state(template, new_state)
        template.reason = reason
        if new_state in (T.APPROVED, T.REFUSED):
            template.decided_at, template.decided_by = now_ms(session), actor.name
        details = {"name": template.name, "version": template.version, **({"reason": reason} if reason else {})}
        audit.note(session, actor, f"template.{new_state}", f"template:{template_id}", **details)
        _notify(session, actor, template)


def _notify(session: Session, actor: Actor, template: Template) -> None:
    """Ask those who may approve, or tell who wrote or submitted this version of the decision."""
    submitted = audit.entries_about(session, f"template:{template.id}", ["template.submitted"], ["template.discard"])
    owners = {template.created_by, *(entry.actor for entry in submitted)}
    if template.state == T.SUBMITTED:
        event, facts = NoticeEvent.TEMPLATE_WAITS, {}
    else:
        event, facts = NoticeEvent.TEMPLATE_DECIDED, {"approved": template.state == T.APPROVED}
    events.of_template(session, event, template, owners, now_ms(session), by=actor.name, **facts)


def _get(session: Session, template_id: int, lock: bool = False) -> Template:
    template = session.get(Template, template_id, with_for_update=lock or None)
    if template is None:
        raise NotFound.of("no-such-template", id=template_id)
    return template
