"""What can be wrong: the file, the database, the gateway. Each gets its sentence, and nothing is half done."""

import errno
import json
import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import sqlalchemy as sa
from click.testing import Result

from getsms_core.base.i18n import using_language
from getsms_core.base.permissions import Actor
from getsms_core.contacts import lists
from getsms_core.db import engine
from getsms_core.db.engine import Store, open_store
from getsms_core.sandbox.process import ensure_running
from tests.integration.cli.cli_support import document, refused, run
from tests.mail_server import mail_server


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A folder with some files, the language set back afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GETSMS_FILES", str(tmp_path / "files"))
    monkeypatch.setenv("GETSMS_DATABASE_URL", f"sqlite:///{tmp_path / 'none.db'}")
    (tmp_path / "good.csv").write_text("Ism,Telefon\nAli,998901234567\nVali,998901234568\n")
    (tmp_path / "empty.csv").write_bytes(b"")
    (tmp_path / "words.csv").write_text("Ism,Shahar\nAli,Xiva\n")
    (tmp_path / "landlines.csv").write_text("Ism,Telefon\nAli,712345678\n")
    (tmp_path / "picture.xlsx").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(200))
    (tmp_path / "cut.xlsx").write_bytes(b"PK\x03\x04" + bytes(200))
    book = openpyxl.Workbook()
    clients = book.create_sheet("Mijozlar", 0)
    clients.append(["Telefon"])
    clients.append(["998901234567"])
    book.save(tmp_path / "book.xlsx")
    with using_language("en"):
        yield


@pytest.fixture
def opened(store_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """The database that the command uses, of each kind in turn."""
    monkeypatch.setenv("GETSMS_DATABASE_URL", store_url)
    store = open_store(store_url)
    yield store
    store.close()


def rows(store: Store) -> dict[str, int]:
    """How many rows stand in the tables that a campaign fills."""
    names = ("campaign", "message", "chunk", "tally", "recipient_list", "list_block")
    with store.reading() as session:
        return {name: session.scalar(sa.text(f"SELECT count(*) FROM {name}")) or 0 for name in names}


# -------------------------------------------------------------------------------------------------------------- files

FILES = [
    (["nothing.csv"], "no-such-file"),
    (["."], "no-such-file"),
    (["empty.csv"], "empty-file"),
    (["picture.xlsx"], "not-a-spreadsheet"),
    (["cut.xlsx"], "truncated"),
    (["words.csv"], "no-phone-column"),
    (["good.csv", "--phone-column", "Tel"], "no-such-column"),
    (["book.xlsx", "--sheet", "Clients"], "no-such-sheet"),
    (["good.csv", "--encoding", "klingon"], "wrong-encoding"),
    (["good.csv", "--header-row", "99"], "no-such-row"),
]


@pytest.mark.parametrize(("arguments", "code"), FILES, ids=[code for _arguments, code in FILES])
def test_check_refuses_a_file_by_name_and_makes_no_database(arguments: list[str], code: str, tmp_path: Path) -> None:
    assert refused("check", *arguments) == code
    assert not (tmp_path / "none.db").exists()


@pytest.mark.parametrize(
    ("name", "said"),
    [(".", "is a folder"), ("pipe", "is a pipe or a device"), ("nothing.csv", "There is no file")],
)
def test_what_is_no_file_is_called_by_what_it_is(name: str, said: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert said in run("check", name).stderr


def test_a_file_that_must_not_be_read_is_not_called_damaged(monkeypatch: pytest.MonkeyPatch) -> None:
    as_ever = Path.open

    def forbidden(path: Path, *given: Any, **named: Any) -> Any:
        if path.name == "good.csv":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return as_ever(path, *given, **named)

    monkeypatch.setattr(Path, "open", forbidden)
    assert refused("check", "good.csv") == "cannot-read"


@pytest.mark.parametrize("written", ["tab", "\\t", "\t"])
def test_a_tab_is_named_as_a_shell_lets_people_write_it(written: str, tmp_path: Path) -> None:
    (tmp_path / "tabs.txt").write_text("Ism\tTelefon\nAli, Vali\t998901234567\n")
    assert document("check", "tabs.txt", "--delimiter", written)["columns"] == ["Ism", "Telefon"]


def test_a_server_that_swallows_everything_is_given_up_after_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    assert engine.POSTGRESQL_CONNECT_ARGS["connect_timeout"] == 10
    monkeypatch.setitem(engine.POSTGRESQL_CONNECT_ARGS, "connect_timeout", 2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("GETSMS_DATABASE_URL", f"postgresql://me@127.0.0.1:{silent.getsockname()[1]}/x")
        assert refused("list") == "database-unreachable"


def test_tables_of_another_program_are_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(sqlite3.connect(tmp_path / "shop.db")) as shop:
        shop.execute("CREATE TABLE message (words TEXT)")
    monkeypatch.setenv("GETSMS_DATABASE_URL", f"sqlite:///{tmp_path / 'shop.db'}")
    assert refused("list") == "database-foreign"
    with closing(sqlite3.connect(tmp_path / "shop.db")) as shop:
        assert shop.execute("SELECT name FROM sqlite_master").fetchall() == [("message",)]


def test_a_practice_gateway_without_a_folder_is_refused_by_the_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GETSMS_FILES", "/proc/nowhere/files")
    answer = json.loads(run("doctor", "--json").stdout)
    gateway = next(check for check in answer["checks"] if check["check"] == "gateway")
    assert (gateway["code"], "GETSMS_FILES" in gateway["message"]) == ("folder-not-writable", True)
    assert "GETSMS_FILES" in run("worker", "--drain").stderr


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_a_database_that_forgets_is_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GETSMS_DATABASE_URL", url)
    assert refused("create", "good.csv", "--name", "x", "--text", "x") == "database-address"


REFUSED = [
    (["nothing.csv", "--text", "x"], "no-such-file"),
    (["words.csv", "--text", "x"], "no-phone-column"),
    (["book.xlsx", "--sheet", "Clients", "--text", "x"], "no-such-sheet"),
    (["landlines.csv", "--text", "x"], "no-recipients"),
    (["good.csv", "--text", "Salom {familiya}"], "unknown-field"),
    (["good.csv", "--text", "Salom {ism"], "brace-not-closed"),
    (["good.csv", "--text", " \n"], "empty-text"),
    (["--list", "7", "--text", "x"], "no-such-list"),
]


@pytest.mark.parametrize(("arguments", "code"), REFUSED, ids=[code for _arguments, code in REFUSED])
def test_what_create_refuses_leaves_nothing_behind(
    arguments: list[str], code: str, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GETSMS_DATABASE_URL", sqlite_url)
    assert refused("create", *arguments, "--name", "n") == code
    store = open_store(sqlite_url)
    assert not any(rows(store).values())
    store.close()


def test_what_breaks_while_messages_are_made_leaves_nothing_behind(
    opened: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def breaks(store: Store, table: str, rows: object) -> None:
        raise OSError("the disk has gone")

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("getsms_core.db.bulk.ingest", breaks)
    assert refused("create", "good.csv", "--name", "n", "--text", "x") == "unforeseen"
    assert not any(rows(opened).values())


def test_refused_rows_are_written_to_be_corrected(tmp_path: Path) -> None:
    (tmp_path / "mixed.csv").write_text("Ism,Telefon\n=1+1,712345678\nAli,998901234567\n")
    for name in ("out.csv", "out.xlsx"):
        document("check", "mixed.csv", "--refused", name)
        again = document("check", name, "--phone-column", "Telefon")
        assert again["columns"] == ["Ism", "Telefon"]
        assert (again["rows"], again["problems"][0]["code"]) == (1, "landline")
    assert "'=1+1" in (tmp_path / "out.csv").read_text("utf-8-sig")
    assert refused("check", "mixed.csv", "--refused", "out.pdf") == "unknown-format"
    assert refused("check", "mixed.csv", "--refused", "nowhere/out.csv") == "cannot-write"


# ---------------------------------------------------------------------------------------------------------- database


@pytest.mark.parametrize("bad", [0, 2, 4, 5])
def test_problems_written_some_at_a_time_are_one_list(
    bad: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("getsms_core.cli.check.WRITTEN_AT_ONCE", 2)
    cells = [f"71000000{at}" for at in range(bad)]
    (tmp_path / "a.csv").write_text("\n".join(["Telefon", "998901234567", *cells]) + "\n")
    answer = document("check", str(tmp_path / "a.csv"))["problems"]
    assert [(row["row"], row["value"], row["code"]) for row in answer] == [
        (at + 3, cell, "landline") for at, cell in enumerate(cells)
    ]


def test_check_knows_the_opt_outs_of_a_database_that_it_cannot_write(
    opened: Store, store_url: str, actor: Actor, tmp_path: Path
) -> None:
    lists.add_opt_outs(opened, actor, [998901234567], "test", "")
    opened.close()
    before = (tmp_path / "test.db").read_bytes() if opened.sqlite else b""
    assert document("check", "good.csv")["opted_out"] == 1
    if opened.sqlite:
        assert (tmp_path / "test.db").read_bytes() == before
        assert not list(tmp_path.glob("test.db-*"))


def test_check_works_beside_a_database_without_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sqlite3.connect(tmp_path / "none.db").close()
    assert document("check", "good.csv")["accepted"] == 2
    (tmp_path / "none.db").write_bytes(b"this is no database, but a text that is as long as one" * 9)
    assert refused("check", "good.csv") == "database-unreachable"


WRITERS = [
    ["create", "good.csv", "--name", "n", "--text", "x"],
    ["start", "1"],
    ["optout", "add", "901234567"],
    ["worker", "--drain"],
]


def _codes(writers: list[list[str]]) -> list[str]:
    codes = []
    for arguments in writers:
        result = run(*arguments) if arguments[0] == "worker" else run(*arguments, "--json")
        assert result.exit_code == 1, result.output
        assert len(result.stderr.strip().splitlines()[-1]) > 30
        codes.append(json.loads(result.stdout)["error"] if result.stdout else "")
    return codes


def test_a_locked_database_is_a_sentence(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GETSMS_DATABASE_URL", sqlite_url)
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.1)
    document("create", "good.csv", "--name", "n", "--text", "x")
    holder = sqlite3.connect(tmp_path / "test.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        assert _codes(WRITERS[:3]) == ["database-locked"] * 3
        assert document("check", "good.csv")["accepted"] == 2
        assert document("show", "1")["status"] == "draft"
    finally:
        holder.close()


def test_a_read_only_database_is_a_sentence(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GETSMS_DATABASE_URL", sqlite_url)
    document("create", "good.csv", "--name", "n", "--text", "x")

    def read_only(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA query_only=ON")  # a file's mode would not stop root

    sa.event.listen(sa.Engine, "connect", read_only)
    try:
        assert _codes(WRITERS[:3]) == ["database-read-only"] * 3
        assert document("show", "1")["status"] == "draft"
    finally:
        sa.event.remove(sa.Engine, "connect", read_only)


@pytest.mark.parametrize("address", ["sqlite:////proc/nowhere/x.db", "postgresql://x@127.0.0.1:{port}/x"])
def test_a_database_that_cannot_be_reached_is_a_sentence(
    address: str, free_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GETSMS_DATABASE_URL", address.format(port=free_port))
    for result in (run("list"), run("worker", "--drain"), run("doctor")):
        assert result.exit_code == 1
        assert result.stderr or "FAILED" in result.stdout


# ----------------------------------------------------------------------------------------------------------- gateway


@pytest.fixture
def gateway(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """Start a practice gateway with options and point a login at it, as at the real one."""
    running = []

    def start(*options: str) -> str:
        running.append(ensure_running(tmp_path / "gateway", options=options))
        monkeypatch.setenv("GETSMS_URL", running[-1].url)
        monkeypatch.setenv("GETSMS_LOGIN", "firma")
        monkeypatch.setenv("GETSMS_PASSWORD", "a-secret-word")
        return running[-1].url

    yield start
    for worker in running:
        worker.stop()


def checks(done: Result) -> dict[str, tuple[bool, str]]:
    """What the doctor found: ok and code of each check."""
    return {check["check"]: (check["ok"], check["code"]) for check in json.loads(done.stdout)["checks"]}


def test_the_doctor_is_content_with_a_good_gateway(gateway: Callable[..., str], opened: Store) -> None:
    gateway("--login", "firma", "--password", "a-secret-word")
    result = run("doctor", "--json")
    assert result.exit_code == 0, result.output
    assert set(checks(result)) == {"settings", "database", "workers", "gateway", "sender", "files", "secret"}
    assert all(ok for ok, _code in checks(result).values())
    assert "a-secret-word" not in result.output
    assert not any(rows(opened).values())


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--login", "firma", "--password", "another"], "login-wrong"),
        (["--refuse-ip"], "ip-not-registered"),
    ],
)
def test_the_doctor_says_what_the_gateway_refuses(
    gateway: Callable[..., str], options: list[str], code: str, tmp_path: Path
) -> None:
    gateway(*options)
    result = run("doctor", "--json")
    assert result.exit_code == 1
    assert checks(result)["gateway"] == (False, code)
    assert checks(result)["database"] == (True, "ok")
    assert json.loads(result.stdout)["error"] == code
    assert "a-secret-word" not in result.output
    assert not (tmp_path / "none.db").exists()
    assert "FAILED" in run("doctor").stdout


def test_the_doctor_says_that_the_gateway_is_down(free_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GETSMS_URL", f"http://127.0.0.1:{free_port}/")
    monkeypatch.setenv("GETSMS_LOGIN", "firma")
    monkeypatch.setenv("GETSMS_PASSWORD", "a-secret-word")
    result = run("doctor", "--json")
    assert checks(result)["gateway"] == (False, "connection-refused")
    assert json.loads(result.stdout)["message"] in result.stderr


def test_the_doctor_says_what_is_wrong_with_the_mail_server_and_goes_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GETSMS_SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("GETSMS_SMTP_FROM", "sms@example.uz")
    with mail_server() as server:
        monkeypatch.setenv("GETSMS_SMTP_PORT", str(server.port))
        assert checks(run("doctor", "--json"))["mail"] == (False, "mail-not-secure")
        monkeypatch.setenv("GETSMS_SMTP_SECURITY", "none")
        assert checks(run("doctor", "--json"))["mail"] == (True, "ok")
        monkeypatch.setenv("GETSMS_SMTP_LOGIN", "бек")
        checks_by_name = checks(run("doctor", "--json"))
    assert checks_by_name["mail"] == (False, "mail-login")
    assert checks_by_name["database"] == checks_by_name["gateway"] == (True, "ok")


def test_the_doctor_looks_at_the_folder_where_a_report_is_written_to_it(
    opened: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GETSMS_REPORTS_FOLDER", str(tmp_path / "reports"))
    assert "folder" not in checks(run("doctor", "--json"))
    document("reports", "add", "--name", "Kun", "--folder")
    assert checks(run("doctor", "--json"))["folder"] == (True, "ok")
    monkeypatch.setenv("GETSMS_REPORTS_FOLDER", str(tmp_path / "good.csv"))
    result = run("doctor", "--json")
    assert checks(result)["folder"] == (False, "folder-not-writable")
    assert "GETSMS_REPORTS_FOLDER" in json.loads(result.stdout)["message"]


def test_the_doctor_practises_without_a_login(tmp_path: Path) -> None:
    result = run("doctor")
    assert result.exit_code == 0, result.output
    assert "Sandbox" in result.stdout
    assert "ractice gateway" in result.stdout
    assert (tmp_path / "run" / "sandbox.db").exists()


@pytest.mark.parametrize("command", [["optout", "list"], ["lists"]], ids=" ".join)
def test_the_installed_command_has_every_module_that_it_needs(command: list[str]) -> None:
    """In a process of its own: `main` blocks the import of pandas for some commands, `run` does not."""
    process = subprocess.run(
        [sys.executable, "-m", "getsms_core.cli", *command, "--json"],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert process.returncode == 0, process.stderr
    assert json.loads(process.stdout)
