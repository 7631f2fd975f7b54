"""`getsms start, pause, resume, cancel, resolve`: change the state of a campaign. Repeating a command changes
nothing."""

import re
import sys
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import N_, _, ngettext
from getsms_core.cli import forecast_lines, support
from getsms_core.cli.framework import Whole, answer, clock, database, instant, json_option, settings_in_force, somebody

if TYPE_CHECKING:
    from getsms_core.base.settings import Settings
    from getsms_core.db.engine import Store

id_argument = click.argument("campaign_id", metavar="ID", type=Whole(1, 2**31 - 1))
_HOUR = re.compile(r"(\d{1,2}):(\d{2})")


def moment(text: str, now: datetime) -> int:
    """An instant that a person wrote, as UTC milliseconds: "2026-12-01T09:00" in the zone of `now` unless it names one,
    or "09:00", today or, where that has gone by, tomorrow. Raises click.BadParameter."""
    wrong = click.BadParameter(
        _("write a time as 2026-12-01T09:00, with a zone as 2026-12-01T09:00+05:00, or as 09:00"), param_hint="--at"
    )
    try:
        if hour := _HOUR.fullmatch(text.strip()):
            at = now.replace(hour=int(hour[1]), minute=int(hour[2]), second=0, microsecond=0)
            at = at if at > now else at + timedelta(days=1)
        else:
            at = datetime.fromisoformat(text.strip())
    except (ValueError, OverflowError):
        raise wrong from None
    if not text.strip()[:4].isdigit() and ":" not in text:
        raise wrong
    at = at if at.tzinfo else at.replace(tzinfo=now.tzinfo)
    try:
        return int(at.timestamp() * 1000)
    except (ValueError, OverflowError):
        raise wrong from None


@click.command("start")
@id_argument
@click.option(
    "--at",
    metavar="TIME",
    help=N_("2026-12-01T09:00, in GETSMS_TIMEZONE unless it names a zone; or 09:00, today or tomorrow."),
)
@click.option("--until", metavar="TIME", help=N_("Messages not sent by this time are cancelled."))
@click.option("--priority", type=Whole(-100, 100), help=N_("A higher priority is sent first; equal ones take turns."))
@click.option(
    "--limit", type=Whole(1, 10**12), metavar="SOM", help=N_("Pause before the campaign costs more than this, in so'm.")
)
@json_option
def start_command(
    campaign_id: int, at: str | None, until: str | None, priority: int | None, limit: int | None, as_json: bool
) -> None:
    """Start campaign ID: a worker sends it. Starting it again changes nothing."""
    settings = settings_in_force()
    now = datetime.now(settings.zone)
    when, end = (moment(text, now) if text is not None else None for text in (at, until))
    from getsms_core.campaigns import service as campaigns
    from getsms_core.campaigns.sending_options import SendingOptions

    how = SendingOptions(when, end, priority, limit * 100 if limit else None)
    with database(settings) as store:
        how = how.with_those_of(campaigns.get(store, campaign_id))
        campaigns.start(store, somebody(), campaign_id, sending=how, settings=settings)
        told(store, settings, campaign_id, as_json)


@click.command("reschedule")
@id_argument
@click.option(
    "--at",
    metavar="TIME",
    required=True,
    help=N_("2026-12-01T09:00, in GETSMS_TIMEZONE unless it names a zone; or 09:00, today or tomorrow."),
)
@json_option
def reschedule_command(campaign_id: int, at: str, as_json: bool) -> None:
    """Move campaign ID, of which nothing has been sent yet, to another start time."""
    settings = settings_in_force()
    start_at = moment(at, datetime.now(settings.zone))
    from getsms_core.campaigns import service as campaigns

    with database(settings) as store:
        campaigns.reschedule(store, somebody(), campaign_id, start_at, settings=settings)
        told(store, settings, campaign_id, as_json)


@click.command("pause")
@id_argument
@json_option
def pause_command(campaign_id: int, as_json: bool) -> None:
    """Pause campaign ID: no more chunks are submitted; chunks in flight are completed."""
    settings = settings_in_force()
    from getsms_core.campaigns import service as campaigns

    with database(settings) as store:
        campaigns.pause(store, somebody(), campaign_id)
        told(store, settings, campaign_id, as_json)


@click.command("resume")
@id_argument
@json_option
def resume_command(campaign_id: int, as_json: bool) -> None:
    """Resume campaign ID, which is paused."""
    settings = settings_in_force()
    from getsms_core.campaigns import service as campaigns

    with database(settings) as store:
        campaigns.resume(store, somebody(), campaign_id, settings=settings)
        told(store, settings, campaign_id, as_json)


@click.command("copy")
@id_argument
@click.option("--name", required=True, metavar="N", help=N_("Name of the new draft."))
@click.option("--rest", is_flag=True, help=N_("Only recipients to whom nothing was sent."))
@json_option
def copy_command(campaign_id: int, name: str, rest: bool, as_json: bool) -> None:
    """Copy campaign ID as a new draft.

    With --rest it goes only to recipients to whom nothing was sent, never to those whose message was sent or is
    uncertain; a campaign of another login is cancelled by the copy."""
    settings = settings_in_force()
    from getsms_core.campaigns import copying
    from getsms_core.campaigns import service as campaigns

    with database(settings) as store:
        draft_id = copying.copy(store, somebody(), settings, campaign_id, name, rest=rest)
        draft = campaigns.get(store, draft_id)
    sentence = _("Campaign {id} “{name}” is a draft, copied from campaign {source}.").format(
        id=draft_id, name=draft.name, source=campaign_id
    )
    document = {"campaign": draft_id, "copied": campaign_id, "status": draft.state.value, "list": draft.list_id}
    answer(as_json, document, [sentence])


@click.command("delete")
@id_argument
@json_option
def delete_command(campaign_id: int, as_json: bool) -> None:
    """Delete campaign ID, which must be a draft, with its messages. Its list stays."""
    settings = settings_in_force()
    from getsms_core.campaigns import deletion

    with database(settings) as store:
        name = deletion.delete_draft(store, somebody(), campaign_id)
    sentence = _("Draft {id} “{name}” is deleted.").format(id=campaign_id, name=name)
    answer(as_json, {"deleted": campaign_id}, [sentence])


@click.command("cancel")
@id_argument
@json_option
def cancel_command(campaign_id: int, as_json: bool) -> None:
    """Cancel campaign ID: queued messages are never sent; messages in flight are completed."""
    settings = settings_in_force()
    from getsms_core.campaigns import service as campaigns

    with database(settings) as store:
        campaigns.cancel(store, somebody(), campaign_id)
        told(store, settings, campaign_id, as_json)


@click.command("refresh")
@id_argument
@json_option
def refresh_command(campaign_id: int, as_json: bool) -> None:
    """Request the pending receipts of campaign ID now; a worker makes the requests."""
    settings = settings_in_force()
    from getsms_core.campaigns import service as campaigns

    with database(settings) as store:
        due_calls = campaigns.refresh(store, somebody(), campaign_id)
    sentence = ngettext("{n} status call is due now.", "{n} status calls are due now.", due_calls).format(n=due_calls)
    answer(as_json, {"campaign": campaign_id, "asked": due_calls}, [sentence])


@click.command("resolve")
@id_argument
@click.option(
    "--as",
    "how",
    type=click.Choice(["sent", "not-sent", "again"]),
    help=N_("sent: count them as sent; not-sent: count them as not sent; again: send them once more."),
)
@click.option(
    "--message",
    "messages",
    type=int,
    multiple=True,
    help=N_("Only the message with this id; may be repeated. Default: all."),
)
@click.option("--yes", is_flag=True, help=N_("Do not ask again before sending again."))
@click.option("--from-row", type=Whole(1, 2**31 - 1), metavar="N", help=N_("Only rows from row N of the spreadsheet."))
@click.option("--to-row", type=Whole(1, 2**31 - 1), metavar="N", help=N_("Only up to row N of the spreadsheet."))
@support.options
@json_option
def resolve_command(
    campaign_id: int,
    how: str | None,
    messages: tuple[int, ...],
    yes: bool,
    from_row: int | None,
    to_row: int | None,
    as_json: bool,
    **with_support: Any,
) -> None:
    """Resolve the uncertain messages of campaign ID: the gateway's answer was lost, and they may or may not have been
    sent.

    With `--as again` some recipients may get the message twice; on a terminal it asks for confirmation. The gateway's
    support can look up what was sent: `--ask-support FILE` writes the messages for it, without their texts, and
    `--answers FILE` resolves them by its answer. In a script, `--answers` without `--yes` only shows what it says.
    """
    if support.is_asked(with_support):
        support.run(campaign_id, yes, as_json, how, (messages, from_row, to_row), with_support)
        return
    if how is None:
        raise click.UsageError(_("Say what to do with the messages: --as, --ask-support or --answers."))
    if from_row is not None and to_row is not None and from_row > to_row:
        raise click.BadParameter(_("it comes after the row of --to-row"), param_hint="--from-row")
    settings = settings_in_force()
    from getsms_core import delivery
    from getsms_core.campaigns import service as campaigns

    rows = (from_row, to_row)
    with database(settings) as store:
        if how == "again":
            delivery.check_resend(store, campaign_id, settings)
        if how == "again" and not yes and _asks():
            uncertain = len(set(messages)) or delivery.count_uncertain(store, campaign_id, rows)
            question = ngettext(
                "{n} message may already have arrived. Send it again?",
                "{n} messages may already have arrived. Send them again?",
                uncertain,
            )
            if uncertain and not click.confirm(question.format(n=uncertain), err=True):
                raise DomainError("not-confirmed", _("Nothing was sent again."))
        settled = delivery.resolve(
            store,
            somebody(),
            campaign_id,
            delivery.Resolution(how),
            message_ids=messages or None,
            rows=rows,
            settings=settings,
        )
        state = campaigns.get(store, campaign_id).state.value
    sentence = ngettext("{n} message settled.", "{n} messages settled.", settled).format(n=settled)
    answer(as_json, {"campaign": campaign_id, "resolved": settled, "as": how, "status": state}, [sentence])


def _asks() -> bool:
    return sys.stdin is not None and not sys.stdin.closed and sys.stdin.isatty()


def told(store: "Store", settings: "Settings", campaign_id: int, as_json: bool) -> None:
    """Print the state of the campaign after a change."""
    from getsms_core.base.states import campaign_label
    from getsms_core.campaigns import service as campaigns

    campaign = campaigns.get(store, campaign_id)
    document = {
        "campaign": campaign_id,
        "status": campaign.state.value,
        "reason": campaign.why_words,
        "scheduled_at": instant(campaign.scheduled_at, settings),
    }
    sentence = _("Campaign {id} “{name}”: {state}").format(
        id=campaign_id, name=campaign.name, state=campaign_label(campaign.state)
    )
    if campaign.state.value == "scheduled":
        sentence += ", " + clock(campaign.scheduled_at, settings)
    lines = [sentence + (f". {campaign.why_words}" if campaign.why else "")]
    answer(as_json, document, [] if as_json else [*lines, *forecast_lines.of_started(store, settings, campaign)])
