"""The opt-outs: whatever way a number comes in, nothing is sent to it; and it goes out only with a reason."""

import time
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import sqlalchemy as sa

from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import Actor, Role
from getsms_core.contacts import lists, suppression
from getsms_core.db.engine import Store
from getsms_core.db.models import OptOut
from getsms_core.reports import listings
from tests.engine_support import AZIZA, Engine, phones, running


def test_a_file_without_numbers_is_refused_and_adds_nothing(store: Store, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("name,city\nAli,Toshkent\n")
    with pytest.raises(DomainError) as caught:
        suppression.parse_file(tmp_path / "a.csv")
    assert caught.value.code == "no-phone-column"


def test_only_those_who_may_change_lists_add_or_remove(store: Store) -> None:
    analyst = Actor("Anvar", Role.ANALYST)
    with pytest.raises(DomainError, match="may not"):
        suppression.add(store, analyst, [phones(1)[0]], "x", "y")
    with pytest.raises(DomainError, match="may not"):
        suppression.remove(store, analyst, phones(1)[0], "y")
    assert len(suppression.numbers(store)) == 0


def test_removing_needs_a_reason_and_a_number_that_is_there(store: Store) -> None:
    suppression.add(store, AZIZA, phones(1), "test", "asked")
    with pytest.raises(DomainError, match="Say why"):
        suppression.remove(store, AZIZA, phones(1)[0], "  ")
    with pytest.raises(DomainError, match="not on the opt-out list"):
        suppression.remove(store, AZIZA, phones(2)[1], "mistake")
    assert suppression.numbers(store).tolist() == phones(1)


def test_removing_is_audited_with_its_reason(store: Store) -> None:
    suppression.add(store, AZIZA, phones(1), "test", "asked")
    suppression.remove(store, AZIZA, phones(1)[0], "asked to be back")
    entry = listings.audit(store, AZIZA, what="optout.remove")[0]
    assert (entry.subject, entry.detail["reason"]) == (f"phone:{phones(1)[0]}", "asked to be back")
    assert len(suppression.numbers(store)) == 0


def test_a_file_gives_its_numbers_and_names_the_rows_it_cannot_read(store: Store, tmp_path: Path) -> None:
    lines = "name,phone\nAli,+998 90 123-45-67\nVali,901234567 911234567\nX,712345678\nY,12\n"
    (tmp_path / "a.csv").write_text(lines)
    parsed = suppression.parse_file(tmp_path / "a.csv")
    assert parsed.numbers.tolist() == [998901234567, 998911234567]
    assert parsed.refused == 2
    assert parsed.file is not None
    bad = [(p["row"], p["code"]) for p in parsed.file.problems() if p["code"] in ("landline", "too-short")]
    assert bad == [(4, "landline"), (5, "too-short")]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("90 123 45 67", [998901234567]),
        ("STOP 901234567", [998901234567]),
        ("901234567, 911234567; Ali 931234567", [998901234567, 998911234567, 998931234567]),
        ("90 123 45 67 91 123 45 67 93 123 45 67", [998901234567, 998911234567, 998931234567]),
        ("+998901234567 +998911234567 +998931234567", [998901234567, 998911234567, 998931234567]),
        ("Telefon\n901234567\n\n901234567\r\n", [998901234567]),
        ('ism;telefon\nAziza;"901234567"\n', [998901234567]),
        ("", []),
    ],
)
def test_a_pasted_text_gives_all_its_numbers_once(text: str, numbers: list[int]) -> None:
    parsed = suppression.parse_text(text)
    assert (parsed.numbers.tolist(), parsed.refused) == (numbers, 0)


def test_what_looks_like_a_number_and_is_none_is_named_with_its_line() -> None:
    parsed = suppression.parse_text("901234567, 712345678\n9.98901E+11\nsalom")
    assert parsed.numbers.tolist() == [998901234567]
    assert [(piece.line, piece.text) for piece in parsed.pieces] == [(1, "712345678"), (2, "9.98901E+11"), (3, "salom")]
    assert "landline" in parsed.pieces[0].message


def test_adding_again_adds_nothing_and_keeps_the_first_reason(store: Store) -> None:
    assert suppression.add(store, AZIZA, phones(3), "call", "asked") == 3
    assert suppression.add(store, AZIZA, phones(4), "file", "other") == 1
    assert suppression.add(store, AZIZA, [], "file", "other") == 0
    table = suppression.export_table(store, AZIZA)
    assert table["source"].to_pylist().count("call") == 3
    assert [entry.detail["numbers"] for entry in listings.audit(store, AZIZA, what="optout.add")] == [1, 3]


def test_a_hundred_thousand_are_added_and_read_in_two_seconds(store: Store) -> None:
    wanted = np.arange(998_901_000_000, 998_901_100_000)
    began = time.process_time()
    assert suppression.add(store, AZIZA, wanted, "file", "law") == 100_000
    assert len(suppression.numbers(store)) == 100_000
    assert time.process_time() - began < 2


def test_the_export_holds_every_number_with_source_reason_and_date(store: Store) -> None:
    assert suppression.export_table(store, AZIZA).num_rows == 0
    suppression.add(store, AZIZA, phones(2), "call", "asked")
    midnight = datetime(2026, 12, 1, 0, 30, tzinfo=ZoneInfo("Asia/Tashkent"))
    with store.writing() as session:
        session.execute(sa.update(OptOut).values(created_at=int(midnight.timestamp() * 1000)))
    table = suppression.export_table(store, AZIZA, ZoneInfo("Asia/Tashkent"))
    assert table["phone"].to_pylist() == sorted(map(str, phones(2)))
    assert table["by"].to_pylist() == ["Aziza"] * 2
    assert table["added"].to_pylist() == ["2026-12-01T00:30:00+05:00"] * 2  # not the day before, as in UTC


def test_they_are_found_by_part_of_the_number_source_or_reason(store: Store) -> None:
    suppression.add(store, AZIZA, phones(2), "call centre", "asked")
    suppression.add(store, AZIZA, phones(3)[2:], "letter", "law 100%")
    assert [entry.phone for entry in listings.opt_outs(store, AZIZA, search="93 200 00 02")] == phones(3)[2:]
    assert len(listings.opt_outs(store, AZIZA, search="CALL")) == 2
    assert len(listings.opt_outs(store, AZIZA, search="100%")) == 1
    assert listings.opt_outs(store, AZIZA, search="nothing such") == []


def test_a_number_is_held_against_the_check_and_against_the_claim(store: Store, tmp_path: Path) -> None:
    """Once at the check of a new list; and, in a campaign that was prepared before, when its chunk is claimed."""
    engine = Engine(store)
    running(store, 3)
    suppression.add(store, AZIZA, phones(1), "reply", "STOP")
    (claimed,) = engine.claim()
    assert [message.phone for message in claimed.messages] == phones(3)[1:]
    (tmp_path / "a.csv").write_text("phone\n" + "\n".join(map(str, phones(3))))
    checked, _ = lists.check_file(store, tmp_path / "a.csv", lists.Options())
    assert (checked.counts.opted_out, checked.counts.accepted) == (1, 2)


def test_a_search_finds_cyrillic_in_any_case(store: Store) -> None:
    suppression.add(store, AZIZA, phones(1), "ИЖРОЧИ", "Илтимос қилди")
    for search in ("илтимос", "ИЛТИМОС", "Илтимос", "қилди", "ижрочи", "Ижрочи"):
        assert len(listings.opt_outs(store, AZIZA, search=search)) == 1, search
    assert listings.opt_outs(store, AZIZA, search="йўқ") == []
