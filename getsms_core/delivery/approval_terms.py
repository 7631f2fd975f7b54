"""The terms that an approval covers: the recipients, text, sender, time, limits and cost of a campaign.

An approval stores these terms with the campaign. They are compared whenever it is about to send: when it is started or
resumed, when its messages are made, and when its time comes. The cost may fall, never rise; any other change voids the
approval.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core import jobs
from getsms_core.accounts import policy
from getsms_core.accounts.policy import Policy
from getsms_core.audit import log as audit
from getsms_core.base import reasons
from getsms_core.base.codes import NoticeEvent
from getsms_core.base.permissions import SYSTEM, user_key
from getsms_core.base.states import CampaignState, ChunkState, Preparation, change
from getsms_core.base.work_states import JobKind
from getsms_core.billing import price_rules
from getsms_core.db.models import SPAN, Campaign, Chunk, RecipientList
from getsms_core.delivery import sending_day
from getsms_core.notices import events

APPROVAL_VOID = "approval-void"
"""The code of a campaign that waits for a new approval because its terms changed after the last one."""
DAY_MS = 86_400_000
_STARTS = 0x73746172
"""Any number, the same in every process. Not the account's row: its lock comes before the campaign's, which is held."""
UNCLAIMED_STATES = (ChunkState.QUEUED, ChunkState.CANCELLED)


@dataclass(frozen=True)
class Terms:
    """The terms of a campaign, as an approval stores them. Texts are digests, because texts are erased later. `where`,
    `exclusions` and `text_column` are None where a campaign has none, as in terms of releases without them; `start` and
    `end` are UTC ms, `cost`, `spend_limit` and `spend_day` tiyin. The names are the cases of the reason "term"."""

    account: int
    list: tuple[int | None, str]
    text: str
    variants: str
    sender: str
    kind: str
    start: int | None
    end: int | None
    spend_limit: int | None
    spend_day: int | None
    cap: tuple[int, int]
    cost: int
    where: str | None = None
    exclusions: str | None = None
    text_column: str | None = None

    @classmethod
    def from_stored(cls, stored: Mapping[str, Any] | None) -> "Terms | None":
        """Return the terms of a campaign's row; None where it was not approved, or its terms are not complete."""
        known = {term.name: term for term in fields(cls)}
        values: dict[str, Any] = {name: _as_field(value) for name, value in (stored or {}).items() if name in known}
        if any(term.default is MISSING and name not in values for name, term in known.items()):
            return None
        return cls(**values)

    def to_stored(self) -> dict[str, Any]:
        """Return them as JSON."""
        return asdict(self) | {"list": [*self.list], "cap": [*self.cap]}


def terms_of(session: Session, campaign: Campaign, cost: int) -> Terms:
    """Return the present terms of a campaign with this cost (tiyin)."""
    recipient_list = session.get(RecipientList, campaign.list_id) if campaign.list_id else None
    rules = policy.get(session, campaign.account_id).of_kind(campaign.category)
    return Terms(
        account=campaign.account_id,
        list=(campaign.list_id, recipient_list.sha256 if recipient_list else ""),
        where=_digest(campaign.condition) if campaign.condition else None,
        exclusions=_exclusions_digest(campaign),
        text=_digest([campaign.text, campaign.mend_values]),
        variants=_digest([] if campaign.text_column else campaign.variants),
        text_column=_digest([campaign.text_column, campaign.variants]) if campaign.text_column else None,
        sender=campaign.sender,
        kind=campaign.category,
        start=campaign.scheduled_at,
        end=campaign.ends_at,
        spend_limit=campaign.spend_limit,
        spend_day=rules.spend_day,
        cap=(rules.cap_messages, rules.cap_days),
        cost=cost,
    )


def _exclusions_digest(campaign: Campaign) -> str | None:
    if campaign.control:
        return _digest([campaign.exclusions, campaign.control, campaign.control_seed])
    return _digest(campaign.exclusions) if campaign.exclusions else None


def expected_cost(session: Session, campaign: Campaign, now: int) -> int:
    """Return the total cost of the campaign, tiyin: sent messages at the price that they were sent at, the others at
    the price in force when they will be sent."""
    return price_rules.cost_at(session, campaign, max(campaign.scheduled_at or 0, now))


def fingerprint(session: Session, campaign: Campaign, now: int) -> str:
    """Return a fingerprint of the terms and the cost, which shows whether they changed since an approver saw them."""
    cost = max(campaign.cost, expected_cost(session, campaign, now))
    return _digest([terms_of(session, campaign, cost).to_stored(), campaign.messages])


def never_claimed(session: Session, campaign_id: int) -> bool:
    """Whether no chunk of the campaign was ever claimed, so that its messages may be made again."""
    claimed = sa.or_(col(Chunk.attempts) > 0, col(Chunk.state).not_in(UNCLAIMED_STATES))
    chunks = col(Chunk.id).between(campaign_id * SPAN, (campaign_id + 1) * SPAN - 1)
    return session.execute(sa.select(col(Chunk.id)).where(chunks, claimed).limit(1)).first() is None


def hold_for_approval(session: Session, campaign: Campaign, now: int) -> bool:
    """Make a prepared campaign wait for approval if the account's rule requires one and it has none, or if its terms
    changed after its approval. Returns whether it waits."""
    if campaign.is_test or campaign.prepared != Preparation.READY:
        return False
    cost = expected_cost(session, campaign, now)
    _wait_for_other_starts(session, campaign.account_id)
    if campaign.approved_at is not None:
        changed = _changed(session, campaign, cost)
        if not changed:
            return False
        _void(session, campaign, changed, cost)
    elif wants_approval(session, campaign, campaign.messages, max(cost, campaign.cost), now):
        campaign.because(None)
    else:
        return False
    change(campaign, CampaignState.AWAITING_APPROVAL)
    if never_claimed(session, campaign.id or 0):
        campaign.started_at = None
    events.of_campaign(session, NoticeEvent.APPROVAL, campaign.id or 0, str(now), now, by=campaign.started_by)
    return True


def would_hold(session: Session, campaign: Campaign, now: int) -> bool:
    """Return whether `hold_for_approval` would make a prepared campaign wait now; changes nothing."""
    if campaign.is_test or campaign.prepared != Preparation.READY:
        return False
    cost = expected_cost(session, campaign, now)
    if campaign.approved_at is not None:
        return bool(_changed(session, campaign, cost))
    return wants_approval(session, campaign, campaign.messages, max(cost, campaign.cost), now)


def _wait_for_other_starts(session: Session, account_id: int) -> None:
    """Wait until no other transaction decides about a start of this account: two at once would not count each other,
    and each pass under the limit of a day. On SQLite there is one writer anyway."""
    if session.get_bind().dialect.name != "sqlite":
        session.execute(sa.text("SELECT pg_advisory_xact_lock(:starts, :account)"),
                        {"starts": _STARTS, "account": account_id})  # fmt: skip


def wants_approval(session: Session, campaign: Campaign, messages: int, cost: int, now: int) -> bool:
    """Return whether the account's rule requires approval of a campaign of this many messages and this cost (tiyin).
    What the same user started without approval in the 24 hours before it counts too: six small campaigns would pass
    under a limit that one large does not."""
    rules = policy.get(session, campaign.account_id)
    if rules.approve_messages is None and rules.approve_cost is None:
        return False
    earlier_messages, earlier_cost = _started_without_approval(session, campaign, now)
    return rules.wants_approval(messages + earlier_messages, cost + earlier_cost)


def _started_without_approval(session: Session, campaign: Campaign, now: int) -> tuple[int, int]:
    at = max(campaign.scheduled_at or 0, now)
    begins = sa.func.coalesce(col(Campaign.started_at), col(Campaign.scheduled_at))
    earlier = session.execute(
        sa.select(col(Campaign.started_by), col(Campaign.messages), col(Campaign.cost)).where(
            col(Campaign.account_id) == campaign.account_id,
            col(Campaign.id) != (campaign.id or 0),
            ~col(Campaign.is_test),
            col(Campaign.approved_at).is_(None),
            col(Campaign.state).not_in((CampaignState.DRAFT, CampaignState.AWAITING_APPROVAL)),
            begins > at - DAY_MS,
            # A start that took the time earlier and waited for another one counts it, although that began later.
            sa.or_(begins <= at, col(Campaign.started_at).is_not(None)),
        )
    ).all()
    own = [row for row in earlier if user_key(row.started_by) == user_key(campaign.started_by)]
    return sum(row.messages for row in own), sum(row.cost for row in own)


def remake_outdated(session: Session, campaign: Campaign, instant: int) -> bool:
    """Request new messages from a worker if none was ever claimed and they were made with other prices than those in
    force at `instant` (UTC ms), when they are to be sent, or for the birthdays of another day. Returns whether it
    did."""
    if campaign.prepared != Preparation.READY or not never_claimed(session, campaign.id or 0):
        return False
    outdated = sending_day.is_outdated(session, campaign, instant)
    if not outdated and not price_rules.has_outdated_prices(session, campaign, instant):
        return False
    remake(session, campaign)
    return True


def remake(session: Session, campaign: Campaign) -> None:
    """Request new messages of a campaign from a worker, where its messages are made and none was ever claimed."""
    if campaign.prepared != Preparation.READY or not never_claimed(session, campaign.id or 0):
        return
    campaign.prepared, campaign.worker_id = Preparation.NONE, None
    session.flush()
    jobs.enqueue(session, JobKind.CAMPAIGN, f"campaign:{campaign.id}", campaign.started_by or campaign.created_by)


def _changed(session: Session, campaign: Campaign, cost: int) -> list[str]:
    """Return the names of the terms that changed since the approval, with "cost" if it rose."""
    approved = Terms.from_stored(campaign.approved_terms)
    if approved is None:
        return ["unknown"]
    limits = Policy(spend_day=approved.spend_day, cap_messages=approved.cap[0], cap_days=approved.cap[1])
    loosened = policy.loosened_limits(policy.get(session, campaign.account_id).of_kind(campaign.category), limits)
    terms = terms_of(session, campaign, cost)
    others = (term.name for term in fields(terms) if term.name not in ("spend_day", "cap", "cost"))
    changed = [name for name in others if getattr(terms, name) != getattr(approved, name)]
    return [*changed, *loosened, *(["cost"] if cost > approved.cost else [])]


def _void(session: Session, campaign: Campaign, changed: list[str], cost: int) -> None:
    approved, changes = Terms.from_stored(campaign.approved_terms), []
    approved_cost = approved.cost if approved else None
    if "cost" in changed:
        amounts = {"approved": reasons.money(approved_cost or 0), "cost": reasons.money(cost)}
        changes.append(reasons.reason(APPROVAL_VOID, case="cost", **amounts))
    if terms := [reasons.reason("term", case=name) for name in changed if name != "cost"]:
        changes.append(reasons.reason(APPROVAL_VOID, case="terms", terms=terms))
    campaign.because(reasons.reason(APPROVAL_VOID, changes=reasons.sentences(changes)))
    audit.note(session, SYSTEM, "campaign.approval-void", f"campaign:{campaign.id}", approved_by=campaign.approved_by,
               changed=changed, approved_cost=approved_cost, cost=cost)  # fmt: skip
    campaign.approved_by, campaign.approved_at, campaign.approved_terms = "", None, None


def _as_field(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, ensure_ascii=False, sort_keys=True).encode()).hexdigest()[:32]
