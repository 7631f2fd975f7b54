"""Recipient lists: upload, check and storage of files. A ready list never changes.

`storage` reads lists, `operations` makes lists from lists, `progress` records the progress of a check."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import sqlalchemy as sa
from sqlmodel import Session, col, select

from getsms_core import jobs
from getsms_core import spreadsheet as sheet
from getsms_core.audit import log as audit
from getsms_core.base import names
from getsms_core.base.codes import RequestKind
from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import _
from getsms_core.base.permissions import Actor, Permission
from getsms_core.base.reasons import Reason, reason
from getsms_core.base.states import change
from getsms_core.base.temporary import temporary_folder
from getsms_core.base.work_states import LIST_UNCHECKED, JobKind, ListState
from getsms_core.contacts import list_columns, set_algebra, validation
from getsms_core.contacts.facts import ListFacts
from getsms_core.contacts.progress import Cancelled, CheckProgress, fail
from getsms_core.contacts.storage import (
    PackedRows,
    accepted,
    checked,
    get,
    get_row,
    load,
    pack,
    rows_with_outcomes,
    write,
)
from getsms_core.contacts.suppression import add as add_opt_outs
from getsms_core.contacts.suppression import numbers as opted_out
from getsms_core.contacts.suppression import remove as remove_opt_out
from getsms_core.contacts.validation import CheckedList
from getsms_core.db import errors, repeated_requests
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import ListFile, RecipientList

__all__ = [
    "Options", "accepted", "add_file", "add_opt_outs", "all_lists", "check_file", "check_uploaded_list", "checked",
    "get", "iter_parts", "load", "must_read", "opted_out", "phone_columns_to_choose", "read", "recheck",
    "remove_opt_out", "rows_with_outcomes", "save_checked_file", "save_derived_lists", "upload",
]  # fmt: skip
PART_BYTES = 4 << 20
DAMAGED_SHOWN = 20
TEST_FILENAME, TEST_PHONE_COLUMN = "test-sms.csv", "test phone"
"""The file name and the phone column of the lists of test sends."""


@dataclass(frozen=True)
class Options:
    """A user's corrections of how a file is read; None means: detect. `keep` says which of two duplicates counts. With
    `skip_hidden`, rows that the spreadsheet hides or filters out are left out.

    With `adds_to` the rows of the file are appended to that list, as a new list. With `mended` the file holds the
    corrected refused rows of that list and replaces them."""

    sheet: str | None = None
    phone_column: str | None = None
    header_row: int | None = None
    encoding: str | None = None
    delimiter: str | None = None
    keep: Literal["first", "last"] = "first"
    two: Literal["refuse", "first", "both"] = "refuse"
    adds_to: int | None = None
    mended: bool = False
    skip_hidden: bool = False

    @classmethod
    def from_stored(cls, stored: Mapping[str, Any]) -> "Options":
        """Return the options of a list's row; unknown keys are ignored, missing ones have their default."""
        return cls(**{name: stored[name] for name in cls.__dataclass_fields__ if name in stored})

    def to_stored(self) -> dict[str, Any]:
        """Return them as the list's row keeps them. A worker of the release before does not know `skip_hidden`."""
        return {name: value for name, value in asdict(self).items() if value or name != "skip_hidden"}


def upload(
    store: Store,
    actor: Actor,
    name: str,
    filename: str,
    blocks_of_file: Iterable[bytes | memoryview],
    options: Options,
    *,
    request_key: str = "",
) -> int:
    """Store a file for a worker to check; return the list's id. The content is not read here. A repeat with the same
    `request_key` returns the list of the first call."""
    actor.must(Permission.LISTS)

    def make(session: Session) -> int:
        digest, size = hashlib.sha256(), 0
        new_list = _insert_list(session, actor, names.shorten("list", name), filename, options)
        for number, block in enumerate(blocks_of_file):
            digest.update(block)
            size += len(block)
            session.execute(sa.insert(ListFile).values(list_id=new_list.id, number=number, data=block))
        new_list.sha256, new_list.size = digest.hexdigest(), size
        session.add(new_list)
        jobs.enqueue(session, JobKind.LIST, f"list:{new_list.id}", actor.name)
        audit.note(session, actor, "list.upload", f"list:{new_list.id}", filename=new_list.filename, bytes=size)
        assert new_list.id is not None
        return new_list.id

    with store.writing(large=True) as session:
        return repeated_requests.run_once(session, actor, RequestKind.LIST, request_key, make)


def iter_parts(data: bytes | memoryview) -> Iterator[memoryview]:
    """Yield bytes in the blocks that `upload` stores, without a copy of them: a copy holds up the threads of all other
    pages."""
    view = memoryview(data)
    for start in range(0, len(view), PART_BYTES):
        yield view[start : start + PART_BYTES]


def add_file(store: Store, actor: Actor, path: Path, name: str, options: Options) -> int:
    """Read, check and store a file; return the list's id. Raises `DomainError` and stores nothing for a bad file."""
    checked, facts = check_file(store, path, options)
    return save_checked_file(store, actor, path, name, options, checked, facts)


def save_checked_file(
    store: Store,
    actor: Actor,
    path: Path,
    name: str,
    options: Options,
    checked: CheckedList,
    facts: ListFacts,
) -> int:
    """Store the result of `check_file`; return the list's id."""
    actor.must(Permission.LISTS)
    rows = pack(checked)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    with store.writing() as session:
        new_list = _insert_list(session, actor, name, path.name, options)
        new_list.sha256, new_list.size = digest, path.stat().st_size
        session.flush()
        _store_rows(session, new_list, checked, facts, rows)
        audit.note(session, actor, "list.add", f"list:{new_list.id}", filename=new_list.filename,
                   **checked.counts.to_stored())  # fmt: skip
        assert new_list.id is not None
        return new_list.id


def save_derived_lists(
    store: Store,
    actor: Actor,
    derived: Sequence[tuple[str, Reason, CheckedList, ListFacts]],
    *,
    request_key: str = "",
) -> list[int]:
    """Store lists that were made from others, all or none: (name, origin, rows, facts) each; return their ids. A repeat
    with the same `request_key` stores nothing and returns the first id of the first call alone."""
    actor.must(Permission.LISTS)
    rows_of_lists = [pack(checked_list) for _name, _origin, checked_list, _facts in derived]
    list_ids: list[int] = []

    def make(session: Session) -> int:
        for (name, origin, checked_list, facts), rows in zip(derived, rows_of_lists, strict=True):
            new_list = _insert_list(session, actor, name, "", Options())
            # Lists of the same numbers have the same digest, so that a repeated campaign is noticed.
            digest = hashlib.sha256(set_algebra.numbers_of(checked_list).tobytes()).hexdigest()
            new_list.sha256 = digest
            _store_rows(session, new_list, checked_list, replace(facts, origin=origin), rows)
            audit.note(session, actor, "list.make", f"list:{new_list.id}", origin=origin,
                       **checked_list.counts.to_stored())  # fmt: skip
            assert new_list.id is not None
            list_ids.append(new_list.id)
        return list_ids[0]

    with store.writing() as session:
        first = repeated_requests.run_once(session, actor, RequestKind.LIST, request_key, make)
    return list_ids or [first]


def recheck(store: Store, actor: Actor, list_id: int, options: Options) -> int:
    """Create a list from the same file with other options; the old list does not change. Return the new list's id."""
    actor.must(Permission.LISTS)
    with store.writing() as session:
        source = get_row(session, list_id)
        if not session.scalar(sa.select(sa.func.count()).where(col(ListFile.list_id) == list_id)):
            raise DomainError.of("no-file", id=list_id)
        source_options = Options.from_stored(source.options)
        options = replace(options, adds_to=source_options.adds_to, mended=source_options.mended)
        new_list = _insert_list(session, actor, names.shorten("list", source.name), source.filename, options)
        new_list.sha256, new_list.size = source.sha256, source.size
        new_list.key_column, new_list.personal_columns = source.key_column, list(source.personal_columns)
        session.flush()
        session.execute(
            sa.insert(ListFile).from_select(
                ["list_id", "number", "data"],
                sa.select(sa.literal(new_list.id), col(ListFile.number), col(ListFile.data)).where(
                    col(ListFile.list_id) == list_id
                ),
            )
        )
        jobs.enqueue(session, JobKind.LIST, f"list:{new_list.id}", actor.name)
        assert new_list.id is not None
        return new_list.id


def check_uploaded_list(store: Store, list_id: int, run: jobs.JobRun | None = None) -> DomainError | None:
    """Check an uploaded list and store its rows, or the reason of the failure, which is returned too; its progress is
    stored in the job `run`. A list that is ready, or was cancelled meanwhile, stays. Raises `errors.PASSING`."""
    watch = CheckProgress(store, list_id, run)
    waiting = get(store, list_id)
    try:
        watch.step("received")
        with temporary_folder() as folder:
            path = folder / ("upload" + Path(waiting.filename).suffix.lower())
            with path.open("wb") as file:
                file.writelines(_file_blocks(store, list_id))
            checked, facts = check_file(store, path, Options.from_stored(waiting.options), watch)
        watch.step("keeping", checked.counts.rows)
        rows = pack(checked)
        with store.writing() as session:
            row = get_row(session, list_id, lock=True)
            if row.state in LIST_UNCHECKED:
                _store_rows(session, row, checked, facts, rows)
    except Cancelled:
        return None
    except DomainError as refusal:
        if refusal.code in errors.PASSING:
            raise
        with store.writing() as session:
            fail(session, list_id, refusal)
        return refusal
    return None


def check_file(
    store: Store, path: Path, options: Options, watch: CheckProgress | None = None, begun: sheet.Reading | None = None
) -> tuple[CheckedList, ListFacts]:
    """Read a file and check it against the opt-outs, storing nothing; return the rows and the facts of the file (sheet,
    encoding …)."""
    if watch:
        watch.step("reading")
    extended = checked(store, options.adds_to) if options.adds_to else None
    read = sheet.read(
        path,
        sheet=options.sheet,
        encoding=options.encoding,
        delimiter=options.delimiter,
        header_row=options.header_row,
        skip_hidden=options.skip_hidden,
        watch=watch.look if watch else None,
        begun=begun,
    )
    if watch:
        watch.step("checking", read.table.num_rows)
    suppressed = opted_out(store)
    phone_column = options.phone_column
    if phone_column is None and extended is not None and options.mended and extended.phone_column in read.columns:
        phone_column = (
            extended.phone_column
        )  # its cells were refused, so another column may look more like phone numbers
    checked_list = validation.check_list(
        read, phone_column=phone_column, opted_out=suppressed, keep=options.keep, two=options.two
    )
    facts = ListFacts(
        sheet=read.sheet,
        sheets=tuple(read.sheets),
        encoding=read.encoding,
        delimiter=read.delimiter,
        header_row=read.header_row,
        phone_column=checked_list.phone_column,
        columns=tuple(checked_list.columns),
        phone_columns=tuple(checked_list.phone_columns if phone_column is None else [checked_list.phone_column]),
        phone_column_decided=checked_list.phone_column_decided,
        damaged_rows=tuple(read.damaged_rows()[:DAMAGED_SHOWN]),
        hidden_rows=read.hidden_rows,
        skipped_rows=read.skipped_rows,
        as_shown=read.as_shown,
    )
    if extended is not None:
        checked_list, facts = _append_rows(store, extended, checked_list, facts, options, suppressed)
    with_phones = sheet.with_phones(checked_list.fields, facts.phone_column)
    return checked_list, replace(facts, with_phones=tuple(with_phones) or None)


def _append_rows(
    store: Store,
    base: CheckedList,
    addition: CheckedList,
    facts: ListFacts,
    options: Options,
    suppressed: "np.ndarray[Any, np.dtype[np.int64]]",
) -> tuple[CheckedList, ListFacts]:
    """Return the rows of the extended list followed by those of the file."""
    extended_row = get(store, options.adds_to or 0)
    if options.mended:
        base = set_algebra.take_rows(base, set_algebra.recipient_positions(base))
    combined = set_algebra.merge([base, addition], options.keep, suppressed)
    added = combined.counts.accepted - extended_row.counts.accepted
    origin = reason("list-extended", name=extended_row.name, id=extended_row.id, n=max(added, 0))
    return combined, replace(
        facts,
        origin=origin,
        phone_column=combined.phone_column,
        columns=tuple(combined.columns),
        file_columns=facts.columns,
        file_phone_column=facts.phone_column,
    )


def read(store: Store, actor: Actor, list_id: int) -> CheckedList:
    """Return a ready list for a user who may see phones: the cells of a file, refused ones too, can hold a number in
    any notation, so they cannot be masked. Raises `DomainError`: not-allowed, no-such-list, list-not-ready."""
    must_read(actor)
    return checked(store, list_id)


def must_read(actor: Actor) -> None:
    """Raise `DomainError` ("not-allowed") for a user who may not read the rows of a list."""
    actor.must(Permission.SEE_PHONES)


def phone_columns_to_choose(store: Store, row: RecipientList) -> list[str]:
    """Return the columns among which a user must choose the one with the phones; empty where the choice is clear, or
    where the file is not stored and cannot be read again."""
    columns = [str(name) for name in ListFacts.from_stored(row.facts).phone_columns or ()]
    if len(columns) < 2 or row.state != ListState.READY:
        return []
    with store.reading() as session:
        has_file = session.scalar(sa.select(sa.func.count()).where(col(ListFile.list_id) == row.id))
    return columns if has_file else []


def is_internal(recipient_list: RecipientList) -> bool:
    """Return whether a list was made by the program for a test send; these are shown nowhere."""
    column = Options.from_stored(recipient_list.options).phone_column
    return recipient_list.filename == TEST_FILENAME and column == TEST_PHONE_COLUMN


def all_lists(store: Store, *, internal: bool = False) -> list[RecipientList]:
    """Return the lists, newest first, without those whose rows were deleted; with `internal` those of test sends,
    too."""
    query = (
        select(RecipientList)
        .where(col(RecipientList.state) != ListState.DELETED)
        .order_by(col(RecipientList.id).desc())
    )
    with store.reading() as session:
        return [row for row in session.exec(query) if internal or not is_internal(row)]


def _insert_list(session: Session, actor: Actor, name: str, filename: str, options: Options) -> RecipientList:
    filename = names.file_name(filename)
    typed = names.clean("list", name) if name.strip() else ""
    new_list = RecipientList(
        name=typed or names.shorten("list", filename) or _("List"),
        filename=filename,
        sha256="",
        size=0,
        options=options.to_stored(),
        created_at=now_ms(session),
        created_by=actor.name,
    )
    session.add(new_list)
    session.flush()
    return new_list


def _store_rows(
    session: Session, row: RecipientList, checked: CheckedList, facts: ListFacts, rows: PackedRows | None = None
) -> None:
    assert row.id is not None
    write(session, row.id, rows if rows is not None else pack(checked))
    change(row, ListState.READY)
    row.numbers_indexed = True
    row.made_by(facts.origin)
    row.facts = facts.to_stored()
    row.stored_counts, row.ready_at = checked.counts.to_stored(), now_ms(session)
    list_columns.inherit(session, row, facts, Options.from_stored(row.options).adds_to)
    row.personal_columns = list(dict.fromkeys([*row.personal_columns, *(facts.with_phones or ())]))
    session.add(row)


def _file_blocks(store: Store, list_id: int) -> Iterator[bytes]:
    of_list = col(ListFile.list_id) == list_id
    with store.reading() as session:
        numbers = list(session.scalars(sa.select(col(ListFile.number)).where(of_list).order_by(col(ListFile.number))))
    for number in numbers:  # one session per block, so that a file of half a gigabyte is never in memory as a whole
        with store.reading() as session:
            yield session.scalar(sa.select(col(ListFile.data)).where(of_list, col(ListFile.number) == number)) or b""
