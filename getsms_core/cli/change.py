"""`getsms change`: change the content of a draft, or the name of any campaign."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import N_, _
from getsms_core.cli import forecast_lines
from getsms_core.cli.conditions import where_options
from getsms_core.cli.control import id_argument
from getsms_core.cli.create import (
    approved_template,
    campaign_document,
    choose_recipients,
    summary_lines,
    text_of_file,
)
from getsms_core.cli.exclude_options import NAMES as EXCLUDE_OPTIONS
from getsms_core.cli.exclude_options import control_of, exclude_options, exclusions_of
from getsms_core.cli.first_start import first_start_document, first_start_of
from getsms_core.cli.framework import Whole, answer, database, json_option, settings_in_force, somebody
from getsms_core.cli.list_options import must_be_usable
from getsms_core.cli.text_options import (
    column_options,
    mend_texts,
    must_belong_together,
    texts_of_values,
    variants_of_options,
)

if TYPE_CHECKING:
    from getsms_core.base.settings import Settings
    from getsms_core.campaigns.audience import Audience
    from getsms_core.campaigns.service import Draft
    from getsms_core.db.engine import Store
    from getsms_core.db.models import Campaign
    from getsms_core.messages.variants import Variant

_TEXTS = ("text", "text_file", "template_name")
_RENAME = {"name"}


@click.command("change")
@id_argument
@click.option("--name", metavar="N", help=N_("Name of the campaign; possible in every state."))
@click.option("--text", metavar="T", help=N_("The text, with merge fields as in: Salom {name}!"))
@click.option("--text-file", type=click.File("rb"), help=N_("The text from a file in UTF-8, or - for stdin."))
@click.option("--template", "template_name", metavar="NAME", help=N_("The approved text of this template."))
@click.option(
    "--variant", "more_texts", multiple=True, metavar="TEXT",
    help=N_("Another text for an A/B test; replaces the present ones. May be repeated."),
)  # fmt: skip
@click.option(
    "--split", metavar="A/B…", help=N_("Percentage of recipients for each text, as in 50/30/20; default: equal.")
)
@click.option("--no-variants", is_flag=True, help=N_("No A/B test: all recipients get the first text."))
@column_options
@click.option("--no-text-column", is_flag=True, help=N_("No texts by column: all recipients get the fallback text."))
@click.option("--sender", metavar="S", help=N_("The registered sender name; empty: GETSMS_NICKNAME."))
@click.option("--category", type=click.Choice(["service", "advertising"]), help=N_("Kind of the campaign."))
@click.option("--mend", is_flag=True, help=N_("Replace expensive characters in the text, such as ’ by '."))
@click.option(
    "--mend-values/--no-mend-values", default=None, help=N_("Also replace expensive characters in merged values.")
)
@click.option("--list", "list_id", type=Whole(1, 2**31 - 1), metavar="ID", help=N_("The id of a stored list."))
@where_options
@click.option("--no-where", is_flag=True, help=N_("The whole list, without a condition."))
@exclude_options
@click.option("--no-exclude", is_flag=True, help=N_("Remove all exclusions."))
@json_option
def change_command(campaign_id: int, as_json: bool, **asked: Any) -> None:
    """Change the draft ID; options that are not given keep their value. Its messages are created again. Of a started
    campaign only the name can change."""
    named = {option for option, value in asked.items() if value not in (None, False, ())}
    _check_usage(named)
    settings = settings_in_force()
    from getsms_core.campaigns import drafts
    from getsms_core.campaigns import service as campaigns

    first_start: dict[str, str] = {}
    with database(settings) as store:
        if named == _RENAME:
            drafts.rename(store, somebody(), campaign_id, asked["name"])
        campaign = campaigns.get(store, campaign_id)
        if named != _RENAME:
            first_start = _change(store, settings, campaign_id, asked, named)
            campaign = campaigns.get(store, campaign_id)
        if campaign.state.value != "draft" or campaign.list_id is None:
            document: dict[str, Any] = {
                "campaign": campaign_id,
                "name": campaign.name,
                "status": campaign.state.value,
            }
            answer(
                as_json,
                document,
                [_("Campaign {id} is now called “{name}”.").format(id=campaign_id, name=campaign.name)],
            )
            return
        document = {**campaign_document(store, settings, campaign_id), "name": campaign.name, **first_start}
        forecast = () if as_json or first_start else (*forecast_lines.of_draft(store, settings, campaign_id),)
    answer(as_json, document, [] if as_json else [*summary_lines(document, campaign.name), *forecast])


def _check_usage(named: set[str]) -> None:
    if not named:
        raise click.UsageError(_("Name what is to change, such as --name or --text."))
    if len(named.intersection(_TEXTS)) > 1:
        raise click.UsageError(_("Give the text with --text, with --text-file or with --template."))
    pairs = (
        ("no_variants", {"more_texts", "split"}, _("--no-variants and --variant exclude each other.")),
        ("no_text_column", {"text_column", "text_for"}, _("--no-text-column and --text-column exclude each other.")),
        ("no_where", {"where", "segment"}, _("--no-where and --where exclude each other.")),
        ("no_exclude", EXCLUDE_OPTIONS, _("--no-exclude and --exclude-… exclude each other.")),
    )  # fmt: skip
    for flag, others, sentence in pairs:
        if flag in named and named & others:
            raise click.UsageError(sentence)


def _change(
    store: "Store", settings: "Settings", campaign_id: int, asked: dict[str, Any], named: set[str]
) -> dict[str, str]:
    """Validate the whole new draft before writing, then change it and create its messages; restore the draft if a
    later step fails. Return `first_start_document`."""
    from getsms_core.base.states import CampaignState, Preparation
    from getsms_core.campaigns import build, text_column
    from getsms_core.campaigns import service as campaigns
    from getsms_core.contacts import lists
    from getsms_core.messages import merge_fields

    campaign = campaigns.get(store, campaign_id)
    if campaign.state != CampaignState.DRAFT:
        raise build.wrong_state(campaign, "change-name")
    before = campaigns.Draft.of(campaign)
    draft = _changed(store, settings, before, asked, named).cleaned()
    if merge_fields.parse(draft.text).is_blank:
        raise DomainError("empty-text", _("The text is empty. Write what the recipients are to get."))
    text_column.check(draft.text_column, draft.text, draft.variants)
    if draft.list_id is None:
        raise DomainError("no-list", _("Campaign {id} has no recipient list yet.").format(id=campaign_id))
    must_be_usable(store, lists.get(store, draft.list_id))
    draft, chosen = _audience(store, campaign, draft, asked)
    if asked["mend"]:
        draft = mend_texts(draft, chosen.recipients)
    seen = {name: getattr(before, name) for name in before.__dataclass_fields__}
    campaigns.change(store, somebody(), campaign_id, draft, seen=seen)
    try:
        first_start = first_start_of(store, settings, campaign_id, chosen)
        if first_start is None:
            build.prepare(store, campaign_id, chosen=chosen)
        return first_start_document(settings, first_start)
    except BaseException:
        campaigns.change(store, somebody(), campaign_id, before)
        if campaign.prepared == Preparation.READY:
            build.prepare(store, campaign_id)
        raise


def _audience(store: "Store", campaign: "Campaign", draft: "Draft", asked: dict[str, Any]) -> "tuple[Draft, Audience]":
    """Return the draft with its condition, and who of its list would get it. Raises `DomainError` if that is nobody on
    any day."""
    from getsms_core.base.states import Preparation
    from getsms_core.campaigns import audience
    from getsms_core.campaigns import service as campaigns
    from getsms_core.contacts import conditions, lists, selection

    checked = lists.checked(store, draft.list_id or 0)
    draft, chosen = choose_recipients(store, draft, checked, asked["where"], asked["segment"])
    if draft.condition and asked["where"] is None and asked["segment"] is None:  # the one that it has already
        condition = conditions.from_json(draft.condition)
        chosen = audience.of_checked(checked, condition)
        if not selection.has_birthday(condition):
            chosen.must_not_be_empty()
    changed = campaigns.get(store, int(campaign.id or 0))  # a copy: excluded as of now, not as of the present messages
    changed.control = draft.control
    changed.exclusions, changed.prepared = draft.exclusions.to_stored(), Preparation.NONE
    if len(chosen.positions):  # else `first_start_of` finds a day, or the messages cannot be made
        audience.exclude(store, changed, chosen).must_not_be_empty()
    return draft, chosen


def _texts_by_column(
    draft: "Draft", variants: "tuple[Variant, ...]", asked: dict[str, Any], named: set[str]
) -> dict[str, Any]:
    """Return what `--text-column` and `--text-for` change of a draft with these further texts. The texts of the values
    are replaced together; another column keeps them."""
    if not named & {"text_column", "text_for"}:
        return {}
    by_value = texts_of_values(asked["text_for"])
    kept_variants = tuple(variant for variant in variants if by_value == () or variant.value is None)
    column = asked["text_column"] or draft.text_column
    must_belong_together(column, asked["text_for"] or tuple(variant.text for variant in draft.variants))
    return {"text_column": column, "variants": (*kept_variants, *by_value)}


def _changed(store: "Store", settings: "Settings", draft: "Draft", asked: dict[str, Any], named: set[str]) -> "Draft":
    from getsms_core.campaigns.exclusions import Exclusions

    values: dict[str, Any] = {name: asked[name] for name in ("name", "category", "list_id") if name in named}
    if asked["sender"] is not None:
        values["sender"] = asked["sender"] or settings.nickname
    if asked["mend_values"] is not None:
        values["mend_values"] = asked["mend_values"]
    if "template_name" in named:
        values |= approved_template(store, asked["template_name"])
    elif named.intersection(_TEXTS):
        values["text"] = asked["text"] if "text" in named else text_of_file(asked["text_file"])
        values["template_id"] = None
    if named & {"more_texts", "split"}:
        texts = asked["more_texts"] or tuple(variant.text for variant in draft.variants)
        values["variants"] = variants_of_options(texts, asked["split"])
    elif named & {"no_variants", "no_text_column"}:
        values |= {"variants": (), "text_column": ""}
    values |= _texts_by_column(draft, values.get("variants", draft.variants), asked, named)
    if named & {"no_where", "where", "segment"}:
        values["condition"] = ""
    if "no_exclude" in named:
        values["exclusions"] = Exclusions()
    elif named & EXCLUDE_OPTIONS:
        values["exclusions"] = exclusions_of(**{name: asked[name] for name in EXCLUDE_OPTIONS})
    if "control" in named:
        values["control"] = control_of(asked["control"])
    return replace(draft, **values)
