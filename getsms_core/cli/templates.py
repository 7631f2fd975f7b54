"""`getsms templates`: saved texts, their versions and their approval."""

from typing import TYPE_CHECKING, Any

import click

from getsms_core.base.i18n import LANGUAGES, N_, _
from getsms_core.base.work_states import TEMPLATE_LABELS
from getsms_core.cli.framework import (
    Whole,
    answer,
    clock,
    database,
    instant,
    json_option,
    settings_in_force,
    somebody,
    table,
)

if TYPE_CHECKING:
    from getsms_core.base.settings import Settings
    from getsms_core.db.models import Template

_id = click.argument("template", metavar="ID", type=Whole(1, 2**31 - 1))


@click.group("templates")
def templates_command() -> None:
    """Manage templates. Only an approved template can be sent, and a campaign based on it is checked message by
    message."""


@templates_command.command("list")
@click.option("--all", "every", is_flag=True, help=N_("Show every version, not only the newest."))
@json_option
def list_templates_command(every: bool, as_json: bool) -> None:
    """List the newest version of each template."""
    settings = settings_in_force()
    from getsms_core.campaigns import templates

    with database(settings) as store:
        listed_templates = templates.latest(store)
        if every:
            listed_templates = [
                version for template in listed_templates for version in templates.versions(store, template.name)
            ]
    head = (_("Id"), _("Name"), _("Version"), _("State"), _("Kind"), _("Language"), _("Created"), _("Text"))
    rows = [
        (template.id, template.name, template.version, _(TEMPLATE_LABELS[template.state]), template.category,
           template.language,
         clock(template.created_at, settings), " ".join(template.text.split()))
        for template in listed_templates
    ]  # fmt: skip
    document = {"templates": [_document(template, settings) for template in listed_templates]}
    answer(as_json, document, table(rows, head, _("There is no template yet.")))


@templates_command.command("add")
@click.argument("name")
@click.option("--text", required=True, help=N_("The text with its merge fields."))
@click.option("--kind", type=click.Choice(["service", "advertising"]), help=N_("Default: service."))
@click.option("--language", type=click.Choice(list(LANGUAGES)), help=N_("The language of the text; default: uz."))
@json_option
def add_template_command(name: str, text: str, kind: str | None, language: str | None, as_json: bool) -> None:
    """Save a text as a draft: a new template, or the next version of template NAME. A draft of your own is replaced,
    one that another user wrote is not."""
    settings = settings_in_force()
    from getsms_core.campaigns import templates

    with database(settings) as store:
        template_id = templates.add(store, somebody(), name, text, kind, language)
        _answer(as_json, templates.get(store, template_id), settings)


@templates_command.command("change")
@_id
@click.option("--text", help=N_("The text with its merge fields."))
@click.option("--kind", type=click.Choice(["service", "advertising"]), help=N_("Kind of the campaigns that it is for."))
@click.option("--language", type=click.Choice(list(LANGUAGES)), help=N_("The language of the text."))
@json_option
def change_template_command(
    template: int, text: str | None, kind: str | None, language: str | None, as_json: bool
) -> None:
    """Change the draft ID; options that are not given keep their value. A submitted version does not change."""
    if text is None and kind is None and language is None:
        raise click.UsageError(_("Name what is to change: --text, --kind or --language."))
    settings = settings_in_force()
    from getsms_core.campaigns import templates

    with database(settings) as store:
        old = templates.get(store, template)
        new_text = old.text if text is None else text
        seen = (old.text, old.category, old.language)
        wording = (new_text, kind or old.category, language or old.language)
        templates.change(store, somebody(), template, *wording, seen=seen)
        _answer(as_json, templates.get(store, template), settings)


@templates_command.command("delete")
@_id
@json_option
def delete_template_command(template: int, as_json: bool) -> None:
    """Delete the draft ID. A submitted version, or one that a campaign uses, cannot be deleted."""
    settings = settings_in_force()
    from getsms_core.campaigns import templates

    with database(settings) as store:
        templates.discard(store, somebody(), template)
    answer(as_json, {"deleted": template}, [_("Deleted.")])


@templates_command.command("submit")
@_id
@json_option
def submit_template_command(template: int, as_json: bool) -> None:
    """Submit a draft for approval; after that it cannot change."""
    settings = settings_in_force()
    from getsms_core.campaigns import templates

    with database(settings) as store:
        templates.submit(store, somebody(), template)
        _answer(as_json, templates.get(store, template), settings)


@templates_command.command("approve")
@_id
@json_option
def approve_template_command(template: int, as_json: bool) -> None:
    """Approve a template for sending."""
    settings = settings_in_force()
    from getsms_core.campaigns import templates

    with database(settings) as store:
        templates.approve(store, somebody(), template)
        _answer(as_json, templates.get(store, template), settings)


@templates_command.command("refuse")
@_id
@click.option("--reason", required=True, help=N_("The reason, shown to the author."))
@json_option
def refuse_template_command(template: int, reason: str, as_json: bool) -> None:
    """Refuse a template, with a reason."""
    settings = settings_in_force()
    from getsms_core.campaigns import templates

    with database(settings) as store:
        templates.refuse(store, somebody(), template, reason)
        _answer(as_json, templates.get(store, template), settings)


def _answer(as_json: bool, one: "Template", settings: "Settings") -> None:

    sentence = _("Template {id}: {name}, version {version}. {state}.")
    line = sentence.format(id=one.id, name=one.name, version=one.version, state=_(TEMPLATE_LABELS[one.state]))
    answer(as_json, _document(one, settings), [line])


def _document(one: "Template", settings: "Settings") -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "version": one.version,
        "state": one.state,
        "reason": one.reason or None,
        "kind": one.category,
        "language": one.language,
        "text": one.text,
        "created_at": instant(one.created_at, settings),
        "created_by": one.created_by,
        "decided_at": instant(one.decided_at, settings),
        "decided_by": one.decided_by,
    }
