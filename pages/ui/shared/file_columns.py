"""The columns of files and tables: their labels, and the choice of them, which each user finds again next time."""

from collections.abc import Sequence
from contextlib import suppress

from getsms_core import exports
from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import N_
from getsms_core.contacts.list_columns import PREFIX
from getsms_core.users import remembered_choices
from pages.ui.shared import choices
from pages.ui.shared.session import _, actor, store

LABELS = {
    "row": N_("Row of the list"),
    "phone": N_("Phone"),
    "text": N_("Text"),
    "encoding": N_("Encoding"),
    "parts": N_("SMS parts"),
    "price": N_("Price, so'm"),
    "state": N_("State"),
    "reason": N_("Reason"),
    "request_id": N_("Request id"),
    "sent_at": N_("Sent at"),
    "settled_at": N_("Final status at"),
    "status_word": N_("Gateway status"),
    "billed_parts": N_("Billed parts"),
    "campaign": N_("Campaign"),
    "campaign_id": N_("Campaign number"),
    "sender": N_("Sender name"),
    "range": N_("Number range"),
    "client_key": N_("Client key"),
    "variant": N_("A/B text"),
    "language": N_("Text by column"),
    "category": N_("Kind"),
    "template": N_("Template"),
    "author": N_("Author"),
    "list": N_("List"),
    "sent": N_("Sent, yes or no"),
    "cost": N_("Cost of what was sent, so'm"),
    "response": N_("Response"),
    "day": N_("Local day"),
    "hour": N_("Local hour"),
    "weekday": N_("Weekday (1 = Monday)"),
    "seconds_to_delivery": N_("Seconds to delivery"),
    "reason_code": N_("Code of the reason"),
    "reason_words": N_("Reason in words"),
}
"""The labels of a file's own columns; those of the list are called as the list calls them."""


def label(code: str) -> str:
    """Return the label of a column."""
    return _(LABELS[code]) if code in LABELS else code.removeprefix(PREFIX)


def file_choice(key: str, of_lists: Sequence[str]) -> list[str]:
    """Let the user choose the columns of a file, `of_lists` are `column:NAME`; returns them in the file's order."""
    options = [*exports.COLUMNS, *exports.MORE_COLUMNS, *of_lists]
    chosen = choice(_("Columns"), key, options, exports.COLUMNS, "file-columns", placeholder=_("All"))
    return [name for name in options if name in chosen]


def choice(
    title: str, key: str, options: Sequence[str], default: Sequence[str], name: str, placeholder: str
) -> list[str]:
    """Let the user choose columns; the choice `name` is remembered, as far as the options have it."""
    remembered = remembered_choices.get(store(), actor(), name)
    begin = [code for code in (default if remembered is None else remembered) if code in options]
    chosen = choices.multiselect(
        title,
        list(options),
        default=begin,
        format_func=label,
        key=key,
        placeholder=placeholder,
        on_change=_keep,
        args=(key, name, tuple(options)),
    )
    return [str(code) for code in chosen]


def _keep(key: str, name: str, options: tuple[str, ...]) -> None:
    """Keep the choice, with the columns of other lists that were chosen before."""
    chosen = [str(code) for code in choices.value(key) or ()]
    with suppress(DomainError):  # signed out since the page was drawn: the run that follows says so
        earlier = remembered_choices.get(store(), actor(), name) or []
        elsewhere = [code for code in earlier if code.startswith(PREFIX) and code not in options]
        remembered_choices.keep(store(), actor(), name, [*chosen, *elsewhere])
