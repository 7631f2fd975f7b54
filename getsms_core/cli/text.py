"""`getsms text`: the SMS parts of a text, and what replacements save."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from getsms_core.base.i18n import _, ngettext
from getsms_core.cli.framework import answer, json_option, put, settings_in_force

_BLOCK = 1 << 18


@click.command("text")
@click.argument("text")
@json_option
def text_command(text: str, as_json: bool) -> int | None:
    """Count the SMS parts of TEXT and name the characters that make it expensive.

    With - as TEXT: reads one JSON string per line from stdin and writes one JSON object per line to stdout as lines
    arrive; a line that is not a JSON string is answered by an object with "error" and "message", and the exit code
    is 1."""
    if Path(".env").exists() or any(name.upper().startswith("GETSMS_") for name in os.environ):
        settings_in_force()  # no setting is used here, but every command rejects a misspelt one
    if text == "-":
        return _lines()
    from getsms_core.messages import gsm7_replacements

    report = gsm7_replacements.report(text)
    answer(as_json, report, _for_people(report, text))
    return None


def _for_people(report: dict[str, Any], text: str) -> Iterator[str]:
    from getsms_core.messages import lint

    parts = report["parts"]
    sentence = ngettext(
        "{parts} SMS part ({encoding}, {units} units)", "{parts} SMS parts ({encoding}, {units} units)", parts
    )
    yield sentence.format(parts=parts, encoding=report["encoding"], units=report["units"])
    if report["expensive"]:
        shown = " ".join(repr(char)[1:-1] if not char.isprintable() else char for char in report["expensive"])
        yield _("Expensive characters: {characters}").format(characters=shown)
    if report["mended_parts"] < parts or (report["mended"] and report["expensive"]):
        mended = report["mended_parts"]
        yield ngettext(
            "With replacements, {parts} part: {text}", "With replacements, {parts} parts: {text}", mended
        ).format(parts=mended, text=report["mended"])
    for remark in lint.foreign_merge_fields(text):
        yield remark.message


def _lines() -> int:
    """Answer all lines that have arrived so far: fast in bulk, and immediate for a caller that waits for each
    answer."""
    bad = 0
    for lines in _arriving():
        answers, wrong = _reports(lines)
        bad += wrong
        put(b"".join(answers))
    if bad:
        sentence = ngettext("{n} line is not a JSON string.", "{n} lines are not JSON strings.", bad)
        click.echo(sentence.format(n=bad), err=True)
    return 1 if bad else 0


def _arriving() -> Iterator[list[bytes]]:
    stream = sys.stdin.buffer
    try:
        number = stream.fileno()
    except (OSError, AttributeError):
        number = -1
    unfinished_line = b""
    while True:
        block = os.read(number, _BLOCK) if number >= 0 else stream.read(_BLOCK)
        if not block:
            break
        *lines, unfinished_line = (unfinished_line + block).split(b"\n")
        yield lines
    yield [unfinished_line]


def _reports(lines: list[bytes]) -> tuple[list[bytes], int]:
    import json

    import orjson

    from getsms_core.messages import gsm7_replacements

    answers, wrong = [], 0
    for line in lines:
        if not line or line.isspace():
            continue
        try:
            text = orjson.loads(line)
        except ValueError:
            try:
                text = json.loads(line)  # accepts "\ud83d", a lone surrogate, which orjson does not
            except (ValueError, RecursionError):
                text = None
        if not isinstance(text, str):
            wrong += 1
            message = _('This line is not a JSON string. Write each text in double quotes, for example "Salom".')
            answers.append(orjson.dumps({"error": "not-a-json-string", "message": message}) + b"\n")
            continue
        report = gsm7_replacements.report(text)
        try:
            answers.append(orjson.dumps(report, option=orjson.OPT_APPEND_NEWLINE))
        except TypeError:
            answers.append(json.dumps(report).encode() + b"\n")
    return answers, wrong
