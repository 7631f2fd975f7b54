"""New lists of kept ones: merged, subtracted, intersected, sampled, split; and renaming, tagging and deleting.

A source never changes: each operation makes a new list, whose `origin` says in words how it was made. What opted out
since the check is left out of what is cut, and named as opted out in what is merged.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import numpy as np
import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.audit import log as audit
from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import _
from getsms_core.base.permissions import Actor, Permission
from getsms_core.base.states import CampaignState
from getsms_core.contacts import lists, selection, set_algebra, suppression
from getsms_core.contacts.conditions import Condition, Unreadable, describe, to_text
from getsms_core.contacts.set_algebra import Positions
from getsms_core.contacts.storage import checked, get, get_row
from getsms_core.contacts.validation import CheckedList
from getsms_core.db.engine import Store
from getsms_core.db.models import Campaign, ListBlock, ListFile, RecipientList

Keep = Literal["first", "last"]
_ENDED = (CampaignState.FINISHED, CampaignState.CANCELLED)
_MOST_PARTS = 100
_LONGEST_TAG = 40
_LONGEST_CONDITION = 1_000


def merge(store: Store, actor: Actor, list_ids: Sequence[int], name: str, keep: Keep = "first") -> int:
    """One list of all rows of several. Of rows with one number the first counts, or the last, over all of them; the
    others are its duplicates. Raises `DomainError`: too-few-lists, no-such-list, list-not-ready."""
    actor.must(Permission.LISTS)
    ids = list(dict.fromkeys(list_ids))
    if len(ids) < 2:
        raise DomainError("too-few-lists", _("Choose at least two lists."))
    whole = set_algebra.merge([checked(store, one) for one in ids], keep, suppression.numbers(store))
    counts = _("the first counts") if keep == "first" else _("the last counts")
    words = _("Merged of {lists}; of rows with one number {counts}.")
    origin = words.format(lists=_named(store, ids), counts=counts)
    facts = {"made": {"how": "merge", "lists": ids, "keep": keep}}
    return _keep(store, actor, name or get(store, ids[0]).name, origin, whole, facts)


def merge_again(store: Store, actor: Actor, list_id: int, keep: Keep) -> int:
    """The lists that this one was merged of, with the other row of one number counting. Raises `DomainError`
    ("not-merged")."""
    kept = get(store, list_id)
    made = kept.facts.get("made", {})
    if made.get("how") != "merge":
        raise DomainError("not-merged", _("List {id} is not merged of others.").format(id=list_id))
    return merge(store, actor, made["lists"], kept.name, keep)


def subtract(store: Store, actor: Actor, list_id: int, minus: Sequence[int], name: str) -> int:
    """The recipients of a list who are not among those of the others. Raises `DomainError`: too-few-lists,
    nothing-left."""
    return _compared(store, actor, list_id, minus, name, "subtract")


def intersect(store: Store, actor: Actor, list_id: int, others: Sequence[int], name: str) -> int:
    """The recipients of a list who are among those of each of the others, too. Raises `DomainError`: too-few-lists,
    nothing-left."""
    return _compared(store, actor, list_id, others, name, "intersect")


def _compared(store: Store, actor: Actor, list_id: int, others: Sequence[int], name: str, how: str) -> int:
    actor.must(Permission.LISTS)
    if not others:
        raise DomainError("too-few-lists", _("Choose at least two lists."))
    source, at = _recipients(store, list_id)
    numbers = [set_algebra.numbers_of(two)[there] for two, there in (_recipients(store, one) for one in others)]
    if how == "subtract":
        at = at[~set_algebra.rows_among(source, at, numbers)]
        words = _("Of {list}, without the numbers of {others}.")
    else:
        for mine in numbers:
            at = at[set_algebra.rows_among(source, at, [mine])]
        words = _("Of {list}, those who are also in {others}.")
    origin = words.format(list=_named(store, [list_id]), others=_named(store, others))
    return _cut(store, actor, list_id, source, [(name, origin, at)], {"how": how, "others": list(others)})[0]


def pick(store: Store, actor: Actor, list_id: int, phones: "np.ndarray[Any, Any]", name: str, origin: str) -> int:
    """The recipients of a list who have one of these numbers; `origin` says in words how the list was made. Raises
    `DomainError` ("nothing-left")."""
    actor.must(Permission.LISTS)
    source, at = _recipients(store, list_id)
    at = at[np.isin(set_algebra.numbers_of(source)[at], phones)]
    return _cut(store, actor, list_id, source, [(name, origin, at)], {"how": "pick"})[0]


def filter_recipients(
    store: Store, actor: Actor, list_id: int, condition: Condition, name: str
) -> tuple[int, tuple[Unreadable, ...]]:
    """A list of the recipients for whom a condition holds, today; its id, and the cells that a comparison passes over.

    Raises `DomainError`: not-allowed, no-such-list, list-not-ready, nothing-left; `ConditionError`: no-such-column,
    ambiguous-column."""
    actor.must(Permission.LISTS)
    source, at = _recipients(store, list_id)
    chosen = selection.choose(source, condition, recipients=at)
    sentence = _("Of {list}, those for whom this holds: {condition}.")
    origin = sentence.format(list=_named(store, [list_id]), condition=_shortened(describe(condition)))
    made = {"how": "filter", "condition": _shortened(to_text(condition))}
    new_list = _cut(store, actor, list_id, source, [(name, origin, chosen.recipients)], made)[0]
    return new_list, chosen.unreadable


def _shortened(text: str) -> str:
    """A condition as a list remembers it: one with thousands of values is cut."""
    return text if len(text) <= _LONGEST_CONDITION else text[:_LONGEST_CONDITION] + " …"


def sample(
    store: Store,
    actor: Actor,
    list_id: int,
    name: str,
    *,
    n: int | None = None,
    share: float | None = None,
    seed: int = 0,
) -> int:
    """Some recipients by chance, `n` of them or a `share` between 0 and 1, in the order of the list. One seed takes the
    same people every time. Raises `DomainError` ("bad-size")."""
    actor.must(Permission.LISTS)
    source, at = _recipients(store, list_id)
    if (n is None) == (share is None):
        raise DomainError("bad-size", _("Say how many, or which share."))
    if share is not None and not 0 < share <= 1:
        raise DomainError("bad-size", _("A share lies between 0 and 1; 0.1 is a tenth."))
    wanted = n if n is not None else max(1, round(len(at) * (share or 0)))
    if not 0 < wanted <= len(at):
        raise DomainError("bad-size", _("The list has {n} recipients; choose between 1 and as many.").format(n=len(at)))
    chosen = np.sort(np.random.default_rng(seed).choice(len(at), wanted, replace=False))
    words = _("A sample of {n} of the {all} recipients of {list}, by chance (seed {seed}).")
    origin = words.format(n=wanted, all=len(at), list=_named(store, [list_id]), seed=seed)
    return _cut(store, actor, list_id, source, [(name, origin, at[chosen])], {"how": "sample", "seed": seed})[0]


def split(
    store: Store,
    actor: Actor,
    list_id: int,
    name: str,
    *,
    parts: int | None = None,
    sizes: Sequence[int] | None = None,
    seed: int | None = None,
) -> list[int]:
    """Several lists that hold each recipient once: so many `parts`, alike in size, or of these `sizes`, what is left
    over being one more. In the order of the list, or with a `seed` by chance. Raises `DomainError` ("bad-size")."""
    actor.must(Permission.LISTS)
    source, at = _recipients(store, list_id)
    if (parts is None) == (sizes is None):
        raise DomainError("bad-size", _("Say how many parts, or how large each is."))
    if parts is not None:
        ends = np.linspace(0, len(at), max(parts, 1) + 1).round().astype(np.int64)[1:-1]
    else:
        ends = np.cumsum(np.array(sizes, np.int64))
        ends = ends[:-1] if len(ends) and ends[-1] == len(at) else ends
    count = len(ends) + 1
    if not 2 <= count <= _MOST_PARTS or min(sizes or [1]) < 1 or (len(ends) and ends[-1] >= len(at)) or count > len(at):
        words = _("{n} recipients cannot be split so. Choose 2 to {most} parts of at least one recipient each.")
        raise DomainError("bad-size", words.format(n=len(at), most=_MOST_PARTS))
    order = at if seed is None else np.random.default_rng(seed).permutation(at)
    pieces = [np.sort(piece) for piece in np.split(order, ends)]
    words = (
        _("Part {part} of {parts} of {list}.") if seed is None else _("Part {part} of {parts} of {list}, by chance.")
    )
    cuts = [
        (f"{name or get(store, list_id).name} {part}/{count}",
         words.format(part=part, parts=count, list=_named(store, [list_id])), piece)
        for part, piece in enumerate(pieces, 1)
    ]  # fmt: skip
    return _cut(store, actor, list_id, source, cuts, {"how": "split", "seed": seed})


# ------------------------------------------------------------------------------------------------- names, tags, end


def rename(store: Store, actor: Actor, list_id: int, name: str) -> None:
    """Another name. Raises `DomainError` ("empty-name")."""
    actor.must(Permission.LISTS)
    if not name.strip():
        raise DomainError("empty-name", _("A list needs a name, so that it can be found again."))
    with store.writing() as session:
        kept = get_row(session, list_id, lock=True)
        before, kept.name = kept.name, name.strip()
        if before != kept.name:
            audit.note(session, actor, "list.rename", f"list:{list_id}", before=before, name=kept.name)


def tag(store: Store, actor: Actor, list_id: int, tags: Iterable[str]) -> None:
    """These tags in place of those that it had; each once, in the order given. Raises `DomainError` ("bad-tag")."""
    actor.must(Permission.LISTS)
    wanted = list(dict.fromkeys(" ".join(one.split()) for one in tags if one.strip()))
    if any(len(one) > _LONGEST_TAG for one in wanted):
        raise DomainError("bad-tag", _("A tag has at most {n} characters.").format(n=_LONGEST_TAG))
    with store.writing() as session:
        kept = get_row(session, list_id, lock=True)
        before, kept.tags = kept.tags, wanted
        if before != wanted:
            audit.note(session, actor, "list.tag", f"list:{list_id}", tags=wanted)


def delete(store: Store, actor: Actor, list_id: int) -> None:
    """Delete a list: its file and its rows. Where a campaign that has ended was sent to it, its name and its counts
    stay for the reports. Raises `DomainError` ("list-needed") while a campaign that has not ended needs it."""
    actor.must(Permission.LISTS)
    with store.writing() as session:
        kept = get_row(session, list_id, lock=True)
        used = list(session.scalars(sa.select(Campaign).where(col(Campaign.list_id) == list_id)))
        needing = next((campaign for campaign in used if campaign.state not in _ENDED), None)
        if needing is not None:
            raise DomainError(
                "list-needed",
                _(
                    "Campaign {id} “{name}” needs this list. End that campaign or take another list for it first."
                ).format(id=needing.id, name=needing.name),
            )
        for rows in (ListBlock, ListFile):
            session.execute(sa.delete(rows).where(col(rows.list_id) == list_id))
        audit.note(session, actor, "list.delete", f"list:{list_id}", name=kept.name, rows=kept.counts.get("rows", 0))
        if used:
            kept.state = lists.DELETED
        else:
            _forget(session, kept)


def _forget(session: Session, kept: RecipientList) -> None:
    session.execute(sa.delete(RecipientList).where(col(RecipientList.id) == kept.id))


def campaign_counts(store: Store) -> dict[int, int]:
    """How many campaigns each list has, by its id; tests to oneself are campaigns, too."""
    query = sa.select(col(Campaign.list_id), sa.func.count()).group_by(col(Campaign.list_id))
    with store.reading() as session:
        return {int(list_id): n for list_id, n in session.execute(query) if list_id is not None}


# ----------------------------------------------------------------------------------------------------------- making


def _recipients(store: Store, list_id: int) -> tuple[CheckedList, Positions]:
    source = checked(store, list_id)
    return source, set_algebra.recipient_positions(source, suppression.numbers(store))


def _named(store: Store, ids: Sequence[int]) -> str:
    """“Customers” (list 3), “Partners” (list 4)"""
    return ", ".join(_("“{name}” (list {id})").format(name=get(store, one).name, id=one) for one in ids)


def _cut(
    store: Store,
    actor: Actor,
    list_id: int,
    source: CheckedList,
    cuts: Sequence[tuple[str, str, Positions]],
    made: dict[str, Any],
) -> list[int]:
    if any(not len(at) for _name, _origin, at in cuts):
        raise DomainError("nothing-left", _("No recipient would be left in the new list. Nothing was made."))
    facts = {"made": made | {"lists": [list_id]}}
    name = get(store, list_id).name
    return lists.save_derived_lists(
        store,
        actor,
        [
            (given or name, origin, one := set_algebra.take_rows(source, at), _facts(one, facts))
            for given, origin, at in cuts
        ],
    )


def _keep(store: Store, actor: Actor, name: str, origin: str, one: CheckedList, facts: dict[str, Any]) -> int:
    return lists.save_derived_lists(store, actor, [(name, origin, one, _facts(one, facts))])[0]


def _facts(one: CheckedList, more: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"sheet": None, "sheets": [], "encoding": None, "delimiter": None}
    found |= {"header_row": one.header_row, "phone_column": one.phone_column, "columns": list(one.columns)}
    return found | more
