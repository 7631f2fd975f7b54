"""The gateway's support says what became of uncertain messages: a file for it, and its answer."""

from pathlib import Path

import pyarrow as pa
import pytest

from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import using_language
from getsms_core.base.permissions import Actor, Role
from getsms_core.campaigns import support
from getsms_core.db.engine import Store
from getsms_core.delivery import Resolution
from tests.engine_support import (
    AZIZA,
    LOST,
    Engine,
    assert_rollups,
    audited,
    counts,
    phones,
    running,
    settings_for,
    states,
)

SETTINGS = settings_for()


def uncertain(store: Store, n: int = 5) -> int:
    """A campaign whose answer was lost."""
    campaign_id = running(store, n)
    Engine(store).send(LOST)
    return campaign_id


def file_with(tmp_path: Path, *lines: str) -> Path:
    file = tmp_path / "answer.csv"
    file.write_text("\n".join(lines) + "\n", "utf-8")
    return file


def test_the_file_names_number_time_address_and_parts_and_no_text(store: Store) -> None:
    campaign_id = uncertain(store, 3)
    table = support.request_table(store, AZIZA, campaign_id, SETTINGS, "203.0.113.7")
    assert table.column_names == ["Number", "Sent after", "Sent before", "Our IP address", "Parts", "Sent or not sent"]
    first = {name: table[name][0].as_py() for name in table.column_names}
    assert first == {
        "Number": str(phones(3)[0]), "Sent after": "2027-01-15 13:00:00+05:00",
        "Sent before": "2027-01-15 13:00:00+05:00", "Our IP address": "203.0.113.7", "Parts": "1",
        "Sent or not sent": "",
    }  # fmt: skip
    assert table.num_rows == 3
    for kind in ("xlsx", "csv"):
        assert support.request_file(table, kind)


def test_the_file_is_for_those_who_may_see_numbers_and_run_campaigns(store: Store) -> None:
    campaign_id = uncertain(store)
    with pytest.raises(DomainError) as refused:
        support.request_table(store, Actor("Anvar", Role.ANALYST), campaign_id, SETTINGS)
    assert refused.value.code == "not-allowed"
    Engine(store).resolve(campaign_id, Resolution.SENT)
    with pytest.raises(DomainError) as nothing:
        support.request_table(store, AZIZA, campaign_id, SETTINGS)
    assert nothing.value.code == "nothing-uncertain"


def test_an_answer_resolves_what_it_decides_and_names_the_rows_that_decide_nothing(
    store: Store, tmp_path: Path
) -> None:
    campaign_id = uncertain(store, 5)
    first, second, third, fourth, _five = phones(5)
    file = file_with(
        tmp_path, "Number,Parts,Sent or not sent", f"+{first},1,Sent", f"{second},1,не отправлено",
        f"{third},1,perhaps", f"{fourth},1,ha", f"{fourth},1,yoʻq", "998901111111,1,sent", "12,1,sent",
    )  # fmt: skip
    answer = support.read_answer(store, AZIZA, campaign_id, file)
    assert [(problem.row, problem.code) for problem in answer.problems] == [
        (4, "no-verdict"), (5, "two-verdicts"), (6, "two-verdicts"), (7, "unknown-number"), (8, "bad-number"),
    ]  # fmt: skip
    assert all(problem.message for problem in answer.problems)
    assert (len(answer.sent), len(answer.not_sent), answer.unanswered) == (1, 1, 3)
    assert counts(store, campaign_id) == {"uncertain": 5}, "reading changes nothing"
    assert support.apply_answer(store, AZIZA, answer, Resolution.NOT_SENT) == 2
    assert states(store, campaign_id) == ["accepted", "cancelled", "uncertain", "uncertain", "uncertain"]
    assert sorted(entry.detail["how"] for entry in audited(store, "campaign.resolve")) == ["not-sent", "sent"]
    assert support.apply_answer(store, AZIZA, answer, Resolution.NOT_SENT) == 0, "a repeat changes nothing"
    assert_rollups(store, campaign_id)


def test_what_was_not_sent_can_be_sent_again(store: Store, tmp_path: Path) -> None:
    campaign_id = uncertain(store, 2)
    first, second = phones(2)
    answer = support.read_answer(store, AZIZA, campaign_id, file_with(tmp_path, "tel;x", f"{first};1", f"{second};0"))
    assert support.apply_answer(store, AZIZA, answer, Resolution.AGAIN) == 2
    assert states(store, campaign_id) == ["accepted", "queued"]


def test_an_answer_that_says_nothing_is_refused(store: Store, tmp_path: Path) -> None:
    campaign_id = uncertain(store, 2)
    file = file_with(tmp_path, "tel,remark", *(f"{number},we are looking" for number in phones(2)))
    for options, code in (
        ({}, "no-answer-column"), ({"answer_column": "sent?"}, "no-such-column"),
        ({"phone_column": "mobile"}, "no-such-column"),
    ):  # fmt: skip
        with pytest.raises(DomainError) as refused:
            support.read_answer(store, AZIZA, campaign_id, file, **options)
        assert refused.value.code == code


def test_a_count_of_parts_is_not_taken_for_the_answer(store: Store, tmp_path: Path) -> None:
    campaign_id = uncertain(store, 2)
    first, second = phones(2)
    file = file_with(tmp_path, "Number,Parts,Result", f"{first},1,not sent", f"{second},1,sent")
    answer = support.read_answer(store, AZIZA, campaign_id, file)
    assert (len(answer.sent), len(answer.not_sent)) == (1, 1)
    assert isinstance(support.request_table(store, AZIZA, campaign_id, SETTINGS), pa.Table)


def send_again_and_lose(engine: Engine, campaign_id: int) -> None:
    """A user has the uncertain messages sent again, and that answer is lost too."""
    engine.resolve(campaign_id, Resolution.AGAIN)
    engine.now += 90_000
    engine.send(LOST)
    assert set(states(engine.store, campaign_id)) == {"uncertain"}


def test_an_answer_about_an_earlier_attempt_decides_nothing(store: Store, tmp_path: Path) -> None:
    campaign_id, engine = uncertain(store, 2), Engine(store)
    for language in ("ru", "en"):
        with using_language(language):
            table = support.request_table(store, AZIZA, campaign_id, SETTINGS).to_pylist()
        lines = [",".join(table[0]), *(",".join([*list(row.values())[:-1], "not sent"]) for row in table)]
        answered = file_with(tmp_path, *lines)
        fresh = support.read_answer(store, AZIZA, campaign_id, answered)
        assert len(fresh.not_sent) == 2
        send_again_and_lose(engine, campaign_id)
        late = support.read_answer(store, AZIZA, campaign_id, answered)
        assert [problem.code for problem in late.problems] == ["earlier-attempt"] * 2
        assert (late.sent, late.not_sent, late.unanswered) == ((), (), 2)
        assert support.apply_answer(store, AZIZA, fresh, Resolution.AGAIN) == 0, "shown before they were sent again"
        assert counts(store, campaign_id) == {"uncertain": 2}
    assert_rollups(store, campaign_id)


def test_what_got_a_status_after_the_preview_keeps_it(store: Store, tmp_path: Path) -> None:
    campaign_id = uncertain(store, 2)
    first, second = phones(2)
    answer = support.read_answer(store, AZIZA, campaign_id, file_with(tmp_path, "tel;x", f"{first};no", f"{second};no"))
    Engine(store).resolve(campaign_id, Resolution.SENT)
    assert support.apply_answer(store, AZIZA, answer, Resolution.AGAIN) == 0
    assert states(store, campaign_id) == ["accepted", "accepted"]
    late = support.read_answer(store, AZIZA, campaign_id, file_with(tmp_path, "tel;x", f"{first};no"))
    assert [problem.code for problem in late.problems] == ["unknown-number"]


def test_a_number_of_another_campaign_decides_nothing_there(store: Store, tmp_path: Path) -> None:
    campaign_id, other = uncertain(store, 1), uncertain(store, 3)
    _first, second, third = phones(3)
    file = file_with(tmp_path, "tel;x", f"{second};sent", f"{third};not sent")
    assert support.read_answer(store, AZIZA, other, file).unanswered == 1
    answer = support.read_answer(store, AZIZA, campaign_id, file)
    assert [problem.code for problem in answer.problems] == ["unknown-number"] * 2
    assert support.apply_answer(store, AZIZA, answer, Resolution.NOT_SENT) == 0
    assert counts(store, campaign_id) == {"uncertain": 1}
    assert counts(store, other) == {"uncertain": 3}
