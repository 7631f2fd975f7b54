"""The uncertain messages of a campaign as a file that the gateway's support can answer, and its answer.

The gateway has no call that says what became of a lost request; its support can look. The file names number, time
window, our address and parts, and no text. The answer is any spreadsheet with a number and "sent" or "not sent"."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pyarrow as pa
import sqlalchemy as sa
from sqlmodel import col

from getsms_core import phone, spreadsheet
from getsms_core.base.errors import DomainError, NotFound
from getsms_core.base.i18n import LANGUAGES, N_, _, using_language
from getsms_core.base.permissions import Actor, Permission
from getsms_core.base.settings import Settings
from getsms_core.campaigns.build import get_campaign
from getsms_core.db.engine import Store
from getsms_core.db.models import MESSAGE_UNCERTAIN, Attempt, Chunk, Message
from getsms_core.delivery import Resolution, resolve
from getsms_core.spreadsheet import csv_writer, xlsx_writer
from getsms_core.spreadsheet.phone_column import guess_phone_column

COLUMNS = (N_("Number"), N_("Sent after"), N_("Sent before"), N_("Our IP address"), N_("Parts"), N_("Sent or not sent"))
"""The columns of the file; support fills the last one."""
UNKNOWN, UNREADABLE, UNDECIDED, CONTRADICTORY = "unknown-number", "bad-number", "no-verdict", "two-verdicts"
EARLIER = "earlier-attempt"
PROBLEMS: Mapping[str, str] = {
    UNKNOWN: N_("The number has no uncertain message in this campaign."),
    UNREADABLE: N_("The row holds no phone number."),
    UNDECIDED: N_("The row says neither “sent” nor “not sent”."),
    CONTRADICTORY: N_("The file says both “sent” and “not sent” of this number."),
    EARLIER: N_("The row is about an earlier attempt. The message was sent again since then."),
}
_SENT = frozenset({
    "sent", "yes", "y", "1", "true", "+", "delivered", "accepted", "ha", "yuborilgan", "yuborildi", "jonatilgan",
    "yetkazilgan", "да", "отправлено", "отправлена", "доставлено", "ҳа", "юборилган", "юборилди",
})  # fmt: skip
_NOT_SENT = frozenset({
    "not sent", "notsent", "unsent", "no", "n", "0", "false", "-", "not found", "yoq", "yuborilmagan", "yuborilmadi",
    "jonatilmagan", "нет", "не отправлено", "не отправлена", "не найдено", "йўқ", "юборилмаган", "юборилмади",
})  # fmt: skip
_APOSTROPHES = str.maketrans("", "", "'ʻʼ‘’`´")


class Problem(NamedTuple):
    """A row of the answer that decides nothing: its number in the file, and the code of `PROBLEMS`."""

    row: int
    code: str

    @property
    def message(self) -> str:
        """The reason in the user's language."""
        return _(PROBLEMS[self.code])


@dataclass(frozen=True)
class SupportAnswer:
    """What an answer says of a campaign's uncertain messages: ids of messages, rows that decide nothing, and how many
    uncertain messages it does not name. `left_at` is when each uncertain message was last sent (UTC ms), by id."""

    campaign_id: int
    sent: tuple[int, ...]
    not_sent: tuple[int, ...]
    problems: tuple[Problem, ...]
    unanswered: int
    left_at: Mapping[int, int | None]


class _Uncertain(NamedTuple):
    """An uncertain message, and when it was last sent (UTC ms)."""

    id: int
    left_at: int | None


class _Row(NamedTuple):
    """A row of the answer: its number in the file, the phone number (0: none), whether it was sent, and the time of
    the attempt (UTC s) where the row names it."""

    row: int
    number: int
    verdict: bool | None
    left_at_s: int | None


def request_table(store: Store, actor: Actor, campaign_id: int, settings: Settings, address: str = "") -> pa.Table:
    """Return the uncertain messages for the gateway's support, all cells as text; `address` is our IP address as the
    gateway knows it. Times are of the settings' zone and name it.

    Raises `DomainError`: "not-allowed", "no-such-campaign", "nothing-uncertain"."""
    actor.must(Permission.CAMPAIGN)
    actor.must(Permission.SEE_PHONES)
    last_attempt = sa.and_(col(Attempt.chunk_id) == col(Chunk.id), col(Attempt.number) == col(Chunk.attempts))
    query = (
        sa.select(
            col(Message.phone), col(Message.left_at), col(Message.parts), sa.func.max(col(Attempt.ended_at))
        )
        .join(Chunk, col(Chunk.id) == col(Message.chunk_id))
        .join(Attempt, last_attempt, isouter=True)
        .where(col(Message.campaign_id) == campaign_id, MESSAGE_UNCERTAIN)
        .group_by(col(Message.id), col(Message.phone), col(Message.left_at), col(Message.parts))
        .order_by(col(Message.id))
    )  # fmt: skip
    with store.reading() as session:
        get_campaign(session, campaign_id, lock=False)
        rows = session.execute(query).all()
    if not rows:
        raise DomainError.of("nothing-uncertain", id=campaign_id)
    zone = settings.zone
    cells = [
        (str(number), _instant(left_at, zone), _instant(ended_at, zone), address, str(parts), "")
        for number, left_at, parts, ended_at in rows
    ]
    return pa.table(
        [pa.array(column, pa.string()) for column in zip(*cells, strict=True)], [_(name) for name in COLUMNS]
    )


def request_file(table: pa.Table, kind: str) -> bytes:
    """Return the file of `request_table`: "xlsx" or "csv"."""
    return csv_writer.text_file(table) if kind == "csv" else xlsx_writer.text_file(table)


def _instant(at: int | None, zone: ZoneInfo) -> str:
    return "" if at is None else datetime.fromtimestamp(at / 1000, zone).isoformat(" ", "seconds")


def read_answer(
    store: Store,
    actor: Actor,
    campaign_id: int,
    path: Path,
    *,
    phone_column: str | None = None,
    answer_column: str | None = None,
    **reading: Any,
) -> SupportAnswer:
    """Read the answer of the gateway's support and compare it with the campaign's uncertain messages; changes nothing.
    `reading` are options of `spreadsheet.read`.

    Raises `DomainError`: "not-allowed", "no-such-campaign", "no-such-column", "no-phone-column", "no-answer-column",
    and those of `spreadsheet.read`."""
    actor.must(Permission.CAMPAIGN)
    sheet = spreadsheet.read(path, **reading)
    cells = sheet.cells
    numbers_in = _column(cells, phone_column) or guess_phone_column(cells)
    if numbers_in is None:
        raise DomainError.of("no-phone-column", columns=", ".join(cells.column_names))
    answers_in = _answer_column(cells, numbers_in, answer_column)
    rows = [
        _Row(row, number, _verdict(answer), _seconds(sent_after))
        for row, number, answer, sent_after in zip(
            sheet.first_row_numbers.tolist(),
            phone.check_column(cells[numbers_in].combine_chunks()).numbers.tolist(),
            cells[answers_in].to_pylist(),
            _sent_after(cells),
            strict=True,
        )
    ]
    query = sa.select(col(Message.phone), col(Message.id), col(Message.left_at))
    with store.reading() as session:
        get_campaign(session, campaign_id, lock=False)
        of_campaign = session.execute(query.where(col(Message.campaign_id) == campaign_id, MESSAGE_UNCERTAIN))
        uncertain = {number: _Uncertain(message_id, left_at) for number, message_id, left_at in of_campaign}
    return _decide(campaign_id, rows, uncertain)


def _decide(campaign_id: int, rows: Sequence[_Row], uncertain: Mapping[int, _Uncertain]) -> SupportAnswer:
    problems: list[Problem] = []
    verdicts_by_number: dict[int, set[bool]] = {}
    for row in rows:
        if not row.number:
            problems.append(Problem(row.row, UNREADABLE))
        elif row.number not in uncertain:
            problems.append(Problem(row.row, UNKNOWN))
        elif _is_of_earlier_attempt(row, uncertain[row.number]):
            problems.append(Problem(row.row, EARLIER))
        elif row.verdict is None:
            problems.append(Problem(row.row, UNDECIDED))
        else:
            verdicts_by_number.setdefault(row.number, set()).add(row.verdict)
    contradicted = {number for number, verdicts_of_it in verdicts_by_number.items() if len(verdicts_of_it) == 2}
    named = {problem.row for problem in problems}
    problems += [Problem(row.row, CONTRADICTORY) for row in rows if row.number in contradicted and row.row not in named]
    sent, not_sent = (
        tuple(sorted(uncertain[number].id for number, verdicts in verdicts_by_number.items() if verdicts == {was_sent}))
        for was_sent in (True, False)
    )
    left = len(uncertain) - len(sent) - len(not_sent)
    return SupportAnswer(campaign_id, sent, not_sent, tuple(sorted(problems)), left,
                         dict(uncertain.values()))  # fmt: skip


def _is_of_earlier_attempt(row: _Row, message: _Uncertain) -> bool:
    """Whether a row decides on an attempt before the one that is uncertain now: our file was made before a user had the
    message sent again. What it says of that attempt says nothing of this one."""
    return row.left_at_s is not None and message.left_at is not None and row.left_at_s != message.left_at // 1000


def _sent_after(cells: pa.Table) -> list[str | None]:
    """Return our own column “Sent after”, in whichever language our file was made; None for each row without it."""
    headers = set()
    for language in LANGUAGES:
        with using_language(language):
            headers.add(_(COLUMNS[1]).casefold())
    for name in cells.column_names:
        if name.strip().casefold() in headers:
            return list(cells[name].to_pylist())
    return [None] * cells.num_rows


def _seconds(cell: str | None) -> int | None:
    """Return an instant as `_instant` writes it, UTC seconds; None for anything else."""
    try:
        at = datetime.fromisoformat((cell or "").strip())
    except ValueError:
        return None
    return int(at.timestamp()) if at.tzinfo is not None else None


def apply_answer(
    store: Store, actor: Actor, answer: SupportAnswer, unsent: Resolution, settings: Settings | None = None
) -> int:
    """Resolve the messages that an answer decides: those that were sent count as sent; `unsent` says what becomes of
    the others, NOT_SENT or AGAIN. Returns how many were resolved; what somebody has resolved meanwhile stays as it is,
    also if it was sent again and is uncertain again.

    Raises `DomainError` as `resolve` does."""
    resolved = 0
    for how, message_ids in ((unsent, answer.not_sent), (Resolution.SENT, answer.sent)):
        if message_ids:
            resolved += resolve(
                store, actor, answer.campaign_id, how, message_ids=message_ids, settings=settings,
                left_at=answer.left_at,
            )  # fmt: skip
    return resolved


def _column(cells: pa.Table, name: str | None) -> str | None:
    """Return the column that a name means, None for None. Raises `DomainError` ("no-such-column")."""
    if name is None:
        return None
    for column in cells.column_names:
        if column.strip().casefold() == name.strip().casefold():
            return str(column)
    raise NotFound.of("no-such-column", column=name, columns=", ".join(cells.column_names))


def _answer_column(cells: pa.Table, numbers_in: str, name: str | None) -> str:
    """Return the column that says what was sent: the named one, else the one with the most verdicts."""
    chosen = _column(cells, name)
    if chosen is not None:
        return chosen
    others = [column for column in cells.column_names if column != numbers_in]
    counts = {column: sum(_verdict(cell) is not None for cell in cells[column].to_pylist()) for column in others}
    words = {column: _has_words(cells[column].to_pylist()) for column in others}  # "1" may be a count of parts
    best = max(others, key=lambda column: (words[column], counts[column]), default="")
    if not best or not counts[best]:
        raise DomainError.of("no-answer-column", columns=", ".join(cells.column_names))
    return best


def _verdict(cell: str | None) -> bool | None:
    """Return whether a cell says "sent" or "not sent"; None for anything else."""
    words = " ".join((cell or "").casefold().translate(_APOSTROPHES).replace("-", " ").split()) or (cell or "").strip()
    return True if words in _SENT else False if words in _NOT_SENT else None


def _has_words(cells: Sequence[str | None]) -> bool:
    return any(_verdict(cell) is not None and not (cell or "").strip().isdecimal() for cell in cells)
