"""Columns of an uploaded file that hold other people's phone numbers are personal from the start."""

from dataclasses import replace
from pathlib import Path

import pytest

from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns.service import Draft
from getsms_core.contacts import list_columns, lists
from getsms_core.contacts.lists import Options
from getsms_core.db.engine import Store
from tests.engine_support import AZIZA, checked_list, settings_for
from tests.integration.cli.cli_support import document
from tests.job_support import do_next

HEAD = "Telefon;Kuryer tel;Ofis;STIR;Shahar;Izoh\n"
ROWS = [
    "998901234567;90 765-43-21;;901112233;Toshkent;qoʻngʻiroq qiling",
    "998901234568;;71 200 00 00;901112234;Buxoro;",
    "998901234569;901117733/931117733;;901112235;;90 123 45 67",
    "998901234560;yoʻq;;901112236;Xiva;",
]
FILE = (HEAD + "\n".join(ROWS)).encode()


def uploaded(store: Store, data: bytes = FILE, adds_to: int | None = None) -> int:
    parts = lists.iter_parts(data)
    list_id = lists.upload(store, AZIZA, "Mijozlar", "mijozlar.csv", parts, Options(adds_to=adds_to))
    assert do_next(store)
    return list_id


def test_columns_of_phones_are_personal_and_others_are_not(store: Store) -> None:
    row = lists.get(store, uploaded(store))
    assert row.personal_columns == ["Kuryer tel", "Ofis"]
    assert row.facts["with_phones"] == ["Kuryer tel", "Ofis"]


def test_a_user_may_decide_otherwise_and_a_list_made_from_it_follows(sqlite_store: Store) -> None:
    list_id = uploaded(sqlite_store)
    list_columns.describe(sqlite_store, AZIZA, list_id, personal=["Ofis"])
    assert lists.get(sqlite_store, list_id).personal_columns == ["Ofis"]


def test_a_file_that_is_added_to_a_list_is_looked_at_as_well(sqlite_store: Store) -> None:
    first = uploaded(sqlite_store, b"Telefon;Kuryer\n998911234567;\n998911234568;\n")
    assert lists.get(sqlite_store, first).personal_columns == []
    second = uploaded(sqlite_store, b"Telefon;Kuryer\n998911234569;90 765 43 21\n", adds_to=first)
    assert lists.get(sqlite_store, second).personal_columns == ["Kuryer"]


def test_a_file_of_the_command_is_looked_at_too(sqlite_store: Store, tmp_path: Path) -> None:
    path = tmp_path / "mijozlar.csv"
    path.write_bytes(FILE)
    list_id = lists.add_file(sqlite_store, AZIZA, path, "Mijozlar", Options())
    assert lists.get(sqlite_store, list_id).personal_columns == ["Kuryer tel", "Ofis"]


def test_a_rarely_filled_column_of_a_long_list_is_found(sqlite_store: Store) -> None:
    rows = [f"99890{1_000_000 + i};{'91 765-43-21' if i == 4_711 else ''}" for i in range(9_000)]
    list_id = uploaded(sqlite_store, ("Telefon;Ikkinchi\n" + "\n".join(rows)).encode())
    assert lists.get(sqlite_store, list_id).personal_columns == ["Ikkinchi"]


def test_a_draft_that_gets_such_a_list_is_not_counted_by_its_phones(sqlite_store: Store) -> None:
    counted = checked_list(sqlite_store, ["998901234567"], Kuryer=["90 765 43 21"], Shahar=["Xiva"])
    draft = Draft("Aksiya", "Salom", counted, cuts=("Kuryer", "Shahar"))
    campaign_id = campaigns.create(sqlite_store, AZIZA, settings_for(), draft)
    personal = uploaded(sqlite_store, b"Telefon;Kuryer;Shahar\n998901234567;90 765 43 21;Xiva\n")
    campaigns.change(sqlite_store, AZIZA, campaign_id, replace(draft, list_id=personal))
    assert campaigns.get(sqlite_store, campaign_id).cuts == ["Shahar"]


def test_the_command_counts_by_such_a_column_where_it_is_asked_to(
    sqlite_store: Store, sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GETSMS_DATABASE_URL", sqlite_url)
    path = tmp_path / "mijozlar.csv"
    path.write_bytes(FILE)
    made = document("create", str(path), "--name", "Aksiya", "--text", "Salom", "--cut", "Kuryer tel")
    assert campaigns.get(sqlite_store, int(made["campaign"])).cuts == ["Kuryer tel"]
    assert lists.get(sqlite_store, int(made["list"])).personal_columns == ["Ofis"]
