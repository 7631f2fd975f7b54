"""A/B: how the texts of one campaign did, and whether the difference means anything."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from math import ceil

import sqlalchemy as sa
from sqlmodel import col

from getsms_core import variants
from getsms_core.formats import number, tenths
from getsms_core.reports.cuts import p_value
from getsms_core.reports.rolls import Sums, wilson
from getsms_core.statuses import Figures
from getsms_core.store.engine import Store
from getsms_core.store.models import Campaign, Response, VariantTally
from getsms_core.words import _

ENOUGH = 50  # messages a text below which nothing is said
EARLY = 0.1  # share of the sent that still waits above which nothing is said
CHANCE = 0.05
POINTS = 0.02  # the difference that `needed` messages a text would show, four times in five


class Answer(StrEnum):
    """What can be said of a difference."""

    FEW = "too few"
    EARLY = "too early"
    BETTER = "better"
    NONE = "no difference"


@dataclass(frozen=True)
class Pair:
    """A text that did better than another: rates (0 to 1), and the chance of such a difference between equal texts,
    corrected for the number of pairs (S. Holm, 1979)."""

    better: str
    worse: str
    rate: float
    other: float
    p: float


@dataclass(frozen=True)
class Verdict:
    """What can be said: the pairs that differ, or why none is named. `waiting` messages are still out; so many a text
    are `needed` to see two points."""

    answer: Answer
    pairs: tuple[Pair, ...] = ()
    waiting: int = 0
    needed: int = 0


@dataclass(frozen=True)
class VariantRow:
    """One text: its letter, share of the recipients in percent, figures, 95 % interval of its delivery rate, what was
    handed over (SMS parts, tiyin), and how many of the delivered responded."""

    letter: str
    text: str
    share: int
    figures: Figures
    low: float | None
    high: float | None
    parts: int
    cost: int
    responses: int

    @property
    def response_rate(self) -> float | None:
        """Responses of the delivered, 0 to 1: a few respond to a message whose receipt never came."""
        delivered = self.figures.delivered
        return min(self.responses, delivered) / delivered if delivered else None


@dataclass(frozen=True)
class Experiment:
    """The texts side by side. `responded` is None where nobody has said who responded."""

    rows: tuple[VariantRow, ...]
    delivered: Verdict
    responded: Verdict | None


def experiment(store: Store, campaign_id: int) -> Experiment | None:
    """How the texts of a campaign did; None where it has one text or is not there."""
    with store.reading() as session:
        campaign = session.get(Campaign, campaign_id)
        if campaign is None or not campaign.variants:
            return None
        sums: dict[int, Sums] = {}
        for tally in session.scalars(sa.select(VariantTally).where(col(VariantTally.campaign_id) == campaign_id)):
            each = sums.setdefault(tally.variant, Sums())
            each.messages[tally.state.value] = tally.messages
            each.parts[tally.state.value], each.cost[tally.state.value] = tally.parts, tally.cost
        query = sa.select(col(Response.variant), sa.func.count()).where(col(Response.campaign_id) == campaign_id)
        responses = {variant or 0: int(n) for variant, n in session.execute(query.group_by(col(Response.variant)))}
    more = variants.read(campaign.variants)
    rows = []
    for i, (text, share) in enumerate(
        zip((campaign.text, *(one.text for one in more)), variants.shares(more), strict=True)
    ):
        each = sums.get(i, Sums())
        low, high = wilson(each.figures.delivered, each.figures.settled)
        rows.append(VariantRow(variants.LETTERS[i], text, share, each.figures, low, high, each.sent_parts,
                               each.sent_cost, responses.get(i, 0)))  # fmt: skip
    delivered = verdict([(row.letter, row.figures.delivered, row.figures.settled) for row in rows],
                        waiting=sum(row.figures.waiting for row in rows))  # fmt: skip
    responded = None
    if responses:
        counts = [(row.letter, min(row.responses, row.figures.delivered), row.figures.delivered) for row in rows]
        responded = verdict(counts)
    return Experiment(tuple(rows), delivered, responded)


def verdict(counts: Sequence[tuple[str, int, int]], *, waiting: int = 0) -> Verdict:
    """What can be said of texts of which so many of so many did well: (letter, well, of)."""
    if waiting > EARLY * (waiting + sum(of for _letter, _well, of in counts)):
        return Verdict(Answer.EARLY, waiting=waiting)
    mean = sum(well for _letter, well, _of in counts) / max(1, sum(of for _letter, _well, of in counts))
    needed = ceil(16 * max(mean * (1 - mean), 0.01) / POINTS**2)
    if min(of for _letter, _well, of in counts) < ENOUGH:
        return Verdict(Answer.FEW, waiting=waiting, needed=needed)
    tested = sorted(
        ((p_value((a[1], a[2]), (b[1], b[2])) or 0.0, a, b) for a, b in combinations(counts, 2)),
        key=lambda each: each[0],
    )
    found: list[Pair] = []
    highest = 0.0
    for i, (p, a, b) in enumerate(tested):
        highest = max(highest, min(1.0, p * (len(tested) - i)))
        if highest >= CHANCE:
            break
        better, worse = (a, b) if a[1] / a[2] > b[1] / b[2] else (b, a)
        found.append(Pair(better[0], worse[0], better[1] / better[2], worse[1] / worse[2], highest))
    return Verdict(Answer.BETTER if found else Answer.NONE, tuple(found), waiting, needed)


def delivery_in_words(found: Verdict) -> list[str]:
    """What can be said of the delivery, in sentences."""
    better = _("Text {better} was delivered better than text {worse}: {rate} % against {other} %. "
               "Chance alone does that in fewer than {p} of 100 such campaigns.")  # fmt: skip
    return _in_words(found, better)


def response_in_words(found: Verdict) -> list[str]:
    """What can be said of the response, in sentences."""
    better = _("Text {better} had more responses than text {worse}: {rate} % of the delivered against {other} %. "
               "Chance alone does that in fewer than {p} of 100 such campaigns.")  # fmt: skip
    return _in_words(found, better)


def _in_words(found: Verdict, better: str) -> list[str]:
    match found.answer:
        case Answer.EARLY:
            return [_("Too early to say: {n} messages still wait for their last word.").format(n=number(found.waiting))]
        case Answer.FEW:
            return [_("Too few to say: each text needs {n} messages or more that are settled.").format(n=ENOUGH)]
        case Answer.NONE:
            words = _("No difference that chance could not have made. To see two points, each text needs about {n} "
                      "recipients.")  # fmt: skip
            return [words.format(n=number(found.needed))]
        case Answer.BETTER:
            return [
                better.format(
                    better=pair.better,
                    worse=pair.worse,
                    rate=tenths(pair.rate * 100),
                    other=tenths(pair.other * 100),
                    p=_chance(pair.p),
                )
                for pair in found.pairs
            ]


def _chance(p: float) -> str:
    return tenths(0.1 if p < 0.001 else ceil(p * 1000) / 10)
