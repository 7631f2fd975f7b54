"""Who responded to a campaign: rate, revenue and cost of a response with their intervals, in all, by text and by a
column of the list; and what the messages added, by the control group.

The rate counts responses to delivered messages, as in an A/B test. Cost and revenue count all responses and all sent
messages. The comparison with the control group counts everybody whom the campaign meant to reach (docs/decisions/0017).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core import phone
from getsms_core.base.errors import DomainError, NotFound
from getsms_core.base.formatting import money, number, percent, tenths
from getsms_core.base.i18n import _, ngettext
from getsms_core.base.kinds import ExcludedReason
from getsms_core.base.permissions import Actor, Permission
from getsms_core.base.states import SENT, Figures, MessageState
from getsms_core.contacts import list_columns, storage
from getsms_core.contacts.conditions.keys import keys
from getsms_core.contacts.facts import ListFacts
from getsms_core.db import rollups
from getsms_core.db.engine import Store
from getsms_core.db.models import (
    SPAN,
    Campaign,
    ExcludedRollUp,
    Message,
    Response,
    ResponseEvent,
    RollUp,
    VariantRollUp,
)
from getsms_core.db.response_versions import published, responded
from getsms_core.messages import variants
from getsms_core.reports.intervals import Z, difference, wilson

Bounds = tuple[float | None, float | None]


@dataclass(frozen=True)
class ResponseFigures:
    """Responses to a set of messages. `sent` messages of `cost` tiyin, of which `delivered`; `responses` to them, of
    which `responses_delivered` to delivered and `responses_sent` to sent ones (a message that is uncertain, or was
    counted as not sent later, can have a response); `amount` tiyin in all and `squares`, the sum of the squared amounts
    of each message."""

    sent: int = 0
    delivered: int = 0
    cost: int = 0
    responses: int = 0
    responses_delivered: int = 0
    amount: int = 0
    squares: float = 0.0
    responses_sent: int = 0

    def __add__(self, other: "ResponseFigures") -> "ResponseFigures":
        return ResponseFigures(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))

    @property
    def rate(self) -> float | None:
        """Return the responses to delivered messages as a share of these, 0 to 1."""
        return self.responses_delivered / self.delivered if self.delivered else None

    @property
    def rate_bounds(self) -> Bounds:
        """Return the 95 % interval of the rate."""
        return wilson(self.responses_delivered, self.delivered)

    @property
    def cost_per_response(self) -> float | None:
        """Return the cost of the sent messages for each response to one of them, tiyin."""
        return self.cost / self.responses_sent if self.responses_sent else None

    @property
    def cost_bounds(self) -> Bounds:
        """Return the 95 % interval of the cost of a response, tiyin: the cost of a message over the bounds of the share
        of the sent messages that have a response."""
        low, high = wilson(self.responses_sent, self.sent)
        if not self.responses_sent or not low or not high:
            return None, None
        per_message = self.cost / self.sent
        return per_message / high, per_message / low

    @property
    def amount_bounds(self) -> Bounds:
        """Return the 95 % interval of the revenue that such a campaign brings, tiyin: by the spread of the amounts over
        all sent messages, most of which brought nothing."""
        if self.sent < 2 or not self.amount:
            return None, None
        mean = self.amount / self.sent
        variance = max(0.0, (self.squares - self.sent * mean * mean) / (self.sent - 1))
        reach = Z * sqrt(self.sent * variance)
        return max(0.0, self.amount - reach), self.amount + reach

    @property
    def returned(self) -> float | None:
        """Return the revenue for each so'm of cost."""
        return self.amount / self.cost if self.cost else None

    @property
    def returned_bounds(self) -> Bounds:
        """Return the 95 % interval of `returned`."""
        low, high = self.amount_bounds
        return (None, None) if low is None or high is None or not self.cost else (low / self.cost, high / self.cost)


@dataclass(frozen=True)
class ControlFigures:
    """The control group: `held_out` people with `held_out_responses`, against `reached` people whom the campaign meant
    to reach so far with `responses` to their messages; `waiting` are still to be sent to. `lift` is the difference of
    the two shares of people who responded (0.021 = 2.1 points), with its 95 % interval; None before any response was
    uploaded."""

    held_out: int
    held_out_responses: int
    reached: int
    responses: int
    waiting: int
    lift: float | None
    low: float | None
    high: float | None


def response_figures(store: Store, campaign_id: int) -> ResponseFigures:
    """Return the responses to a whole campaign."""
    with store.reading() as session:
        query = sa.select(col(RollUp.state), sa.func.sum(col(RollUp.messages)), sa.func.sum(col(RollUp.cost))).where(
            col(RollUp.campaign_id) == campaign_id
        )
        sums = {
            (0, state): (int(n), int(cost)) for state, n, cost in session.execute(query.group_by(col(RollUp.state)))
        }
        return _figures(sums, _responses(session, campaign_id, by_variant=False)).get(0, ResponseFigures())


def responses_by_text(store: Store, campaign_id: int) -> dict[str, ResponseFigures]:
    """Return the responses by text: the letters of an A/B test, or the values of the texts by column ("" for the
    fallback); empty for a campaign with one text."""
    with store.reading() as session:
        campaign = session.get(Campaign, campaign_id)
        if campaign is None or not campaign.variants:
            return {}
        rows = session.scalars(sa.select(VariantRollUp).where(col(VariantRollUp.campaign_id) == campaign_id))
        sums = {(row.variant, row.state): (row.messages, row.cost) for row in rows}
        figures = _figures(sums, _responses(session, campaign_id, by_variant=True))
    further = variants.from_stored(campaign.variants)
    names = ["", *(variant.value or "" for variant in further)] if campaign.text_column else variants.LETTERS
    return {names[i]: figures.get(i, ResponseFigures()) for i in range(len(further) + 1)}


def responses_by_column(store: Store, actor: Actor, campaign_id: int, column: str) -> dict[str, ResponseFigures]:
    """Return the responses by the values of a column of the campaign's list, most messages first; a value is what `=`
    of a condition compares, with phone numbers masked for a user who may not see them. Counted from the messages.

    Raises `DomainError`: "not-allowed", "no-such-campaign", "list-deleted", "no-such-column", and "personal-column" for
    a user who may not see personal columns."""
    actor.must(Permission.READ)
    with store.reading() as session:
        campaign = session.get(Campaign, campaign_id)
    if campaign is None:
        raise NotFound.of("no-such-campaign", id=campaign_id)
    recipient_list = storage.get(store, campaign.list_id) if campaign.list_id is not None else None
    if recipient_list is None:
        raise DomainError.of("list-deleted", id=campaign_id)
    name = list_columns.find(ListFacts.from_stored(recipient_list.facts), column)
    if list_columns.is_personal(recipient_list, name) and not actor.may(Permission.SEE_PHONES):
        raise DomainError.of("personal-column", column=name)
    cells = list_columns.read(store, int(recipient_list.id or 0), [name])
    if cells is None:
        raise DomainError.of("list-deleted", id=campaign_id)
    with store.reading() as session:
        query = (
            sa.select(col(Message.row), col(Message.state), col(Message.price), col(Response.message_id),
                      col(Response.amount))
            .join(Response, sa.and_(col(Response.message_id) == col(Message.id), published(Response)), isouter=True)
            .where(col(Message.id).between(campaign_id * SPAN, (campaign_id + 1) * SPAN - 1),
                   col(Message.state).in_([*SENT, MessageState.UNCERTAIN]))
        )  # fmt: skip
        messages = session.connection().execute(query).fetchall()
    values = cells.take(name, pa.array([message.row for message in messages], pa.int64()))
    return _by_value(values if actor.may(Permission.SEE_PHONES) else _masked(values), messages)


def _masked(cells: pa.Array) -> pa.Array:
    """Return cells without a whole phone number."""
    coded = pc.fill_null(cells, "").dictionary_encode()
    return phone.mask_cells(coded.dictionary).take(coded.indices)


def _by_value(cells: pa.Array, messages: Sequence[Any]) -> dict[str, ResponseFigures]:
    """Return the figures of the messages (row, state, price, response, amount) by the value of their cells, which are
    aligned with them; a value is shown as its first cell writes it."""
    texts = pc.fill_null(cells, "")
    coded = keys(texts).dictionary_encode()
    codes, n = coded.indices.to_numpy(), len(coded.dictionary)
    first = np.full(n, len(codes), np.int64)
    np.minimum.at(first, codes, np.arange(len(codes)))
    labels = [text.strip() for text in texts.take(pa.array(first)).to_pylist()]
    states = [message.state for message in messages]
    is_sent = np.array([state in SENT for state in states], np.bool_)
    is_delivered = np.array([state is MessageState.DELIVERED for state in states], np.bool_)
    has_response = np.array([message.message_id is not None for message in messages], np.bool_)
    price = np.array([message.price for message in messages], np.float64)
    amount = np.array([message.amount or 0 for message in messages], np.float64)

    def sums(weights: npt.NDArray[Any]) -> list[int]:
        return [round(value) for value in np.bincount(codes, weights, n).tolist()]  # exact below 2**53

    squares = np.bincount(codes, amount**2, n).tolist()
    columns = (sums(is_sent), sums(is_delivered), sums(price * is_sent), sums(has_response),
               sums(has_response & is_delivered), sums(amount), squares, sums(has_response & is_sent))  # fmt: skip
    figures = [ResponseFigures(*values) for values in zip(*columns, strict=True)]
    return dict(sorted(zip(labels, figures, strict=True), key=lambda pair: -pair[1].sent))


def _responses(
    session: Session, campaign_id: int, *, by_variant: bool
) -> dict[tuple[int, MessageState], tuple[int, int, float]]:
    """Return responses, amount and the sum of its squares by variant (0 for all) and state of the message."""
    variant = sa.func.coalesce(col(Response.variant), 0) if by_variant else sa.literal(0)
    square = sa.cast(col(Response.amount), sa.Float) * sa.cast(col(Response.amount), sa.Float)
    query = (
        sa.select(variant.label("of"), col(Message.state), sa.func.count(), sa.func.sum(col(Response.amount)),
                  sa.func.sum(square))
        .join(Message, col(Message.id) == col(Response.message_id))
        .where(col(Response.campaign_id) == campaign_id, published(Response))
        .group_by("of", col(Message.state))
    )  # fmt: skip
    return {
        (int(of), state): (int(n), int(amount or 0), float(squares or 0))
        for of, state, n, amount, squares in session.execute(query)
    }


def _figures(
    sums: Mapping[tuple[int, MessageState], tuple[int, int]],
    responses: Mapping[tuple[int, MessageState], tuple[int, int, float]],
) -> dict[int, ResponseFigures]:
    figures: dict[int, ResponseFigures] = {}
    for (of, state), (n, cost) in sums.items():
        if state in SENT:
            of_state = ResponseFigures(n, n if state == MessageState.DELIVERED else 0, cost)
            figures[of] = figures.get(of, ResponseFigures()) + of_state
    for (of, state), (n, amount, squares) in responses.items():
        delivered = n if state == MessageState.DELIVERED else 0
        of_state = ResponseFigures(0, 0, 0, n, delivered, amount, squares, n if state in SENT else 0)
        figures[of] = figures.get(of, ResponseFigures()) + of_state
    return figures


def has_responses(store: Store, campaign_id: int) -> bool:
    """Return whether responses to a campaign, or of its control group, were uploaded."""
    with store.reading() as session:
        of_anybody = sa.select(col(ResponseEvent.ordinal)).where(
            col(ResponseEvent.campaign_id) == campaign_id, published(ResponseEvent)
        )
        return any(session.scalar(query.limit(1)) is not None for query in (responded(campaign_id), of_anybody))


def control_figures(store: Store, campaign_id: int) -> ControlFigures | None:
    """Return what the messages of a campaign added; None for one without a control group."""
    with store.reading() as session:
        held_out = session.scalar(
            sa.select(col(ExcludedRollUp.recipients)).where(
                col(ExcludedRollUp.campaign_id) == campaign_id, col(ExcludedRollUp.reason) == ExcludedReason.CONTROL
            )
        )
        if not held_out:
            return None
        figures: Figures = rollups.figures(session, campaign_id)
        people = sa.select(sa.func.count(sa.distinct(col(ResponseEvent.recipient)))).where(
            col(ResponseEvent.campaign_id) == campaign_id, col(ResponseEvent.recipient) < 0, published(ResponseEvent)
        )
        held_out_responses = session.scalar(people) or 0
        reached_ones = col(Message.state).not_in((MessageState.QUEUED, MessageState.CANCELLED))
        counted = sa.select(sa.func.count()).select_from(Response)
        counted = counted.join(Message, col(Message.id) == col(Response.message_id))
        responses = (
            session.scalar(counted.where(col(Response.campaign_id) == campaign_id, reached_ones, published(Response)))
            or 0
        )
    waiting = figures.unsent
    reached = figures.total - waiting - figures.cancelled
    lift, low, high = None, None, None
    if reached and (responses or held_out_responses):
        lift, low, high = difference((responses, reached), (held_out_responses, held_out))
    return ControlFigures(held_out, held_out_responses, reached, responses, waiting, lift, low, high)


def responses_in_words(found: ResponseFigures) -> list[str]:
    """Return rate, cost and revenue of the responses as sentences; none without responses."""
    if not found.responses:
        return []
    sentences = []
    low, high = found.rate_bounds
    if found.rate is not None and low is not None and high is not None:
        sentence = _("{rate} of the recipients whose message was delivered responded (between {low} and {high} with "
                     "95% confidence).")  # fmt: skip
        sentences.append(sentence.format(rate=percent(found.rate), low=percent(low), high=percent(high)))
    if found.cost_per_response:
        cost_low, cost_high = found.cost_bounds
        words = _("A response cost {cost} (between {low} and {high} with 95% confidence).")
        sentences.append(words.format(cost=money(round(found.cost_per_response)), low=money(round(cost_low or 0)),
                                      high=money(round(cost_high or 0))))  # fmt: skip
    if found.amount and found.returned is not None:
        returned_low, returned_high = found.returned_bounds
        words = _("The responses brought {amount}, {times} so'm for each so'm of cost (between {low} and {high} with "
                  "95% confidence).")  # fmt: skip
        sentences.append(words.format(amount=money(found.amount), times=tenths(found.returned),
                                      low=tenths(returned_low or 0), high=tenths(returned_high or 0)))  # fmt: skip
    return sentences


def control_in_words(found: ControlFigures) -> list[str]:
    """Return what the comparison with the control group says, as sentences."""
    words = ngettext("Control group: {n} recipient got no message.", "Control group: {n} recipients got no message.",
                     found.held_out)  # fmt: skip
    sentences = [words.format(n=number(found.held_out))]
    if found.lift is None or found.low is None or found.high is None:
        return [*sentences, _("When you upload who responded, this says what the messages added.")]
    sentences.append(
        _("{share} of the {n} people with a message responded, and {other} of the control group.").format(
            share=percent(found.responses / found.reached),
            n=number(found.reached),
            other=percent(found.held_out_responses / found.held_out),
        )
    )
    points = {"lift": tenths(abs(found.lift) * 100), "low": tenths(found.low * 100), "high": tenths(found.high * 100)}
    if found.low > 0:
        added = round(found.lift * found.reached)
        sentence = _("The messages added {lift} points (between {low} and {high} with 95% confidence): about {n} of "
                     "these responses would not have come without them.")  # fmt: skip
        sentences.append(sentence.format(**points, n=number(added)))
    elif found.high < 0:
        sentence = _("With a message {lift} points fewer responded (the difference is between {low} and {high} with "
                     "95% confidence): the messages did harm.")  # fmt: skip
        sentences.append(sentence.format(**points))
    else:
        sentence = _("The difference may be chance: with 95% confidence it is between {low} and {high} points. A "
                     "larger control group or more responses would show a smaller effect.")  # fmt: skip
        sentences.append(sentence.format(**points))
    if found.waiting:
        words = ngettext("{n} message is still to be sent; it is not counted.",
                         "{n} messages are still to be sent; they are not counted.", found.waiting)  # fmt: skip
        sentences.append(words.format(n=number(found.waiting)))
    return sentences
