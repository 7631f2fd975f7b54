"""List operations: merge, subtract, intersect, sample, split; rename, tag and delete.

A source never changes: each operation creates a list, whose `origin` describes how it was made. Numbers that opted out
since the check are omitted from cuts, and have the outcome "opted-out" in merged lists.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import numpy as np
import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core import jobs
from getsms_core.audit import log as audit
from getsms_core.base import names, reasons
from getsms_core.base.errors import Conflict, DomainError
from getsms_core.base.permissions import Actor, Permission
from getsms_core.base.reasons import Reason
from getsms_core.base.states import CampaignState, change
from getsms_core.base.work_states import ListState
from getsms_core.contacts import lists, selection, set_algebra, storage, suppression
from getsms_core.contacts.conditions import Condition, Unreadable, to_text
from getsms_core.contacts.facts import Derivation, ListFacts
from getsms_core.contacts.set_algebra import Positions
from getsms_core.contacts.storage import checked, get, get_row
from getsms_core.contacts.validation import CheckedList
from getsms_core.db.documents import Exclusions
from getsms_core.db.engine import Store
from getsms_core.db.models import Campaign, RecipientList

Keep = Literal["first", "last"]
_ENDED = (CampaignState.FINISHED, CampaignState.CANCELLED)
_MOST_PARTS = 100
_LONGEST_PART = len(f" {_MOST_PARTS}/{_MOST_PARTS}")
_MOST_TAGS = 50
_LONGEST_CONDITION = 1_000


def merge(store: Store, actor: Actor, list_ids: Sequence[int], name: str, keep: Keep = "first") -> int:
    """Create one list of all rows of several. Of rows with one number the first counts, or the last, over all lists;
    the others are its duplicates. Raises `DomainError`: too-few-lists, no-such-list, list-not-ready."""
    actor.must(Permission.LISTS)
    ids = list(dict.fromkeys(list_ids))
    if len(ids) < 2:
        raise DomainError.of("too-few-lists")
    merged_list = set_algebra.merge([checked(store, list_id) for list_id in ids], keep, suppression.numbers(store))
    counts = reasons.reason("row-that-counts", case=keep)
    origin = reasons.reason("list-merged", lists=_list_names(store, ids), counts=counts)
    derivation = Derivation("merge", tuple(ids), keep)
    return _save_one(store, actor, _name(name, get(store, ids[0]).name), origin, merged_list, derivation)


def merge_again(store: Store, actor: Actor, list_id: int, keep: Keep) -> int:
    """Repeat the merge of a list with another choice of duplicates. Raises `DomainError` ("not-merged")."""
    row = get(store, list_id)
    derivation = ListFacts.from_stored(row.facts).made
    if derivation is None or not derivation.is_merge:
        raise DomainError.of("not-merged", id=list_id)
    return merge(store, actor, derivation.lists, row.name, keep)


def subtract(store: Store, actor: Actor, list_id: int, minus: Sequence[int], name: str) -> int:
    """Create a list of the recipients who are not in the other lists. Raises `DomainError`: too-few-lists,
    nothing-left."""
    return _filter_by_lists(store, actor, list_id, minus, name, "subtract")


def intersect(store: Store, actor: Actor, list_id: int, others: Sequence[int], name: str) -> int:
    """Create a list of the recipients who are also in each of the other lists. Raises `DomainError`: too-few-lists,
    nothing-left."""
    return _filter_by_lists(store, actor, list_id, others, name, "intersect")


def _filter_by_lists(store: Store, actor: Actor, list_id: int, others: Sequence[int], name: str, how: str) -> int:
    actor.must(Permission.LISTS)
    if not others:
        raise DomainError.of("too-few-lists")
    source, positions = _recipients(store, list_id)
    # Of all rows: who was opted out when that list was checked is in it all the same.
    numbers = [set_algebra.numbers_of(checked(store, other_id)) for other_id in others]
    if how == "subtract":
        positions = positions[~set_algebra.rows_among(source, positions, numbers)]
    else:
        for other_numbers in numbers:
            positions = positions[set_algebra.rows_among(source, positions, [other_numbers])]
    source_name, other_names = _list_names(store, [list_id]), _list_names(store, others)
    origin = reasons.reason("list-cut", case=how, list=source_name, others=other_names)
    return _save_cuts(store, actor, list_id, source, [(name, origin, positions)], {"how": how, "others": list(others)})[
        0
    ]


def pick(store: Store, actor: Actor, list_id: int, phones: "np.ndarray[Any, Any]", name: str, origin: Reason) -> int:
    """Create a list of the recipients with one of these numbers; `origin` describes how it was made. Raises
    `DomainError` ("nothing-left")."""
    actor.must(Permission.LISTS)
    source, positions = _recipients(store, list_id)
    positions = positions[np.isin(set_algebra.numbers_of(source)[positions], phones)]
    return _save_cuts(store, actor, list_id, source, [(name, origin, positions)], {"how": "pick"})[0]


def save_rows(
    store: Store, actor: Actor, name: str, origin: Reason, rows: CheckedList, made: Derivation, *, request_key: str = ""
) -> int:
    """Keep rows that were put together elsewhere as a new list; return its id. `origin` describes how it was made. A
    repeat with the same `request_key` returns the list of the first call."""
    derived = [(name, origin, rows, _facts(rows, made))]
    return lists.save_derived_lists(store, actor, derived, request_key=request_key)[0]


def filter_recipients(
    store: Store, actor: Actor, list_id: int, condition: Condition, name: str
) -> tuple[int, tuple[Unreadable, ...]]:
    """A list of the recipients for whom a condition holds, today; its id, and the cells that a comparison passes over.

    Raises `DomainError`: not-allowed, no-such-list, list-not-ready, nothing-left; `ConditionError`: no-such-column,
    ambiguous-column."""
    actor.must(Permission.LISTS)
    source, at = _recipients(store, list_id)
    chosen = selection.choose(source, condition, recipients=at)
    text = _shortened(to_text(condition))
    origin = reasons.reason("list-filtered", list=_list_names(store, [list_id]), condition=text)
    derivation = {"how": "filter", "condition": text}
    new_list = _save_cuts(store, actor, list_id, source, [(name, origin, chosen.recipients)], derivation)[0]
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
    """Create a random sample, `n` recipients or a `share` between 0 and 1, in the order of the list. The same seed
    gives the same sample. Raises `DomainError` ("bad-size")."""
    actor.must(Permission.LISTS)
    source, positions = _recipients(store, list_id)
    if (n is None) == (share is None):
        raise DomainError.of("bad-size", case="missing")
    if share is not None and not 0 < share <= 1:
        raise DomainError.of("bad-size", case="share")
    size = n if n is not None else max(1, round(len(positions) * (share or 0)))
    if not 0 < size <= len(positions):
        raise DomainError.of("bad-size", case="number", n=len(positions))
    chosen = np.sort(np.random.default_rng(seed).choice(len(positions), size, replace=False))
    source_name = _list_names(store, [list_id])
    origin = reasons.reason("list-sampled", n=size, all=len(positions), list=source_name, seed=seed)
    return _save_cuts(
        store, actor, list_id, source, [(name, origin, positions[chosen])], {"how": "sample", "seed": seed}
    )[0]


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
    """Create several lists that hold each recipient once: a number of `parts` of equal size, or these `sizes` and one
    more list for the remainder. In the order of the list, or with a `seed` at random. Raises `DomainError`
    ("bad-size")."""
    actor.must(Permission.LISTS)
    source, positions = _recipients(store, list_id)
    if (parts is None) == (sizes is None):
        raise DomainError.of("bad-size", case="parts")
    if parts is not None:
        ends = np.linspace(0, len(positions), max(parts, 1) + 1).round().astype(np.int64)[1:-1]
    else:
        ends = np.cumsum(np.array(sizes, np.int64))
        ends = ends[:-1] if len(ends) and ends[-1] == len(positions) else ends
    count = len(ends) + 1
    if (
        not 2 <= count <= _MOST_PARTS
        or min(sizes or [1]) < 1
        or (len(ends) and ends[-1] >= len(positions))
        or count > len(positions)
    ):
        raise DomainError.of("bad-size", case="split", n=len(positions), most=_MOST_PARTS)
    order = positions if seed is None else np.random.default_rng(seed).permutation(positions)
    shares = [np.sort(share) for share in np.split(order, ends)]
    order_kind, source_name = "ordered" if seed is None else "random", _list_names(store, [list_id])
    stem = _name(name, get(store, list_id).name)[: names.LIMITS["list"].length - _LONGEST_PART]
    cuts = [
        (f"{stem} {number}/{count}",
         reasons.reason("list-part", case=order_kind, part=number, parts=count, list=source_name), share)
        for number, share in enumerate(shares, 1)
    ]  # fmt: skip
    return _save_cuts(store, actor, list_id, source, cuts, {"how": "split", "seed": seed})


# ---------------------------------------------------------------------------------------------- names, tags, deletion


def rename(store: Store, actor: Actor, list_id: int, name: str) -> None:
    """Rename a list. Raises `DomainError` ("empty-name")."""
    actor.must(Permission.LISTS)
    name = names.clean("list", name)
    with store.writing() as session:
        row = get_row(session, list_id, lock=True)
        before, row.name = row.name, name
        if before != row.name:
            audit.note(session, actor, "list.rename", f"list:{list_id}", before=before, name=row.name)


def tag(store: Store, actor: Actor, list_id: int, tags: Iterable[str]) -> None:
    """Replace the tags of a list; each once, in the order given. Raises `DomainError` ("bad-tag")."""
    actor.must(Permission.LISTS)
    new_tags = list(dict.fromkeys(names.clean("tag", text) for text in tags if text.strip()))
    if len(new_tags) > _MOST_TAGS:
        raise DomainError.of("bad-tag", n=_MOST_TAGS)
    with store.writing() as session:
        row = get_row(session, list_id, lock=True)
        before, row.tags = row.tags, new_tags
        if before != new_tags:
            audit.note(session, actor, "list.tag", f"list:{list_id}", tags=new_tags, before=before)


def delete(store: Store, actor: Actor, list_id: int) -> None:
    """Delete a list with its file and its rows. Where an ended campaign used it, its name and counts stay for the
    reports. Raises `DomainError` ("list-needed") while a campaign that has not ended, or an addition to it that is not
    checked yet, needs it."""
    actor.must(Permission.LISTS)
    with store.writing() as session:
        row = get_row(session, list_id, lock=True)
        campaigns = list(session.scalars(sa.select(Campaign).where(col(Campaign.list_id) == list_id)))
        needing = next((campaign for campaign in campaigns if campaign.state not in _ENDED), None)
        needing = needing or _excluding_campaign(session, list_id)
        if needing is not None:
            raise Conflict.of("list-needed", id=needing.id, name=needing.name)
        if addition := _waiting_addition(session, list_id):
            raise Conflict.of("list-needed", case="addition", id=addition.id, name=addition.name)
        storage.delete(session, list_id)
        jobs.withdraw(session, f"list:{list_id}")
        audit.note(session, actor, "list.delete", f"list:{list_id}", name=row.name, rows=row.counts.rows)
        if campaigns:
            change(row, ListState.DELETED)
        else:
            _delete_row(session, row)


def _excluding_campaign(session: Session, list_id: int) -> Campaign | None:
    """Return a campaign that has not ended and excludes the numbers of this list, or of a campaign that went to it."""
    query = sa.select(Campaign).where(col(Campaign.state).not_in(_ENDED))
    sent = set(session.scalars(sa.select(col(Campaign.id)).where(col(Campaign.list_id) == list_id)))
    for campaign in session.scalars(query):
        exclusions = Exclusions.from_stored(campaign.exclusions)
        if list_id in exclusions.lists or sent.intersection(exclusions.new_since):
            return campaign
    return None


def _waiting_addition(session: Session, list_id: int) -> RecipientList | None:
    """Return an upload that will be appended to this list when it is checked."""
    query = sa.select(RecipientList).where(col(RecipientList.ready_at).is_(None), col(RecipientList.state) != "failed")
    return next(
        (upload for upload in session.scalars(query) if lists.Options.from_stored(upload.options).adds_to == list_id),
        None,
    )


def _delete_row(session: Session, row: RecipientList) -> None:
    session.execute(sa.delete(RecipientList).where(col(RecipientList.id) == row.id))


def campaign_counts(store: Store) -> dict[int, int]:
    """Return the number of campaigns by list id, test sends included."""
    query = sa.select(col(Campaign.list_id), sa.func.count()).group_by(col(Campaign.list_id))
    with store.reading() as session:
        return {int(list_id): n for list_id, n in session.execute(query) if list_id is not None}


# ----------------------------------------------------------------------------------------------------------- making


def _recipients(store: Store, list_id: int) -> tuple[CheckedList, Positions]:
    source = checked(store, list_id)
    return source, set_algebra.recipient_positions(source, suppression.numbers(store))


def _list_names(store: Store, ids: Sequence[int]) -> list[Reason]:
    """“Customers” (list 3), “Partners” (list 4)"""
    return [reasons.reason("list-name", name=get(store, list_id).name, id=list_id) for list_id in ids]


def _name(typed: str, default: str) -> str:
    """Return the name that a user typed, or the default, shortened. Raises `DomainError` as `names.clean`."""
    return names.clean("list", typed) if typed.strip() else names.shorten("list", default)


def _save_cuts(
    store: Store,
    actor: Actor,
    list_id: int,
    source: CheckedList,
    cuts: Sequence[tuple[str, Reason, Positions]],
    derivation: dict[str, Any],
) -> list[int]:
    if any(not len(positions) for _name, _origin, positions in cuts):
        raise DomainError.of("nothing-left", case="list")
    derivation_of_list = Derivation.from_stored(derivation | {"lists": [list_id]})
    name = get(store, list_id).name
    return lists.save_derived_lists(
        store,
        actor,
        [
            (
                _name(list_name, name),
                origin,
                rows := set_algebra.take_rows(source, positions),
                _facts(rows, derivation_of_list),
            )
            for list_name, origin, positions in cuts
        ],
    )


def _save_one(store: Store, actor: Actor, name: str, origin: Reason, rows: CheckedList, made: Derivation) -> int:
    return lists.save_derived_lists(store, actor, [(name, origin, rows, _facts(rows, made))])[0]


def _facts(rows: CheckedList, made: Derivation) -> ListFacts:
    columns = tuple(rows.columns)
    return ListFacts(header_row=rows.header_row, phone_column=rows.phone_column, columns=columns, made=made)
