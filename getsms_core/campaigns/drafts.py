"""Draft campaigns: their content, creation and changes."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.accounts import gateway_account
from getsms_core.audit import log as audit
from getsms_core.base import names
from getsms_core.base.codes import RequestKind
from getsms_core.base.errors import Conflict, DomainError, NotFound
from getsms_core.base.i18n import _
from getsms_core.base.kinds import MessageKind
from getsms_core.base.permissions import Actor, Permission
from getsms_core.base.settings import Settings
from getsms_core.base.states import CampaignState, Preparation
from getsms_core.billing import price_list
from getsms_core.campaigns import control, draft_input, text_column
from getsms_core.campaigns.build import (
    delete_messages,
    get_campaign,
    wrong_state,
)
from getsms_core.campaigns.exclusions import Exclusions, require_valid
from getsms_core.contacts import list_columns
from getsms_core.contacts.conditions import from_json
from getsms_core.contacts.facts import ListFacts
from getsms_core.db import repeated_requests
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import Audit, Campaign, RecipientList
from getsms_core.messages import merge_fields
from getsms_core.messages.variants import Variant, from_stored, to_stored

C = CampaignState
SAME_CHANGE_MS = 600_000
_TEXTS = ("text", "variants", "condition")


@dataclass(frozen=True)
class Draft:
    """The content of a campaign that a user decides before it starts; also the fields that `change` sets."""

    name: str
    text: str
    list_id: int | None = None
    sender: str = ""
    category: str = "service"
    mend_values: bool = False
    template_id: int | None = None
    variants: tuple[Variant, ...] = ()
    condition: str = ""  # `contacts.conditions.to_json`; empty: the whole list
    exclusions: Exclusions = field(default_factory=Exclusions)
    text_column: str = ""  # the column of the list whose values the variants have; empty: one text, or an A/B test
    control: int = 0  # hundredths of a percent of the recipients who are held out at random; 0: no control group
    cuts: tuple[str, ...] = ()  # columns of the list that get roll-ups, see campaigns.cuts

    @classmethod
    def of(cls, campaign: Campaign) -> "Draft":
        """Return the content of a campaign's row."""
        fields = {name: getattr(campaign, name) for name in cls.__dataclass_fields__}
        decoded = {
            "variants": from_stored(campaign.variants),
            "exclusions": Exclusions.from_stored(campaign.exclusions),
            "cuts": tuple(campaign.cuts or ()),
        }
        return cls(**fields | decoded)

    def cleaned(self) -> "Draft":
        """Return the draft with a clean name and sender name, and texts without control characters, which neither
        phones nor PostgreSQL accept. Raises `DomainError` for what `base.names` refuses, and "bad-category"."""
        if self.category not in tuple(MessageKind):
            raise DomainError.of("bad-category")
        return replace(
            self,
            name=names.clean("campaign", self.name),
            sender=names.clean("sender", self.sender),
            text=_cleaned_text(self.text),
            variants=tuple(_cleaned_variant(variant) for variant in self.variants),
        )

    def columns(self) -> dict[str, Any]:
        """Return the columns of the campaign's row. Raises `DomainError` for a malformed text or condition, for shares
        that do not add up, and what `text_column.check_values` raises."""
        if self.condition:
            from_json(self.condition)
        merge_fields.parse(self.text)
        control.check_share(self.control)
        text_column.check_values(self.text_column, self.variants)
        stored = {
            "variants": to_stored(self.variants),
            "exclusions": self.exclusions.to_stored(),
            "cuts": list(self.cuts),
        }
        return self.__dict__ | {"category": MessageKind(self.category), **stored}


def create(
    store: Store, actor: Actor, settings: Settings, draft: Draft, *, is_test: bool = False, request_key: str = ""
) -> int:
    """Create a draft campaign; return its id. A test is marked as a test in every count. A repeat with the same
    `request_key` returns the campaign of the first call.

    Raises `DomainError` for a malformed name, sender name or text, or a list that does not exist."""
    actor.must(Permission.CAMPAIGN)
    draft = draft.cleaned()
    draft = draft if draft.sender else replace(draft, sender=names.clean("sender", settings.nickname))
    columns = draft.columns()

    def make(session: Session) -> int:
        _list_exists(session, draft)
        campaign = Campaign(
            **columns,
            is_test=is_test,
            account_id=gateway_account.ensure(session, settings),
            chunk_size=settings.chunk_size,
            price=price_list.tiyin(settings.price),
            control_seed=control.new_seed() if draft.control else 0,
            created_at=now_ms(session),
            created_by=actor.name,
        )
        session.add(campaign)
        session.flush()
        audit.note(session, actor, "campaign.create", f"campaign:{campaign.id}", name=draft.name)
        assert campaign.id is not None
        return campaign.id

    with store.writing() as session:
        return repeated_requests.run_once(session, actor, RequestKind.CAMPAIGN, request_key, make)


def change(
    store: Store, actor: Actor, campaign_id: int, draft: Draft, *, seen: Mapping[str, Any] | None = None
) -> None:
    """Change a draft; messages prepared from the old content are deleted. `seen` holds fields of the draft as this user
    last saw them: where the draft has another value now and this change would overwrite it, nothing is changed.

    Raises `DomainError`: "not-allowed", "wrong-state", "changed-meanwhile", "no-such-list", "test-campaign", and as
    `create`."""
    actor.must(Permission.CAMPAIGN)
    draft = draft.cleaned()
    columns = draft.columns()
    with store.writing() as session:
        campaign = get_campaign(session, campaign_id)
        if campaign.is_test:  # approval, quiet hours and the frequency cap leave tests out: it keeps its few numbers
            raise DomainError.of("test-campaign")
        if campaign.state != C.DRAFT:
            raise wrong_state(campaign, "change")
        before = Draft.of(campaign)
        if before == draft:
            return
        _refuse_overwriting(session, campaign_id, before, draft, seen or {})
        _list_exists(session, draft)
        if draft.list_id != campaign.list_id:
            columns["cuts"] = _cuts_of_list(session, draft)
        for name, value in columns.items():
            setattr(campaign, name, value)
        if campaign.control and not campaign.control_seed:
            campaign.control_seed = control.new_seed()
        delete_messages(session, campaign_id)
        campaign.prepared, campaign.messages, campaign.parts, campaign.cost = Preparation.NONE, 0, 0, 0
        campaign.condition_day = ""
        details = _changes(before, draft)
        if details["after"] or not _just_changed(session, actor, campaign_id):
            audit.note(session, actor, "campaign.change", f"campaign:{campaign_id}", **details)
        draft_input.note_saved(session, actor.name, campaign_id, now_ms(session))


def last_save(store: Store, campaign_id: int) -> draft_input.LastSave | None:
    """Return who changed a draft last, and when (UTC ms); None where nobody has since it was created."""
    with store.reading() as session:
        return draft_input.last_save(session, campaign_id)


def _refuse_overwriting(
    session: Session, campaign_id: int, before: Draft, after: Draft, seen: Mapping[str, Any]
) -> None:
    """Raise where a change would overwrite what its user has not seen."""
    if any(
        getattr(before, name) != value and getattr(before, name) != getattr(after, name) for name, value in seen.items()
    ):
        save = draft_input.last_save(session, campaign_id)
        name, at = save or (_("another user"), now_ms(session))
        raise Conflict.of("changed-meanwhile", case="draft", name=name, at=at)


def must_be(session: Session, campaign: Campaign, seen: Draft) -> None:
    """Raise `Conflict` ("changed-meanwhile") where a draft would send something else, or to others, than a user saw."""
    if replace(Draft.of(campaign), name=seen.name, cuts=seen.cuts) != seen:
        save = draft_input.last_save(session, campaign.id or 0)
        name, at = save or (_("another user"), now_ms(session))
        raise Conflict.of("changed-meanwhile", case="start", name=name, at=at)


def _changes(before: Draft, after: Draft) -> dict[str, Any]:
    """Return what changed, for the audit log: texts by name only, since the log outlives them."""
    old, new = asdict(before), asdict(after)
    texts = [name for name in _TEXTS if old.pop(name) != new.pop(name)]
    return {**audit.changes(old, new), "texts": texts}


def _cleaned_text(text: str) -> str:
    return merge_fields.clean_text(names.check("text", text))


def _cleaned_variant(variant: Variant) -> Variant:
    value = None if variant.value is None else names.check("value", variant.value.strip())
    return replace(variant, text=_cleaned_text(variant.text), value=value)


def rename(store: Store, actor: Actor, campaign_id: int, name: str) -> None:
    """Give a campaign in any state another name. Raises `DomainError`: "not-allowed", "no-such-campaign", and for a
    malformed name."""
    actor.must(Permission.CAMPAIGN)
    name = names.clean("campaign", name)
    with store.writing() as session:
        campaign = get_campaign(session, campaign_id)
        before, campaign.name = campaign.name, name
        if before != name:
            audit.note(session, actor, "campaign.rename", f"campaign:{campaign_id}", before=before, name=name)


def _list_exists(session: Session, draft: Draft) -> None:
    if draft.list_id is not None and session.get(RecipientList, draft.list_id) is None:
        raise NotFound.of("no-such-list", id=draft.list_id)
    require_valid(session, draft.exclusions)


def _cuts_of_list(session: Session, draft: Draft) -> list[str]:
    """Return the columns to count by that another list has, too, and not as personal ones."""
    row = session.get(RecipientList, draft.list_id) if draft.list_id is not None else None
    known = list_columns.names(ListFacts.from_stored(row.facts)) if row else ()
    return [name for name in draft.cuts if row and name in known and not list_columns.is_personal(row, name)]


def _just_changed(session: Session, actor: Actor, campaign_id: int) -> bool:
    """Return whether the last audit entry of the campaign is a recent change by this user: text is saved while
    typing."""
    last = session.execute(
        sa.select(col(Audit.actor), col(Audit.action), col(Audit.at))
        .where(col(Audit.subject) == f"campaign:{campaign_id}")
        .order_by(col(Audit.id).desc())
        .limit(1)
    ).first()
    if last is None or (last.actor, last.action) != (actor.name, "campaign.change"):
        return False
    return now_ms(session) - int(last.at) < SAME_CHANGE_MS
