"""`create --key --personal --cut`, `export --columns --state --where`, `report --by`: the list's columns by command."""

import csv
import json
from pathlib import Path

import pytest

from getsms_core.db.engine import Store
from tests.integration.cli.cli_support import document, refused, run

ROWS = "Telefon,Ism,Shahar,Mijoz\n901234567,Aziza,Toshkent,K1\n931234568,Bek,Buxoro,K2\n971234569,Lola,toshkent,K3\n"


def test_the_columns_of_a_list_go_from_the_file_to_the_results(
    store: Store, store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GETSMS_DATABASE_URL", store_url)
    file, out = tmp_path / "mijozlar.csv", tmp_path / "a.csv"
    file.write_text(ROWS)
    create = ("create", str(file), "--name", "Bahor", "--text", "Salom {Ism}")
    assert refused(*create, "--cut", "viloyat") == "no-such-column"
    assert refused(*create, "--cut", "ism", "--personal", "Ism") == "personal-cut"
    assert document("list")["campaigns"] == []  # nothing was kept of what was refused
    assert document("lists")["lists"] == []
    created = document(*create, "--cut", "shahar", "--key", "MIJOZ", "--personal", "ism")
    shown = document("lists", "show", str(created["list"]))
    assert (shown["key_column"], shown["personal_columns"]) == ("Mijoz", ["Ism"])

    export = ("export", str(created["campaign"]), "--out", str(out), "--format")
    columns = ("--columns", 'phone,state,"column:Shahar",client_key')
    answer = document(*export, "csv", *columns, "--state", "queued,sending", "--where", "Shahar = Toshkent")
    assert (answer["rows"], answer["deleted_lists"]) == (2, [])
    with out.open(encoding="utf-8-sig", newline="") as written:
        assert list(csv.DictReader(written)) == [
            {"phone": "998901234567", "state": "queued", "Shahar": "Toshkent", "client_key": "K1"},
            {"phone": "998971234569", "state": "queued", "Shahar": "toshkent", "client_key": "K3"},
        ]
    assert document(*export, "csv", "--state", "delivered")["rows"] == 0
    assert refused(*export, "csv", "--columns", "column:Viloyat") == "no-such-column"
    for wrong in (("xlsx",), ("csv", "--state", "gone"), ("json", "--csv-for", "excel-ru")):
        assert run(*export, *wrong).exit_code == 2

    parts = tmp_path / "b.json"
    report = ("report", "--out", str(parts), "--campaign", str(created["campaign"]))
    document_read = document(*report, "--format", "json", "--by", "column:Shahar")
    assert [(part["value"], part["messages"]) for part in document_read["parts"]] == [("Buxoro", 1), ("Toshkent", 2)]
    assert json.loads(parts.read_text()) == document_read["parts"]
    assert refused(*report, "--format", "json", "--by", "moon") == "no-such-cut"
    told = document(*export, "csv", "--reason", "blocked")
    assert (told["rows"], [remark["code"] for remark in told["remarks"]]) == (0, ["no-such-reason"])
    assert document(*export, "csv", "--columns", "row,\rstate\n, phone")["remarks"] == []
    cut = tmp_path / "b.csv"
    document("report", "--out", str(cut), "--format", "csv", "--by", "column:Shahar", "--csv-for", "excel-ru")
    assert cut.read_text("utf-8-sig").splitlines()[1:] == ['"Buxoro";0;0;;;;"0,00";0;1', '"Toshkent";0;0;;;;"0,00";0;2']
    for ignored in (("--by", "list", "--mask"), ("--title", "T")):
        assert run(*report, "--format", "json", *ignored).exit_code == 2
    assert run("report", "--out", str(tmp_path / "c.pdf"), "--format", "pdf", "--columns", "phone").exit_code == 2
    document_read = document(
        "report", "--out", str(parts), "--format", "json", "--campaign", "99", "--sender", "Hech kim"
    )
    assert [remark["code"] for remark in document_read["remarks"]] == ["no-such-campaign", "no-such-sender"]
