"""A new list from the results of campaigns: everybody in a state or with a reason, not reached, not responded.

The new list keeps the columns and the row numbers of the list that a campaign went to. Where that list was deleted
only the numbers are left.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.base import names, reasons
from getsms_core.base.codes import RequestKind
from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import Actor, Permission
from getsms_core.base.reasons import Reason
from getsms_core.base.states import MESSAGE_STATES, ChunkState, MessageState
from getsms_core.base.work_states import ListState
from getsms_core.campaigns import recheck
from getsms_core.campaigns.build import get_campaign
from getsms_core.contacts import operations, set_algebra, storage, suppression
from getsms_core.contacts.facts import Derivation
from getsms_core.contacts.validation import CheckedList, counts_of
from getsms_core.db import repeated_requests
from getsms_core.db.column_types import fetched_rows
from getsms_core.db.engine import Store
from getsms_core.db.models import SPAN, Campaign, Chunk, Message
from getsms_core.db.response_versions import responded
from getsms_core.delivery import loss_reasons
from getsms_core.phone import CODES, RANGES, Outcome

NOT_REACHED = "not-reached"
"""A choice beside the states: rejected, undelivered, expired or cancelled in these campaigns, and in none of them
accepted, delivered, uncertain or still to be sent. Whom the exclusions of a campaign left out does not count, whether
that was before or after the messages were made."""
M = MessageState
FAILED = (M.REJECTED, M.UNDELIVERED, M.EXPIRED, M.CANCELLED)
CERTAIN = tuple(state for state in MessageState if state != M.UNCERTAIN)
PHONE_COLUMN = "Phone"
Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Choice:
    """Who of the campaigns' recipients: in one of these states (none named: in any but uncertain), or not reached;
    whose message did not arrive for this reason (a code, or the gateway's own words); whose number is in one of these
    ranges (indexes into `phone.RANGES`); whose message was sent at these times (UTC ms, from and until); without a
    response. An uncertain message counts only where its state is named."""

    states: tuple[MessageState, ...] = ()
    not_reached: bool = False
    reason: str = ""
    not_responded: bool = False
    ranges: tuple[int, ...] = ()
    sent: tuple[int, int] | None = None


@dataclass(frozen=True)
class NewList:
    """`list_id` of the new list, its recipients, and the campaigns whose lists were deleted: of their recipients the
    number alone is kept."""

    list_id: int
    accepted: int
    without_list: tuple[int, ...]


def read_states(text: str) -> Choice:
    """Return the choice of states written as in "undelivered,expired" or "not-reached". Raises `DomainError`
    ("bad-state")."""
    codes = [name.strip() for name in text.split(",") if name.strip()]
    known = {state.value for state in MessageState}
    for name in codes:
        if name not in known and name != NOT_REACHED:
            raise DomainError.of("bad-state", name=name, states=", ".join([*sorted(known), NOT_REACHED]))
    states = tuple(MessageState(name) for name in dict.fromkeys(codes) if name != NOT_REACHED)
    return Choice(states, NOT_REACHED in codes)


def make_list(
    store: Store, actor: Actor, campaign_ids: Sequence[int], choice: Choice, name: str, *, request_key: str = ""
) -> NewList:
    """Create a list of everybody whom `choice` names in these campaigns. A repeat with the same `request_key` returns
    the list of the first call.

    Raises `DomainError`: "no-such-campaign", "nothing-chosen" for a choice that names nothing, "no-such-reason" for a
    reason code that no message has, "nothing-left"."""
    actor.must(Permission.LISTS)
    if choice == Choice():
        raise DomainError.of("nothing-chosen")
    ids = list(dict.fromkeys(campaign_ids))
    earlier = repeated_requests.earlier_result(store, actor, RequestKind.LIST, request_key)
    if earlier is not None:
        return NewList(earlier, storage.get(store, earlier).counts.accepted, ())
    with store.reading() as session:
        campaigns = [get_campaign(session, campaign_id, lock=False) for campaign_id in ids]
        messages_by_campaign = {campaign_id: _chosen(session, campaign_id, choice) for campaign_id in ids}
        unwanted = _unwanted(session, ids, choice)
    if choice.reason and not any(messages.num_rows for messages in messages_by_campaign.values()):
        _must_exist(store, ids, choice.reason)
    messages_by_campaign = {
        campaign_id: _without(messages, unwanted) for campaign_id, messages in messages_by_campaign.items()
    }
    parts, without_list = _parts(store, campaigns, messages_by_campaign)
    if not parts:
        raise DomainError.of("nothing-left", case="list")
    whole = parts[0] if len(parts) == 1 else set_algebra.merge(parts)
    rows = set_algebra.take_rows(whole, set_algebra.recipient_positions(whole, suppression.numbers(store)))
    if not rows.counts.accepted:
        raise DomainError.of("nothing-left", case="list")
    names_of_campaigns = [f"“{campaign.name}” ({campaign.id})" for campaign in campaigns]
    origin = reasons.reason("list-results", campaigns=names_of_campaigns, choice=_facts_of(choice))
    sources = dict.fromkeys(int(campaign.list_id) for campaign in campaigns if campaign.list_id is not None)
    derivation = Derivation("results", tuple(sources), details={"campaigns": ids})  # what they hide stays hidden
    list_id = operations.save_rows(
        store,
        actor,
        name if name.strip() else names.shorten("list", campaigns[0].name),
        origin,
        rows,
        derivation,
        request_key=request_key,
    )
    return NewList(list_id, rows.counts.accepted, without_list)


def _must_exist(store: Store, campaign_ids: Sequence[int], code: str) -> None:
    """Raise `DomainError` ("no-such-reason") with the codes that there are, where no message has this one."""
    with store.reading() as session:
        unmatched = loss_reasons.unmatched(session, campaign_ids, code)
    if unmatched is not None:
        raise DomainError.because(unmatched)


def _facts_of(choice: Choice) -> list[Mapping[str, Any] | Reason]:
    """Return the choice as words: "Not delivered, Expired, reason “The number is not in use”, no response"."""
    facts: list[Mapping[str, Any] | Reason] = [reasons.state(MESSAGE_STATES.table, state) for state in choice.states]
    facts += [reasons.reason("chosen", case=NOT_REACHED)] * choice.not_reached
    facts += [reasons.reason("chosen", case="reason", reason=reasons.failure(choice.reason))] if choice.reason else []
    if choice.ranges:
        facts.append(reasons.reason("chosen", case="ranges", ranges=[RANGES[place] for place in choice.ranges]))
    facts += [reasons.reason("chosen", case="sent")] if choice.sent else []
    return facts + ([reasons.reason("chosen", case="no-response")] if choice.not_responded else [])


def _chosen(session: Session, campaign_id: int, choice: Choice) -> pa.Table:
    """row and phone of a campaign's messages that the choice names."""
    span = col(Message.id).between(campaign_id * SPAN, (campaign_id + 1) * SPAN - 1)
    states = {*choice.states, *(FAILED if choice.not_reached else ())} or set(CERTAIN)
    in_flight = col(Message.chunk_id).in_(
        sa.select(col(Chunk.id)).where(
            col(Chunk.id).between(campaign_id * SPAN, (campaign_id + 1) * SPAN - 1),
            col(Chunk.state) == ChunkState.SENDING,
        )
    )
    queued = col(Message.state) == M.QUEUED
    alternatives: list[sa.ColumnElement[bool]] = [col(Message.state).in_(sorted(states - {M.QUEUED, M.SENDING}))]
    if M.QUEUED in states:
        alternatives.append(sa.and_(queued, ~in_flight))
    if M.SENDING in states:
        alternatives.append(sa.and_(queued, in_flight))
    query = sa.select(col(Message.row), col(Message.phone)).where(span, sa.or_(*alternatives), col(Message.phone) > 0)
    if choice.not_reached and M.CANCELLED not in choice.states:
        query = query.where(sa.func.coalesce(col(Message.reason), "").not_in(recheck.REASONS.values()))
    if choice.reason:
        query = query.where(loss_reasons.having_reason(session, [campaign_id], choice.reason))
    if choice.ranges:
        query = query.where(col(Message.number_range).in_(choice.ranges))
    if choice.sent is not None:
        query = query.where(col(Message.left_at) >= choice.sent[0], col(Message.left_at) < choice.sent[1])
    rows = session.connection().execute(query.order_by(col(Message.id))).fetchall()
    return fetched_rows(Message, ("row", "phone"), rows)


def _unwanted(session: Session, campaign_ids: Sequence[int], choice: Choice) -> Numbers:
    """The numbers that one of the campaigns reached, or who responded to one of them, as far as the choice says so."""
    numbers = [np.empty(0, np.int64)]
    for campaign_id in campaign_ids:
        span = col(Message.id).between(campaign_id * SPAN, (campaign_id + 1) * SPAN - 1)
        queries = []
        if choice.not_reached:
            queries.append(
                sa.select(col(Message.phone)).where(span, col(Message.state).not_in([*FAILED, *choice.states]))
            )
        if choice.not_responded:
            queries.append(sa.select(col(Message.phone)).where(span, col(Message.id).in_(responded(campaign_id))))
        for query in queries:
            rows = session.connection().execute(query).fetchall()
            numbers.append(np.fromiter((row[0] for row in rows), np.int64, len(rows)))
    return np.unique(np.concatenate(numbers))


def _without(messages: pa.Table, numbers: Numbers) -> pa.Table:
    if not len(numbers) or not messages.num_rows:
        return messages
    return messages.filter(pa.array(~np.isin(messages["phone"].to_numpy(), numbers)))


def _parts(
    store: Store, campaigns: Sequence[Campaign], found: dict[int, pa.Table]
) -> tuple[list[CheckedList], tuple[int, ...]]:
    """The chosen rows of each list once, and the campaigns whose lists are gone."""
    by_list: dict[int, list[Numbers]] = {}
    bare: list[pa.Table] = []
    without_list: list[int] = []
    for campaign in campaigns:
        messages = found[campaign.id or 0]
        if not messages.num_rows:
            continue
        if campaign.list_id is not None and storage.get(store, campaign.list_id).state == ListState.READY:
            by_list.setdefault(campaign.list_id, []).append(messages["phone"].to_numpy())
        else:
            bare.append(messages)
            without_list.append(campaign.id or 0)
    parts = []
    for list_id, numbers in by_list.items():
        source = storage.checked(store, list_id)
        positions = set_algebra.recipient_positions(source)
        wanted = np.isin(set_algebra.numbers_of(source)[positions], np.concatenate(numbers))
        parts.append(set_algebra.take_rows(source, positions[wanted]))
    return parts + [_bare_list(messages) for messages in bare], tuple(without_list)


def _bare_list(messages: pa.Table) -> CheckedList:
    """A list that has nothing but numbers."""
    codes = np.full(messages.num_rows, CODES[Outcome.AS_IS], np.uint8)
    text = messages["phone"].cast(pa.string())
    return CheckedList(
        rows=pa.table(
            {
                "row": messages["row"],
                "value": text,
                "phone": messages["phone"],
                "outcome": set_algebra.outcome_array(codes),
            }
        ),
        fields=pa.table({PHONE_COLUMN: text}),
        phone_column=PHONE_COLUMN,
        columns=[PHONE_COLUMN],
        counts=counts_of(codes),
        other_rows=np.zeros(messages.num_rows, np.int32),
        header_row=None,
    )
