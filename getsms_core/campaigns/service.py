"""Campaigns: making one, preparing its messages, and every intent that moves it. A repeated intent is a no-op."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.accounts import gateway_account, policy
from getsms_core.audit import log as audit
from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import _, ngettext
from getsms_core.base.permissions import Actor, Permission
from getsms_core.base.settings import Settings
from getsms_core.base.states import LABELS, CampaignState, Figures
from getsms_core.billing import price_list, reconciliation
from getsms_core.campaigns import audience, excluded, logins, template_match
from getsms_core.campaigns.build import (
    delete_messages,
    enqueue,
    get_campaign,
    prepare,
    render,
    unknown_field_error,
)
from getsms_core.campaigns.exclusions import Exclusions, require_valid
from getsms_core.campaigns.texts import blank_rows, texts_of
from getsms_core.contacts.conditions import from_json
from getsms_core.db import bulk, repeated_requests, rollups
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import SPAN, Account, Audit, Campaign, Chunk, Message, RecipientList
from getsms_core.delivery import approval_terms, exclusion_check, halving
from getsms_core.delivery import receipt_notes as receipt_notes_module
from getsms_core.delivery.completion import finish
from getsms_core.delivery.resolution import count_restored_uncertain
from getsms_core.delivery.schedule import QUIET, cancel_queued, quiet_reason
from getsms_core.messages import merge_fields
from getsms_core.messages.estimate import all_texts_empty
from getsms_core.messages.variants import Variant, check, check_shares, from_stored, to_stored

__all__ = [
    "Draft",
    "cancel",
    "change",
    "create",
    "figures",
    "get",
    "pause",
    "prepare",
    "render",
    "resume",
    "show",
    "start",
]
C = CampaignState
STARTABLE = (C.DRAFT, C.SCHEDULED)
SAME_CHANGE_MS = 600_000
BY_PERSON = "by-person"
AUTOMATIC_PAUSES = (QUIET, "spend-day", "spend-campaign", "end-time")
"""Why the program pauses a campaign without any fault: a user's pause takes its place."""
OPEN = (C.DRAFT, C.AWAITING_APPROVAL, C.SCHEDULED, C.RUNNING, C.PAUSED)


@dataclass(frozen=True)
class Draft:
    """What a person decides about a campaign before it starts; also the fields that `change` takes."""

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

    @classmethod
    def of(cls, campaign: Campaign) -> "Draft":
        """What a campaign's row says."""
        kept = {name: getattr(campaign, name) for name in cls.__dataclass_fields__}
        stored = {
            "variants": from_stored(campaign.variants),
            "exclusions": Exclusions.from_stored(campaign.exclusions),
        }
        return cls(**kept | stored)

    def cleaned(self) -> "Draft":
        """The same with texts that have no control characters, which neither a phone nor PostgreSQL takes."""
        more = tuple(replace(one, text=merge_fields.clean_text(one.text)) for one in self.variants)
        return replace(self, text=merge_fields.clean_text(self.text), variants=more)

    def columns(self) -> dict[str, Any]:
        """As the campaign's row keeps it. Raises `DomainError` for a malformed text or condition and for shares that do
        not add up."""
        if self.condition:
            from_json(self.condition)
        merge_fields.parse(self.text)
        check_shares(self.variants)
        return self.__dict__ | {"variants": to_stored(self.variants), "exclusions": self.exclusions.to_stored()}


def create(
    store: Store, actor: Actor, settings: Settings, draft: Draft, *, is_test: bool = False, request_key: str = ""
) -> int:
    """A new draft campaign; returns its id. A test is marked as one in every count. A repeat with the same
    `request_key` returns the campaign that the first call made.

    Raises `DomainError` for a malformed text or a list that does not exist."""
    actor.must(Permission.CAMPAIGN)
    draft = draft.cleaned()
    columns = draft.columns()

    def make(session: Session) -> int:
        _list_exists(session, draft)
        campaign = Campaign(
            **columns,
            is_test=is_test,
            account_id=gateway_account.ensure(session, settings),
            chunk_size=settings.chunk_size,
            price=price_list.tiyin(settings.price),
            created_at=now_ms(session),
            created_by=actor.name,
        )
        campaign.sender = campaign.sender or settings.nickname
        session.add(campaign)
        session.flush()
        audit.note(session, actor, "campaign.create", f"campaign:{campaign.id}", name=draft.name)
        assert campaign.id is not None
        return campaign.id

    with store.writing() as session:
        return repeated_requests.run_once(session, actor, "campaign", request_key, make)


def change(store: Store, actor: Actor, campaign_id: int, draft: Draft) -> None:
    """Change a draft; messages that were prepared from the old one are thrown away."""
    actor.must(Permission.CAMPAIGN)
    draft = draft.cleaned()
    columns = draft.columns()
    with store.writing() as session:
        campaign = get_campaign(session, campaign_id)
        if campaign.state != C.DRAFT:
            raise _wrong_state(campaign, _("It can be changed only as a draft."))
        if Draft.of(campaign) == draft:
            return
        _list_exists(session, draft)
        for name, value in columns.items():
            setattr(campaign, name, value)
        delete_messages(session, campaign_id)
        campaign.prepared, campaign.messages, campaign.parts, campaign.cost = "", 0, 0, 0
        campaign.condition_day = ""
        if not _just_changed(session, actor, campaign_id):
            audit.note(session, actor, "campaign.change", f"campaign:{campaign_id}")


def _list_exists(session: Session, draft: Draft) -> None:
    if draft.list_id is not None and session.get(RecipientList, draft.list_id) is None:
        raise DomainError("no-such-list", _("There is no list {id}.").format(id=draft.list_id))
    require_valid(session, draft.exclusions)


def _just_changed(session: Session, actor: Actor, campaign_id: int) -> bool:
    """Whether the last that was noted of it is this person's change, minutes ago: a text is saved as it is typed."""
    last = session.execute(
        sa.select(col(Audit.actor), col(Audit.action), col(Audit.at))
        .where(col(Audit.subject) == f"campaign:{campaign_id}")
        .order_by(col(Audit.id).desc())
        .limit(1)
    ).first()
    if last is None or (last.actor, last.action) != (actor.name, "campaign.change"):
        return False
    return now_ms(session) - int(last.at) < SAME_CHANGE_MS


@dataclass(frozen=True)
class SendingOptions:
    """How a campaign is to be sent: from an instant on (None: now), what has not left at `until` not at all (both UTC
    ms), before others of lower `priority`, and for at most `spend_limit` tiyin."""

    at: int | None = None
    until: int | None = None
    priority: int = 0
    spend_limit: int | None = None


def start(
    store: Store,
    actor: Actor,
    campaign_id: int,
    at: int | None = None,
    *,
    sending: SendingOptions | None = None,
    settings: Settings | None = None,
) -> None:
    """The intent to send, now or at an instant (UTC ms). Starting a running or finished campaign again changes nothing,
    nor one that waits for its approval; where the rules ask for a second person it waits for one from here on.

    Raises `DomainError` ("wrong-state") for a cancelled or paused one, ("in-the-past") for an instant that has gone by,
    ("ends-before-start"), ("bad-limit"), ("all-texts-empty") and, where a message is not its approved template's,
    ("template-mismatch"). With `settings` a draft moves to their login, and what another login has started is refused
    ("other-login")."""
    how = sending or SendingOptions(at=at)
    at = how.at
    checked = template_match.require_match(store, campaign_id)
    _refuse_empty_texts(store, campaign_id)
    _refuse_empty_audience(store, campaign_id)

    def go(session: Session, campaign: Campaign) -> bool:
        if settings is not None:
            logins.claim_draft(session, campaign, settings)
        if campaign.state in (C.RUNNING, C.FINISHED, C.AWAITING_APPROVAL):
            return False
        if campaign.state not in STARTABLE:
            raise _wrong_state(campaign, _("Only a draft or a scheduled campaign can be started."))
        if campaign.list_id is None or merge_fields.parse(campaign.text).is_blank:
            raise DomainError(
                "incomplete", _("Campaign {id} needs a list and a text before it can start.").format(id=campaign_id)
            )
        checked.must_be(campaign)
        check(campaign.text, from_stored(campaign.variants))
        _refuse_unknown_fields(session, campaign)
        now = now_ms(session)
        if at is not None and at < now - 60_000:
            raise DomainError("in-the-past", _("The start time has already gone by. Choose a later one, or start now."))
        if how.until is not None and how.until <= max(at or now, now):
            raise DomainError("ends-before-start", _("The end time must lie after the start. Nothing would be sent."))
        if how.spend_limit is not None and how.spend_limit <= 0:
            raise DomainError("bad-limit", _("A limit must be greater than zero; leave it empty for none."))
        if campaign.state == C.DRAFT:
            campaign.approved_by, campaign.approved_at, campaign.approved_terms = "", None, None
        campaign.state = C.SCHEDULED if at is not None and at > now else C.RUNNING
        campaign.scheduled_at = at
        campaign.ends_at, campaign.priority, campaign.spend_limit = how.until, how.priority, how.spend_limit
        campaign.started_at = now if campaign.state == C.RUNNING else None
        if campaign.state == C.RUNNING:
            exclusion_check.ask(campaign)
        campaign.started_by, campaign.code, campaign.reason = actor.name, "", ""
        session.flush()
        approval_terms.hold_for_approval(session, campaign, now)
        approval_terms.reprice(session, campaign, at or now)
        enqueue(campaign)
        return True

    _move(store, actor, campaign_id, "campaign.start", go)


def _refuse_empty_texts(store: Store, campaign_id: int) -> None:
    """Refuse a campaign in which no row's text shows anything, as long as its text can still be changed."""
    campaign = get(store, campaign_id)
    if campaign.state not in STARTABLE or campaign.prepared == "ready" or campaign.list_id is None:
        return
    texts = [merge_fields.parse(text) for text in texts_of(campaign)]
    if not all(text.may_be_blank and not text.is_blank for text in texts):
        return
    try:
        recipients = audience.recipients(store, campaign)
        blank = blank_rows(campaign, recipients)
    except DomainError:  # an unknown field or a list that is not ready: named by what comes after
        return
    if len(blank) and blank.all():
        raise all_texts_empty()


def _refuse_empty_audience(store: Store, campaign_id: int) -> None:
    """Refuse a condition that names a column that the list does not have, or chooses nobody, as long as it can still
    be changed."""
    campaign = get(store, campaign_id)
    if campaign.condition and campaign.state in STARTABLE and campaign.prepared != "ready" and campaign.list_id:
        audience.of(store, campaign).must_not_be_empty()


def _refuse_unknown_fields(session: Session, campaign: Campaign) -> None:
    """While it can still be changed: a campaign that has started with a field too many can only be cancelled."""
    kept = session.get(RecipientList, campaign.list_id)
    columns = list(kept.facts.get("columns", ())) if kept else []
    for text in texts_of(campaign) if columns else ():
        if unknown := merge_fields.parse(text).unknown_fields(columns):
            raise unknown_field_error(unknown[0], columns)


def pause(store: Store, actor: Actor, campaign_id: int) -> None:
    """Claim no more chunks. Those on their way end as they end. A campaign that the program had paused is then paused
    by this user, so that nothing resumes it by itself."""

    def go(_session: Session, campaign: Campaign) -> bool:
        if (campaign.state, campaign.code) == (C.PAUSED, BY_PERSON):
            return False
        if campaign.state not in (C.RUNNING, C.SCHEDULED, C.PAUSED):
            raise _wrong_state(campaign, _("Only a running or scheduled campaign can be paused."))
        reason = _("Paused by {name}.").format(name=actor.name)
        if campaign.state == C.PAUSED and campaign.code not in AUTOMATIC_PAUSES:
            reason = f"{reason} {campaign.reason}"  # what a user must put right before the resume
        campaign.state, campaign.code, campaign.reason = C.PAUSED, BY_PERSON, reason
        return True

    _move(store, actor, campaign_id, "campaign.pause", go)


def resume(store: Store, actor: Actor, campaign_id: int, *, settings: Settings | None = None) -> None:
    """Go on sending. The account forgets its failures to connect, so that the next try is made at once. During quiet
    hours the campaign waits for their end; its reason says when that is. Where its approval no longer holds, or the
    rules ask for one by now, it waits for a second person instead.

    Raises `DomainError`: "wrong-state", and with `settings` "other-login"."""

    def go(session: Session, campaign: Campaign) -> bool:
        if settings is not None and campaign.state in logins.STARTED:
            gateway_account.require_in_force(session, campaign, settings)
        if campaign.state == C.RUNNING:
            return False
        if campaign.state != C.PAUSED:
            raise _wrong_state(campaign, _("Only a paused campaign can be resumed."))
        _refuse_restored(session, campaign_id)
        now = now_ms(session)
        quiet = _quiet_reason(session, campaign, settings, now)
        if quiet and campaign.code == QUIET:
            return False
        if approval_terms.hold_for_approval(session, campaign, now):
            approval_terms.reprice(session, campaign, max(campaign.scheduled_at or 0, now))
            audit.note(session, actor, "campaign.ask-approval", f"campaign:{campaign_id}", messages=campaign.messages)
            return False
        early = campaign.scheduled_at is not None and campaign.scheduled_at > now
        campaign.state = C.SCHEDULED if early else C.RUNNING
        campaign.code, campaign.reason, campaign.doubts, campaign.refusals = "", "", 0, 0
        if quiet and not early:
            campaign.state, campaign.code, campaign.reason = C.PAUSED, QUIET, quiet
        if campaign.started_at is None:
            campaign.started_at = None if early else now
            if not early:
                exclusion_check.ask(campaign)
            approval_terms.reprice(session, campaign, max(campaign.scheduled_at or 0, now))
        enqueue(campaign)
        session.flush()
        finish(session, {campaign_id: campaign.state} if campaign.prepared == "ready" else {}, now)
        session.execute(
            sa.update(Account)
            .where(col(Account.id) == campaign.account_id, col(Account.failures) > 0)
            .values(failures=0, next_slot_us=0)
        )
        halving.reset_halvings(session, campaign_id)
        return True

    _move(store, actor, campaign_id, "campaign.resume", go)


def _refuse_restored(session: Session, campaign_id: int) -> None:
    """Before a person has said which messages left after the backup, the rest would be sent beside them."""
    left = count_restored_uncertain(session, campaign_id)
    if left:
        sentence = ngettext(
            "{n} message of campaign {id} may have been sent after the backup was made. Settle it first: as sent, "
            "not sent or again.",
            "{n} messages of campaign {id} may have been sent after the backup was made. Settle them first: as "
            "sent, not sent or again.",
            left,
        )
        raise DomainError("restored", sentence.format(n=left, id=campaign_id))


def _quiet_reason(session: Session, campaign: Campaign, settings: Settings | None, now: int) -> str:
    """When the quiet hours of now end, in words; "" outside them and for a test, which they do not hold."""
    if settings is None or campaign.is_test:
        return ""
    until = policy.get(session, campaign.account_id).quiet_until(settings.zone, now)
    return "" if until is None else quiet_reason(until, settings.zone)


def cancel(store: Store, actor: Actor, campaign_id: int) -> None:
    """Send nothing more, for ever: what is queued is cancelled, what is on its way ends as it ends."""

    def go(session: Session, campaign: Campaign) -> bool:
        if campaign.state == C.CANCELLED:
            return False
        if campaign.state not in OPEN:
            raise _wrong_state(campaign, _("There is nothing left to cancel."))
        campaign.state, campaign.code, campaign.reason = C.CANCELLED, "", ""
        campaign.finished_at = now_ms(session)
        session.flush()
        cancel_queued(session, campaign_id)
        return True

    _move(store, actor, campaign_id, "campaign.cancel", go)


def refresh(store: Store, actor: Actor, campaign_id: int) -> int:
    """Ask for the receipts that are still waited for now, not when their time comes; returns how many ids."""
    actor.must(Permission.CAMPAIGN)
    with store.writing() as session:
        get_campaign(session, campaign_id)
        now = now_ms(session)
        asked = sa.update(Message).where(
            col(Message.campaign_id) == campaign_id,
            col(Message.next_poll_at) > now,
            col(Message.request_id).is_not(None),
        )
        return bulk.rows_changed(session.execute(asked.values(next_poll_at=now)))


def show(store: Store, campaign_id: int) -> Mapping[str, object]:
    """What scripts and pages show of a campaign: state, reason, a count of each message state, parts, price, chunks,
    times, how many recipients get no message, by reason; and `sums`, the `billed.Sums` of its messages.

    Raises `DomainError` ("no-such-campaign")."""
    with store.reading() as session:
        campaign = get_campaign(session, campaign_id, lock=False)
        figures = rollups.figures(session, campaign_id)
        chunks = session.scalar(
            sa.select(sa.func.count()).where(col(Chunk.id).between(campaign_id * SPAN, (campaign_id + 1) * SPAN - 1))
        )
        sums = reconciliation.sums_of(session, campaign_id)
        excluded_counts = excluded.counts(session, campaign_id)
    return {
        "campaign": campaign.id,
        "name": campaign.name,
        "status": campaign.state.value,
        "reason": campaign.reason,
        "counts": figures.counts(),
        "messages": campaign.messages,
        "parts": campaign.parts,
        "billed_parts": sums.billed_parts,
        "price": str(price_list.som(campaign.cost)),
        "chunks": chunks or 0,
        "sent": figures.sent,
        "delivery_rate": figures.rate,
        "code": campaign.code,
        "created_at": campaign.created_at,
        "scheduled_at": campaign.scheduled_at,
        "started_at": campaign.started_at,
        "finished_at": campaign.finished_at,
        "excluded": excluded_counts,
        "sent_parts": sums.sent_parts,
        "sums": sums,
        "counted_as_sent": figures.counted,
    }


def receipt_notes(store: Store, campaign_id: int) -> tuple[dict[str, int], list[receipt_notes_module.Fault]]:
    """How many status records of a campaign belong to no message, by the code of the reason; and its status calls that
    bring no receipts."""
    with store.reading() as session:
        return receipt_notes_module.count_set_aside(session, campaign_id), receipt_notes_module.faults(
            session, campaign_id
        )


def get(store: Store, campaign_id: int) -> Campaign:
    """The campaign's row. Raises `DomainError` ("no-such-campaign")."""
    with store.reading() as session:
        return get_campaign(session, campaign_id, lock=False)


def figures(store: Store, campaign_id: int) -> Figures:
    """The count of each message state, exact at this moment."""
    with store.reading() as session:
        return rollups.figures(session, campaign_id)


def _wrong_state(campaign: Campaign, why: str) -> DomainError:
    state = _(LABELS[campaign.state.value]).lower()
    return DomainError("wrong-state", _("Campaign {id} is {state}. {why}").format(id=campaign.id, state=state, why=why))


def _move(store: Store, actor: Actor, campaign_id: int, action: str, go: Callable[[Session, Campaign], bool]) -> None:
    actor.must(Permission.CAMPAIGN)

    def work(session: Session) -> None:
        campaign = get_campaign(session, campaign_id)
        if go(session, campaign):
            audit.note(session, actor, action, f"campaign:{campaign_id}")

    store.transact(work)
