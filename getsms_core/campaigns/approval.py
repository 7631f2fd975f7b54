"""Approval of campaigns by a second user, where the account's rules require it."""

from collections.abc import Callable

from sqlmodel import Session

from getsms_core.accounts.policy import SENT_BACK
from getsms_core.audit import log as audit
from getsms_core.base import names, reasons
from getsms_core.base.codes import NoticeEvent
from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import Actor, Permission, user_key
from getsms_core.base.states import CampaignState, Preparation, change
from getsms_core.billing import price_rules
from getsms_core.campaigns import approvers, draft_input
from getsms_core.campaigns.build import get_campaign, wrong_state
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import Campaign, RecipientList, Template
from getsms_core.delivery import approval_terms, exclusion_check
from getsms_core.delivery.completion import finish
from getsms_core.delivery.schedule import LATE_MS
from getsms_core.notices import events

AUTHOR_PARTS = ("asked", "text", "list", "prices", "limits")
"""What makes a user an author, who may not approve; the cases of the reason "own-campaign"."""
C = CampaignState


def why_another_must(store: Store, actor: Actor, campaign: Campaign) -> DomainError | None:
    """Return the refusal ("own-campaign") that `approve` would raise for a user who is an author; None for others."""
    approver_keys = approvers.keys(approvers.enabled(store))
    with store.reading() as session:
        own_part = _own_part(actor, _authors(session, campaign), approver_keys)
    return None if own_part is None else DomainError.of("own-campaign", case=own_part)


def who_may_approve(store: Store, campaign: Campaign) -> tuple[str, ...]:
    """Return the names of the users who may approve this campaign as they are now, sorted."""
    enabled = approvers.enabled(store)
    approver_keys = approvers.keys(enabled)
    with store.reading() as session:
        authors = _authors(session, campaign)
    return tuple(sorted(user.name for user in enabled if _own_part(user.actor, authors, approver_keys) is None))


def terms_fingerprint(store: Store, campaign_id: int) -> str:
    """Return the fingerprint of the terms that an approver sees; pass it to `approve`."""
    with store.reading() as session:
        return approval_terms.fingerprint(session, get_campaign(session, campaign_id, lock=False), now_ms(session))


def approval_cost(store: Store, campaign: Campaign) -> int:
    """Return the cost to approve, tiyin: under the prices in force when the campaign is to be sent."""
    with store.reading() as session:
        return max(campaign.cost, approval_terms.expected_cost(session, campaign, now_ms(session)))


def needs_approval(store: Store, actor: Actor, campaign: Campaign, messages: int, cost: int) -> bool:
    """Return whether a draft would need approval if this user started it now."""
    with store.reading() as session:
        candidate = Campaign(**campaign.model_dump() | {"started_by": actor.name})
        return approval_terms.wants_approval(session, candidate, messages, cost, now_ms(session))


def approve(store: Store, actor: Actor, campaign_id: int, seen: str | None = None) -> None:
    """Approve a campaign: it is sent now, at the requested time or, where that has passed, once a user resumes it. The
    approval is valid for the campaign's present terms and cost; `seen` is the `terms_fingerprint` that the approver
    saw. A repeat changes nothing.

    Raises `DomainError`: "not-allowed", "own-campaign", "wrong-state", "ended", "not-counted", "changed-meanwhile"."""
    actor.must(Permission.APPROVE)
    approver_keys = approvers.keys(approvers.enabled(store))

    def work(session: Session) -> DomainError | None:
        campaign = get_campaign(session, campaign_id)
        if campaign.approved_at is not None and campaign.state not in (C.AWAITING_APPROVAL, C.CANCELLED):
            return None
        _require_awaiting(campaign)
        own_part = _own_part(actor, _authors(session, campaign), approver_keys)
        if own_part is not None:
            raise DomainError.of("own-campaign", case=own_part)
        now, starts_at = now_ms(session), campaign.scheduled_at
        if campaign.ends_at is not None and campaign.ends_at <= now:
            raise DomainError.of("ended", case="approval")
        if campaign.prepared != Preparation.READY:
            raise DomainError.of("not-counted")
        costs = approval_terms.expected_cost(session, campaign, now)
        remade = approval_terms.remake_outdated(session, campaign, max(starts_at or 0, now))
        if (remade and costs > campaign.cost) or (
            seen is not None and seen != approval_terms.fingerprint(session, campaign, now)
        ):
            return DomainError.of("changed-meanwhile", case="approval")
        _approve(session, campaign, actor, costs, now)
        return None

    refusal = store.transact(work)
    if refusal is not None:  # after the commit, which keeps the new prices
        raise refusal


def _approve(session: Session, campaign: Campaign, actor: Actor, costs: int, now: int) -> None:
    starts_at = campaign.scheduled_at
    campaign.approved_by, campaign.approved_at = actor.name, now
    campaign.approved_terms = approval_terms.terms_of(session, campaign, costs).to_stored()
    campaign.because(None)
    draft_input.forget(session, campaign.id or 0)
    has_started = campaign.started_at is not None
    if not has_started and starts_at is not None and starts_at < now - LATE_MS:
        change(campaign, C.PAUSED)
        campaign.because(reasons.reason("late-approval"))
    elif starts_at is not None and starts_at > now:
        change(campaign, C.SCHEDULED)
    else:
        change(campaign, C.RUNNING)
        campaign.started_at = campaign.started_at or now
        if not has_started:
            exclusion_check.ask(campaign)
    audit.note(session, actor, "campaign.approve", f"campaign:{campaign.id}", messages=campaign.messages, cost=costs)
    session.flush()
    campaign_id = campaign.id or 0
    events.of_campaign(session, NoticeEvent.DECIDED, campaign_id, str(now), now, by=actor.name, approved=True)
    if campaign.state == C.PAUSED:
        events.of_campaign(session, NoticeEvent.PAUSED, campaign_id, f"late-approval:{now}", now)
    if has_started:
        finish(session, {campaign.id or 0: campaign.state}, now)


def refuse(store: Store, actor: Actor, campaign_id: int, reason: str) -> None:
    """Send a campaign back for changes: it becomes a draft, or paused where part of it was sent, and shows the reason.

    Raises `DomainError`: "not-allowed", "no-reason", "long-name", "wrong-state"."""
    actor.must(Permission.APPROVE)
    comment = names.clean("comment", reason)
    if not comment:
        raise DomainError.of("no-reason")

    def back(session: Session, campaign: Campaign) -> None:
        campaign.because(reasons.reason(SENT_BACK, name=actor.name, comment=comment))
        now = now_ms(session)
        events.of_campaign(session, NoticeEvent.DECIDED, campaign_id, str(now), now, by=actor.name, approved=False)

    _to_draft(store, actor, campaign_id, "campaign.refuse", back, reason=comment)


def withdraw(store: Store, actor: Actor, campaign_id: int) -> None:
    """Withdraw a campaign from approval: it becomes a draft, or paused where part of it was sent.

    Raises `DomainError`: "not-allowed", "wrong-state"."""
    actor.must(Permission.CAMPAIGN)

    def back(_session: Session, campaign: Campaign) -> None:
        if campaign.state == C.DRAFT:
            campaign.because(None)

    _to_draft(store, actor, campaign_id, "campaign.withdraw", back)


def _to_draft(
    store: Store, actor: Actor, campaign_id: int, action: str, back: Callable[[Session, Campaign], None], **facts: str
) -> None:
    def work(session: Session) -> None:
        campaign = get_campaign(session, campaign_id)
        _require_awaiting(campaign)
        if approval_terms.never_claimed(session, campaign_id):
            change(campaign, C.DRAFT)
            back(session, campaign)
            campaign.scheduled_at, campaign.started_by = None, ""
        else:  # its messages are a record of what was sent: it can be resumed or cancelled, not changed
            change(campaign, C.PAUSED)
            campaign.because(reasons.reason("by-person", name=actor.name))
            back(session, campaign)
        draft_input.forget(session, campaign_id)
        audit.note(session, actor, action, f"campaign:{campaign_id}", **facts)

    store.transact(work)


def _require_awaiting(campaign: Campaign) -> None:
    if campaign.state != C.AWAITING_APPROVAL:
        raise wrong_state(campaign, "approve")


def _authors(session: Session, campaign: Campaign) -> dict[str, set[str]]:
    """Return the users who made each part of what is to be approved."""
    recipient_list = session.get(RecipientList, campaign.list_id) if campaign.list_id else None
    template = session.get(Template, campaign.template_id) if campaign.template_id else None
    subject = f"campaign:{campaign.id}"
    deletions = ("campaign.delete", "campaign.take-away")
    changed = {entry.actor for entry in audit.entries_about(session, subject, ["campaign.change"], deletions)}
    last_rules = audit.last_actor(session, f"account:{campaign.account_id}", "policy.save")
    priced_at = max(campaign.scheduled_at or 0, now_ms(session))
    parts = {
        "asked": {campaign.started_by},
        "text": {campaign.created_by, *changed, *([template.created_by] if template else [])},
        "list": {recipient_list.created_by} if recipient_list else set(),
        "prices": price_rules.authors(session, campaign, priced_at),
        "limits": {last_rules} if last_rules else set(),
    }
    return {part: {user_key(name) for name in names if name} for part, names in parts.items()}


def _own_part(actor: Actor, authors: dict[str, set[str]], approver_keys: set[str]) -> str | None:
    """Return the part of a campaign because of which this user may not approve it; None where the user may. Where all
    approvers are authors, one who did not ask for the campaign approves; where there is none, the user who asked
    approves it."""
    me = user_key(actor.name)
    own_parts = [part for part in AUTHOR_PARTS if me in authors[part]]
    if not own_parts:
        return None
    others = approver_keys - {me}
    if others - set().union(*authors.values()):
        return own_parts[0]
    return "asked" if "asked" in own_parts and others else None
