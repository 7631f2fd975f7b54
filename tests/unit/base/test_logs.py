"""A line an event, as text or JSON; never a phone, and of an exception never its words."""

import ast
import json
import logging
import re
from zoneinfo import ZoneInfo

import pytest

from getsms_core.base import logs
from tests.conftest import ROOT

TASHKENT = ZoneInfo("Asia/Tashkent")
WRITERS = ("logs.write", "log_after_commit")


def events_in_the_source() -> set[str]:
    """The event of each call that writes one."""
    names = set()
    for file in [ROOT / "app.py", *(ROOT / "pages").rglob("*.py"), *(ROOT / "getsms_core").rglob("*.py")]:
        source = file.read_text("utf-8")
        for node in ast.walk(ast.parse(source)) if any(f"{writer}(" in source for writer in WRITERS) else ():
            if isinstance(node, ast.Call) and ast.unparse(node.func) in WRITERS:
                position = 2 if ast.unparse(node.func) == "logs.write" else 3
                if isinstance(event := node.args[position], ast.Constant):
                    names.add(str(event.value))
    return names


def line(record: logging.LogRecord, form: logs.LogFormat) -> str:
    return logs.formatter(TASHKENT, form).format(record)


@pytest.fixture
def record(caplog: pytest.LogCaptureFixture) -> logging.LogRecord:
    log = logging.getLogger("getsms.test")
    log.setLevel(logging.INFO)
    try:
        raise ValueError("Salom, +998901234567")
    except ValueError as error:
        logs.write(log, logs.ERROR, "request.failed", campaign_id=7, note='a "b" +998 90 123-45-67', error=error)
    [record] = caplog.records
    record.created = 1_764_432_001.25
    return record


def test_every_event_is_in_the_table_and_is_written_somewhere() -> None:
    assert events_in_the_source() == set(logs.EVENTS) - {"library.message"}


def test_the_page_has_the_table() -> None:
    page = (ROOT / "docs" / "logs.md").read_text("utf-8")
    assert dict(re.findall(r"^\| `([a-z_.]+\.[a-z_]+)` \| (.+) \|$", page, re.MULTILINE)) == dict(logs.EVENTS)


def test_text_has_the_local_time_and_quotes_what_has_spaces(record: logging.LogRecord) -> None:
    text = line(record, "text")
    assert text.startswith("2025-11-29 21:00:01 error request.failed campaign_id=7 note=")
    assert "error=ValueError" in text
    assert "test_logs.py" in text
    assert "\n" not in text


def test_json_is_one_object_with_the_time_in_utc(record: logging.LogRecord) -> None:
    document = json.loads(line(record, "json"))
    assert [*document][:4] == ["at", "level", "event", "campaign_id"]
    assert (document["at"], document["level"]) == ("2025-11-29T16:00:01.250Z", "error")
    assert document["error"] == "ValueError"


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_number_and_no_words_of_an_exception_are_in_a_line(record: logging.LogRecord, form: logs.LogFormat) -> None:
    assert "123" not in line(record, form)
    assert "Salom" not in line(record, form)


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_message_of_a_library_is_a_line_too(caplog: pytest.LogCaptureFixture, form: logs.LogFormat) -> None:
    logging.getLogger("urllib3").warning("Retrying %s\nfor 998901234567", "POST")
    written = line(caplog.records[0], form)
    assert "library.message" in written
    assert "Retrying POST" in written
    assert "\n" not in written
    assert "998901234567" not in written


def test_nothing_is_formatted_below_the_level(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "getsms.quiet")
    logs.write(logging.getLogger("getsms.quiet"), logs.INFO, "chunk.claimed", campaign_id=1)
    assert caplog.records == []


def test_control_characters_do_not_reach_a_terminal(caplog: pytest.LogCaptureFixture) -> None:
    log = logging.getLogger("getsms.test")
    logs.write(log, logs.ERROR, "sign_in.failed", address="\x1b[2J\x9b1mpage.failed\u202e", user="Oʻktam Ўктам")
    text = line(caplog.records[-1], "text")
    assert text.isprintable()
    assert text.endswith(r'address="\u001b[2J\u009b1mpage.failed\u202e" user="Oʻktam Ўктам"')
