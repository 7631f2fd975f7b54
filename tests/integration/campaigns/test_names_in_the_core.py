"""Every function of the core that stores a name or a short text bounds it, on both databases."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from getsms_core.base.errors import DomainError
from getsms_core.base.names import LIMITS
from getsms_core.base.permissions import Role
from getsms_core.billing import price_rules
from getsms_core.campaigns import approval, copying, drafts, templates
from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns.service import Draft
from getsms_core.contacts import lists, operations, segments, suppression
from getsms_core.contacts.conditions import Columns, parse
from getsms_core.db.engine import Store
from getsms_core.db.models import Audit, Campaign, RecipientList, Table
from getsms_core.scheduled import reports as saved_reports
from getsms_core.users import service as users
from tests.engine_support import AZIZA, campaign_of, checked_list, settings_for
from tests.factories import NOW, make_campaign

Write = Callable[[Store, str], object]


def create(store: Store, name: str = "Sale", text: str = "Salom", sender: str = "") -> int:
    list_id = checked_list(store, [998901234567])
    return campaigns.create(store, AZIZA, settings_for(), Draft(name, text, list_id, sender))


def template(store: Store, name: str = "T", text: str = "Salom") -> int:
    return templates.create(store, AZIZA, templates.Wording(name, text))


def refused_template(store: Store, reason: str) -> None:
    template_id = template(store)
    templates.submit(store, AZIZA, template_id)
    templates.refuse(store, AZIZA, template_id, reason)


def opted_in(store: Store, reason: str) -> None:
    suppression.add(store, AZIZA, [998901234567], "call", "asked")
    suppression.remove(store, AZIZA, 998901234567, reason)


WRITES: dict[str, tuple[str, Write]] = {
    "create": ("campaign", lambda store, name: create(store, name)),
    "change": ("campaign", lambda store, name: campaigns.change(store, AZIZA, create(store), Draft(name, "Salom"))),
    "rename a campaign": ("campaign", lambda store, name: drafts.rename(store, AZIZA, create(store), name)),
    "copy": ("campaign", lambda store, name: copying.copy(store, AZIZA, settings_for(), create(store), name + " ")),
    "text": ("text", lambda store, text: create(store, text=text)),
    "sender": ("sender", lambda store, sender: create(store, sender=sender)),
    "price of a sender": ("sender", lambda store, sender: price_rules.add(store, AZIZA, 90, NOW, sender=sender)),  # type: ignore[arg-type]
    "rename a list": ("list", lambda store, name: operations.rename(store, AZIZA, checked_list(store, [1]), name)),
    "split": ("list", lambda store, name: operations.split(
        store, AZIZA, checked_list(store, [998901234567, 998901234568]), name, parts=2)),
    "tag": ("tag", lambda store, tag: operations.tag(store, AZIZA, checked_list(store, [1]), ["a", tag])),
    "segment": ("segment", lambda store, name: segments.save(store, AZIZA, name, parse("a = 1", Columns(["a"])))),
    "template": ("template", lambda store, name: template(store, name)),
    "template's text": ("text", lambda store, text: template(store, text=text)),
    "reason of a template": ("reason", refused_template),
    "user": ("user", lambda store, name: users.create(store, AZIZA, name, "a good password", Role.ANALYST)),
    "report": ("report", lambda store, name: saved_reports.save(
        store, AZIZA, settings_for(), saved_reports.Plan(name=name, format="csv"))),
    "source": ("source", lambda store, source: suppression.add(store, AZIZA, [998901234567], source, "asked")),
    "reason": ("reason", lambda store, reason: suppression.add(store, AZIZA, [998901234567], "call", reason)),
    "reason of a removal": ("reason", opted_in),
    "comment": ("comment", lambda store, comment: approval.refuse(
        store, AZIZA, make_campaign(store, "A", "awaiting approval"), comment)),
}  # fmt: skip
BAD = {"a megabyte": "x" * 1_000_000, "half a character": "Bahor \ud83d"}


@pytest.mark.parametrize("kind", sorted(BAD))
@pytest.mark.parametrize("write", sorted(WRITES))
def test_what_nothing_can_show_is_refused_and_stored_nowhere(store: Store, write: str, kind: str) -> None:
    with pytest.raises(DomainError) as refused:
        WRITES[write][1](store, BAD[kind])
    assert refused.value.message
    assert refused.value.code in {LIMITS[WRITES[write][0]].code, "long-name", "not-utf8"}
    with store.reading() as session:
        for table in Table.metadata.sorted_tables:
            assert not any("xxxxxxxxxx" in repr(row) for row in session.execute(sa.select(table))), table.name


@pytest.mark.parametrize("write", sorted(WRITES))
def test_no_name_reaches_the_database_with_controls_or_marks_of_direction(store: Store, write: str) -> None:
    try:
        WRITES[write][1](store, "Ba\u202ehor\u200b 2026\r\n")
    except DomainError as refusal:
        assert LIMITS[WRITES[write][0]].strict, refusal.message  # noqa: PT017
    try:
        WRITES[write][1](store, "Ba\x00hor")
    except DomainError as refusal:
        assert refusal.message  # noqa: PT017
    stored: list[Any] = []
    with store.reading() as session:
        for table in Table.metadata.sorted_tables:
            texts = [column for column in table.columns if not isinstance(column.type, sa.LargeBinary)]
            stored += [repr(row) for row in session.execute(sa.select(*texts))]
    everything = "\n".join(stored)
    assert not [mark for mark in ("\u202e", r"\u202e", r"\x00", "\x00") if mark in everything]


def test_the_name_of_an_uploaded_file_is_shortened_and_has_no_folders(store: Store) -> None:
    filename = "C:\\fake\\" + "x" * 5_000 + ".csv"
    list_id = lists.upload(store, AZIZA, "y" * 5_000, filename, [b"Telefon\n901234567\n"], lists.Options())
    row = lists.get(store, list_id)
    assert (len(row.name), len(row.filename), row.filename[-5:]) == (200, 200, "….csv")
    lists.check_uploaded_list(store, list_id)
    assert lists.get(store, list_id).state == "ready"


def test_names_that_the_program_makes_of_the_longest_ones_fit(store: Store) -> None:
    longest = "x" * LIMITS["campaign"].length
    campaign_id = create(store, longest)
    copied = copying.copy(store, AZIZA, settings_for(), campaign_id)
    assert campaign_of(store, copied).name == f"Copy of {longest}"[:199] + "…"
    with store.writing() as session:
        session.execute(sa.update(RecipientList).values(name="y" * 900))  # of an earlier release
    copied_list = operations.filter_recipients(store, AZIZA, 1, parse("phone = 998901234567", Columns(["phone"])), "")
    assert len(lists.get(store, copied_list[0]).name) == 200


def test_a_name_of_an_earlier_release_is_read_and_can_be_replaced(store: Store) -> None:
    campaign_id = create(store)
    with store.writing() as session:
        session.execute(sa.update(Campaign).values(name="z" * 5_000))
    assert len(campaigns.get(store, campaign_id).name) == 5_000
    drafts.rename(store, AZIZA, campaign_id, "Bahor")
    assert campaigns.get(store, campaign_id).name == "Bahor"
    with store.reading() as session:
        entry = session.scalars(sa.select(Audit).order_by(Audit.id.desc())).first()  # type: ignore[union-attr]
    assert entry is not None
    assert entry.action == "campaign.rename"


def test_the_columns_of_a_file_have_names_that_can_be_shown(store: Store) -> None:
    rows = "Telefon;" + "k" * 30_000 + ";Is\u200bm\u202e\n901234567;a;b\n"
    list_id = lists.upload(store, AZIZA, "a", "a.csv", [rows.encode()], lists.Options(delimiter=";"))
    lists.check_uploaded_list(store, list_id)
    columns = lists.get(store, list_id).facts["columns"]
    assert [len(name) for name in columns] == [7, 200, 3]
    assert columns[2] == "Ism"
