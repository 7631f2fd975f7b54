"""Test SMS to one's own phones: a separate campaign, sent like any other and marked as a test in every count."""

import csv
from collections.abc import Mapping, Sequence

import pyarrow as pa
import sqlalchemy as sa
from sqlmodel import col

from getsms_core import phone
from getsms_core.base import names
from getsms_core.base.errors import DomainError, NotFound
from getsms_core.base.i18n import _
from getsms_core.base.kinds import MessageKind, OptOutScope
from getsms_core.base.permissions import Actor, Permission
from getsms_core.base.settings import Settings
from getsms_core.base.temporary import temporary_folder
from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns.discard import discard
from getsms_core.contacts import list_columns, lists
from getsms_core.db.engine import Store
from getsms_core.db.models import OptOut
from getsms_core.messages import merge_fields
from getsms_core.messages.invisible import is_blank

MAX_NUMBERS = 5
_PHONE = lists.TEST_PHONE_COLUMN


def parse_numbers(text: str) -> list[int]:
    """Return the typed numbers, separated by commas, semicolons or line breaks.

    Raises `DomainError`: "no-test-number", "bad-test-number", "too-many-test-numbers"."""
    phones: list[int] = []
    for entry in text.replace(";", ",").replace("\n", ",").split(","):
        if entry.strip():
            checked = phone.check(entry)
            if not checked.number:
                raise DomainError("bad-test-number", phone.message(checked.outcome, entry.strip()))
            phones.append(checked.number)
    if not phones:
        raise DomainError.of("no-test-number")
    _refuse_many(phones)
    return list(dict.fromkeys(phones))


def row_values(recipients: pa.Table, row: int | None = None) -> tuple[int, dict[str, str]]:
    """Return the index and the values of a row of the spreadsheet; of the first recipient where `row` is None.

    Raises `DomainError`: "no-recipients", "no-such-row" for a row that gets no message."""
    if not recipients.num_rows:
        raise DomainError.of("no-recipients")
    index = 0 if row is None else int(recipients["row"].index(row).as_py())
    if index < 0:
        raise NotFound.of("no-such-row", case="test", row=row)
    values = recipients.slice(index, 1).drop_columns(["row", "phone"]).to_pylist()[0]
    return index, {name: merge_fields.clean(value or "") for name, value in values.items()}


def send(
    store: Store,
    actor: Actor,
    settings: Settings,
    campaign_id: int,
    phones: Sequence[int],
    values: Mapping[str, str],
    text: str | None = None,
) -> int:
    """Send a draft's text (or another of its texts) with one row's `values` to these numbers now; return the id of
    the test campaign.

    Raises `DomainError`: "not-allowed", "too-many-test-numbers", "no-text", "empty-text", "test-opted-out", and for a
    merge field without a value."""
    actor.must(Permission.CAMPAIGN)
    _refuse_many(phones)
    campaign = campaigns.get(store, campaign_id)
    text = campaign.text if text is None else merge_fields.clean_text(names.check("text", text))
    if not text.strip():
        raise DomainError.of("no-text")
    if is_blank(merge_fields.parse(text).render(values, mend=campaign.mend_values)):
        raise DomainError.of("empty-text", case="row")
    _refuse_opted_out(store, phones, campaign.category)
    name = names.shorten("campaign", _("Test: {name}").format(name=campaign.name))
    # Only what the text merges: the file is read like any other, and a cell with a web page makes it another kind.
    columns = [column for column in merge_fields.parse(text).columns(values) if column != _PHONE]
    with temporary_folder() as folder:
        path = folder / lists.TEST_FILENAME
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow([_PHONE, *columns])
            writer.writerows([number, *(values[column] for column in columns)] for number in phones)
        options = lists.Options(phone_column=_PHONE, header_row=1, encoding="utf-8", delimiter=",")
        list_id = lists.add_file(store, actor, path, name, options)
    _hide_personal(store, actor, campaign.list_id, list_id, columns)
    draft = campaigns.Draft(name, text, list_id, campaign.sender, campaign.category, campaign.mend_values)
    test_id = campaigns.create(store, actor, settings, draft, is_test=True)
    try:
        campaigns.start(store, actor, test_id)
    except DomainError:
        discard(store, actor, test_id, list_id)
        raise
    return test_id


def _hide_personal(store: Store, actor: Actor, source_id: int | None, list_id: int, columns: Sequence[str]) -> None:
    """Make the columns of the test's list personal that are personal in the list of the campaign: they hold the data of
    one of its recipients."""
    personal = lists.get(store, source_id).personal_columns if source_id is not None else []
    if hidden := [name for name in columns if name in personal]:
        list_columns.describe(store, actor, list_id, personal=[*lists.get(store, list_id).personal_columns, *hidden])


def _refuse_many(phones: Sequence[int]) -> None:
    if len(set(phones)) > MAX_NUMBERS:
        raise DomainError.of("too-many-test-numbers", most=MAX_NUMBERS)


def _refuse_opted_out(store: Store, phones: Sequence[int], kind: str) -> None:
    query = sa.select(col(OptOut.phone)).where(col(OptOut.phone).in_(phones))
    if kind != MessageKind.ADVERTISING:
        query = query.where(col(OptOut.scope) == OptOutScope.ALL)
    with store.reading() as session:
        opted_out = session.scalars(query).all()
    if opted_out:
        raise DomainError.of("test-opted-out", numbers=", ".join(f"+{number}" for number in sorted(opted_out)))
