"""The list's own columns beside the messages: joined by row, hidden and erased with the numbers, in every format."""

import csv
import hashlib
import json
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import openpyxl
import pyarrow.parquet
import pytest
import sqlalchemy as sa
from sqlmodel import col

from getsms_core import exports
from getsms_core.base.codes import Erasure
from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import Actor, Role
from getsms_core.contacts import conditions, list_columns, operations
from getsms_core.contacts.conditions import Condition
from getsms_core.db import arrow_reader
from getsms_core.db.engine import Store
from getsms_core.db.models import SPAN, Campaign, Message, Response
from getsms_core.exports import RowFilter
from getsms_core.messages.variants import Variant
from getsms_core.reports import Filter
from tests import forks
from tests.engine_support import AZIZA, checked_list, messages_of, phones, running
from tests.integration.exports.test_service import TASHKENT, read

MANAGER = Actor("Malika", Role.MANAGER)
N = 6
FIELDS = {
    "Shahar": ["Toshkent", "=1+1", "", "Buxoro", "Toshkent", "toshkent "],
    "Mijoz": ["K1", "K2", "K3", "K4", "K5", "K6"],
    "Ism": ["Ali", "Vali", "", "Gani", "Olim", "Komil"],
}


@pytest.fixture(autouse=True)
def _readers_are_forked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fork the processes that read SQLite; those of test_service.py start as the program starts them."""
    forking = SimpleNamespace(Popen=forks.start_arrow_reader, PIPE=subprocess.PIPE)
    monkeypatch.setattr(arrow_reader, "subprocess", forking)


@pytest.fixture
def campaign(store: Store) -> int:
    """A campaign of six messages to a list with a key and a personal column; one was delivered, one refused."""
    campaign_id = running(store, N, fields=FIELDS, text="Salom {Ism}", variants=(Variant("Hayr", 50),))
    list_columns.describe(store, AZIZA, list_of(store, campaign_id), "Mijoz", ["Ism"])
    first = campaign_id * SPAN + 1
    with store.writing() as session:
        at = {"left_at": 1_800_000_000_000, "settled_at": 1_800_000_001_500, "state": "delivered"}
        session.execute(sa.update(Message).where(col(Message.id) == first).values(**at))
        session.execute(
            sa.update(Message).where(col(Message.id) == first + 1).values(state="rejected", reason="300: Bad number")
        )
        session.add(Response(message_id=first, campaign_id=campaign_id, variant=0, created_at=1, created_by="Aziza"))
    return campaign_id


def list_of(store: Store, campaign_id: int) -> int:
    with store.reading() as session:
        return int(session.scalar(sa.select(col(Campaign.list_id)).where(col(Campaign.id) == campaign_id)) or 0)


def rows_of(store: Store, what: int | Filter, path: Path, columns: list[str] | None = None, **more: Any) -> Any:
    actor = more.pop("actor", AZIZA)
    exports.write(store, actor, what, path.suffix[1:], path, columns, zone=TASHKENT, **more)
    return read(path)


@pytest.mark.parametrize("few", [0, 10**9], ids=["apart", "here"])
def test_a_file_carries_the_columns_of_its_list(
    store: Store, campaign: int, tmp_path: Path, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for limit in ("FEW", "FEW_OF_POSTGRES"):
        monkeypatch.setattr(arrow_reader, limit, few)
    columns = ["phone", "column:shahar", "column:Mijoz", "client_key", "variant", "sent", "cost", "response"]
    for format in exports.FORMATS:
        rows = rows_of(store, campaign, tmp_path / f"a.{format}", columns)
        own = format in ("csv", "xlsx")
        city, key = ("Shahar", "Mijoz") if own else ("column:Shahar", "column:Mijoz")
        assert list(rows[0])[:4] == ["phone", city, key, "client_key"]
        guard = "'" if format == "csv" else ""
        assert [row[city] for row in rows] == ["Toshkent", f"{guard}=1+1", "", "Buxoro", "Toshkent", "toshkent "]
        assert [row["client_key"] for row in rows] == FIELDS["Mijoz"] == [row[key] for row in rows]
        letters = ["AB"[message.variant or 0] for message in messages_of(store, campaign)]
        assert [row["variant"] for row in rows] == letters
        yes, no = ("True", "False") if format == "parquet" else ("yes", "no")
        assert [row["sent"] for row in rows] == [yes, *[no] * (N - 1)]
        assert [row["response"] for row in rows] == [yes, *[no] * (N - 1)]
        assert [float(row["cost"]) > 0 for row in rows] == [True, *[False] * (N - 1)]
    (first, *others) = rows_of(store, campaign, tmp_path / "a.json", ["day", "hour", "weekday", "seconds_to_delivery"])
    assert first == {"day": "2027-01-15", "hour": "13", "weekday": "5", "seconds_to_delivery": "1.5"}
    assert set(others[0].values()) == {""}
    table = pyarrow.parquet.read_table(tmp_path / "a.parquet")
    assert str(table.schema.field("cost").type) == "decimal128(12, 2)"
    exports.write(store, AZIZA, campaign, "parquet", tmp_path / "b.parquet", ["sent_at"], zone=TASHKENT)
    (row, *_others) = pyarrow.parquet.read_table(tmp_path / "b.parquet").to_pylist()
    assert row["sent_at_local"] == row["sent_at"].replace(tzinfo=None)


def test_personal_columns_are_hidden_and_erased_as_phones_are(store: Store, campaign: int, tmp_path: Path) -> None:
    columns = ["phone", "column:Ism", "column:Shahar", "client_key"]
    rows = rows_of(store, campaign, tmp_path / "a.csv", columns, actor=MANAGER)
    assert [row["Ism"] for row in rows] == ["*****", "*****", "", *["*****"] * 3]
    assert rows[0]["Shahar"] == "Toshkent"
    keys = [row["client_key"] for row in rows]
    assert len(set(keys)) == N
    assert not set(keys) & set(FIELDS["Mijoz"])
    again = rows_of(store, campaign, tmp_path / "b.csv", ["phone", "state"], actor=MANAGER)
    assert [row["client_key"] for row in again] == keys  # of one person in every file
    with store.writing() as session:
        session.execute(sa.update(Campaign).where(col(Campaign.id) == campaign).values(erasing=Erasure.DONE))
    rows = rows_of(store, campaign, tmp_path / "a.csv", columns)
    assert {row["Ism"] for row in rows} == {""}
    assert rows[0]["Shahar"] == "Toshkent"


def test_a_file_says_that_its_list_is_deleted(store: Store, campaign: int, tmp_path: Path) -> None:
    other = running(store, 2, fields={"SHAHAR": ["Xiva", "Nukus"]})
    with store.writing() as session:
        session.execute(sa.update(Campaign).where(col(Campaign.id) == campaign).values(state="finished"))
    operations.delete(store, AZIZA, list_of(store, campaign))
    for format in exports.FORMATS:
        question = Filter(campaigns=(campaign, other))
        rows = rows_of(store, question, tmp_path / f"a.{format}", ["campaign_id", "column:Shahar", "client_key"])
        city = "Shahar" if format in ("csv", "xlsx") else "column:Shahar"
        assert [row[city] for row in rows] == [*[""] * N, "Xiva", "Nukus"]
        yes_and_no = ("True", "False") if format == "parquet" else ("yes", "no")
        assert [row["list_deleted"] for row in rows] == [*[yes_and_no[0]] * N, *[yes_and_no[1]] * 2]
    summary = openpyxl.load_workbook(tmp_path / "a.xlsx")["Summary"]
    assert any("its rows are deleted" in str(row[1]) for row in summary.iter_rows(values_only=True))


def test_every_column_is_the_same_from_a_few_rows_and_from_many(
    store: Store, campaign: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = []
    for few in (0, 10**9):
        for limit in ("FEW", "FEW_OF_POSTGRES"):
            monkeypatch.setattr(arrow_reader, limit, few)
        columns = [*exports.COLUMNS, *exports.MORE_COLUMNS]
        files.append(rows_of(store, campaign, tmp_path / f"{few}.json", columns))
    assert len(files[0]) == N
    assert files[0] == files[1]


def where(text: str) -> Condition:
    return conditions.parse(text)


@pytest.mark.parametrize("few", [0, 10**9], ids=["apart", "here"])
def test_messages_are_chosen_by_state_reason_and_column(
    store: Store, campaign: int, tmp_path: Path, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for limit in ("FEW", "FEW_OF_POSTGRES"):
        monkeypatch.setattr(arrow_reader, limit, few)
    path = tmp_path / "a.json"

    def chosen(**more: Any) -> list[str]:
        return [row["row"] for row in rows_of(store, campaign, path, ["row"], rows=RowFilter(**more))]

    assert chosen(states=("delivered", "rejected")) == ["2", "3"]
    assert chosen(states=("queued",), condition=where("Shahar = Toshkent")) == ["6", "7"]
    assert chosen(reason="300: Bad number") == ["3"]
    assert chosen(reason="30") == []
    (code,) = (row["reason_code"] for row in rows_of(store, campaign, path, ["reason_code", "reason_words"])
               if row["reason_code"])  # fmt: skip
    assert chosen(reason=code) == ["3"]
    assert chosen(condition=where("Shahar = TOSHKENT and Ism = Ali")) == ["2"]
    stored = RowFilter(("queued",), "300", where("Shahar = Toshkent"))
    assert RowFilter.from_stored(json.loads(json.dumps(stored.to_stored()))) == stored
    with pytest.raises(DomainError) as error:
        exports.write(store, MANAGER, campaign, "json", path, ["row"], rows=RowFilter(condition=where("Ism = Ali")))
    assert error.value.code == "hidden-column"
    with pytest.raises(DomainError) as error:
        exports.write(store, AZIZA, campaign, "json", path, ["column:Viloyat"])
    assert error.value.code == "no-such-column"
    with store.writing() as session:
        session.execute(sa.update(Message).where(col(Message.state) == "rejected").values(reason="100% used"))
    assert chosen(reason="100% used") == ["3"]


def test_a_csv_for_excel_in_russian_has_its_separators_and_keeps_digits(
    store: Store, campaign: int, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    columns = ["phone", "column:Shahar", "price", "sent_at", "seconds_to_delivery"]
    exports.write(store, AZIZA, campaign, "csv", path, columns, zone=TASHKENT, csv_for=exports.EXCEL_RU)
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    assert lines[0] == '"phone";"Shahar";"price";"sent_at";"seconds_to_delivery"'
    assert lines[1] == '"=""998902000000""";"Toshkent";"95,00";"2027-01-15 13:00:00";"1,5"'
    assert lines[2].split(";")[1] == '"\'=1+1"'


def test_two_numbers_of_one_row_have_its_cells(sqlite_store: Store, tmp_path: Path) -> None:
    list_id = checked_list(sqlite_store, phones(2), Shahar=["Toshkent", "Buxoro"])
    joined = list_columns.read(sqlite_store, list_id, ["Shahar"])
    assert joined is not None
    import pyarrow as pa

    rows = pa.array([3, 2, 3, 99, -1, 0])
    assert joined.take("Shahar", rows).to_pylist() == ["Buxoro", "Toshkent", "Buxoro", None, None, None]


def test_a_csv_for_excel_in_russian_keeps_what_excel_would_change_and_runs_nothing(
    store: Store, tmp_path: Path
) -> None:
    cells = ["007", "12E5", "12.05", '=cmd|"x"', "-5", "01.12.2026"]
    campaign = running(store, N, fields={"Kod": cells, "Uy": ["1-2", "3/4", "998901234567", "12,5", "150000", "a=b"]})
    list_columns.describe(store, AZIZA, list_of(store, campaign), "Kod")
    path = tmp_path / "a.csv"
    columns = ["client_key", "column:Uy", "column:Kod"]
    exports.write(store, AZIZA, campaign, "csv", path, columns, zone=TASHKENT, csv_for=exports.EXCEL_RU)
    with path.open(encoding="utf-8-sig", newline="") as written:
        rows = [row.values() for row in csv.DictReader(written, delimiter=";")]
    keys, houses, same_keys = (list(column) for column in zip(*rows, strict=True))
    assert keys == same_keys == ['="007"', '="12E5"', '="12.05"', '\'=cmd|"x"', "'-5", "01.12.2026"]
    assert houses == ['="1-2"', '="3/4"', '="998901234567"', "12,5", "150000", "a=b"]


def test_columns_with_difficult_names_are_found_and_told_apart(store: Store, tmp_path: Path) -> None:
    names = ["text", "column:text", "a,b", 'say "x"', "=1+1", "state", "list_deleted", "A:B;C"]
    campaign = running(store, 2, fields={name: [f"{n}-a", f"{n}-b"] for n, name in enumerate(names)})
    columns = ["text", "state", *(f"column:{name}" for name in names)]
    for format in exports.FORMATS:
        first, _second = rows_of(store, campaign, tmp_path / f"a.{format}", columns)
        assert len(first) == len(columns)
        assert list(first.values())[2:] == [f"{n}-a" for n in range(len(names))]
    heads = list(rows_of(store, campaign, tmp_path / "a.csv", columns)[0])
    assert heads[2:] == ["column:text", "column:column:text", "a,b", 'say "x"', "'=1+1", "column:state",
                         "list_deleted", "A:B;C"]  # fmt: skip


def test_one_person_has_one_key_in_all_masked_files_and_it_is_not_made_from_the_number_alone(
    store: Store, tmp_path: Path
) -> None:
    campaigns = [running(store, 2, fields={"Mijoz": ["K1", "K2"]}) for _n in range(2)]
    keys = {
        (campaign, format): tuple(row["client_key"] for row in rows_of(
            store, campaign, tmp_path / f"{campaign}.{format}", ["phone", "client_key"], actor=MANAGER))
        for campaign in campaigns for format in exports.FORMATS
    }  # fmt: skip
    assert len(set(keys.values())) == 1
    number = phones(1)[0]
    guesses = [hashlib.new(name, str(number).encode()).hexdigest() for name in ("md5", "sha1", "sha256", "blake2b")]
    guesses.append(hashlib.blake2b(str(number).encode(), digest_size=10).hexdigest())
    key = next(iter(keys.values()))[0]
    assert not any(guess.startswith(key) for guess in guesses)


def test_a_file_with_keys_of_a_deleted_list_says_so_too(store: Store, campaign: int, tmp_path: Path) -> None:
    with store.writing() as session:
        session.execute(sa.update(Campaign).where(col(Campaign.id) == campaign).values(state="finished"))
    operations.delete(store, AZIZA, list_of(store, campaign))
    rows = rows_of(store, campaign, tmp_path / "a.csv", ["client_key"])
    assert rows == [{"client_key": "", "list_deleted": "yes"}] * N
    rows = rows_of(store, campaign, tmp_path / "a.csv", ["client_key"], actor=MANAGER)  # hashes need no list
    assert all(row["client_key"] and "list_deleted" not in row for row in rows)


def test_a_condition_cannot_try_the_digits_of_masked_numbers(store: Store, tmp_path: Path) -> None:
    fields = {"Kuryer": ["90 765-43-21", "", "91 765-43-21"], "Shahar": ["Xiva", "Xiva", "Buxoro"]}
    campaign_id = running(store, 3, fields=fields)
    path = tmp_path / "a.json"
    for where, found in (("Kuryer starts 90", 1), ("Shahar = Xiva", 2)):
        rows = RowFilter(condition=conditions.parse(where))
        assert len(rows_of(store, campaign_id, path, ["row"], rows=rows)) == found
    assert len(rows_of(store, campaign_id, path, ["row"], rows=rows, actor=MANAGER)) == 2
    with pytest.raises(DomainError) as error:
        rows_of(store, campaign_id, path, ["row"], actor=MANAGER,
                rows=RowFilter(condition=conditions.parse("Kuryer starts 90 and Shahar = Xiva")))  # fmt: skip
    assert error.value.code == "hidden-column"
