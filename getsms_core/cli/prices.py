"""`getsms prices`: what one part of an SMS costs, for whom, from which day on."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click

from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import N_, _, pgettext
from getsms_core.cli.framework import (
    Whole,
    answer,
    clock,
    database,
    instant,
    json_option,
    money,
    settings_in_force,
    somebody,
    table,
)

if TYPE_CHECKING:
    from getsms_core.base.settings import Settings
    from getsms_core.db.models import PriceRule


@click.group("prices")
def prices_command() -> None:
    """Manage the price of an SMS part. The most specific matching rule applies, then the newest; without one,
    GETSMS_PRICE."""


@prices_command.command("list")
@json_option
def list_prices_command(as_json: bool) -> None:
    """List the price rules, latest start first, and the default price."""
    settings = settings_in_force()
    from getsms_core.billing import price_rules
    from getsms_core.billing.price_list import tiyin

    with database(settings) as store:
        price_rule_rows, names = price_rules.all_rules(store), price_rules.account_names(store)
    document = {
        "default": money(tiyin(settings.price)),
        "prices": [_document(rule, names, settings) for rule in price_rule_rows],
    }
    head = (_("Id"), _("So'm"), pgettext("date", "From"), _("Account"), _("Sender"), _("Range"), _("Kind"))
    rows = [
        (rule.id, money(rule.price), clock(rule.from_at, settings), names.get(rule.account_id or 0, ""), rule.sender,
         rule.number_range, rule.category)
        for rule in price_rule_rows
    ]  # fmt: skip
    otherwise = _("Default price: {sum} so'm.").format(sum=document["default"])
    answer(as_json, document, [*(table(rows, head) if rows else []), otherwise])


@prices_command.command("add")
@click.argument("price", metavar="SOM")
@click.option("--from", "day", metavar="YYYY-MM-DD", help=N_("The first day of the price; default: today."))
@click.option("--sender", default="", help=N_("Only for this sender name."))
@click.option("--range", "number_range", default="", help=N_("Only for this number range, for example Ucell."))
@click.option("--kind", type=click.Choice(["service", "advertising"]), help=N_("Only for this kind of campaign."))
@click.option("--account", help=N_("Only for this account."))
@json_option
def add_price_command(
    price: str, day: str | None, sender: str, number_range: str, kind: str | None, account: str | None, as_json: bool
) -> None:
    """Set the price of one SMS part to SOM so'm from a day on. Repeating a rule changes nothing."""
    amount = _amount(price)
    begins = _day(day) if day else None
    settings = settings_in_force()
    from getsms_core.billing import price_rules

    local = (begins or datetime.now(settings.zone)).replace(tzinfo=settings.zone, hour=0, minute=0, second=0)
    with database(settings) as store:
        names = price_rules.account_names(store)
        chosen = next((price_rule for price_rule, name in names.items() if name == account), None)
        if account and chosen is None:
            known = ", ".join(names.values()) or "-"
            raise click.BadParameter(_("the accounts are: {names}").format(names=known), param_hint="--account")
        rule_id = price_rules.add(
            store, somebody(), amount, int(local.replace(microsecond=0).timestamp() * 1000), account_id=chosen,
            sender=sender, number_range=number_range, category=kind or "",
        )  # fmt: skip
        rule = next(price_rule for price_rule in price_rules.all_rules(store) if price_rule.id == rule_id)
    sentence = _("Price {id}: {sum} so'm from {time}.")
    line = sentence.format(id=rule_id, sum=money(rule.price), time=clock(rule.from_at, settings))
    answer(as_json, _document(rule, names, settings), [line])


@prices_command.command("remove")
@click.argument("rule", metavar="ID", type=Whole(1, 2**31 - 1))
@json_option
def remove_price_command(rule: int, as_json: bool) -> None:
    """Remove a price rule; messages priced by it keep their price."""
    settings = settings_in_force()
    from getsms_core.billing import price_rules

    with database(settings) as store:
        price_rules.remove(store, somebody(), rule)
    answer(as_json, {"removed": rule}, [_("Price {id} is removed.").format(id=rule)])


def _amount(text: str) -> Decimal:
    from getsms_core.base import amounts
    from getsms_core.billing import price_list

    try:
        return price_list.som(amounts.parse_money(text))
    except DomainError as refusal:
        if refusal.code in ("too-many-places", "number-too-large"):  # a number, but not a price: not wrong usage
            raise DomainError("bad-price", refusal.message) from None
        raise click.BadParameter(refusal.message, param_hint="SOM") from None


def _day(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d")
    except ValueError:
        raise click.BadParameter(_("write a day as 2026-12-01"), param_hint="--from") from None


def _document(rule: "PriceRule", names: dict[int, str], settings: "Settings") -> dict[str, Any]:
    return {
        "id": rule.id,
        "price": money(rule.price),
        "from": instant(rule.from_at, settings),
        "account": names.get(rule.account_id or 0),
        "sender": rule.sender or None,
        "range": rule.number_range or None,
        "kind": rule.category or None,
    }
