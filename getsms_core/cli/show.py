"""`getsms show, excluded, list`: read only."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from getsms_core.base.i18n import N_, _, ngettext
from getsms_core.cli.control import id_argument
from getsms_core.cli.create_remarks import EXCLUDED_ROWS, excluded_in_words
from getsms_core.cli.framework import (
    Whole,
    answer,
    clock,
    database,
    instant,
    json_option,
    money,
    settings_in_force,
    spaced,
    table,
)
from getsms_core.cli.text_options import texts_document

if TYPE_CHECKING:
    from getsms_core.base.codes import SetAsideReason
    from getsms_core.base.settings import Settings
    from getsms_core.base.states import Figures
    from getsms_core.billing.reconciliation import Billed
    from getsms_core.campaigns.reach import Reach
    from getsms_core.delivery.receipt_notes import Fault
    from getsms_core.reports import ControlFigures, Experiment, LossReason, ResponseFigures, VariantRow

limit_option = click.option(
    "--limit",
    type=Whole(1, 100_000),
    default=50,
    show_default=True,
    help=N_("Maximum number of entries, newest first."),
)
_TIMES = ("created_at", "scheduled_at", "started_at", "finished_at")


@click.command("show")
@id_argument
@json_option
def show_command(campaign_id: int, as_json: bool) -> None:
    """Show the current state of campaign ID."""
    settings = settings_in_force()
    from getsms_core import reports
    from getsms_core.billing.reconciliation import Billed, Sums
    from getsms_core.campaigns import logins, reach
    from getsms_core.campaigns import service as campaigns

    with database(settings) as store:
        shown = dict(campaigns.show(store, campaign_id))
        campaign = campaigns.get(store, campaign_id)
        login, other_login = logins.owner_login(store, campaign), logins.other_login(store, campaign, settings)
        experiment = reports.experiment(store, campaign_id)
        set_aside, faults = campaigns.receipt_notes(store, campaign_id)
        lost = reports.reasons_of_campaign(store, campaign_id)
        responded, held_out = reports.response_figures(store, campaign_id), reports.control_figures(store, campaign_id)
        followed = reach.together(store, campaign)
        counted_texts = texts_document(store, campaign) if campaign.text_column else []
    sums = shown.pop("sums")
    assert isinstance(sums, Sums)
    first = ("campaign", "status", "reason", "counts", "parts", "chunks")
    document = {name: shown[name] for name in first} | shown
    document |= {
        "price": money(campaign.cost),
        "sender": campaign.sender,
        "text": campaign.text,
        "list": campaign.list_id,
        "test": campaign.is_test,
        "billed": billed_document(Billed.of(sums)),
    }
    document |= {name: instant(shown[name], settings) for name in _TIMES}
    counted = sums.figures
    low, high = reports.interval(counted)
    document |= {"sent_price": money(sums.sent_cost), "low": low, "high": high, "interval": interval_name(counted)}
    lines = list(_for_people(document, shown, settings, other_login))
    if experiment is not None and not experiment.column:
        document["variants"], document["verdict"] = variants_document(experiment), reports.texts_in_words(experiment)
    if experiment is not None:
        lines += [*_variants_table(experiment), *reports.texts_in_words(experiment)]
    document["excluded"] = document.pop("excluded")
    document["receipts"] = _receipts_document(set_aside, faults, settings)
    lines += _receipts_for_people(set_aside, faults, settings)
    document["counted_as_sent"] = document.pop("counted_as_sent")  # new keys are added at the end
    document["login"] = login
    document["reasons"] = [
        {"code": lost_reason.code, "words": lost_reason.words, "messages": lost_reason.messages} for lost_reason in lost
    ]
    document |= {"responses": responses_document(responded), "control": control_document(held_out)}
    lines += [*_reasons_for_people(lost), *_responses_for_people(responded, held_out)]
    if campaign.text_column:
        document["text_column"] = campaign.text_column
        document["by_text"] = [] if experiment is None else by_text_document(experiment)
        document["texts"] = counted_texts
    document["follow_up"] = None if followed is None else reach_document(followed)
    lines += reach_for_people(followed) if followed is not None else []
    answer(as_json, document, lines)


@click.command("excluded")
@id_argument
@json_option
def excluded_command(campaign_id: int, as_json: bool) -> None:
    """Show the rows of campaign ID that get no message, and why."""
    settings = settings_in_force()
    from getsms_core.campaigns import excluded
    from getsms_core.campaigns import service as campaigns

    with database(settings) as store:
        rows = excluded.rows(store, campaigns.get(store, campaign_id))
    document = {
        "campaign": campaign_id,
        "rows": [{"row": excluded_row.row, "reason": excluded_row.reason.value} for excluded_row in rows],
    }
    lines = [_(EXCLUDED_ROWS[excluded_row.reason]).format(row=excluded_row.row) for excluded_row in rows]
    answer(as_json, document, lines or [_("Every accepted row of the list gets a message.")])


def billed_document(found: "Billed") -> dict[str, Any]:
    """Return billed parts and cost and the remainder, for JSON."""
    return {
        "messages": found.messages,
        "parts": found.parts,
        "price": money(found.cost),
        "billed_parts": found.billed_parts,
        "billed_price": money(found.billed_cost),
        "remainder": {
            state: {"messages": state_sums.messages, "parts": state_sums.parts, "price": money(state_sums.cost)}
            for state, state_sums in found.remainder.items()
        },
    }


def interval_name(figures: "Figures") -> str | None:
    """Return the meaning of `low` and `high`: "bounds" while messages wait, else "95%"; None if nothing was sent."""
    return "bounds" if figures.waiting else "95%" if figures.settled else None


def responses_document(found: "ResponseFigures") -> dict[str, Any]:
    """Return the responses to a campaign, for JSON."""
    low, high = found.rate_bounds
    cost_low, cost_high = found.cost_bounds
    return {
        "messages": found.responses,
        "rate": found.rate,
        "amount": money(found.amount),
        "cost_per_response": _tiyin(found.cost_per_response),
        "low": low,
        "high": high,
        "cost_per_response_low": _tiyin(cost_low),
        "cost_per_response_high": _tiyin(cost_high),
        "returned": found.returned,
    }


def control_document(found: "ControlFigures | None") -> dict[str, Any] | None:
    """Return the control group of a campaign and what the messages added, for JSON; None without one."""
    if found is None:
        return None
    return {
        "held_out": found.held_out,
        "responses": found.held_out_responses,
        "lift": found.lift,
        "low": found.low,
        "high": found.high,
        "reached": found.reached,
    }


def _tiyin(amount: float | None) -> int | str | None:
    return None if amount is None else money(round(amount))


def _responses_for_people(found: "ResponseFigures", held_out: "ControlFigures | None") -> Iterator[str]:
    from getsms_core.reports import control_in_words, responses_in_words

    if found.responses:
        yield from responses_in_words(found)
    if held_out is not None:
        yield from control_in_words(held_out)


def _reasons_for_people(lost: Sequence["LossReason"]) -> list[str]:
    if not lost:
        return []
    heading = _("Why messages did not arrive:")
    return [heading, *table([(reason.words, spaced(reason.messages)) for reason in lost], (_("Reason"), _("Messages")))]


def _receipts_document(
    set_aside: Mapping["SetAsideReason", int], faults: Sequence["Fault"], settings: "Settings"
) -> dict[str, Any]:
    return {
        "set_aside": sum(set_aside.values()),
        "reasons": set_aside,
        "problems": [
            {
                "code": fault.code,
                "message": fault.reason,
                "calls": fault.calls,
                "since": instant(fault.since_at, settings),
                "last": instant(fault.last_at, settings),
            }
            for fault in faults
        ],
    }


def _receipts_for_people(
    set_aside: Mapping["SetAsideReason", int], faults: Sequence["Fault"], settings: "Settings"
) -> Iterator[str]:
    from getsms_core.delivery.receipts import REASONS

    for code, n in set_aside.items():
        yield ngettext("{n} status record was set aside. {reason}", "{n} status records were set aside. {reason}",
                       n).format(n=spaced(n), reason=_(REASONS.get(code, code)))  # fmt: skip
    for fault in faults:
        yield _("Status calls have failed since {since} ({n} in all, the last at {last}). {reason}").format(
            since=clock(fault.since_at, settings), last=clock(fault.last_at, settings), n=spaced(fault.calls),
            reason=fault.reason,
        )  # fmt: skip


def variants_document(found: "Experiment") -> list[dict[str, Any]]:
    """Return the texts of an A/B test, for JSON."""
    return [
        {"variant": row.letter, "text": row.text, "share": row.share} | _results_document(row) for row in found.rows
    ]


def by_text_document(found: "Experiment") -> list[dict[str, Any]]:
    """Return the results of texts by column, for JSON."""
    return [{"value": row.value, "text": row.text} | _results_document(row) for row in found.rows]


def _results_document(row: "VariantRow") -> dict[str, Any]:
    return {
        "counts": row.figures.counts(),
        "sent": row.figures.sent,
        "delivery_rate": row.figures.rate,
        "low": row.low,
        "high": row.high,
        "parts": row.parts,
        "price": money(row.cost),
        "responses": row.responses,
        "response_rate": row.response_rate,
        "responses_delivered": row.responses_delivered,
        "responses_not_delivered": row.responses_not_delivered,
        "interval": interval_name(row.figures),
    }


def reach_document(found: "Reach") -> dict[str, Any]:
    """Return the reach of a follow-up with what it follows, for JSON."""
    campaigns = [
        {
            "campaign": campaign.campaign_id,
            "name": campaign.name,
            "recipients": campaign.recipients,
            "reached": campaign.reached,
        }
        for campaign in found.campaigns
    ]
    return {"campaigns": campaigns, "recipients": found.recipients, "reached": found.reached, "open": found.open}


def reach_for_people(found: "Reach") -> list[str]:
    """Return the same as sentences."""
    names = ", ".join(f"“{campaign.name}” ({campaign.campaign_id})" for campaign in found.campaigns)
    if found.recipients is None or found.reached is None or found.open is None:
        return [
            _("Numbers of {campaigns} were erased: their recipients cannot be counted together.").format(
                campaigns=names
            )
        ]
    words = ngettext(
        "{campaigns} together: {reached} of {n} recipient reached, {open} still open.",
        "{campaigns} together: {reached} of {n} recipients reached, {open} still open.",
        found.recipients,
    )
    numbers = {"reached": spaced(found.reached), "n": spaced(found.recipients), "open": spaced(found.open)}
    return [words.format(campaigns=names, **numbers)]


def _variants_table(found: "Experiment") -> list[str]:
    head = [found.column or _("Text"), *([] if found.column else [_("Share")]), _("Sent"), _("Delivered"), _("Rate"),
            _("Interval"), _("Responses"), _("Without delivery"), _("Response rate")]  # fmt: skip
    rows = [
        [row.letter or row.value or _("Fallback text"), *([] if found.column else [_percent(row.share / 100)]),
         spaced(row.figures.sent), spaced(row.figures.delivered),
         _percent(row.figures.rate), "" if row.low is None else f"{_percent(row.low)} – {_percent(row.high)}",
         spaced(row.responses_delivered), spaced(row.responses_not_delivered), _percent(row.response_rate)]
        for row in found.rows
    ]  # fmt: skip
    return list(table(rows, head))


def _percent(share: float | None) -> str:
    from getsms_core.base import formatting  # Babel takes a tenth of a second

    return "" if share is None else formatting.percent(share)


def _for_people(
    document: Mapping[str, Any], shown: Mapping[str, Any], settings: "Settings", other_login: str
) -> Iterator[str]:
    from getsms_core.base.states import COUNTED, LABELS, Figures, campaign_label
    from getsms_core.reports import interval_in_words

    yield _("Campaign {id} “{name}”: {state}").format(
        id=document["campaign"], name=document["name"], state=campaign_label(document["status"])
    )
    if document["reason"]:
        yield document["reason"]
    if other_login:
        yield _("It belongs to the login {login}, which is not the current one.").format(login=other_login)
    if document["status"] == "scheduled":
        yield _("Starts {at}").format(at=clock(shown["scheduled_at"], settings))
    yield _("Messages: {messages}, parts: {parts}, so'm: {price}, chunks: {chunks}").format(
        **{name: spaced(document[name]) for name in ("messages", "parts", "price", "chunks")}
    )
    yield from excluded_in_words(document["excluded"], document["campaign"])
    counts = {_(LABELS[state]): n for state, n in document["counts"].items() if n}
    width = max(map(len, counts), default=0) + 2
    for label, n in counts.items():
        yield f"{label:{width}}{spaced(n):>12}"
    if document["counted_as_sent"]:
        yield f"{_('Counted as sent'):{width}}{spaced(document['counted_as_sent']):>12}"
    if document["delivery_rate"] is not None:
        yield _("Delivery rate: {rate}").format(rate=_percent(document["delivery_rate"]))
    if words := interval_in_words(Figures.of(document["counts"] | {COUNTED: document["counted_as_sent"]})):
        yield words[0].upper() + words[1:]
    billed = document["billed"]
    if billed["messages"] and billed["remainder"]:
        remainder_text = ", ".join(
            f"{_(LABELS[state])} {spaced(state_sums['parts'])}" for state, state_sums in billed["remainder"].items()
        )
        yield _("Parts not named by any receipt: {parts}").format(parts=remainder_text)
    if billed["messages"] and billed["parts"] != billed["billed_parts"]:
        yield _("Billed: {billed} parts, {billed_price} so'm; predicted: {parts} parts, {price} so'm.").format(
            billed=spaced(billed["billed_parts"]),
            billed_price=spaced(billed["billed_price"]),
            parts=spaced(billed["parts"]),
            price=spaced(billed["price"]),
        )


@click.command("list")
@limit_option
@json_option
def list_command(limit: int, as_json: bool) -> None:
    """List the campaigns, newest first."""
    settings = settings_in_force()
    import sqlalchemy as sa
    from sqlmodel import col

    from getsms_core.base.states import campaign_label
    from getsms_core.db import rollups
    from getsms_core.db.models import Campaign

    with database(settings) as store, store.reading() as session:
        campaign_rows = session.scalars(sa.select(Campaign).order_by(col(Campaign.id).desc()).limit(limit)).all()
        figures = rollups.figures_of(session, [campaign.id or 0 for campaign in campaign_rows])
    documents = [
        {
            "campaign": campaign.id,
            "name": campaign.name,
            "status": campaign.state.value,
            "reason": campaign.why_words,
            "messages": campaign.messages,
            "parts": campaign.parts,
            "price": money(campaign.cost),
            "counts": figures[campaign.id or 0].counts(),
            "sender": campaign.sender,
            "created_at": instant(campaign.created_at, settings),
            "created_by": campaign.created_by,
            "test": campaign.is_test,
        }
        for campaign in campaign_rows
    ]
    rows = [
        (
            campaign.id,
            f"{campaign.name} ({_('Test')})" if campaign.is_test else campaign.name,
            campaign_label(campaign.state),
            spaced(campaign.messages),
            spaced(figures[campaign.id or 0].sent),
            spaced(figures[campaign.id or 0].delivered),
            clock(campaign.created_at, settings),
        )
        for campaign in campaign_rows
    ]
    head = ("ID", _("Name"), _("State"), _("Messages"), _("Sent"), _("Delivered"), _("Created"))
    answer(as_json, {"campaigns": documents}, table(rows, head, _("There are no campaigns yet.")))
