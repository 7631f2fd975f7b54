"""The command's outside: documented to the last flag, wrong usage answered, quick to start, never a traceback."""

import errno
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import pytest
from click.testing import CliRunner, Result

from getsms_core.base.i18n import _, using_language
from getsms_core.cli import cli
from getsms_core.cli.control import moment
from getsms_core.cli.framework import money, sentences, table
from tests.each_case import each_case
from tests.forks import run_forked
from tests.waits import child_process, read_line

ROOT = Path(__file__).resolve().parents[3]
DOC = (ROOT / "docs" / "cli.md").read_text("utf-8")
NOW = datetime(2026, 11, 22, 12, 30, tzinfo=ZoneInfo("Asia/Tashkent"))


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty folder, a database that is not there yet, and the language set back afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GETSMS_DATABASE_URL", f"sqlite:///{tmp_path / 'none.db'}")
    monkeypatch.setenv("GETSMS_FILES", str(tmp_path / "files"))
    with using_language("en"):
        yield


def run(*arguments: str, given: str | bytes | None = None) -> Result:
    """The command in this process."""
    return CliRunner().invoke(cli, arguments, input=given)


def commands(group: click.Group, before: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    """Every command of the tree by its full name."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None, name
        yield " ".join((*before, name)), command
        if isinstance(command, click.Group):
            yield from commands(command, (*before, name))


def section(name: str) -> str:
    """What the documentation says of one command, without those below it."""
    heading = re.search(rf"^#+ `getsms {name}`$", DOC, re.MULTILINE)
    assert heading, f"docs/cli.md has no heading for getsms {name}"
    document_text = DOC[heading.end() :]
    end = re.search(r"^#+ ", document_text, re.MULTILINE)
    return document_text[: end.start()] if end else document_text


# ------------------------------------------------------------------------------------------------- the documentation


def test_every_command_and_option_is_documented_and_nothing_else() -> None:
    reading = DOC[DOC.index("## How a list is read") : DOC.index("## `getsms check`")]
    names = []
    for name, command in commands(cli):
        names.append(name)
        written = section(name) + (reading if name == "check" else "")
        options = {
            option
            for parameter in command.params
            if isinstance(parameter, click.Option)
            for option in (*parameter.opts, *parameter.secondary_opts)
            if option.startswith("--")
        }
        sentences = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", written))
        assert sentences == options, f"getsms {name}: {sentences ^ options}"
    assert set(re.findall(r"^#+ `getsms ([^`]+)`$", DOC, re.MULTILINE)) == set(names)


def test_the_list_of_all_commands_comes_from_the_table_alone() -> None:
    shown = run("--help")
    assert shown.exit_code == 0
    for name, command in commands(cli):
        if " " not in name:
            assert f"  {name} " in shown.output
            assert command.help


@each_case("name", [name for name, _command in commands(cli)])
def test_every_command_explains_itself(name: str) -> None:
    shown = run(*name.split(), "--help")
    assert shown.exit_code == 0
    assert f"Usage: getsms {name}" in shown.output


# ------------------------------------------------------------------------------------------------------- wrong usage

WRONG = [
    ("no-such-command",),
    ("--no-such-option",),
    ("check",),
    ("check", "a.csv", "b.csv"),
    ("check", "a.csv", "--header-row", "-1"),
    ("check", "a.csv", "--keep", "both"),
    ("create", "a.csv", "--text", "x"),
    ("create", "a.csv", "--name", "x"),
    ("create", "--name", "x", "--text", "x"),
    ("create", "a.csv", "--list", "1", "--name", "x", "--text", "x"),
    ("create", "a.csv", "--name", "x", "--text", "x", "--text-file", "-"),
    ("text",),
    ("start",),
    ("start", "one"),
    ("start", "0"),
    ("start", "1", "--at", "soon"),
    ("start", "1", "--at", "25:00"),
    ("start", "1", "--at", "2026-13-01T09:00"),
    ("start", "1", "--at", "2026-12-01T09:00+99:00"),
    ("show", "99999999999999999999"),
    ("resolve", "1"),
    ("resolve", "1", "--as", "perhaps"),
    ("worker", "--wait", "-1"),
    ("export", "1", "--out", "x.csv"),
    ("export", "1", "--format", "pdf", "--out", "x.pdf"),
    ("export", "1", "--format", "csv"),
    ("export", "1", "--format", "csv", "--out", "x.csv", "--state", ""),
    ("export", "1", "--format", "csv", "--out", "x.csv", "--state", "failed", "--state", ","),
    ("export", "1", "--format", "csv", "--out", "x.csv", "--reason", " "),
    ("export", "1", "--format", "csv", "--out", "x.csv", "--columns", " , "),
    ("report", "--format", "csv", "--out", "x.csv", "--columns", ""),
    ("optout",),
    ("optout", "add"),
    ("optout", "remove", "901234567"),
    ("people", "add", "x", "--role", "king"),
    ("serve", "--port", "0"),
    ("sandbox", "--login", "x"),
    ("sandbox", "--latency", "nan"),
    ("sandbox", "--delivery-speed", "inf"),
]


@each_case("arguments", WRONG)
def test_wrong_usage_ends_with_2_and_stores_nothing(arguments: tuple[str, ...], tmp_path: Path) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Usage: getsms" in result.stderr
    assert not list(tmp_path.iterdir())


@each_case("arguments", [case for case in WRONG if case != ("optout",)])
def test_wrong_usage_is_told_in_the_persons_language(
    arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GETSMS_LANGUAGE", "ru")
    output = run(*arguments).stderr
    assert output.startswith("Использование: getsms")
    assert "Справка: 'getsms" in output
    assert re.search(r"^Ошибка: .*[А-я]{3}", output, re.MULTILINE)


@pytest.mark.parametrize("value", ["nan", "soon", ""])
def test_what_is_no_number_is_called_so(value: str) -> None:
    result = run("worker", "--drain", "--wait", value)
    assert result.exit_code == 2
    assert "is not a number" in result.stderr


def test_a_number_with_decimals_is_read_as_the_language_writes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for written, read in (("1,5", "1.5"), ("1.5", "1.5"), ("1 000", "1000.0"), ("1\u00a0000,50", "1000.5")):
        assert f"{read} is not in the range" in run("lists", "sample", "1", "--share", written).stderr
    assert "is not a number" in run("lists", "sample", "1", "--share", "0,1,2").stderr
    monkeypatch.setenv("GETSMS_LANGUAGE", "ru")
    assert "Напишите 1500 или 1,5" in run("lists", "sample", "1", "--share", "1,500").stderr


@pytest.mark.parametrize("day", ["2026-13-01", "1.12.2026", "soon", ""])
def test_a_day_that_cannot_be_read_is_answered_with_an_example(day: str) -> None:
    for command in (["report", "--format", "csv"], ["audit", "export"]):
        result = run(*command, "--out", "x.csv", "--from", day)
        assert result.exit_code == 2
        assert "is not a date. Write it as 2026-11-30." in result.stderr
        assert "%" not in result.stderr


def test_a_misspelt_command_is_answered_with_the_one_that_was_meant() -> None:
    assert "Did you mean 'templates'?" in run("template").stderr
    assert "Did you mean 'list'?" in run("prices", "lst").stderr
    assert "Did you mean" not in run("no-such-command").stderr


def test_wrong_usage_with_json_is_a_document_too() -> None:
    result = run("show", "one", "--json")
    assert result.exit_code == 2
    assert json.loads(result.stdout)["error"] == "usage"


@pytest.mark.parametrize("arguments", [("--version",), ("-h",)], ids=" ".join)
def test_what_needs_no_settings_works_with_wrong_ones(arguments: tuple[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GETSMS_CHUNK_SIZ", "7")
    assert run(*arguments).exit_code == 0


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("GETSMS_CHUNK_SIZ", "7", "unknown-setting"),
        ("GETSMS_CHUNK_SIZE", "101", "bad-setting"),
        ("GETSMS_LOGIN", "somebody", "password-missing"),
        ("GETSMS_DATABASE_URL", "nonsense", "database-address"),
        ("GETSMS_DATABASE_URL", "mysql://root@127.0.0.1/x", "database-address"),
    ],
)
@pytest.mark.parametrize(
    "arguments", [("check", "list.csv"), ("list",), ("create", "list.csv", "--name=x", "--text=x")]
)
def test_a_wrong_setting_is_named(
    name: str, value: str, code: str, arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "list.csv").write_text("phone\n998901234567\n")
    monkeypatch.setenv(name, value)
    result = run(*arguments, "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["error"] == code
    assert name in result.stderr


def test_a_setting_in_the_env_file_decides_the_language_of_its_own_refusal(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("GETSMS_LANGUAGE=uz\nGETSMS_RATE=fast\n")
    result = run("list", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["error"] == "bad-setting"


def test_a_name_that_is_too_long_for_a_file_is_refused_by_name() -> None:
    for arguments in (("check", "a" * 300), ("check", "x.csv", "--refused", "a" * 300 + ".csv")):
        result = run(*arguments, "--json")
        assert result.exit_code == 1
        assert json.loads(result.stdout)["error"] in ("cannot-read", "no-such-file")
        assert "unexpected" not in result.stderr.lower()


def test_a_folder_that_may_not_be_looked_into_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    stat = Path.stat

    def stat_outside(path: Path, **options: bool) -> os.stat_result:
        if path.parts[0] == "secret":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return stat(path, **options)

    monkeypatch.setattr(Path, "stat", stat_outside)
    result = run("check", "secret/list.csv", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["error"] == "cannot-read"
    assert "secret/list.csv cannot be read: permission denied" in result.stderr


def test_a_number_of_any_length_is_wrong_usage() -> None:
    for digits in ("9" * 19, "9" * 30, "9" * 5000, "-" + "9" * 5000):
        for command in (["show"], ["jobs", "retry"], ["create", "--name", "N", "--text", "T", "--list"]):
            result = run(*command, digits, "--json")
            assert result.exit_code == 2, (command, digits, result.output)
        result = run("start", "1", "--limit", digits, "--json")
        assert result.exit_code == 2
        assert json.loads(result.stdout)["error"] == "usage"


def test_what_nobody_foresaw_is_a_sentence_that_names_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def fails(_text: str) -> None:
        raise ZeroDivisionError("a secret of the inside")

    monkeypatch.setattr("getsms_core.messages.gsm7_replacements.report", fails)
    result = run("text", "x", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["error"] == "unforeseen"
    assert "Traceback" not in result.stderr
    file = next(tmp_path.glob("getsms-error-*.txt"))
    assert str(file) in result.stderr
    assert "a secret of the inside" in file.read_text()


# -------------------------------------------------------------------------------------------------------------- text


def test_text_answers_with_its_keys_in_order() -> None:
    result = run("text", "o‘zbek", "--json")
    assert list(json.loads(result.stdout)) == ["encoding", "units", "parts", "expensive", "mended", "mended_parts"]
    assert json.loads(result.stdout) == {
        "encoding": "UCS-2",
        "units": 6,
        "parts": 1,
        "expensive": ["‘"],
        "mended": "o'zbek",
        "mended_parts": 1,
    }
    assert "UCS-2" in run("text", "o‘zbek").output


def test_text_takes_a_json_string_a_line_and_goes_on_behind_a_bad_one() -> None:
    given = '"Salom"\n\n  \n{"a": 1}\nbare\n"o‘z"\n"\\ud83d half"\n"last, without a line end"'
    result = run("text", "-", "--json", given=given)
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert [answer.get("error", answer.get("parts")) for answer in answers] == [
        1, "not-a-json-string", "not-a-json-string", 1, 1, 1
    ]  # fmt: skip
    assert answers[4]["expensive"] == ["\ud83d"]
    assert result.exit_code == 1
    assert "2 lines" in result.stderr


def test_text_answers_each_line_before_the_next_is_written() -> None:
    line = [sys.executable, "-m", "getsms_core.cli", "text", "-"]
    with child_process(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdin is not None
        for text in ("Salom", "Xayr"):
            process.stdin.write(json.dumps(text).encode() + b"\n")
            process.stdin.flush()
            assert json.loads(read_line(process))["mended"] == text
        process.stdin.close()
        assert process.wait(10) == 0


def test_a_reader_that_goes_away_is_no_error() -> None:
    lines = b'"Salom"\n' * 200_000
    result = subprocess.run(
        ["/bin/sh", "-c", f"{sys.executable} -m getsms_core.cli text - | head -1"],
        input=lines,
        capture_output=True,
        cwd=ROOT,
        timeout=60,
    )
    assert result.stderr == b""
    assert json.loads(result.stdout)["parts"] == 1


def piped(arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """The command behind a shell, whose redirections stand in `arguments`."""
    line = f"{sys.executable} -m getsms_core.cli {arguments}"
    given = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    return subprocess.run(["/bin/sh", "-c", line], capture_output=True, env=given, timeout=60)


def test_a_closed_stdin_is_an_empty_one() -> None:
    result = piped("text - <&-")
    assert (result.returncode, result.stdout, result.stderr) == (0, b"", b"")


FULL = "The answer could not be written: the disk is full.\n"


@pytest.mark.parametrize("arguments", ["text Salom", "text - < in.txt"])
def test_an_answer_that_no_disk_takes_is_a_failure_in_one_sentence(arguments: str, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text('"Salom"\n')
    result = piped(f"{arguments} > /dev/full")
    assert result.returncode == 1
    assert result.stderr == FULL.encode()


def test_a_document_that_no_disk_takes_is_a_failure_in_one_sentence() -> None:
    with Path("/dev/full").open("wb") as full:
        result = run_forked([sys.executable, "-m", "getsms_core.cli", "list", "--json"], timeout=60, stdout=full)
    assert result.returncode == 1
    assert result.stderr == FULL


def test_a_terminal_of_another_alphabet_shows_what_it_can() -> None:
    result = piped("text O\u02bbzbek", PYTHONIOENCODING="cp1251", GETSMS_LANGUAGE="ru")
    assert result.returncode == 0
    assert "O?zbek" not in result.stdout.decode("cp1251")
    assert "SMS: ?" in result.stdout.decode("cp1251")


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("phone\n998901234567\n")
    not_utf8 = os.fsdecode(b"a\xff")  # as Python reads such an argument
    command = [sys.executable, "-m", "getsms_core.cli", "create", "list.csv", "--name", "x", "--json"]
    result = run_forked([*command, "--text", not_utf8], timeout=60)
    assert result.returncode == 1
    assert json.loads(result.stdout)["error"] == "not-utf8"


def test_text_refuses_a_misspelt_setting_as_every_command_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GETSMS_CHUNK_SIZ", "7")
    assert json.loads(run("text", "x", "--json").stdout)["error"] == "unknown-setting"


@pytest.mark.parametrize("out", ["-", "/dev/stdout", "/dev/fd/1"])
def test_no_file_is_written_across_the_answer(out: str, tmp_path: Path) -> None:
    result = run("export", "1", "--format", "csv", "--out", out)
    assert result.exit_code == 2
    assert "choose a file" in result.stderr
    assert not list(tmp_path.iterdir())


def test_the_list_that_is_checked_is_not_overwritten_by_its_refused_rows(tmp_path: Path) -> None:
    before = "phone\n998901234567\nbad\n"
    (tmp_path / "list.csv").write_text(before)
    result = run("check", "list.csv", "--refused", "./list.csv")
    assert result.exit_code == 2
    assert (tmp_path / "list.csv").read_text() == before


@pytest.mark.parametrize(
    ("arguments", "without"),
    [
        (["--help"], {"pydantic", "numpy", "pyarrow", "pandas", "sqlalchemy", "streamlit"}),
        (["text", "Salom"], {"pydantic", "pandas", "sqlalchemy", "streamlit", "phonenumbers"}),
    ],
    ids=["help", "text"],
)
def test_light_commands_load_little(arguments: list[str], without: set[str]) -> None:
    at_end = "import atexit, sys; atexit.register(lambda: print(sorted(sys.modules), file=sys.stderr))"
    code = f"{at_end}; from getsms_core.cli import cli; cli({arguments!r})"
    bare = {name: value for name, value in os.environ.items() if not name.startswith("GETSMS_")}
    bare["PYTHONPATH"] = str(ROOT)
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, capture_output=True, text=True, env=bare, check=True, timeout=60)
    assert not without & set(re.findall(r"'(\w+)'", result.stderr))


# ------------------------------------------------------------------------------------------------------ small pieces


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-12-01T09:00", "2026-12-01T09:00+05:00"),
        ("2026-12-01 09:00", "2026-12-01T09:00+05:00"),
        ("2026-12-01T09:00+03:00", "2026-12-01T09:00+03:00"),
        ("2026-12-01T04:00Z", "2026-12-01T04:00+00:00"),
        ("2026-12-01", "2026-12-01T00:00+05:00"),
        ("13:00", "2026-11-22T13:00+05:00"),
        ("9:05", "2026-11-23T09:05+05:00"),
        ("12:30", "2026-11-23T12:30+05:00"),
    ],
)
def test_a_time_is_read_as_people_write_it(written: str, meant: str) -> None:
    assert moment(written, NOW) == datetime.fromisoformat(meant).timestamp() * 1000


def test_money_is_a_number_only_where_it_is_whole() -> None:
    assert [money(tiyin) for tiyin in (0, 9500, 9550, 9505, 10**15)] == [0, 95, "95.50", "95.05", 10**13]


def test_a_table_stands_in_columns() -> None:
    assert list(table([(1, "Ali"), (20, "")], ("ID", "Name"))) == ["ID  Name", " 1  Ali", "20"]
    assert list(table([(1, "two\nlines")], ("ID", "Name"))) == ["ID  Name", " 1  two lines"]


def test_a_text_does_not_steer_the_terminal() -> None:
    assert "\x1b" not in run("text", "a\x1b[31mʻ").stdout
    assert json.loads(run("text", "a\x1b[31m", "--json").stdout)["expensive"] == ["\x1b"]


@pytest.mark.parametrize("code", ["uz", "ru"])
def test_every_sentence_of_the_help_is_translated(code: str) -> None:
    run("--help")
    help_sentences = set(sentences(cli))
    assert any("never sent twice" in sentence for sentence in help_sentences)
    assert "Print one JSON document on stdout." in help_sentences
    assert any("Nothing is stored" in sentence for sentence in help_sentences)
    with using_language(code):
        left = {sentence for sentence in help_sentences if _(sentence) == sentence}
    assert left == set()


def test_the_help_of_one_language_leaves_the_next_one_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    english = run("worker", "--help").stdout
    monkeypatch.setenv("GETSMS_LANGUAGE", "uz")
    assert "Toʻxtat" in run("pause", "--help").stdout or "toʻxtat" in run("pause", "--help").stdout
    assert "ishchi jarayon" in run("--help").stdout
    monkeypatch.delenv("GETSMS_LANGUAGE")
    assert run("worker", "--help").stdout == english
