"""Lists of lists and opt-outs without a browser."""

from pathlib import Path

import openpyxl
import pytest

from tests.integration.cli.cli_support import document, refused, run


@pytest.fixture(autouse=True)
def database(store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each kind of database in turn, and two files."""
    monkeypatch.setenv("GETSMS_DATABASE_URL", store_url)
    monkeypatch.chdir(tmp_path)
    Path("one.csv").write_text("phone,name\n901234567,Ali\n911234567,Vali\n12,Bad\n")
    Path("two.csv").write_text("phone,name\n90 123 45 67,Alisher\n931234567,Lola\n")


def add(*arguments: str) -> str:
    return str(document("lists", "add", *arguments)["list"])


def test_what_cannot_be_done_has_its_code_and_wrong_usage_is_two() -> None:
    first = add("one.csv")
    assert refused("lists", "merge", first, first) == "too-few-lists"
    assert refused("lists", "merge", first, "99") == "no-such-list"
    assert refused("lists", "subtract", first, first) == "nothing-left"
    assert refused("lists", "sample", first, "--n", "9") == "bad-size"
    assert refused("lists", "split", first, "--sizes", "1,9") == "bad-size"
    assert refused("lists", "rename", first, " ") == "empty-name"
    assert refused("lists", "delete", "99") == "no-such-list"
    assert refused("lists", "add", "two.csv", "--adds-to", "99") == "no-such-list"
    for usage in (
        ["sample", first],
        ["split", first],
        ["split", first, "--sizes", "x"],
        ["add", "two.csv", "--mended"],
    ):
        assert run("lists", *usage).exit_code == 2, usage


def test_lists_are_merged_subtracted_and_intersected() -> None:
    first, second = add("one.csv"), add("two.csv")
    merged = document("lists", "merge", first, second, "--name", "both", "--keep", "last")
    assert (merged["name"], merged["accepted"], merged["duplicates"], merged["rejected"]) == ("both", 3, 1, 1)
    assert "the last counts" in merged["origin"]
    assert document("lists", "subtract", first, second)["accepted"] == 1
    assert document("lists", "intersect", first, second)["accepted"] == 1
    assert "is stored: 3 recipients" in run("lists", "merge", first, second).stdout


def test_a_list_is_sampled_split_named_tagged_and_deleted() -> None:
    first = add("one.csv")
    assert document("lists", "sample", first, "--share", "0.5", "--seed", "3")["accepted"] == 1
    parts = document("lists", "split", first, "--parts", "2", "--name", "half")["lists"]
    assert [part["name"] for part in parts] == ["half 1/2", "half 2/2"]
    assert document("lists", "rename", first, "Spring")["name"] == "Spring"
    assert document("lists", "tag", first, "vip", "old")["tags"] == ["vip", "old"]
    shown = {stored_list["list"]: stored_list for stored_list in document("lists")["lists"]}
    assert shown[int(first)]["tags"] == ["vip", "old"]
    assert document("lists", "delete", first) == {"deleted": int(first)}
    assert int(first) not in {stored_list["list"] for stored_list in document("lists")["lists"]}


def test_refused_rows_are_mended_and_added() -> None:
    first = add("one.csv")
    document("lists", "refused", first, "--out", "mend.xlsx")
    book = openpyxl.load_workbook("mend.xlsx")
    book.worksheets[0]["B2"] = "93 123 45 67"
    book.save("mended.xlsx")
    new_list = document("lists", "add", "mended.xlsx", "--adds-to", first, "--mended")
    assert (new_list["accepted"], new_list["rejected"], new_list["name"]) == (3, 0, "one")
    campaign = document("create", "--list", str(new_list["list"]), "--name", "N", "--text", "Salom {name}")
    assert campaign["messages"] == 3


def test_opt_outs_of_a_file_are_refused_as_a_whole_or_added_in_part() -> None:
    assert refused("optout", "add", "--file", "one.csv") == "bad-numbers"
    assert document("optout", "list")["total"] == 0
    answer = document("optout", "add", "--file", "one.csv", "--partly", "--reason", "law", "--source", "office")
    assert (answer["added"], answer["known"]) == (2, 0)
    assert [(row["row"], row["code"]) for row in answer["refused"]] == [(4, "too-short")]
    assert document("optout", "list", "--search", "office")["total"] == 2
    assert document("optout", "list", "--search", "91 123")["optouts"][0]["phone"] == "998911234567"
    assert document("optout", "list", "--search", "nothing")["optouts"] == []


def test_opt_outs_are_written_to_a_file() -> None:
    document("optout", "add", "901234567", "--reason", "=1+1")
    assert document("optout", "export", "--out", "stop.csv")["rows"] == 1
    text = Path("stop.csv").read_text("utf-8-sig")
    assert text.splitlines()[0] == "phone,source,reason,added,by,scope"
    assert "998901234567,getsms,'=1+1," in text
    assert refused("optout", "export", "--out", "stop.pdf") == "unknown-format"


def test_check_accepts_who_opted_out_of_advertising_and_counts_them() -> None:
    Path("list.csv").write_text("phone\n901234567\n911234567\n931234567\n", "utf-8")
    document("optout", "add", "901234567", "--scope", "advertising")
    document("optout", "add", "931234567")
    answer = document("check", "list.csv")
    assert (answer["accepted"], answer["opted_out"], answer["opted_out_advertising"]) == (2, 1, 1)
    assert list(answer)[-1] == "opted_out_advertising"
    assert [row["scope"] for row in document("optout", "list")["optouts"]] == ["all", "advertising"]
    assert document("optout", "add", "901234567", "--scope", "all")["added"] == 1
    assert document("check", "list.csv")["opted_out_advertising"] == 0


def test_numbers_are_pasted_and_refused_rows_corrected() -> None:
    pasted = document("lists", "paste", "90 123 45 67, 931234568", "12", "--name", "Yangi")
    assert (pasted["name"], pasted["rows"], pasted["accepted"]) == ("Yangi", 3, 2)
    assert document("lists", "paste", "-", given="phone,name\n901234567,Ali\n")["accepted"] == 1
    assert refused("lists", "paste", "-", given=" \n") == "nothing-pasted"
    first = add("one.csv")
    assert refused("lists", "correct", first, "4=13") == "still-refused"
    assert refused("lists", "correct", first, "2=998901234599") == "not-refused"
    assert run("lists", "correct", first, "4").exit_code == 2
    corrected = document("lists", "correct", first, "4=99 123 45 67")
    assert (corrected["accepted"], corrected["corrected"]) == (3, [4])


def test_a_draft_is_deleted_and_then_its_list() -> None:
    draft = str(document("create", "one.csv", "--name", "N", "--text", "Salom")["campaign"])
    assert refused("lists", "delete", "1") == "list-needed"
    assert document("delete", draft) == {"deleted": int(draft)}
    assert refused("delete", draft) == "no-such-campaign"
    assert document("lists", "delete", "1") == {"deleted": 1}
