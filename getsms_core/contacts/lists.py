"""Recipient lists: taking a file in, checking it and keeping it. A list never changes once it is ready.

Beside it: `listrows` reads lists back, `listops` makes lists of lists, `listprogress` tells how far a check is."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import sqlalchemy as sa
from sqlmodel import Session, col, select

from getsms_core import spreadsheet as sheet
from getsms_core.audit import log as audit
from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import _
from getsms_core.base.permissions import Actor, Permission
from getsms_core.base.temporary import temporary_folder
from getsms_core.contacts import blocks, set_algebra, validation
from getsms_core.contacts.progress import OPEN, Cancelled, CheckProgress
from getsms_core.contacts.storage import accepted, checked, get, get_row, load, pack, rows_with_outcomes
from getsms_core.contacts.suppression import add as add_opt_outs
from getsms_core.contacts.suppression import numbers as opted_out
from getsms_core.contacts.suppression import remove as remove_opt_out
from getsms_core.contacts.validation import CheckedList
from getsms_core.db import repeated_requests
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import ListFile, RecipientList

__all__ = [
    "Options",
    "accepted",
    "add_file",
    "add_opt_outs",
    "all_lists",
    "check_file",
    "check_uploaded_list",
    "checked",
    "get",
    "iter_parts",
    "load",
    "opted_out",
    "phone_columns_to_choose",
    "recheck",
    "remove_opt_out",
    "rows_with_outcomes",
    "save_checked_file",
    "save_derived_lists",
    "upload",
]
PART_BYTES = 4 << 20
DAMAGED_SHOWN = 20
DELETED = "deleted"  # the state of a list whose rows are gone and whose counts a finished campaign still shows


@dataclass(frozen=True)
class Options:
    """What a person says of a file where the guess is wrong; None: guess. `keep` names which of two duplicates wins.

    With `adds_to` the file is put behind that list: a new list of both. Where it holds that list's refused rows,
    `mended`, they come in place of those."""

    sheet: str | None = None
    phone_column: str | None = None
    header_row: int | None = None
    encoding: str | None = None
    delimiter: str | None = None
    keep: Literal["first", "last"] = "first"
    two: Literal["refuse", "first", "both"] = "refuse"
    adds_to: int | None = None
    mended: bool = False


def upload(
    store: Store,
    actor: Actor,
    name: str,
    filename: str,
    parts: Iterable[bytes],
    options: Options,
    *,
    request_key: str = "",
) -> int:
    """Keep a file for a worker to check; returns the list's id. Nothing is read of it here. A repeat with the same
    `request_key` returns the list that the first call made."""
    actor.must(Permission.LISTS)

    def make(session: Session) -> int:
        digest, size = hashlib.sha256(), 0
        made = _new(session, actor, name, filename, options)
        for number, part in enumerate(parts):
            digest.update(part)
            size += len(part)
            session.execute(sa.insert(ListFile).values(list_id=made.id, number=number, data=part))
        made.sha256, made.size = digest.hexdigest(), size
        session.add(made)
        audit.note(session, actor, "list.upload", f"list:{made.id}", filename=filename, bytes=size)
        assert made.id is not None
        return made.id

    with store.writing() as session:
        return repeated_requests.run_once(session, actor, "list", request_key, make)


def iter_parts(data: bytes | memoryview) -> Iterator[bytes]:
    """Bytes in the parts that `upload` keeps."""
    for start in range(0, len(data), PART_BYTES):
        yield bytes(data[start : start + PART_BYTES])


def add_file(store: Store, actor: Actor, path: Path, name: str, options: Options) -> int:
    """Read, check and keep a file at once; returns the list's id. Raises `DomainError` and keeps nothing of a bad
    file."""
    checked, facts = check_file(store, path, options)
    return save_checked_file(store, actor, path, name, options, checked, facts)


def save_checked_file(
    store: Store,
    actor: Actor,
    path: Path,
    name: str,
    options: Options,
    checked: CheckedList,
    facts: dict[str, Any],
) -> int:
    """Keep what `check_path` found in a file; returns the list's id."""
    actor.must(Permission.LISTS)
    rows = pack(checked)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    with store.writing() as session:
        made = _new(session, actor, name, path.name, options)
        made.sha256, made.size, made.origin = digest, path.stat().st_size, facts.get("origin", "")
        session.flush()
        _keep(session, made, checked, facts, rows)
        audit.note(session, actor, "list.add", f"list:{made.id}", filename=path.name, **checked.counts)
        assert made.id is not None
        return made.id


def save_derived_lists(
    store: Store, actor: Actor, made: Sequence[tuple[str, str, CheckedList, dict[str, Any]]]
) -> list[int]:
    """Keep lists that were made of others, all or none: (name, origin in words, rows, facts) each; returns their
    ids."""
    actor.must(Permission.LISTS)
    streams = [pack(one) for _name, _origin, one, _facts in made]
    found = []
    with store.writing() as session:
        for (name, origin, one, facts), rows in zip(made, streams, strict=True):
            kept = _new(session, actor, name, "", Options())
            # The digest tells the same people from others: what was sent to the one was sent to the other.
            kept.origin, kept.sha256 = origin, hashlib.sha256(set_algebra.numbers_of(one).tobytes()).hexdigest()
            _keep(session, kept, one, facts, rows)
            audit.note(session, actor, "list.make", f"list:{kept.id}", origin=origin, **one.counts)
            assert kept.id is not None
            found.append(kept.id)
    return found


def recheck(store: Store, actor: Actor, list_id: int, options: Options) -> int:
    """A new list from the same file with other options, as the check step asks for; the old one stays as it is."""
    actor.must(Permission.LISTS)
    with store.writing() as session:
        old = get_row(session, list_id)
        if not session.scalar(sa.select(sa.func.count()).where(col(ListFile.list_id) == list_id)):
            raise DomainError(
                "no-file", _("The file of list {id} is not kept here. Upload it again.").format(id=list_id)
            )
        options = replace(options, adds_to=old.options.get("adds_to"), mended=bool(old.options.get("mended", False)))
        made = _new(session, actor, old.name, old.filename, options)
        made.sha256, made.size = old.sha256, old.size
        session.flush()
        session.execute(
            sa.insert(ListFile).from_select(
                ["list_id", "number", "data"],
                sa.select(sa.literal(made.id), col(ListFile.number), col(ListFile.data)).where(
                    col(ListFile.list_id) == list_id
                ),
            )
        )
        assert made.id is not None
        return made.id


def check_uploaded_list(store: Store, list_id: int) -> None:
    """What a worker does with an upload: check it, keep the rows or the reason why not. A bad file raises nothing, and
    a list that is ready, or cancelled meanwhile, stays as it is."""
    watch = CheckProgress(store, list_id)
    waiting = get(store, list_id)
    try:
        watch.step("received")
        with temporary_folder() as folder:
            path = folder / ("upload" + Path(waiting.filename).suffix.lower())
            with path.open("wb") as file:
                for part in _parts(store, list_id):
                    file.write(part)
            checked, facts = check_file(store, path, Options(**waiting.options), watch)
        watch.step("keeping", checked.counts["rows"])
        rows = pack(checked)
        with store.writing() as session:
            kept = get_row(session, list_id, lock=True)
            if kept.state in OPEN:
                kept.origin = facts.get("origin", "")
                _keep(session, kept, checked, facts, rows)
    except Cancelled:
        return
    except DomainError as refusal:
        with store.writing() as session:
            session.execute(
                sa.update(RecipientList)
                .where(col(RecipientList.id) == list_id, col(RecipientList.state).in_(OPEN))
                .values(state="failed", code=refusal.code, message=refusal.message, facts={})
            )


def check_file(
    store: Store, path: Path, options: Options, watch: CheckProgress | None = None, begun: sheet.Reading | None = None
) -> tuple[CheckedList, dict[str, Any]]:
    """Read and check a file against the opt-outs, keeping nothing; and the facts of the file (sheet, encoding …)."""
    if watch:
        watch.step("reading")
    base = checked(store, options.adds_to) if options.adds_to else None
    read = sheet.read(
        path,
        sheet=options.sheet,
        encoding=options.encoding,
        delimiter=options.delimiter,
        header_row=options.header_row,
        watch=watch.look if watch else None,
        begun=begun,
    )
    if watch:
        watch.step("checking", read.table.num_rows)
    gone = opted_out(store)
    phone_column = options.phone_column
    if phone_column is None and base is not None and options.mended and base.phone_column in read.columns:
        phone_column = base.phone_column  # its cells were refused: another column may look better, and is not meant
    found = validation.check_list(read, phone_column=phone_column, opted_out=gone, keep=options.keep, two=options.two)
    facts = {
        "sheet": read.sheet,
        "sheets": list(read.sheets),
        "encoding": read.encoding,
        "delimiter": read.delimiter,
        "header_row": read.header_row,
        "phone_column": found.phone_column,
        "columns": list(found.columns),
        "phone_columns": found.phone_columns if phone_column is None else [found.phone_column],
        "phone_column_decided": found.phone_column_decided,
        "damaged_rows": read.damaged_rows()[:DAMAGED_SHOWN],
    }
    return (found, facts) if base is None else _behind(store, base, found, facts, options, gone)


def _behind(
    store: Store,
    base: CheckedList,
    found: CheckedList,
    facts: dict[str, Any],
    options: Options,
    gone: "np.ndarray[Any, np.dtype[np.int64]]",
) -> tuple[CheckedList, dict[str, Any]]:
    """The file's rows behind those of the list that they are an addition to."""
    old = get(store, options.adds_to or 0)
    if options.mended:
        base = set_algebra.take_rows(base, set_algebra.recipient_positions(base))
    both = set_algebra.merge([base, found], options.keep, gone)
    new = both.counts["accepted"] - old.counts["accepted"]
    words = _("Made of “{name}” (list {id}) and {n} new numbers from a file.")
    origin = words.format(name=old.name, id=old.id, n=max(new, 0))
    ours = {"phone_column": both.phone_column, "columns": both.columns, "file_columns": facts["columns"]}
    ours["file_phone_column"] = facts["phone_column"]
    return both, facts | ours | {"origin": origin}


def phone_columns_to_choose(store: Store, kept: RecipientList) -> list[str]:
    """The columns of which a person has to choose the one with the phones; empty where there is no doubt, and where the
    file is not kept and cannot be read again."""
    columns = [str(name) for name in kept.facts.get("phone_columns") or []]
    if len(columns) < 2 or kept.state != "ready":
        return []
    with store.reading() as session:
        is_kept = session.scalar(sa.select(sa.func.count()).where(col(ListFile.list_id) == kept.id))
    return columns if is_kept else []


def all_lists(store: Store) -> list[RecipientList]:
    """The kept lists, newest first. Those whose rows were deleted, and whose counts campaigns still show, are left
    out."""
    query = select(RecipientList).where(col(RecipientList.state) != DELETED).order_by(col(RecipientList.id).desc())
    with store.reading() as session:
        return list(session.exec(query))


def _new(session: Session, actor: Actor, name: str, filename: str, options: Options) -> RecipientList:
    made = RecipientList(
        name=name.strip() or filename,
        filename=filename,
        sha256="",
        size=0,
        options=asdict(options),
        created_at=now_ms(session),
        created_by=actor.name,
    )
    session.add(made)
    session.flush()
    return made


def _keep(
    session: Session,
    kept: RecipientList,
    checked: CheckedList,
    facts: dict[str, Any],
    rows: list[blocks.Block] | None = None,
) -> None:
    assert kept.id is not None
    blocks.write(session, kept.id, rows if rows is not None else pack(checked))
    kept.state, kept.facts, kept.counts, kept.ready_at = "ready", facts, dict(checked.counts), now_ms(session)
    session.add(kept)


def _parts(store: Store, list_id: int) -> Iterator[bytes]:
    mine = col(ListFile.list_id) == list_id
    with store.reading() as session:
        numbers = list(session.scalars(sa.select(col(ListFile.number)).where(mine).order_by(col(ListFile.number))))
    for number in numbers:  # a session each: a file of half a gigabyte never stands in memory at once
        with store.reading() as session:
            yield session.scalar(sa.select(col(ListFile.data)).where(mine, col(ListFile.number) == number)) or b""
