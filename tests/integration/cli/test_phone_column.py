"""Which column the command takes for the phones, and what it says where several fit."""

from pathlib import Path

import pytest

from getsms_core.base.permissions import Actor
from getsms_core.contacts import lists
from getsms_core.contacts.lists import Options
from getsms_core.db.engine import Store
from tests.integration.cli.cli_support import document, refused, run

HALF_BAD = "Korxona;STIR;Telefon\nA;201234501;998901234567\nB;201234502;yoʻq\nC;201234503;12345\nD;201234504;\n"
TWO_NAMED = "Ism;Telefon 1;Telefon 2\nA;998901234501;998911234501\n"
TWO_UNNAMED = "998901234501;998911234501\n998901234502;998911234502\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of the test's own, with its database."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GETSMS_DATABASE_URL", f"sqlite:///{tmp_path / 'own.db'}")


def file(folder: Path, content: str | bytes) -> str:
    path = folder / "list.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


def test_no_tax_number_is_sent_to_where_the_phone_column_is_missing(tmp_path: Path) -> None:
    result = run("check", file(tmp_path, "Korxona;STIR;Summa\nA;201234501;901234567\n"))
    assert result.exit_code == 1
    assert "Korxona, STIR, Summa" in result.stderr
    assert refused("create", str(tmp_path / "list.csv"), "--name", "x", "--text", "Salom") == "no-phone-column"


def test_of_two_columns_without_a_name_none_is_taken_for_a_campaign(tmp_path: Path) -> None:
    path = file(tmp_path, TWO_UNNAMED)
    assert refused("create", path, "--name", "x", "--text", "Salom") == "ambiguous-phone-column"
    assert refused("lists", "add", path) == "ambiguous-phone-column"
    assert document("lists")["lists"] == []
    created = document("create", path, "--name", "x", "--text", "Salom", "--phone-column", "B")
    assert (created["phone_column"], created["messages"]) == ("B", 2)


def test_a_phone_column_of_bad_cells_is_explained_row_by_row(tmp_path: Path) -> None:
    answer = document("check", file(tmp_path, HALF_BAD))
    assert "phone_columns" in answer
    assert (answer["phone_column"], answer["phone_columns"]) == ("Telefon", ["Telefon"])
    assert (answer["accepted"], answer["rejected"]) == (1, 3)
    assert [problem["row"] for problem in answer["problems"]] == [3, 4, 5]


def test_all_columns_that_may_hold_the_phones_are_reported(tmp_path: Path) -> None:
    path = file(tmp_path, TWO_NAMED)
    result = run("check", path, "--json")
    assert "“Telefon 1”, “Telefon 2”" in result.stderr
    assert document("check", path)["phone_columns"] == ["Telefon 1", "Telefon 2"]
    result = run("create", path, "--name", "x", "--text", "Salom", "--json")
    assert result.exit_code == 0
    assert "The numbers of “Telefon 1” are taken" in result.stderr
    result = run("check", path, "--json", "--phone-column", "Telefon 2")
    assert result.stderr == ""


@pytest.mark.parametrize("header", ["Telefon raqami (+998901234567)", "Phone (998…)"])
def test_a_number_in_the_header_gets_no_message(tmp_path: Path, header: str) -> None:
    answer = document("check", file(tmp_path, f"Ism;{header}\nAli;998901234568\n"))
    assert (answer["rows"], answer["header_row"], answer["phone_column"]) == (1, 1, header)


def test_damaged_characters_are_told_with_their_rows(tmp_path: Path) -> None:
    content = "Ism;Telefon\nАли;998901234567\nЛола;998901234568\n".encode()
    result = run("check", file(tmp_path, content.replace("ола".encode(), b"\xd0\xd0\xbb\xd0\xb0")), "--json")
    assert result.exit_code == 0
    assert "damaged" in result.stderr
    assert "in row 3" in result.stderr


def test_the_mended_rows_are_read_from_the_column_of_their_list(tmp_path: Path, store: Store, actor: Actor) -> None:
    rows = "Ism;Telefon;Menejer telefoni\nA;998901234501;998911234501\nB;yoʻq;998911234502\n"
    path = Path(file(tmp_path, rows))
    list_id = lists.add_file(store, actor, path, "x", Options(phone_column="Telefon"))
    path.write_text("Ism;Telefon;Menejer telefoni\nB;;998911234502\n", "utf-8")
    mended = lists.add_file(store, actor, path, "x", Options(adds_to=list_id, mended=True))
    assert lists.get(store, mended).counts.accepted == 1


def test_a_stored_list_of_which_nobody_chose_the_phone_column_is_not_sent_to(tmp_path: Path) -> None:
    from getsms_core.db.engine import open_store
    from tests.engine_support import AZIZA

    document("lists")
    store = open_store(f"sqlite:///{tmp_path / 'own.db'}")
    for options in (Options(), Options(phone_column="B")):
        list_id = lists.upload(store, AZIZA, "x", "x.csv", [TWO_UNNAMED.encode()], options)
        assert lists.check_uploaded_list(store, list_id) is None
    store.close()
    assert refused("create", "--list", "1", "--name", "x", "--text", "Salom") == "ambiguous-phone-column"
    created = document("create", "--list", "2", "--name", "x", "--text", "Salom")
    assert created["messages"] == 2
    assert refused("change", str(created["campaign"]), "--list", "1") == "ambiguous-phone-column"


def test_of_two_pasted_columns_none_is_taken(tmp_path: Path) -> None:
    pasted = "Ism\tA\tB\nAli\t998901234501\t998911234501\nVali\t998901234502\t998911234502\n"
    assert refused("lists", "paste", "-", given=pasted) == "ambiguous-phone-column"
    assert document("lists")["lists"] == []


def test_a_file_of_opt_outs_with_two_columns_needs_the_one_that_is_meant(tmp_path: Path) -> None:
    path = file(tmp_path, TWO_UNNAMED)
    assert refused("optout", "add", "--file", path) == "ambiguous-phone-column"
    assert document("optout", "list")["total"] == 0
    assert document("optout", "add", "--file", path, "--phone-column", "B")["added"] == 2
    assert {optout["phone"] for optout in document("optout", "list")["optouts"]} == {"998911234501", "998911234502"}
    assert "“Telefon 1”" in run("optout", "add", "--file", file(tmp_path, TWO_NAMED)).stderr
    assert run("optout", "add", "901234567", "--phone-column", "B").exit_code == 2
