"""The figures of a campaign's texts, and in an A/B test whether they differ significantly.

Texts by column are not compared: their recipients differ by more than the text, so that a difference says nothing
about it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from math import ceil

import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.base.formatting import number, tenths
from getsms_core.base.i18n import _, ngettext
from getsms_core.base.states import COUNTED, COUNTED_AS_SENT, Figures, MessageState
from getsms_core.billing.reconciliation import Sums
from getsms_core.db.engine import Store
from getsms_core.db.models import Campaign, Message, Response, VariantRollUp
from getsms_core.db.response_versions import published
from getsms_core.messages import variants
from getsms_core.reports.intervals import interval
from getsms_core.reports.significance import Trials, comparison

ENOUGH = 50  # messages per text; with fewer there is no result
CHANCE = 0.05
POINTS = 0.02  # the difference that `needed` messages per text show with a power of 80 %


class Answer(StrEnum):
    """The result of comparing texts."""

    FEW = "too few"
    EARLY = "too early"
    BETTER = "better"
    NONE = "no difference"


@dataclass(frozen=True)
class Pair:
    """A text that did better than another: rates (0 to 1), and the chance of such a difference between equal texts,
    corrected for the number of pairs (S. Holm, 1979). With `bounds`, while messages wait, the rates are the
    lowest possible one of the better text and the highest possible one of the other."""

    better: str
    worse: str
    rate: float
    other: float
    p: float
    bounds: bool = False


@dataclass(frozen=True)
class Verdict:
    """The pairs that differ, or why there is none. `waiting` is the number of messages without a final status;
    `needed` messages per text would show a difference of two points; the waiting messages decide the `undecided`
    pairs."""

    answer: Answer
    pairs: tuple[Pair, ...] = ()
    waiting: int = 0
    needed: int = 0
    undecided: int = 0


@dataclass(frozen=True)
class VariantRow:
    """One text: its letter, share of the recipients in percent, figures, `interval` of its delivery rate, SMS parts
    and tiyin submitted, the number of responses, and responses by state of the message. A text by column has no letter
    and no share but its value, None for the fallback."""

    letter: str
    text: str
    share: int
    figures: Figures
    low: float | None
    high: float | None
    parts: int
    cost: int
    responses: int
    responses_by_state: Mapping[str, int]
    value: str | None = None

    @property
    def responses_delivered(self) -> int:
        """Return the responses to delivered messages, which the response rate counts."""
        return self.responses_by_state.get(MessageState.DELIVERED.value, 0)

    @property
    def responses_not_delivered(self) -> int:
        """Return the responses to messages without a receipt of delivery."""
        return self.responses - self.responses_delivered

    @property
    def response_rate(self) -> float | None:
        """Return the responses as a share of the delivered messages, 0 to 1."""
        delivered = self.figures.delivered
        return self.responses_delivered / delivered if delivered else None

    @property
    def response_trials(self) -> Trials:
        """Return the response rate and its bounds: a waiting message that is delivered counts, with its response if
        there is one."""
        responded, delivered, waiting = self.responses_delivered, self.figures.delivered, self.figures.waiting
        also = self.responses_by_state.get(MessageState.ACCEPTED.value, 0)
        return Trials((responded, delivered), (responded, delivered + waiting - also),
                      (responded + also, delivered + also), waiting)  # fmt: skip


@dataclass(frozen=True)
class Experiment:
    """The texts of a campaign. `responded` is None if no responses were uploaded. Texts by column have the name of
    their `column`, the fallback as the last row, and no verdict."""

    rows: tuple[VariantRow, ...]
    delivered: Verdict | None
    responded: Verdict | None
    column: str = ""
    has_responses: bool = False


def experiment(store: Store, campaign_id: int) -> Experiment | None:
    """Return the figures of a campaign's texts; None if it has one text or does not exist."""
    with store.reading() as session:
        campaign = session.get(Campaign, campaign_id)
        if campaign is None or not campaign.variants:
            return None
        sums: dict[int, Sums] = {}
        for tally in session.scalars(sa.select(VariantRollUp).where(col(VariantRollUp.campaign_id) == campaign_id)):
            variant_sums = sums.setdefault(tally.variant, Sums())
            variant_sums.messages[tally.state.value] = tally.messages
            variant_sums.messages[COUNTED] = variant_sums.messages.get(COUNTED, 0) + tally.counted
            variant_sums.parts[tally.state.value], variant_sums.cost[tally.state.value] = tally.parts, tally.cost
        responses = _responses(session, campaign_id)
    rows = [
        _row(sums.get(i, Sums()), responses.get(i, {}), variant, "" if campaign.text_column else variants.LETTERS[i])
        for i, variant in enumerate(_texts(campaign))
    ]
    if campaign.text_column:
        return Experiment((*rows[1:], rows[0]), None, None, campaign.text_column, bool(responses))
    delivered = verdict([(row.letter, Trials.of(row.figures)) for row in rows])
    responded = verdict([(row.letter, row.response_trials) for row in rows]) if responses else None
    return Experiment(tuple(rows), delivered, responded, has_responses=bool(responses))


def _texts(campaign: Campaign) -> list[variants.Variant]:
    """Return all texts of a campaign with their shares and values, its own first."""
    further = variants.from_stored(campaign.variants)
    share = 0 if campaign.text_column else variants.shares(further)[0]
    return [variants.Variant(campaign.text, share), *further]


def _row(sums: Sums, responses: Mapping[str, int], text: variants.Variant, letter: str) -> VariantRow:
    low, high = interval(sums.figures)
    return VariantRow(letter, text.text, text.share, sums.figures, low, high, sums.sent_parts, sums.sent_cost,
                      sum(responses.values()), responses, text.value)  # fmt: skip


def _responses(session: Session, campaign_id: int) -> dict[int, dict[str, int]]:
    """Return the number of responses by variant and state of the message; `COUNTED` for one counted as sent."""
    counted = sa.and_(col(Message.state) == MessageState.ACCEPTED, col(Message.reason) == COUNTED_AS_SENT)
    state = sa.case((counted, COUNTED), else_=sa.cast(col(Message.state), sa.String)).label("state")
    query = (
        sa.select(col(Response.variant), state, sa.func.count())
        .join(Message, col(Message.id) == col(Response.message_id))
        .where(col(Response.campaign_id) == campaign_id, published(Response))
        .group_by(col(Response.variant), state)
    )
    responses_by_variant: dict[int, dict[str, int]] = {}
    for variant, name, n in session.execute(query):
        responses_by_variant.setdefault(variant or 0, {})[str(name)] = int(n)
    return responses_by_variant


def verdict(texts: Sequence[tuple[str, Trials]]) -> Verdict:
    """Compare texts, given as (letter, trials). While messages wait, a pair is reported only if no outcome of them
    could reverse it."""
    waiting = sum(trials.waiting for _letter, trials in texts)
    well, of = (sum(trials.now[i] for _letter, trials in texts) for i in (0, 1))
    mean = well / max(1, of)
    needed = ceil(16 * max(mean * (1 - mean), 0.01) / POINTS**2)
    if min(trials.now[1] for _letter, trials in texts) < ENOUGH:
        most = min(max(trials.least[1], trials.most[1]) for _letter, trials in texts)
        return Verdict(Answer.EARLY if waiting and most >= ENOUGH else Answer.FEW, waiting=waiting, needed=needed)
    pairs = [(a, b, comparison(a[1], b[1])) for a, b in combinations(texts, 2)]
    tested = sorted(
        ((difference, a, b) for a, b, difference in pairs if difference is not None), key=lambda each: each[0].p
    )
    named: list[Pair] = []
    highest = 0.0
    for i, (difference, a, b) in enumerate(tested):
        highest = max(highest, min(1.0, difference.p * (len(pairs) - i)))
        if highest >= CHANCE:
            break
        first_rate, other = (share[0] / share[1] for share in (difference.one, difference.other))
        bounds = bool(a[1].waiting or b[1].waiting)
        if first_rate > other:
            named.append(Pair(a[0], b[0], first_rate, other, highest, bounds))
        else:
            named.append(Pair(b[0], a[0], other, first_rate, highest, bounds))
    known = {(pair.better, pair.worse) for pair in named}
    undecided = sum(
        bool(a[1].waiting or b[1].waiting) and not known & {(a[0], b[0]), (b[0], a[0])} for a, b, _found in pairs
    )
    answer = Answer.BETTER if named else Answer.EARLY if undecided else Answer.NONE
    return Verdict(answer, tuple(named), waiting, needed, undecided)


def texts_in_words(found: Experiment) -> list[str]:
    """Return what can be said of the texts as sentences: in an A/B test their comparison."""
    sentences = delivery_in_words(found.delivered) if found.delivered else []
    if found.responded:
        sentences += response_in_words(found.responded)
    return [*sentences, *not_delivered_in_words(found)] if found.has_responses else sentences


def delivery_in_words(found: Verdict) -> list[str]:
    """Return the comparison of the delivery rates as sentences."""
    better = _("Text {better} was delivered better than text {worse}: {rate}% against {other}%. "
               "Chance alone does that in fewer than {p} of 100 such campaigns.")  # fmt: skip
    surely = _("Text {better} is delivered better than text {worse}, whatever becomes of the waiting messages: at "
               "least {rate}% against at most {other}%. Chance alone does that in fewer than {p} of 100 such "
               "campaigns.")  # fmt: skip
    return _in_words(found, better, surely)


def response_in_words(found: Verdict) -> list[str]:
    """Return the comparison of the response rates as sentences."""
    better = _("Text {better} had more responses than text {worse}: {rate}% of the recipients whose message was "
               "delivered against {other}%. Chance alone does that in fewer than {p} of 100 such "
               "campaigns.")  # fmt: skip
    surely = _("Text {better} had more responses than text {worse}, whatever becomes of the waiting messages: at "
               "least {rate}% of the recipients whose message was delivered against at most {other}%. Chance alone "
               "does that in fewer than {p} of 100 such campaigns.")  # fmt: skip
    return _in_words(found, better, surely)


def not_delivered_in_words(found: Experiment) -> list[str]:
    """Return a sentence about responses without a receipt of delivery, which no response rate counts."""
    n = sum(row.responses_not_delivered for row in found.rows)
    if not n:
        return []
    words = ngettext(
        "{n} recipient responded without a receipt of delivery; not in the response rate.",
        "{n} recipients responded without a receipt of delivery; not in the response rate.",
        n,
    )
    return [words.format(n=number(n))]


def _in_words(found: Verdict, better: str, surely: str) -> list[str]:
    match found.answer:
        case Answer.EARLY:
            return [_early(found.waiting)]
        case Answer.FEW:
            return [_("Not enough data: each text needs at least {n} messages with a final status.").format(n=ENOUGH)]
        case Answer.NONE:
            words = _("No significant difference. To detect 2 points, each "
                      "text needs about {n} recipients.")  # fmt: skip
            return [words.format(n=number(found.needed))]
        case Answer.BETTER:
            sentences = [
                (surely if pair.bounds else better).format(
                    better=pair.better,
                    worse=pair.worse,
                    rate=tenths(pair.rate * 100),
                    other=tenths(pair.other * 100),
                    p=_chance(pair.p),
                )
                for pair in found.pairs
            ]
            return [*sentences, _early(found.waiting)] if found.undecided else sentences


def _early(waiting: int) -> str:
    words = ngettext(
        "Too early to say: {n} message still waits for its receipt and can change the order.",
        "Too early to say: {n} messages still wait for their receipts and can change the order.",
        waiting,
    )
    return words.format(n=number(waiting))


def _chance(p: float) -> str:
    return tenths(0.1 if p < 0.001 else ceil(p * 1000) / 10)
