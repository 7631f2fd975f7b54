"""Responses of a campaign's recipients: uploaded by phone number, matched to its messages."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.audit import log as audit
from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import Actor, Permission
from getsms_core.campaigns.build import get_campaign
from getsms_core.contacts import suppression
from getsms_core.contacts.suppression import ParsedNumbers
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import SPAN, Message, Response, table

_UNMATCHED_SHOWN = 20


@dataclass(frozen=True)
class MatchResult:
    """The result of an upload: `matched` numbers of recipients, of which `new`; `unmatched` numbers that are not
    recipients of the campaign, the first in `examples`; `refused` rows without a number."""

    matched: int
    new: int
    unmatched: int
    examples: tuple[int, ...]
    refused: int


def from_file(
    store: Store,
    actor: Actor,
    campaign_id: int,
    path: Path,
    options: dict[str, Any] | None = None,
    *,
    replace: bool = False,
) -> MatchResult:
    """Store responses from a spreadsheet with a phone column; with `replace` earlier responses are deleted.

    Raises `DomainError` for a file that cannot be read, "no-such-campaign", and "no-numbers" where it holds none."""
    return save(store, actor, campaign_id, suppression.parse_file(path, options), replace=replace)


def from_text(store: Store, actor: Actor, campaign_id: int, text: str, *, replace: bool = False) -> MatchResult:
    """Store responses from typed or pasted numbers."""
    return save(store, actor, campaign_id, suppression.parse_text(text), replace=replace)


def save(store: Store, actor: Actor, campaign_id: int, parsed: ParsedNumbers, *, replace: bool = False) -> MatchResult:
    """Match numbers to a campaign's messages and store them as responses. A repeated number counts once."""
    actor.must(Permission.CAMPAIGN)
    if not len(parsed.numbers):
        raise DomainError.of("no-numbers")

    def work(session: Session) -> MatchResult:
        get_campaign(session, campaign_id)
        matched_messages = _messages(session, campaign_id, parsed.numbers)
        stored_ids = set() if replace else set(
            session.scalars(sa.select(col(Response.message_id)).where(col(Response.campaign_id) == campaign_id))
        )  # fmt: skip
        if replace:
            session.execute(sa.delete(Response).where(col(Response.campaign_id) == campaign_id))
        now = now_ms(session)
        rows = [
            {"message_id": message_id, "campaign_id": campaign_id, "variant": variant, "created_at": now,
             "created_by": actor.name}
            for message_id, _phone, variant in matched_messages if message_id not in stored_ids
        ]  # fmt: skip
        if rows:
            session.connection().execute(sa.insert(table(Response)), rows)
        unmatched = np.setdiff1d(
            parsed.numbers, np.array([phone for _id, phone, _variant in matched_messages], np.int64)
        )
        audit.note(session, actor, "campaign.responses", f"campaign:{campaign_id}", matched=len(matched_messages),
                   unmatched=len(unmatched), replaced=replace)  # fmt: skip
        examples = tuple(int(number) for number in unmatched[:_UNMATCHED_SHOWN])
        return MatchResult(len(matched_messages), len(rows), len(unmatched), examples, parsed.refused)

    return store.transact(work)


def delete_all(store: Store, actor: Actor, campaign_id: int) -> None:
    """Delete the responses to a campaign."""
    actor.must(Permission.CAMPAIGN)
    with store.writing() as session:
        get_campaign(session, campaign_id)
        session.execute(sa.delete(Response).where(col(Response.campaign_id) == campaign_id))
        audit.note(session, actor, "campaign.responses-forget", f"campaign:{campaign_id}")


def _messages(session: Session, campaign_id: int, numbers: "suppression.Numbers") -> list[tuple[int, int, int | None]]:
    """Return id, number and variant of the campaign's messages to these numbers, in one pass over its messages, since
    phones have no index."""
    query = sa.select(col(Message.id), col(Message.phone), col(Message.variant)).where(
        col(Message.id).between(campaign_id * SPAN, (campaign_id + 1) * SPAN - 1)
    )
    number_set = set(numbers.tolist())
    rows = session.connection().execute(query.order_by(col(Message.id)))
    first: dict[int, tuple[int, int, int | None]] = {}
    for message_id, number, variant in rows:
        if number in number_set:
            first.setdefault(number, (message_id, number, variant))
    return sorted(first.values())
