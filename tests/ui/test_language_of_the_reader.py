"""What is stored while the program speaks one language is read in another: nothing of the first one is left."""

import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from getsms_core import exports, jobs
from getsms_core.accounts import policy
from getsms_core.accounts.policy import Policy
from getsms_core.base import i18n
from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import using_language
from getsms_core.base.permissions import Actor, Role
from getsms_core.base.states import CampaignState
from getsms_core.campaigns import approval
from getsms_core.campaigns import service as campaigns
from getsms_core.contacts import lists, operations
from getsms_core.contacts.lists import Options
from getsms_core.db.engine import Store, open_store
from getsms_core.reports import Filter
from getsms_core.scheduled import reports as saved_reports
from getsms_core.scheduled import runner
from getsms_core.scheduled.reports import Plan
from getsms_core.worker import handlers
from tests.conftest import PageFactory, find_free_port
from tests.each_case import each_case
from tests.engine_support import AZIZA, checked_list, phones, running, settings_for
from tests.job_support import claim, claimed, do_all
from tests.mail_server import mail_server
from tests.waits import LIMIT

CYRILLIC = re.compile(r"[\u0400-\u04ff]+")
BEK, DILDORA = Actor("Bek", Role.MARKETER), Actor("Dildora", Role.MANAGER)


def store_in_russian(store: Store, folder: Path) -> dict[str, list[int]]:
    """Store failures, reasons and origins while the language is Russian; return the ids of their subjects."""
    with using_language("ru"):
        ids = {"list": _lists(store), "campaign": _campaigns(store)}
        ids["export"] = [exports.enqueue(store, AZIZA, settings_for(), Filter(), "csv", name="Fayl")]
        handlers.record_crash(store, claimed(store))
        ids["report"] = [_report_without_mail_server(store, folder), _report_with_mail(store, folder)]
    return ids


def _lists(store: Store) -> list[int]:
    failing = [
        lists.upload(store, AZIZA, "Buzuq", "x.csv", [b""], Options()),
        lists.upload(store, AZIZA, "Raqamsiz", "y.csv", [b"Ism,Shahar\nAli,Termiz\nVali,Buxoro\n"], Options()),
        lists.upload(store, AZIZA, "Varaqsiz", "z.csv", [b"Telefon\n901234567\n"], Options(header_row=50)),
    ]
    do_all(store)
    sources = [checked_list(store, phones(3)), checked_list(store, phones(2))]
    merged = operations.merge(store, AZIZA, sources, "Birga", "last")
    parts = operations.split(store, AZIZA, merged, "Qism", parts=2, seed=1)
    cut = operations.subtract(store, AZIZA, merged, [parts[0]], "Qolgan")
    sample = operations.sample(store, AZIZA, merged, "Namuna", n=1, seed=1)
    return [*failing, merged, *parts, cut, sample]


def _campaigns(store: Store) -> list[int]:
    paused = running(store, 2)
    campaigns.pause(store, AZIZA, paused)
    refused = running(store, 3, state=CampaignState.DRAFT)
    policy.save(store, AZIZA, 1, Policy(approve_messages=0), settings_for().zone)
    campaigns.start(store, BEK, refused)
    approval.refuse(store, DILDORA, refused, "Narxi qimmat")
    return [paused, refused]


def _report_without_mail_server(store: Store, folder: Path) -> int:
    return _run_report(store, folder, find_free_port())


def _report_with_mail(store: Store, folder: Path) -> int:
    with mail_server() as server:
        return _run_report(store, folder, server.port)


def _run_report(store: Store, folder: Path, port: int) -> int:
    settings = settings_for(
        files=folder / "files", smtp_host="127.0.0.1", smtp_port=port, smtp_security="none", smtp_from="sms@example.uz"
    )
    report_id = saved_reports.save(store, AZIZA, settings, Plan("Kun", format="csv", mail=("boss@example.uz",)))
    saved_reports.run_now(store, AZIZA, report_id)
    run = claim(store)
    assert run is not None
    try:
        runner.make(store, run, settings)
    except DomainError as error:
        handlers.record_failure(store, run, error)
    return report_id


def russian(text: str) -> list[str]:
    """The Russian words of a text."""
    return CYRILLIC.findall(text)


def shown(page: Any) -> str:
    """Every value, label and cell of a page."""
    texts = []
    for element in page.main:
        value = getattr(element, "value", "")
        texts.append(value.to_string() if isinstance(value, pd.DataFrame) else str(value))
        texts.append(str(getattr(element, "label", "")))
    return "\n".join(texts)


def test_what_is_stored_in_russian_is_read_in_english(store: Store, tmp_path: Path) -> None:
    ids = store_in_russian(store, tmp_path)
    read = [
        (lists.get(store, stored_list).message, lists.get(store, stored_list).origin) for stored_list in ids["list"]
    ]
    assert [bool(message) for message, _origin in read] == [True] * 3 + [False] * 5
    assert [bool(origin) for _message, origin in read] == [False] * 3 + [True] * 5
    words = [text for pair in read for text in pair]
    words += [campaigns.get(store, campaign).why_words for campaign in ids["campaign"]]
    words += [exports.get(store, export).message for export in ids["export"]]
    words += [saved_reports.get(store, report).message for report in ids["report"]]
    assert all(words[-5:]), "the paused one, the refused one, the file and both reports say why"
    failed_jobs = [job.reason for job in jobs.all_jobs(store, AZIZA)]
    assert len(failed_jobs) == 5
    assert russian("\n".join(words + failed_jobs)) == []
    with using_language("ru"):
        assert len(russian(lists.get(store, ids["list"][3]).origin)) > 3


@pytest.fixture
def command_store(store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """The database of the command, which speaks English."""
    monkeypatch.setenv("GETSMS_DATABASE_URL", store_url)
    monkeypatch.setenv("GETSMS_LANGUAGE", "en")
    monkeypatch.chdir(tmp_path)
    store = open_store(store_url)
    with using_language("en"):
        yield store
    store.close()


def test_the_command_says_nothing_in_the_language_of_whoever_stored_it(command_store: Store, tmp_path: Path) -> None:
    from tests.integration.cli.cli_support import run

    ids = store_in_russian(command_store, tmp_path)
    commands = [
        ["lists"],
        ["jobs"],
        ["reports", "list"],
        ["audit"],
        *(["show", str(campaign)] for campaign in ids["campaign"]),
    ]
    for command in commands:
        for form in ([], ["--json"]):
            result = run(*command, *form)
            assert result.exit_code == 0, result.output
            text = json.dumps(json.loads(result.stdout), ensure_ascii=False) if form else result.output
            assert russian(text) == [], command


@pytest.fixture
def russian_ids(sqlite_store: Store, tmp_path: Path) -> dict[str, list[int]]:
    """The ids of what was stored in Russian in the database of the pages."""
    return store_in_russian(sqlite_store, tmp_path)


@each_case(
    ("page_name", "subject"),
    [
        ("lists.py", "list"),
        ("campaigns.py", ""),
        ("campaigns.py", "campaign"),
        ("reports.py", ""),
        ("jobs.py", ""),
        ("overview.py", ""),
        ("audit.py", ""),
    ],
)
def test_a_page_says_nothing_in_the_language_of_whoever_stored_it(
    open_page: PageFactory, russian_ids: dict[str, list[int]], page_name: str, subject: str
) -> None:
    subject_ids: list[int | None] = [*russian_ids[subject]] if subject else [None]
    for subject_id in subject_ids:
        page = open_page(page_name)
        if subject_id is not None:
            page.query_params["list" if subject == "list" else "id"] = str(subject_id)
        page.run()
        assert not page.exception
        assert russian(shown(page)) == []


def test_a_refused_click_is_explained_in_the_language_of_the_page(open_page: PageFactory) -> None:
    """A callback runs in a new thread, before anything of the page has chosen a language there."""
    page = open_page("numbers.py", language="ru").run()
    page.text_input(key="number-typed").set_value("12 34")
    page.button(key="number-find").click().run()
    assert CYRILLIC.search(page.error[0].value)


def test_a_thread_without_a_language_has_that_of_its_session(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(i18n, "_language_where_unset", lambda: "uz")
    spoken: list[str] = []
    thread = threading.Thread(target=lambda: spoken.append(i18n.language()))
    thread.start()
    thread.join(LIMIT)
    assert spoken == ["uz"]
