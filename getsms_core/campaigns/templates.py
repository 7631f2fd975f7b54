"""Saved texts: their versions and their moderation.

    draft ─ submit ─▶ submitted ─ approve ─▶ approved      may be sent; frozen
                          └────── refuse ──▶ refused       says why; a new version answers it

Only a draft changes. What a campaign on an approved template may send: `templatechecks`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import Session, col, select

from getsms_core.audit import log as audit
from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import LANGUAGES, N_, _
from getsms_core.base.permissions import Actor, Permission
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import Campaign, Template
from getsms_core.messages import merge_fields

CATEGORIES = ("service", "advertising")
STATES = {
    "draft": N_("Draft"),
    "submitted": N_("Waits for approval"),
    "approved": N_("Approved"),
    "refused": N_("Refused"),
}
"""The word on the screen for each state."""
NAME_MAX_LENGTH = 80


@dataclass(frozen=True)
class Wording:
    """What a person decides about a version."""

    name: str
    text: str
    category: str = "service"
    language: str = "uz"


# ------------------------------------------------------------------------------------------------------------- reading


def get(store: Store, template_id: int) -> Template:
    """A version. Raises `DomainError` ("no-such-template")."""
    with store.reading() as session:
        return _get(session, template_id)


def latest(store: Store) -> list[Template]:
    """The newest version of each template, the newest first."""
    with store.reading() as session:
        newest = (
            sa.select(sa.func.max(col(Template.version)), col(Template.name)).group_by(col(Template.name)).subquery()
        )
        both = sa.and_(newest.c[0] == col(Template.version), newest.c[1] == col(Template.name))
        return list(session.exec(select(Template).join(newest, both).order_by(col(Template.id).desc())))


def versions(store: Store, name: str) -> list[Template]:
    """Every version of a template, the newest first."""
    with store.reading() as session:
        order = col(Template.version).desc()
        return list(session.exec(select(Template).where(col(Template.name) == name).order_by(order)))


def approved(store: Store) -> list[Template]:
    """The newest approved version of each template, by name."""
    with store.reading() as session:
        found = session.exec(
            select(Template)
            .where(col(Template.state) == "approved")
            .order_by(col(Template.name), col(Template.version))
        )
        return list({one.name: one for one in found}.values())


# ------------------------------------------------------------------------------------------------------------- writing


def create(store: Store, actor: Actor, wording: Wording) -> int:
    """A new template, version 1, a draft; returns its id.

    Raises `DomainError`: "not-allowed", "template-name", "template-exists", "empty-text", what a malformed text
    raises."""
    actor.must(Permission.CAMPAIGN)
    wording = _good(wording)
    with _alone(store) as session:
        if session.exec(select(col(Template.id)).where(col(Template.name) == wording.name).limit(1)).first():
            raise DomainError(
                "template-exists",
                _("There is already a template called {name}. Make a new version of it.").format(name=wording.name),
            )
        return _add(session, actor, wording, 1)


def change(store: Store, actor: Actor, template_id: int, text: str, category: str, language: str) -> None:
    """Change a draft; all else is frozen. Raises `DomainError` ("template-frozen")."""
    actor.must(Permission.CAMPAIGN)
    with store.writing() as session:
        found = _get(session, template_id, lock=True)
        good = _good(Wording(found.name, text, category, language))
        if (found.text, found.category, found.language) == (good.text, good.category, good.language):
            return
        if found.state != "draft":
            raise DomainError(
                "template-frozen",
                _("{name}, version {version}, was submitted and never changes again. Make a new version.").format(
                    name=found.name, version=found.version
                ),
            )
        found.text, found.category, found.language = good.text, good.category, good.language
        audit.note(session, actor, "template.change", f"template:{template_id}")


def new_version(store: Store, actor: Actor, template_id: int) -> int:
    """A draft of the next version with the same text; where there is such a draft already, that one. Returns its id."""
    actor.must(Permission.CAMPAIGN)
    with _alone(store) as session:
        old = _get(session, template_id)
        newest = session.exec(
            select(Template).where(col(Template.name) == old.name).order_by(col(Template.version).desc()).limit(1)
        ).one()
        if newest.state == "draft":
            return int(newest.id or 0)
        return _add(session, actor, Wording(old.name, old.text, old.category, old.language), newest.version + 1)


def discard(store: Store, actor: Actor, template_id: int) -> None:
    """Delete a draft. Raises `DomainError` ("template-frozen")."""
    actor.must(Permission.CAMPAIGN)
    with store.writing() as session:
        found = _get(session, template_id, lock=True)
        if found.state != "draft":
            raise DomainError("template-frozen", _("Only a draft can be deleted."))
        used = session.scalar(sa.select(col(Campaign.name)).where(col(Campaign.template_id) == template_id).limit(1))
        if used is not None:
            raise DomainError("template-used", _("The campaign {name} is built on it.").format(name=used))
        audit.note(
            session, actor, "template.discard", f"template:{template_id}", name=found.name, version=found.version
        )
        session.delete(found)


def submit(store: Store, actor: Actor, template_id: int) -> None:
    """Ask for approval; from here on the version never changes. Asking again changes nothing."""
    actor.must(Permission.CAMPAIGN)
    _move(store, actor, template_id, "submitted", ("draft",))


def approve(store: Store, actor: Actor, template_id: int) -> None:
    """Let campaigns be sent with it. Raises `DomainError` ("not-allowed", "template-state")."""
    actor.must(Permission.APPROVE)
    _move(store, actor, template_id, "approved", ("submitted",))


def refuse(store: Store, actor: Actor, template_id: int, reason: str) -> None:
    """Say why it may not be sent. Raises `DomainError` ("not-allowed", "reason-missing", "template-state")."""
    actor.must(Permission.APPROVE)
    if not reason.strip():
        raise DomainError("reason-missing", _("Say why, so that the next version can answer it."))
    _move(store, actor, template_id, "refused", ("submitted",), reason.strip())


# ------------------------------------------------------------------------------------------------------------- helpers


def _good(wording: Wording) -> Wording:
    name = " ".join(wording.name.split())
    if not 1 <= len(name) <= NAME_MAX_LENGTH or not name.isprintable():
        raise DomainError(
            "template-name", _("Give the template a name of 1 to {most} letters.").format(most=NAME_MAX_LENGTH)
        )
    text = merge_fields.clean_text(wording.text)
    if merge_fields.parse(text).is_blank:
        raise DomainError("empty-text", _("The text is empty."))
    if wording.category not in CATEGORIES or wording.language not in LANGUAGES:
        raise DomainError("template-kind", _("Choose a kind and a language from those that are offered."))
    return Wording(name, text, wording.category, wording.language)


@contextmanager
def _alone(store: Store) -> Iterator[Session]:
    """A writing session that nobody else makes versions beside: two would take the same number."""
    with store.writing() as session:
        if not store.sqlite:
            session.execute(sa.text("LOCK TABLE template IN SHARE ROW EXCLUSIVE MODE"))
        yield session


def _add(session: Session, actor: Actor, wording: Wording, version: int) -> int:
    made = Template(**wording.__dict__, version=version, created_at=now_ms(session), created_by=actor.name)
    session.add(made)
    session.flush()
    audit.note(session, actor, "template.create", f"template:{made.id}", name=wording.name, version=version)
    return int(made.id or 0)


def _move(store: Store, actor: Actor, template_id: int, to: str, after: tuple[str, ...], reason: str = "") -> None:
    with store.writing() as session:
        found = _get(session, template_id, lock=True)
        if found.state == to:
            return
        if found.state not in after:
            raise DomainError(
                "template-state",
                _("{name}, version {version}: {state}. This cannot be done to it now.").format(
                    name=found.name, version=found.version, state=_(STATES[found.state])
                ),
            )
        found.state, found.reason = to, reason
        if to in ("approved", "refused"):
            found.decided_at, found.decided_by = now_ms(session), actor.name
        named = {"name": found.name, "version": found.version, **({"reason": reason} if reason else {})}
        audit.note(session, actor, f"template.{to}", f"template:{template_id}", **named)


def _get(session: Session, template_id: int, lock: bool = False) -> Template:
    found = session.get(Template, template_id, with_for_update=lock or None)
    if found is None:
        raise DomainError("no-such-template", _("There is no template {id}.").format(id=template_id))
    return found
