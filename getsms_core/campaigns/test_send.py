"""Test SMS to one's own phones: a campaign of its own on the path of every campaign, marked as a test in every
count."""

import csv
from collections.abc import Mapping, Sequence

import pyarrow as pa
import sqlalchemy as sa
from sqlmodel import col

from getsms_core import phone
from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import _
from getsms_core.base.permissions import Actor, Permission
from getsms_core.base.settings import Settings
from getsms_core.base.temporary import temporary_folder
from getsms_core.campaigns import service as campaigns
from getsms_core.contacts import lists
from getsms_core.db.engine import Store
from getsms_core.db.models import Campaign, OptOut
from getsms_core.messages import merge_fields, variants
from getsms_core.messages.invisible import is_blank

FILENAME = "test-sms.csv"
"""The file name of the lists that are made for tests; a page that shows kept lists leaves them out."""
MAX_NUMBERS = 5
_PHONE = "test phone"


def parse_numbers(text: str) -> list[int]:
    """The numbers that a person typed, separated by commas, semicolons or line breaks.

    Raises `DomainError`: "no-test-number", "bad-test-number", "too-many-test-numbers"."""
    found: list[int] = []
    for piece in text.replace(";", ",").replace("\n", ",").split(","):
        if piece.strip():
            checked = phone.check(piece)
            if not checked.number:
                raise DomainError("bad-test-number", phone.message(checked.outcome, piece.strip()))
            found.append(checked.number)
    if not found:
        raise DomainError("no-test-number", _("Write your own number, for example 90 123 45 67."))
    if len(set(found)) > MAX_NUMBERS:
        raise DomainError("too-many-test-numbers", _("A test goes to {most} numbers at most.").format(most=MAX_NUMBERS))
    return list(dict.fromkeys(found))


def row_values(recipients: pa.Table, row: int | None = None) -> tuple[int, dict[str, str]]:
    """The index and the data of a row of the spreadsheet, of the first without one.

    Raises `DomainError`: "no-recipients", "no-such-row" for one that gets no message."""
    if not recipients.num_rows:
        raise DomainError("no-recipients", _("The list has no number that can be sent to."))
    at = 0 if row is None else int(recipients["row"].index(row).as_py())
    if at < 0:
        words = _("Row {row} gets no message: it is empty or was left out in the check.")
        raise DomainError("no-such-row", words.format(row=row))
    found = recipients.slice(at, 1).drop_columns(["row", "phone"]).to_pylist()[0]
    return at, {name: merge_fields.clean(value or "") for name, value in found.items()}


def text_for(campaign: Campaign, recipients: int, at: int) -> str:
    """The text that this of so many recipients gets, before it is merged."""
    more = variants.from_stored(campaign.variants)
    index = int(variants.assign_variants(recipients, more, int(campaign.id or 0))[at]) if more else 0
    return campaign.text if index == 0 else more[index - 1].text


def send(
    store: Store,
    actor: Actor,
    settings: Settings,
    campaign_id: int,
    phones: Sequence[int],
    values: Mapping[str, str],
    text: str | None = None,
) -> int:
    """Send a draft's text (or another of its texts) with one row's `values` to these numbers now; returns the id of
    the test campaign.

    Raises `DomainError`: "not-allowed", "no-text", "empty-text", "test-opted-out", and for a merge field that none
    of the values serves."""
    actor.must(Permission.CAMPAIGN)
    campaign = campaigns.get(store, campaign_id)
    text = campaign.text if text is None else text
    if not text.strip():
        raise DomainError("no-text", _("Write the text first."))
    if is_blank(merge_fields.parse(text).render(values, mend=campaign.mend_values)):
        raise DomainError("empty-text", _("With this row's data the text is empty, so there is nothing to send."))
    _refuse_opted_out(store, phones)
    name = _("Test: {name}").format(name=campaign.name)
    columns = [column for column in values if column != _PHONE]
    with temporary_folder() as folder:
        path = folder / FILENAME
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow([_PHONE, *columns])
            writer.writerows([number, *(values[column] for column in columns)] for number in phones)
        options = lists.Options(phone_column=_PHONE, header_row=1, encoding="utf-8", delimiter=",")
        list_id = lists.add_file(store, actor, path, name, options)
    draft = campaigns.Draft(name, text, list_id, campaign.sender, campaign.category, campaign.mend_values)
    made = campaigns.create(store, actor, settings, draft, is_test=True)
    campaigns.start(store, actor, made)
    return made


def _refuse_opted_out(store: Store, phones: Sequence[int]) -> None:
    with store.reading() as session:
        gone = session.scalars(sa.select(col(OptOut.phone)).where(col(OptOut.phone).in_(phones))).all()
    if gone:
        words = _("{numbers}: opted out, so nothing is sent there. Take the number off the opt-outs or use another.")
        raise DomainError("test-opted-out", words.format(numbers=", ".join(f"+{number}" for number in sorted(gone))))
