"""Recipient lists: taking a file in, checking, keeping, reading it back. A list never changes once it is ready."""

import hashlib
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa
from sqlmodel import Session, col, select

from getsms_core import audit, recipients, sheet
from getsms_core.actor import Actor, May
from getsms_core.errors import Refused
from getsms_core.recipients import CheckedList
from getsms_core.store import bulk
from getsms_core.store.engine import Store, now_ms
from getsms_core.store.models import ListBlock, ListFile, OptOut, RecipientList
from getsms_core.words import _

PART_BYTES = 4 << 20
BLOCK_ROWS = 65_536
ROW_COLUMNS = ("row", "value", "phone", "outcome", "other")
FIELD = "field:"  # before the file's own columns in a block, so that a column called "row" is no clash


@dataclass(frozen=True)
class Options:
    """What a person says of a file where the guess is wrong; None: guess. `keep` names which of two duplicates wins."""

    sheet: str | None = None
    phone_column: str | None = None
    header_row: int | None = None
    encoding: str | None = None
    delimiter: str | None = None
    keep: Literal["first", "last"] = "first"
    two: Literal["refuse", "first", "both"] = "refuse"


def upload(store: Store, actor: Actor, name: str, filename: str, parts: Iterable[bytes], options: Options) -> int:
    """Keep a file for a worker to check; returns the list's id. Nothing is read of it here."""
    actor.must(May.LISTS)
    digest, size = hashlib.sha256(), 0
    with store.writing() as session:
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


def in_parts(data: bytes | memoryview) -> Iterator[bytes]:
    """Bytes in the parts that `upload` keeps."""
    for start in range(0, len(data), PART_BYTES):
        yield bytes(data[start : start + PART_BYTES])


def add_file(store: Store, actor: Actor, path: Path, name: str, options: Options) -> int:
    """Read, check and keep a file at once; returns the list's id. Raises `Refused` and keeps nothing of a bad file."""
    checked, facts = check_path(store, path, options)
    return add_checked(store, actor, path, name, options, checked, facts)


def add_checked(
    store: Store,
    actor: Actor,
    path: Path,
    name: str,
    options: Options,
    checked: CheckedList,
    facts: dict[str, Any],
) -> int:
    """Keep what `check_path` found in a file; returns the list's id."""
    actor.must(May.LISTS)
    with store.writing() as session:
        made = _new(session, actor, name, path.name, options)
        made.sha256, made.size = _digest(path), path.stat().st_size
        session.flush()
        _keep(session, made, checked, facts)
        audit.note(session, actor, "list.add", f"list:{made.id}", filename=path.name, **checked.counts)
        assert made.id is not None
        return made.id


def recheck(store: Store, actor: Actor, list_id: int, options: Options) -> int:
    """A new list from the same file with other options, as the check step asks for; the old one stays as it is."""
    actor.must(May.LISTS)
    with store.writing() as session:
        old = _get(session, list_id)
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


def check_waiting(store: Store, list_id: int) -> None:
    """What a worker does with an upload: check it, keep the rows or the reason why not. A bad file raises nothing."""
    with store.reading() as session:
        waiting = _get(session, list_id)
    with tempfile.TemporaryDirectory(prefix="getsms-") as folder:
        path = Path(folder) / ("upload" + Path(waiting.filename).suffix.lower())
        with path.open("wb") as file:
            for part in _parts(store, list_id):
                file.write(part)
        try:
            checked, facts = check_path(store, path, Options(**waiting.options))
        except Refused as refusal:
            with store.writing() as session:
                failed = _get(session, list_id)
                failed.state, failed.code, failed.message = "failed", refusal.code, refusal.message
            return
    with store.writing() as session:
        _keep(session, _get(session, list_id), checked, facts)


def check_path(store: Store, path: Path, options: Options) -> tuple[CheckedList, dict[str, Any]]:
    """Read and check a file against the opt-outs, keeping nothing; and the facts of the file (sheet, encoding …)."""
    read = sheet.read(
        path, sheet=options.sheet, encoding=options.encoding, delimiter=options.delimiter, header_row=options.header_row
    )
    checked = recipients.check_list(
        read,
        phone_column=options.phone_column,
        opted_out=opted_out(store),
        keep=options.keep,
        two=options.two,
    )
    facts = {
        "sheet": read.sheet,
        "sheets": list(read.sheets),
        "encoding": read.encoding,
        "delimiter": read.delimiter,
        "header_row": read.header_row,
        "phone_column": checked.phone_column,
        "columns": list(checked.columns),
    }
    return checked, facts


def opted_out(store: Store) -> np.ndarray[Any, np.dtype[np.int64]]:
    """The opted-out numbers, sorted."""
    with store.reading() as session:
        return np.sort(np.fromiter(session.scalars(sa.select(col(OptOut.phone))), dtype=np.int64))


def load(store: Store, list_id: int, columns: list[str] | None = None) -> pa.Table:
    """Every row of a ready list: row, value, phone (null when refused), outcome, other (of a duplicate, the row that
    counts, else 0), and the file's columns as `field:NAME`."""
    with store.reading() as session:
        blocks = session.scalars(
            sa.select(col(ListBlock.data)).where(col(ListBlock.list_id) == list_id).order_by(col(ListBlock.number))
        )
        tables = []
        for data in blocks:
            with pa.ipc.open_stream(data) as reader:
                table = reader.read_all()
            tables.append(table.select(columns) if columns else table)
    if not tables:
        raise Refused("list-not-ready", _("List {id} is not ready.").format(id=list_id))
    return pa.concat_tables(tables)


def checked(store: Store, list_id: int) -> CheckedList:
    """A ready list as its check left it."""
    kept, table = get(store, list_id), load(store, list_id).combine_chunks()
    fields = [name for name in table.column_names if name.startswith(FIELD)]
    return CheckedList(
        rows=table.select(["row", "value", "phone", "outcome"]),
        fields=pa.table({name.removeprefix(FIELD): table[name] for name in fields}),
        phone_column=kept.facts["phone_column"],
        columns=kept.facts["columns"],
        counts=kept.counts,
        other_rows=table["other"].to_numpy(),
        header_row=kept.facts["header_row"],
    )


def accepted(store: Store, list_id: int) -> pa.Table:
    """The recipients of a list in the order of the file: row, phone and the file's own columns by their names."""
    return checked(store, list_id).accepted()


def get(store: Store, list_id: int) -> RecipientList:
    """The list's row. Raises `Refused` ("no-such-list")."""
    with store.reading() as session:
        return _get(session, list_id)


def all_lists(store: Store) -> list[RecipientList]:
    """The kept lists, newest first."""
    with store.reading() as session:
        return list(session.exec(select(RecipientList).order_by(col(RecipientList.id).desc())))


def rows_of(store: Store, list_id: int, outcomes: Iterable[str], *, offset: int = 0, limit: int = 100) -> pa.Table:
    """Rows with one of these outcomes, as the check step pages through them: row, value, phone, outcome, other."""
    table = load(store, list_id, list(ROW_COLUMNS))
    chosen = table.filter(pc.is_in(table["outcome"], value_set=pa.array(list(outcomes), pa.string())))
    return chosen.slice(offset, limit)


def add_opt_outs(store: Store, actor: Actor, phones: Iterable[int], source: str, reason: str) -> int:
    """Add numbers that nothing is sent to; returns how many were new. Running campaigns heed them at the next chunk."""
    actor.must(May.LISTS)
    wanted = sorted(set(phones))
    with store.writing() as session:
        now = now_ms(session)
        known: set[int] = set()
        for start in range(0, len(wanted), 500):
            known |= set(
                session.scalars(sa.select(col(OptOut.phone)).where(col(OptOut.phone).in_(wanted[start : start + 500])))
            )
        new = [p for p in wanted if p not in known]
        rows = [
            {"phone": p, "source": source, "reason": reason, "created_at": now, "created_by": actor.name} for p in new
        ]
        if rows:
            session.execute(sa.insert(OptOut), rows)
            audit.note(session, actor, "optout.add", "optouts", numbers=len(rows), source=source, reason=reason)
        return len(rows)


def remove_opt_out(store: Store, actor: Actor, phone: int, reason: str) -> None:
    """Let a number be sent to again, for a reason, which is audited.

    Raises `Refused` ("reason-missing", "not-opted-out")."""
    actor.must(May.LISTS)
    if not reason.strip():
        raise Refused("reason-missing", _("Say why this number may be sent to again."))
    with store.writing() as session:
        gone = session.execute(sa.delete(OptOut).where(col(OptOut.phone) == phone))
        if bulk.changed(gone) == 0:
            raise Refused("not-opted-out", _("{phone} is not on the opt-out list.").format(phone=phone))
        audit.note(session, actor, "optout.remove", f"phone:{phone}", reason=reason)


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


def _keep(session: Session, kept: RecipientList, checked: CheckedList, facts: dict[str, Any]) -> None:
    table = checked.rows.append_column("other", pa.array(checked.other_rows, pa.int32()))
    for name in checked.fields.column_names:
        table = table.append_column(FIELD + name, checked.fields[name])
    session.execute(sa.delete(ListBlock).where(col(ListBlock.list_id) == kept.id))
    for number, start in enumerate(range(0, max(table.num_rows, 1), BLOCK_ROWS)):
        block = table.slice(start, BLOCK_ROWS)
        session.execute(
            sa.insert(ListBlock).values(list_id=kept.id, number=number, rows=block.num_rows, data=_stream(block))
        )
    kept.state, kept.facts, kept.counts, kept.ready_at = "ready", facts, dict(checked.counts), now_ms(session)
    session.add(kept)


def _stream(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression="lz4")) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def _parts(store: Store, list_id: int) -> Iterator[bytes]:
    with store.reading() as session:
        numbers = list(
            session.scalars(
                sa.select(col(ListFile.number)).where(col(ListFile.list_id) == list_id).order_by(col(ListFile.number))
            )
        )
    for number in numbers:
        with store.reading() as session:
            yield (
                session.scalar(
                    sa.select(col(ListFile.data)).where(
                        col(ListFile.list_id) == list_id, col(ListFile.number) == number
                    )
                )
                or b""
            )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _get(session: Session, list_id: int) -> RecipientList:
    found = session.get(RecipientList, list_id)
    if found is None:
        raise Refused("no-such-list", _("There is no list {id}.").format(id=list_id))
    return found
