"""Every read of the core that returns phones, texts or files, as an analyst: no whole number, and no search that
betrays one."""

import importlib
import inspect
import json
import pkgutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import sqlalchemy as sa
from sqlmodel import col

import getsms_core
from getsms_core import exports, reports
from getsms_core.audit import log as audit_log
from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import Actor, Permission, Role
from getsms_core.campaigns import audience, draft_preview
from getsms_core.campaigns import service as campaigns
from getsms_core.contacts import lists, preview, suppression
from getsms_core.db.engine import Store
from getsms_core.db.models import Attempt, Chunk, Message
from getsms_core.phone import RANGES
from getsms_core.reports import Filter, listings
from tests.conftest import ROOT, SettingsFactory
from tests.engine_support import AZIZA, Engine, checked_list, messages_of, receipt, running, settings_for, statuses
from tests.factories import NOW

ANALYST = Actor("Ann", Role.ANALYST)
PHONES = [998901234567, 998935556677, 998977771122, 998991239988]
NOTATIONS = ("{whole}", "+998 {code} {a} {b} {c}", "{code}.{a}.{b}.{c}", "({code}) {a}-{b}-{c}")
COLUMNS = [*exports.COLUMNS, *exports.MORE_COLUMNS]


def written(phone: int, notation: str) -> str:
    local = str(phone)[3:]
    return notation.format(whole=phone, code=local[:2], a=local[2:5], b=local[5:7], c=local[7:])


@pytest.fixture
def campaign_id(store: Store) -> int:
    """A campaign to four numbers, which its texts, reasons, receipts and chunks quote in four notations."""
    campaign_id = running(store, numbers=PHONES, chunk_size=1)
    engine = Engine(store)
    engine.send(want=3)
    engine.now += 10_000
    messages = messages_of(store, campaign_id)
    for due in engine.due():
        if due.request_id == messages[0].request_id:
            quoted = written(messages[0].phone, NOTATIONS[2])
            engine.apply_answers(([due], statuses(receipt(messages[0], description=f"to {quoted}"))))
    with store.writing() as session:
        for message, notation in zip(messages, NOTATIONS, strict=True):
            quoted = written(message.phone, notation)
            values: dict[str, Any] = {"text": f"Raqam {quoted} sizniki", "status_word": f"sent to {quoted}"}
            if message is not messages[0]:
                values |= {"state": "uncertain" if message is messages[2] else "rejected", "reason": f"{quoted} is bad"}
            session.execute(sa.update(Message).where(col(Message.id) == message.id).values(**values))
        session.execute(sa.update(Attempt).values(detail=f"not understood: {PHONES[3]}", ended_at=NOW))
        session.execute(sa.update(Chunk).values(detail=written(PHONES[3], NOTATIONS[1])))
    suppression.add(store, AZIZA, PHONES[:1], "call", "asked")
    suppression.remove(store, AZIZA, PHONES[0], f"{PHONES[0]} asked again")
    with store.writing() as session:
        audit_log.note(session, AZIZA, "list.add", "list:1", numbers=[PHONES[1]], said={"to": f"+{PHONES[2]}"})
    return campaign_id


def draft(store: Store) -> int:
    quoted = [written(phone, notation) for phone, notation in zip(PHONES, NOTATIONS, strict=True)]
    list_id = checked_list(store, PHONES, Raqam=quoted)
    return campaigns.create(store, AZIZA, settings_for(), campaigns.Draft("A", "Siz: {Raqam}", list_id))


def file_of(store: Store, actor: Actor, kind: str, campaign_id: int, folder: Path) -> str:
    path = folder / f"{actor.name}.{kind}"
    exports.write(store, actor, campaign_id, kind, path, COLUMNS, zone=settings_for().zone)
    if kind == "xlsx":
        sheets = openpyxl.load_workbook(path).worksheets
        return str([row for sheet in sheets for row in sheet.iter_rows(values_only=True)])
    if kind == "parquet":
        import pyarrow.parquet as pq

        return str(pq.read_table(path).to_pylist())
    return path.read_text(encoding="utf-8-sig")


def stored_file(store: Store, actor: Actor, campaign_id: int, folder: Path, settings: SettingsFactory) -> str:
    export_id = exports.enqueue(store, actor, settings(), campaign_id, "json", columns=COLUMNS)
    exports.make(store, export_id, settings())
    with exports.open_file(store, actor, export_id) as file:
        return file.read().decode()


def file_of_somebody_else(store: Store, actor: Actor, campaign_id: int, folder: Path, settings: SettingsFactory) -> str:
    export_id = exports.enqueue(store, AZIZA, settings(), campaign_id, "json", columns=COLUMNS)
    exports.make(store, export_id, settings())
    with exports.open_file(store, actor, export_id) as file:
        return file.read().decode()


def message_previews(store: Store, actor: Actor, campaign_id: int) -> str:
    campaign = campaigns.get(store, draft(store))
    recipients = audience.recipients(store, campaign)
    prices = (100,) * len(RANGES)
    return str([draft_preview.message(actor, campaign, recipients, at, prices) for at in range(recipients.num_rows)])


def audit_entries(store: Store, actor: Actor) -> str:
    return json.dumps([(entry.subject, entry.detail) for entry in listings.audit(store, actor)])


class Auditor(Actor):
    """Somebody who reads the audit log and may not see phones: a role of tomorrow."""

    def may(self, permission: Permission) -> bool:
        return permission is not Permission.SEE_PHONES


Read = Callable[..., str]
READS: dict[str, Read] = {
    "messages_page": lambda store, actor, campaign_id: str(reports.messages_page(store, actor, campaign_id)),
    "uncertain_page": lambda store, actor, campaign_id: str(reports.uncertain_page(store, actor, campaign_id)),
    "message": lambda store, actor, campaign_id: str(
        [reports.message(store, actor, message.id) for message in messages_of(store, campaign_id)]
    ),
    "receipts_of": lambda store, actor, campaign_id: str(
        [reports.receipts_of(store, actor, message.id) for message in messages_of(store, campaign_id)]
    ),
    "chunk_log": lambda store, actor, campaign_id: str(reports.chunk_log(store, actor, campaign_id)),
    "draft_preview.message": message_previews,
}
REFUSED_TO_ANALYSTS: dict[str, Read] = {
    "audit": lambda store, actor, campaign_id: audit_entries(store, actor),
    "opt_outs": lambda store, actor, campaign_id: str(listings.opt_outs(store, actor)),
    "newest_opt_outs": lambda store, actor, campaign_id: str(listings.newest_opt_outs(store, actor)),
    "export_table": lambda store, actor, campaign_id: str(suppression.export_table(store, actor)),
    "lists.read": lambda store, actor, campaign_id: str(
        lists.read(store, actor, campaigns.get(store, campaign_id).list_id or 0).rows
    ),
    "preview": lambda store, actor, campaign_id: str(
        preview.preview(store, actor, campaigns.get(store, campaign_id).list_id or 0, lists.Options())
    ),
}
FORMATS = ("csv", "json", "xlsx", "parquet")


def whole_numbers_in(shown: str) -> Iterator[str]:
    for phone in PHONES:
        for notation in NOTATIONS:
            if (quoted := written(phone, notation)) in shown:
                yield quoted
        if str(phone)[3:] in shown:
            yield str(phone)[3:]


@pytest.mark.parametrize("name", sorted(READS))
def test_a_read_shows_whole_numbers_to_those_who_may_see_them_alone(store: Store, campaign_id: int, name: str) -> None:
    assert list(whole_numbers_in(READS[name](store, AZIZA, campaign_id)))
    shown = READS[name](store, ANALYST, campaign_id)
    assert not list(whole_numbers_in(shown))
    assert "*****" in shown


@pytest.mark.parametrize("name", sorted(REFUSED_TO_ANALYSTS))
def test_what_cannot_be_masked_is_refused(store: Store, campaign_id: int, name: str) -> None:
    REFUSED_TO_ANALYSTS[name](store, AZIZA, campaign_id)
    with pytest.raises(DomainError) as refused:
        REFUSED_TO_ANALYSTS[name](store, ANALYST, campaign_id)
    assert refused.value.code == "not-allowed"


def test_the_audit_log_is_masked_for_a_reader_who_may_not_see_numbers(store: Store, campaign_id: int) -> None:
    assert list(whole_numbers_in(audit_entries(store, AZIZA)))
    shown = audit_entries(store, Auditor("Eve", Role.ANALYST))
    assert not list(whole_numbers_in(shown))
    assert "phone:99890*****67" in shown


@pytest.mark.parametrize("kind", FORMATS)
def test_a_file_holds_whole_numbers_for_those_who_may_see_them_alone(
    store: Store, campaign_id: int, kind: str, tmp_path: Path
) -> None:
    assert list(whole_numbers_in(file_of(store, AZIZA, kind, campaign_id, tmp_path)))
    masked = file_of(store, ANALYST, kind, campaign_id, tmp_path)
    assert not list(whole_numbers_in(masked))
    assert "*****" in masked


def test_a_stored_file_is_masked_for_those_who_asked_for_it_and_closed_to_those_who_may_not_read_it(
    store: Store, campaign_id: int, tmp_path: Path, settings: SettingsFactory
) -> None:
    assert not list(whole_numbers_in(stored_file(store, ANALYST, campaign_id, tmp_path, settings)))
    assert list(whole_numbers_in(file_of_somebody_else(store, AZIZA, campaign_id, tmp_path, settings)))
    with pytest.raises(DomainError) as refused:
        file_of_somebody_else(store, ANALYST, campaign_id, tmp_path, settings)
    assert refused.value.code == "not-allowed"


def test_the_report_for_the_board_names_no_number(store: Store, campaign_id: int, tmp_path: Path) -> None:
    import pypdfium2

    path = tmp_path / "board.pdf"
    question = Filter(campaigns=(campaign_id,))
    exports.report(store, ANALYST, question, "pdf", path, zone=settings_for().zone)
    with pypdfium2.PdfDocument(path) as document:
        text = "\n".join(page.get_textpage().get_text_bounded() for page in document)
    assert text
    assert not list(whole_numbers_in(text))


def test_a_masked_search_finds_whole_numbers_and_words_but_no_digit_of_a_number(store: Store, campaign_id: int) -> None:
    def found(search: str, actor: Actor = ANALYST) -> int:
        return len(reports.messages_page(store, actor, campaign_id, search=search))

    for phone in PHONES:
        local = str(phone)[3:]
        assert found(str(phone)) == found(local) == found(f"{local[:2]} {local[2:5]} {local[5:7]} {local[7:]}") == 1
    assert found("raqam") == found("SIZNIKI") == 4
    assert found("sizniki", AZIZA) == 4
    for part in ("1234", "123.45", "12345", "90123456", "345", "55-66", "777 11", "n 99890123", "8901234567", "2345"):
        assert found(part) == 0, part
    assert found("12345", AZIZA) == 1


def test_a_masked_search_fills_its_pages(store: Store) -> None:
    """Rows whose text holds the digits of a number only are passed over, and the page goes on behind them."""
    campaign_id = running(store, numbers=PHONES, chunk_size=1)
    with store.writing() as session:
        for message in messages_of(store, campaign_id):
            last = message.phone == PHONES[-1]
            text = "Kod 1234" if last else f"{message.phone} 1234567"
            session.execute(sa.update(Message).where(col(Message.id) == message.id).values(text=text))
    page = reports.messages_page(store, ANALYST, campaign_id, search="Kod 1234", limit=1)
    assert [row.text for row in page] == ["Kod 1234"]


def test_characters_that_no_database_takes_are_ignored_in_a_search(store: Store, campaign_id: int) -> None:
    assert len(reports.messages_page(store, ANALYST, campaign_id, search="ra\x00qam\ud800")) == 4
    assert len(listings.campaigns(store, search="Sa\x00le", tests=True)) >= 1
    assert listings.opt_outs(store, AZIZA, search="\x00zz") == []
    assert listings.audit(store, AZIZA, subject="\x00none") == []


# -------------------------------------------------------------------------------------------- nothing is forgotten

CARRIERS = ("MessageRow", "ReceiptRow", "ChunkRow", "OptOut", "Audit", "Preview", "PreviewMessage", "BinaryIO",
            "Written", "CheckedList", "pa.Table", "NumberHistory", "NumberMessage", "NumberOptOut")  # fmt: skip
"""The return types that carry phones, texts or files."""
INTERNAL = {
    "contacts.storage", "contacts.validation", "contacts.set_algebra", "contacts.blocks", "contacts.selection",
    "campaigns.audience", "exports.board_pdf", "exports.query", "exports.columns", "exports.xlsx", "exports.writers",
}  # fmt: skip
"""What the engine itself and the reads above are made of; pages and commands call none of it for a user."""
ENGINE = {"contacts.lists.check_file", "campaigns.test_send.row_values", "reports.message_log.message_row"}


def public_functions() -> Iterator[tuple[str, Any]]:
    for package in ("reports", "exports", "contacts", "campaigns", "scheduled", "audit"):
        folder = Path(getsms_core.__file__).parent / package
        for module_info in pkgutil.iter_modules([str(folder)]):
            module = importlib.import_module(f"getsms_core.{package}.{module_info.name}")
            for name, function in inspect.getmembers(module, inspect.isfunction):
                if function.__module__ == module.__name__ and not name.startswith("_"):
                    yield f"{package}.{module_info.name}.{name}", function


def test_every_function_that_returns_them_takes_the_reader() -> None:
    carrying = {
        name: inspect.signature(function)
        for name, function in public_functions()
        if any(carrier in str(inspect.signature(function).return_annotation) for carrier in CARRIERS)
        and name.rpartition(".")[0] not in INTERNAL
        and name not in ENGINE
    }
    assert len(carrying) >= 12
    assert not [name for name, signature in carrying.items() if "actor" not in signature.parameters]


def test_pages_and_commands_do_not_mask_and_read_no_list_past_the_reader() -> None:
    for folder in ("pages", "getsms_core/cli"):
        for path in (ROOT / folder).rglob("*.py"):
            source = path.read_text()
            assert "base.masking" not in source, path
            assert "mask_phone" not in source, path
            reads_of_drafts = ("wizard_draft.py", "create.py", "change.py", "first_start.py")
            if path.name not in (*reads_of_drafts, "lists_operations.py", "check.py"):
                assert "lists.checked(" not in source, path
                assert "contacts.storage" not in source, path
