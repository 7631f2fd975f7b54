"""What the pages can do, done without a browser: campaigns, the uncertain, lists, opt-outs, people."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from getsms_core.base.i18n import using_language
from getsms_core.campaigns import service as campaigns
from getsms_core.db.engine import Store, open_store
from tests.integration.cli.cli_support import document, refused, run

NEXT_YEAR = datetime.now(UTC).year + 1


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A folder with a good list and a bad one, the language set back afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GETSMS_FILES", str(tmp_path / "files"))
    (tmp_path / "good.csv").write_text("Ism,Telefon\nAli,998901234567\nVali,998901234568\n")
    (tmp_path / "landlines.csv").write_text("Ism,Telefon\nAli,712345678\n")
    with using_language("en"):
        yield


@pytest.fixture
def opened(store_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """The database that the command uses, of each kind in turn."""
    monkeypatch.setenv("GETSMS_DATABASE_URL", store_url)
    store = open_store(store_url)
    yield store
    store.close()


def test_intents_can_be_repeated_and_wrong_ones_are_refused(opened: Store) -> None:
    created = document("create", "good.csv", "--name", "n", "--text", "Salom {ism|mijoz}", "--sender", "Do'kon")
    campaign = str(created["campaign"])
    assert (created["status"], created["sender"], created["list"]) == ("draft", "Do'kon", 1)
    again = document(
        "create", "--list", str(created["list"]), "--name", "n", "--text-file", "-", given="Salom ‘do‘st’\n"
    )
    assert (again["campaign"], again["messages"], again["encodings"]["UCS-2"]) == (created["campaign"] + 1, 2, 2)

    assert refused("resume", campaign) == "wrong-state"
    assert refused("start", campaign, "--at", "2001-01-01") == "in-the-past"
    assert refused("start", campaign, "--at", "9999-12-31") == "too-far-ahead"
    assert refused("start", campaign, "--until", "9999-12-31") == "too-far-ahead"
    scheduled = document("start", campaign, "--at", f"{NEXT_YEAR}-01-01T09:00")
    assert (scheduled["status"], scheduled["scheduled_at"]) == ("scheduled", f"{NEXT_YEAR}-01-01T09:00:00+05:00")
    assert refused("reschedule", campaign, "--at", "9999-12-31") == "too-far-ahead"
    for command, status in (("start", "running"), ("pause", "paused"), ("resume", "running"), ("cancel", "cancelled")):
        for _repeated in range(2):
            assert document(command, campaign)["status"] == status
    assert refused("start", campaign) == "wrong-state"
    assert refused("show", "99") == "no-such-campaign"
    assert refused("export", "99", "--format", "csv", "--out", "x.csv") == "no-such-campaign"
    assert document("show", campaign)["counts"]["cancelled"] == 2
    assert [campaign["campaign"] for campaign in document("list")["campaigns"]] == [
        created["campaign"] + 1,
        created["campaign"],
    ]
    answer = [entry["action"] for entry in document("audit", "--subject", f"campaign:{campaign}")["entries"]]
    assert answer[0] == "campaign.cancel"
    assert answer.count("campaign.pause") == 1
    for arguments in (("list",), ("show", campaign), ("audit",), ("lists",), ("lists", "show", "1"), ("start", "2")):
        assert run(*arguments).exit_code == 0


def test_the_uncertain_are_resolved_without_a_terminal(opened: Store) -> None:
    campaign = str(document("create", "good.csv", "--name", "n", "--text", "x")["campaign"])
    with opened.writing() as session:
        session.execute(sa.text("UPDATE message SET state = 'uncertain', left_at = 1800000000000"))
        session.execute(sa.text("UPDATE chunk SET state = 'uncertain'"))
        session.execute(sa.text("UPDATE tally SET state = 'uncertain', hour = 500000"))
        session.execute(sa.text("UPDATE campaign SET state = 'finished'"))
    first = str(int(campaign) * 2**24 + 1)
    assert document("resolve", campaign, "--as", "sent", "--message", first)["resolved"] == 1
    answer = document("resolve", campaign, "--as", "again")
    assert (answer["resolved"], answer["as"], answer["status"]) == (1, "again", "running")
    assert document("resolve", campaign, "--as", "again")["resolved"] == 0
    assert campaigns.figures(opened, int(campaign)).queued == 1


def test_the_gateways_support_is_asked_by_a_file_and_its_answer_resolves(opened: Store, tmp_path: Path) -> None:
    campaign = str(document("create", "good.csv", "--name", "n", "--text", "secret text")["campaign"])
    assert refused("resolve", campaign, "--ask-support", "ask.csv") == "nothing-uncertain"
    with opened.writing() as session:
        session.execute(sa.text("UPDATE message SET state = 'uncertain', left_at = 1800000000000"))
        session.execute(sa.text("UPDATE chunk SET state = 'uncertain'"))
        session.execute(sa.text("UPDATE tally SET state = 'uncertain', hour = 500000"))
        session.execute(sa.text("UPDATE campaign SET state = 'finished'"))
    asked = document("resolve", campaign, "--ask-support", "ask.csv", "--address", "203.0.113.7")
    assert asked == {"campaign": int(campaign), "rows": 2, "file": "ask.csv"}
    file = (tmp_path / "ask.csv").read_text("utf-8-sig")
    assert "998901234567" in file
    assert "203.0.113.7" in file
    assert "secret" not in file
    (tmp_path / "answer.csv").write_text("Number,Result\n998901234567,sent\n901234568,not sent\n998901234569,sent\n")
    shown = document("resolve", campaign, "--answers", "answer.csv")
    assert (shown["sent"], shown["not_sent"], shown["unanswered"], shown["resolved"]) == (1, 1, 0, 0)
    assert [(row["row"], row["code"]) for row in shown["problems"]] == [(4, "unknown-number")]
    answer = document("resolve", campaign, "--answers", "answer.csv", "--unsent", "again", "--yes")
    assert (answer["resolved"], answer["unsent"], answer["status"]) == (2, "again", "running")
    for wrong in (("--as", "sent", "--answers", "x"), ("--ask-support", "a.csv", "--answers", "x"), ()):
        assert run("resolve", campaign, *wrong).exit_code == 2


def test_sending_again_asks_a_second_question_on_a_terminal(opened: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = str(document("create", "good.csv", "--name", "n", "--text", "x")["campaign"])
    with opened.writing() as session:
        session.execute(sa.text("UPDATE message SET state = 'uncertain', left_at = 1800000000000"))
        session.execute(sa.text("UPDATE tally SET state = 'uncertain', hour = 500000"))
    monkeypatch.setattr("getsms_core.cli.control._asks", lambda: True)
    assert refused("resolve", campaign, "--as", "again", given="n\n") == "not-confirmed"
    result = run("resolve", campaign, "--as", "again", given="y\n")
    assert result.exit_code == 0
    assert "2 messages may already have arrived" in result.stderr


def test_lists_opt_outs_and_people_need_no_browser(opened: Store) -> None:
    new_list = document("lists", "add", "good.csv", "--name", "Mijozlar")
    assert document("lists")["lists"][0]["name"] == "Mijozlar"
    assert document("lists", "show", str(new_list["list"]))["accepted"] == 2
    assert document("lists", "refused", str(new_list["list"]), "--out", "out.xlsx")["rows"] == 0
    assert refused("lists", "show", "9") == "no-such-list"

    assert document("optout", "add", "90 123-45-67", "--file", "good.csv") == {"added": 2, "known": 0, "refused": []}
    assert refused("optout", "add", "712345678") == "landline"
    assert refused("optout", "add", "--file", "landlines.csv") == "bad-numbers"
    assert refused("create", "--list", str(new_list["list"]), "--name", "n", "--text", "{x}") == "unknown-field"
    assert document("optout", "list")["total"] == 2
    assert document("optout", "remove", "998901234567", "--reason", "asked") == {"removed": "998901234567"}
    assert refused("optout", "remove", "998901234567", "--reason", "asked") == "not-opted-out"

    assert refused("people", "add", "Aziza", given="password-1\n") == "first-person"
    document("people", "add", "Aziza", "--role", "administrator", given="password-1\n")
    assert refused("people", "add", "Bobur", given="short\n") == "password"
    document("people", "add", "Bobur", "--language", "uz", "--password-stdin", given="password-2\n")
    assert document("people", "role", "bobur", "manager")["role"] == "manager"
    document("people", "password", "Bobur", given="password-3\n")
    assert document("people", "disable", "Bobur")["disabled"]
    assert not document("people", "enable", "Bobur")["disabled"]
    assert refused("people", "disable", "Aziza") == "last-administrator"
    assert refused("people", "role", "Vali", "manager") == "no-such-person"
    answer = document("people", "list")["people"]
    assert [(row["name"], row["language"]) for row in answer] == [("Aziza", "en"), ("Bobur", "uz")]


def test_a_campaign_is_made_of_an_approved_template_and_of_no_other(opened: Store) -> None:
    document("templates", "add", "Bonus", "--text", "Salom {ism|mijoz}", "--kind", "advertising")
    assert refused("create", "good.csv", "--name", "n", "--template", "Bonus") == "no-such-template"
    document("templates", "submit", "1")
    document("templates", "approve", "1")
    created = document("create", "good.csv", "--name", "n", "--template", "Bonus")
    campaign = campaigns.get(opened, int(created["campaign"]))
    assert (campaign.text, campaign.category, campaign.template_id) == ("Salom {ism|mijoz}", "advertising", 1)


def test_the_rules_are_shown_and_set_without_a_browser(opened: Store) -> None:
    answer = document("rules", "set", "--quiet", "1-5 21:00-9:00", "--spend-day", "500000", "--cap", "2/7")
    assert answer["quiet"] == [{"days": [1, 2, 3, 4, 5], "start": "21:00", "to": "09:00"}]
    assert (answer["spend_day"], answer["cap_messages"], answer["cap_days"]) == (500000, 2, 7)
    document("rules", "set", "--no-quiet")
    assert document("rules", "show") == answer | {"quiet": []}
    assert refused("refresh", "7") == "no-such-campaign"


def test_a_campaign_is_approved_sent_back_and_taken_back_without_a_browser(opened: Store) -> None:
    rules = document("rules", "set", "--approve-over", "1", "--approve-over-som", "500000")
    assert (rules["approve_over"], rules["approve_over_som"]) == (1, 500000)
    campaign_id = str(document("create", "good.csv", "--name", "n", "--text", "Salom")["campaign"])
    assert refused("approve", campaign_id) == "wrong-state"
    assert document("start", campaign_id)["status"] == "awaiting approval"
    assert document("withdraw", campaign_id)["status"] == "draft"
    document("start", campaign_id)
    assert refused("refuse", campaign_id, "--reason", " ") == "no-reason"
    sent_back = document("refuse", campaign_id, "--reason", "Wrong price")
    assert sent_back["status"] == "draft"
    assert "Wrong price" in sent_back["reason"]
    document("start", campaign_id)
    assert document("approve", campaign_id)["status"] == "running"
    off = document("rules", "set", "--no-approval")
    assert (off["approve_over"], off["approve_over_som"]) == (None, None)
    assert run("rules", "set", "--no-approval", "--approve-over", "1").exit_code == 2


def test_an_ab_test_is_made_and_its_responses_are_kept_without_a_browser(opened: Store, tmp_path: Path) -> None:
    created = document("create", "good.csv", "--name", "n", "--text", "Salom", "--variant", "Xayr", "--split", "60/40")
    assert [(variant["variant"], variant["share"]) for variant in created["variants"]] == [("A", 60), ("B", 40)]
    assert sum(variant["messages"] for variant in created["variants"]) == created["messages"]
    shown = document("show", str(created["campaign"]))
    assert [variant["text"] for variant in shown["variants"]] == ["Salom", "Xayr"]
    assert "Not enough data" in shown["verdict"][0]
    file = tmp_path / "bought.csv"
    file.write_text("telefon\n998977777777\n")
    answer = document("responses", str(created["campaign"]), str(file))
    assert (answer["matched"], answer["unmatched"], answer["unmatched_examples"]) == (0, 1, ["998977777777"])
    assert refused("create", "good.csv", "--name", "n", "--text", "Salom", "--variant", "Salom") == "same-variants"
    for split in ("50", "50/40", "a/b", "30/30/40"):
        wrong = ("create", "good.csv", "--name", "n", "--text", "S", "--variant", "X", "--split", split)
        assert run(*wrong).exit_code == 2


def test_reports_are_saved_run_and_forgotten_without_a_browser(opened: Store) -> None:
    made = document("reports", "add", "--name", "Hafta", "--format", "csv", "--every", "week", "--weekday", "friday")
    assert (made["every"], made["weekday"], made["state"]) == ("week", "friday", "idle")
    assert made["next_at"].endswith("T08:00:00+05:00")
    number = str(made["report"])
    assert document("reports", "run", number)["state"] == "asked"
    assert document("reports", "pause", number)["next_at"] is None
    assert document("reports", "resume", number)["next_at"] == made["next_at"]
    assert [report["name"] for report in document("reports", "list")["reports"]] == ["Hafta"]
    assert run("reports", "list").exit_code == 0
    assert document("reports", "delete", number)["deleted"]
    assert refused("reports", "run", number) == "no-such-report"
    assert refused("reports", "add", "--name", "x", "--at", "8") == "bad-plan"
    for ignored in (("--columns", "phone"), ("--mask",)):
        assert run("reports", "add", "--name", "x", "--format", "pdf", *ignored).exit_code == 2
    names = 'phone,"column:Ism, familiya"'
    quoted = document("reports", "add", "--name", "x", "--format", "csv", "--columns", names)
    assert quoted["columns"] == ["phone", "column:Ism, familiya"]
    assert refused("reports", "add", "--name", "x", "--mail", "a@b.uz") == "mail-not-set-up"
    assert refused("alerts", "--to", "a@b.uz") == "mail-not-set-up"
    assert document("alerts") == {"mail": [], "last_at": None, "last": ""}


def test_a_cut_becomes_a_file_or_a_pdf_without_a_browser(opened: Store, tmp_path: Path) -> None:
    document("create", "good.csv", "--name", "n", "--text", "Salom")
    rows = document("report", "--format", "csv", "--out", str(tmp_path / "a.csv"), "--columns", "phone,state")
    assert rows["rows"] == 2
    assert (tmp_path / "a.csv").read_text("utf-8-sig").splitlines()[0] == '"phone","state"'
    document(
        "report", "--format", "pdf", "--out", str(tmp_path / "a.pdf"), "--from", "2026-01-01", "--to", "2026-12-31"
    )
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF-")
    assert refused("report", "--format", "csv", "--out", str(tmp_path / "b"), "--columns", "x") == "no-such-column"
    for wrong in (("--range", "Nokia"), ("--from", "2026-02-01", "--to", "2026-01-01"), ("--from", "yesterday")):
        assert run("report", "--format", "csv", "--out", str(tmp_path / "b"), *wrong).exit_code == 2


def test_a_scheduled_campaign_that_is_started_again_keeps_what_is_not_named(opened: Store) -> None:
    campaign = document("create", "good.csv", "--name", "n", "--text", "Salom")["campaign"]
    times = ("--at", f"{NEXT_YEAR}-01-01T09:00", "--until", f"{NEXT_YEAR}-01-01T18:00")
    document("start", str(campaign), *times, "--limit", "500", "--priority", "3")
    scheduled = campaigns.get(opened, campaign)
    assert document("start", str(campaign), "--at", f"{NEXT_YEAR}-01-01T10:00")["status"] == "scheduled"
    moved = campaigns.get(opened, campaign)
    assert moved.scheduled_at == (scheduled.scheduled_at or 0) + 3_600_000
    kept = (scheduled.ends_at, 3, 500_00)
    assert (moved.ends_at, moved.priority, moved.spend_limit) == kept
    assert document("start", str(campaign), "--limit", "400")["status"] == "running"
    started = campaigns.get(opened, campaign)
    assert (started.ends_at, started.priority, started.spend_limit) == (kept[0], 3, 400_00)


def test_a_day_that_the_schedule_of_a_report_ignores_is_wrong_usage(opened: Store) -> None:
    for ignored in (
        ("--weekday", "friday"),
        ("--every", "month", "--weekday", "friday"),
        ("--every", "week", "--day", "5"),
        ("--every", "day", "--day", "1"),
    ):
        refusal = run("reports", "add", "--name", "x", *ignored)
        assert refusal.exit_code == 2
        assert "has no effect with --every" in refusal.stderr
    assert document("reports", "add", "--name", "x", "--every", "month", "--day", "31")["day"] == 31
    assert document("reports", "add", "--name", "y", "--every", "day")["weekday"] == "monday"
