"""`getsms create`: make a campaign with all its messages from a file and a text, or store nothing."""

from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from getsms_core.base import names, processes
from getsms_core.base.errors import DomainError, NotFound
from getsms_core.base.i18n import N_, _, ngettext
from getsms_core.cli import forecast_lines
from getsms_core.cli.column_options import role_options, roles_of
from getsms_core.cli.conditions import condition_of, unreadable_lines, where_options
from getsms_core.cli.create_remarks import excluded_in_words, for_people, remarks
from getsms_core.cli.exclude_options import NAMES, control_of, exclude_options, exclusions_of
from getsms_core.cli.first_start import first_start_document, first_start_of
from getsms_core.cli.framework import Whole, answer, database, json_option, money, settings_in_force, somebody, spaced
from getsms_core.cli.list_options import (
    file_options,
    must_be_usable,
    options_of,
    say_reading_remarks,
    settled_phone_column,
)
from getsms_core.cli.text_options import (
    column_options,
    mend_texts,
    must_belong_together,
    texts_document,
    texts_of_values,
    variants_of_options,
)

if TYPE_CHECKING:
    from getsms_core.base.settings import Settings
    from getsms_core.campaigns.audience import Audience
    from getsms_core.campaigns.service import Draft
    from getsms_core.contacts.validation import CheckedList
    from getsms_core.db.engine import Store
    from getsms_core.db.models import Campaign, RecipientList
    from getsms_core.messages.variants import Variant
    from getsms_core.spreadsheet import Reading


@click.command("create")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--name", required=True, help=N_("Name of the campaign."))
@click.option("--text", help=N_("The text, with merge fields as in: Salom {name}!"))
@click.option("--text-file", type=click.File("rb"), help=N_("The text from a file in UTF-8, or - for stdin."))
@click.option("--template", "wording", metavar="NAME", help=N_("The approved text of this template."))
@click.option("--list", "list_id", type=Whole(1), help=N_("The id of a stored list, instead of FILE."))
@click.option(
    "--variant",
    "more",
    multiple=True,
    metavar="TEXT",
    help=N_("Another text for an A/B test; a random part of the recipients gets it. May be repeated."),
)
@click.option(
    "--split", metavar="A/B…", help=N_("Percentage of recipients for each text, as in 50/30/20; default: equal.")
)
@column_options
@click.option("--sender", default="", help=N_("The registered sender name; default: GETSMS_NICKNAME."))
@click.option(
    "--category",
    type=click.Choice(["service", "advertising"]),
    default="service",
    show_default=True,
    help=N_("Kind of the campaign."),
)
@click.option("--mend", is_flag=True, help=N_("Replace expensive characters in the text, such as ’ by '."))
@click.option("--mend-values", is_flag=True, help=N_("Also replace expensive characters in merged values."))
@file_options
@where_options
@exclude_options
@role_options
@json_option
def create_command(
    file: Path | None, list_id: int | None, text: str | None, text_file: Any, as_json: bool, **asked: Any
) -> None:
    """Check FILE, store it as a list and create a campaign with all its messages. It is a draft: it is sent only
    after `getsms start`. Running this again creates a second draft. On an error nothing is stored."""
    if (file is None) == (list_id is None):
        raise click.UsageError(_("Give either a FILE or a stored list with --list."))
    if [text, text_file, asked["wording"]].count(None) != 2:
        raise click.UsageError(_("Give the text with --text, with --text-file or with --template."))
    asked["exclusions"] = exclusions_of(**{name: asked.pop(name) for name in NAMES})
    asked["control"] = control_of(asked["control"])
    must_belong_together(asked["text_column"], asked["text_for"])
    by_column = texts_of_values(asked.pop("text_for"))
    asked["variants"] = (*variants_of_options(asked.pop("more"), asked.pop("split")), *by_column)
    settings = settings_in_force()
    written = (text_of_file(text_file) if text_file else "") if text is None else text
    begun: Reading | None = None
    if file is not None:
        from getsms_core import spreadsheet

        begun = spreadsheet.begin(file, **{name: asked[name] for name in ("sheet", "encoding", "delimiter")})
    with begun or nullcontext():  # reads the file while the other modules are imported
        _create(settings, written, list_id, file, begun, as_json, asked)


def _create(
    settings: "Settings",
    written: str,
    list_id: int | None,
    file: Path | None,
    begun: "Reading | None",
    as_json: bool,
    asked: dict[str, Any],
) -> None:
    from getsms_core.campaigns import text_column
    from getsms_core.campaigns.service import Draft
    from getsms_core.messages import merge_fields

    wording = asked.pop("wording")
    from_template: dict[str, Any] = {}
    if wording is not None:
        with database(settings) as store:
            from_template = approved_template(store, wording)
        written = from_template.pop("text")
    other_variants: tuple[Variant, ...] = asked.pop("variants")
    written = merge_fields.clean_text(names.check("text", written))
    blank = merge_fields.parse(written).is_blank
    column = asked.pop("text_column") or ""
    text_column.check(column, written, other_variants)
    if blank:
        raise DomainError("empty-text", _("The text is empty. Write the message for the recipients."))
    own = {name: asked.pop(name) for name in ("name", "sender", "category", "mend_values")}
    own |= {
        "name": names.clean("campaign", own["name"]),
        "sender": names.clean("sender", own["sender"]),
        "exclusions": asked.pop("exclusions"),
        "control": asked.pop("control"),
    } | from_template
    draft = Draft(**own, text=written, list_id=list_id, variants=other_variants, text_column=column)
    with database(settings) as store:
        document = _made(store, settings, draft, file, begun, asked)
        is_for_today = not as_json and "first_start" not in document
        forecast = (*forecast_lines.of_draft(store, settings, document["campaign"]),) if is_for_today else ()
    answer(as_json, document, [] if as_json else [*summary_lines(document, draft.name), *forecast])


def approved_template(store: "Store", name: str) -> dict[str, Any]:
    """Return what a draft takes from the approved version of a template."""
    from getsms_core.campaigns import templates

    matching_templates = [template for template in templates.approved(store) if template.name == name]
    if not matching_templates:
        words = _("There is no approved template “{name}”. See `getsms templates`.")
        raise NotFound("no-such-template", words.format(name=name))
    return {
        "text": matching_templates[0].text,
        "category": matching_templates[0].category,
        "template_id": matching_templates[0].id,
    }


def text_of_file(file: Any) -> str:
    try:
        return str(file.read().decode("utf-8-sig")).removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise DomainError(
            "text-not-utf8", _("The file with the text is not in UTF-8. Save it in UTF-8 and try again.")
        ) from None


def _made(
    store: "Store",
    settings: "Settings",
    draft: "Draft",
    file: Path | None,
    begun: "Reading | None",
    asked: dict[str, Any],
) -> dict[str, Any]:
    """Validate before writing; delete what was written if a later step fails."""
    from dataclasses import replace

    from getsms_core.campaigns import build, discard
    from getsms_core.campaigns import service as campaigns
    from getsms_core.contacts import lists
    from getsms_core.contacts.facts import ListFacts

    actor, where, roles = somebody(), (asked.pop("where"), asked.pop("segment")), roles_of(asked)
    mend = asked.pop("mend")
    new_list: int | None = None
    campaign_id: int | None = None
    try:
        if file is not None:
            options = options_of(asked)
            checked, facts = lists.check_file(store, file, options, begun=begun)
            say_reading_remarks(facts)
            settled_phone_column(facts)
            roles = roles.found(facts)
            facts = roles.not_personal(facts)
            draft, chosen = choose_recipients(store, draft, checked, *where)
            new_list = lists.save_checked_file(
                store, actor, file, names.shorten("list", file.stem), options, checked, facts
            )
            draft = replace(draft, list_id=new_list)
            roles.describe(store, actor, new_list)
            del checked
        else:
            recipient_list = lists.get(store, draft.list_id or 0)
            must_be_usable(store, recipient_list)
            roles = roles.found(ListFacts.from_stored(recipient_list.facts))
            draft, chosen = choose_recipients(store, draft, lists.checked(store, recipient_list.id or 0), *where)
        if mend:
            draft = mend_texts(draft, chosen.recipients)
        campaign_id = campaigns.create(store, actor, settings, replace(draft, cuts=roles.cuts))
        first_start = first_start_of(store, settings, campaign_id, chosen)
        encodings = build.prepare(store, campaign_id, chosen=chosen) if first_start is None else {}
        if new_list is None:
            roles.describe(store, actor, draft.list_id or 0)
    except BaseException:
        discard.discard(store, actor, campaign_id, new_list)
        raise
    document = campaign_document(store, settings, campaign_id, chosen, encodings)
    return document | first_start_document(settings, first_start)


def campaign_document(
    store: "Store",
    settings: "Settings",
    campaign_id: int,
    chosen: "Audience | None" = None,
    encodings: Mapping[str, int] | None = None,
) -> dict[str, Any]:
    """What scripts read of a draft whose messages are made; whom its condition chooses and the messages in each
    encoding where the caller has them already."""
    from getsms_core.campaigns import audience, excluded
    from getsms_core.campaigns import service as campaigns
    from getsms_core.contacts import lists

    campaign = campaigns.get(store, campaign_id)
    document = _document(campaign, lists.get(store, campaign.list_id or 0), encodings or _encodings(store, campaign_id))
    if campaign.variants and not campaign.text_column:
        document["variants"] = _split(store, campaign)
    counts = excluded.campaign_counts(store, campaign_id)
    reached = audience.of(store, campaign) if chosen is None else audience.exclude(store, campaign, chosen)
    document |= remarks(store, settings, campaign, reached.recipients) | {"excluded": counts}
    return document | ({"texts": texts_document(store, campaign)} if campaign.text_column else {})


def _encodings(store: "Store", campaign_id: int) -> dict[str, int]:
    """How many messages of a campaign are in each encoding."""
    import sqlalchemy as sa
    from sqlmodel import col

    from getsms_core.db.models import SPAN, Message

    of_campaign = col(Message.id).between(campaign_id * SPAN, (campaign_id + 1) * SPAN - 1)
    query = sa.select(col(Message.encoding), sa.func.count()).where(of_campaign).group_by(col(Message.encoding))
    with store.reading() as session:
        return {str(encoding): int(n) for encoding, n in session.execute(query)}


def choose_recipients(
    store: "Store", draft: "Draft", checked: "CheckedList", where: str | None, segment: str | None
) -> "tuple[Draft, Audience]":
    """Return the draft with its condition and the list's name of its text column, and the recipients who meet it.

    Raises `DomainError` if there are none, if the text cannot be merged, for a malformed condition and for a text
    column that the list does not have."""
    from dataclasses import replace

    from getsms_core.campaigns import audience
    from getsms_core.contacts import conditions, selection

    recipients = checked.accepted()
    draft = _fitting(draft, recipients.column_names if recipients.num_rows else None)
    condition = condition_of(store, where, segment, selection.columns_of(checked))
    if condition is None:
        return draft, audience.everybody(recipients)
    chosen = audience.of_checked(checked, condition)
    for line in unreadable_lines(chosen.unreadable):
        processes.print_to_stderr(line)
    if not selection.has_birthday(condition):  # another day may choose somebody: `first_start_of`
        chosen.must_not_be_empty()
    return replace(draft, condition=conditions.to_json(condition)), chosen


def _fitting(draft: "Draft", columns: list[str] | None) -> "Draft":
    from dataclasses import replace

    from getsms_core.campaigns import build, text_column
    from getsms_core.messages import merge_fields

    if columns is None:
        raise DomainError(
            "no-recipients", _("The list has no number to send to. `getsms check` shows the reason for every row.")
        )
    fields = columns[2:]  # after our own columns row and phone
    for text in (draft.text, *(variant.text for variant in draft.variants)):
        if unknown := merge_fields.parse(text).unknown_fields(fields):
            raise build.unknown_field_error(unknown[0], fields)
    return replace(draft, text_column=text_column.find(fields, draft.text_column)) if draft.text_column else draft


def _document(campaign: "Campaign", kept: "RecipientList", encodings: Mapping[str, int]) -> dict[str, object]:
    from getsms_core.contacts.facts import ListFacts
    from getsms_core.messages.encoding import Encoding

    counted: dict[str, int] = {encoding.value: 0 for encoding in Encoding} | dict(encodings)
    return {
        "campaign": campaign.id,
        "messages": campaign.messages,
        "parts": campaign.parts,
        "price": money(campaign.cost),
        "status": campaign.state.value,
        "list": kept.id,
        **kept.counts.to_stored(),
        "phone_column": ListFacts.from_stored(kept.facts).phone_column,
        "sender": campaign.sender,
        "encodings": counted,
    }


def _split(store: "Store", campaign: "Campaign") -> list[dict[str, object]]:
    """Return each text with its share and number of recipients. The reports have this too, but import pandas, which
    this command does not need."""
    import sqlalchemy as sa
    from sqlmodel import col

    from getsms_core.campaigns import texts
    from getsms_core.db.models import VariantRollUp
    from getsms_core.messages import variants

    query = sa.select(col(VariantRollUp.variant), sa.func.sum(col(VariantRollUp.messages)))
    with store.reading() as session:
        rows = session.execute(
            query.where(col(VariantRollUp.campaign_id) == campaign.id).group_by(col(VariantRollUp.variant))
        )
        counts = {variant: int(n) for variant, n in rows}
    shares = variants.shares(variants.from_stored(campaign.variants))
    return [
        {"variant": variants.LETTERS[i], "text": text, "share": share, "messages": counts.get(i, 0)}
        for i, (text, share) in enumerate(zip(texts.texts_of(campaign), shares, strict=True))
    ]


def summary_lines(document: Mapping[str, Any], name: str) -> Iterator[str]:
    figures = {
        name: spaced(document[name]) for name in ("messages", "parts", "price", "rejected", "duplicates", "opted_out")
    }
    yield _("Campaign {id} “{name}”: messages: {messages}, SMS parts: {parts}, cost: {price} so'm.").format(
        id=document["campaign"], name=name.strip(), **figures
    )
    if document["rows"] != document["accepted"]:
        yield _("Left out: {rejected} rejected, {duplicates} duplicates, {opted_out} opted out.").format(**figures)
    for text in document.get("texts", ()):
        counted = {"messages": spaced(text["messages"]), "parts": spaced(text["parts"])}
        if text["value"] is None:
            yield _("Fallback text: messages: {messages}, SMS parts: {parts}.").format(**counted)
        else:
            yield _("Text for {value}: messages: {messages}, SMS parts: {parts}.").format(
                value=text["value"], **counted
            )
    yield from excluded_in_words(document["excluded"], document["campaign"])
    ucs2 = document["encodings"]["UCS-2"]
    if ucs2:
        yield ngettext(
            "{n} message does not fit GSM-7 and costs more: see `getsms text`.",
            "{n} messages do not fit GSM-7 and cost more: see `getsms text`.",
            ucs2,
        ).format(n=spaced(ucs2))
    yield from for_people(document)
    if first_start := document.get("first_start"):
        sentence = _("Sent today, it would reach nobody. Send it on a day that suits: getsms start {id} --at {at}")
        yield sentence.format(id=document["campaign"], at=first_start)
    else:
        yield _("It is a draft. Send it with: getsms start {id}").format(id=document["campaign"])
