"""`getsms phone`: everything about a number."""

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import N_, _, ngettext
from getsms_core.cli.framework import (
    answer,
    clock,
    database,
    instant,
    json_option,
    money,
    settings_in_force,
    somebody,
    spaced,
    table,
)

if TYPE_CHECKING:
    from getsms_core.base.settings import Settings
    from getsms_core.db.engine import Store
    from getsms_core.reports.number_history import NumberHistory

LONGEST_TEXT = 60  # characters of a message's text in a line


@click.command("phone")
@click.argument("number")
@click.option(
    "--erase", is_flag=True, help=N_("Erase the texts of its messages, its rows in lists and the number itself.")
)
@click.option("--yes", is_flag=True, help=N_("Do not ask before erasing."))
@json_option
def phone_command(number: str, erase: bool, yes: bool, as_json: bool) -> None:
    """Show all messages to NUMBER, the lists that hold it and its opt-out. Each look-up is in the audit log.

    With --erase the number is opted out of everything, and a worker erases it: at once where it is in ended campaigns,
    elsewhere when they have ended. This cannot be undone."""
    if yes and not erase:
        raise click.UsageError(_("--yes belongs to --erase."))
    settings = settings_in_force()
    from getsms_core.reports import number_history

    phone = number_history.parse(number)
    with database(settings) as store:
        if erase:
            _erase(store, phone, yes, as_json)
            return
        history = number_history.look_up(store, somebody(), phone)
    document = {
        "phone": history.phone,
        "opted_out": history.opt_out.scope.value if history.opt_out else None,
        "lists": [list_id for list_id, _name, _rows in history.lists],
        "messages": [
            {
                "campaign": campaign_message.campaign_id,
                "name": campaign_message.campaign,
                "text": campaign_message.message.text,
                "state": campaign_message.message.state,
                "reason": campaign_message.message.reason,
                "sent_at": instant(campaign_message.message.left_at, settings),
                "price": money(campaign_message.message.price),
            }
            for campaign_message in history.messages
        ],
    }
    answer(as_json, document, _lines(history, settings))


def _erase(store: "Store", phone: int, yes: bool, as_json: bool) -> None:
    from getsms_core.campaigns import number_erasure

    if not yes and sys.stdin is not None and not sys.stdin.closed and sys.stdin.isatty():
        question = _("Everything about {phone} is erased, and it is opted out. This cannot be undone. Erase it?")
        if not click.confirm(question.format(phone=phone), err=True):
            raise DomainError("not-confirmed", _("Nothing was erased."))
    erasure_id = number_erasure.request(store, somebody(), phone)
    sentence = _("{phone} is opted out, and a worker erases it (erasure {id}).").format(phone=phone, id=erasure_id)
    answer(as_json, {"phone": str(phone), "erasure": erasure_id}, [sentence])


def _lines(found: "NumberHistory", settings: "Settings") -> Iterator[str]:
    from getsms_core.base.kinds import OPT_OUT_SCOPES
    from getsms_core.base.states import LABELS
    from getsms_core.gateway import short_reason

    yield found.phone
    if found.opt_out is not None:
        source = ", ".join(filter(None, (found.opt_out.source, found.opt_out.reason)))
        yield _("Opted out of: {scope} ({source}), since {when}").format(
            scope=_(OPT_OUT_SCOPES[found.opt_out.scope]), source=source, when=clock(found.opt_out.created_at, settings)
        )
    if found.erasing:
        yield _("It is being erased.")
    for list_id, name, rows in found.lists:
        words = ngettext("In list {id} “{name}”: {n} row", "In list {id} “{name}”: {n} rows", rows)
        yield words.format(id=list_id, name=name, n=spaced(rows))
    if not found.messages:
        yield _("There is no message to this number.")
        return
    head = (_("Campaign"), _("Name"), _("State"), _("Sent"), _("Final status"), _("SMS"), _("so'm"), _("Reason"),
            _("Text"))  # fmt: skip
    yield from table(
        [
            (
                campaign_message.campaign_id,
                f"{campaign_message.campaign} ({_('Test')})" if campaign_message.is_test else campaign_message.campaign,
                _(LABELS[campaign_message.message.state]),
                clock(campaign_message.message.left_at, settings),
                clock(campaign_message.message.settled_at, settings),
                campaign_message.message.parts,
                spaced(money(campaign_message.message.price)),
                short_reason(campaign_message.message.reason)
                if campaign_message.message.reason
                else campaign_message.message.status_word or "",
                campaign_message.message.text
                if len(campaign_message.message.text) <= LONGEST_TEXT
                else campaign_message.message.text[: LONGEST_TEXT - 1] + "…",
            )
            for campaign_message in found.messages
        ],
        head,
    )
