"""The SMS as it will look on a phone: sender, bubble, and the border of every part."""

from collections.abc import Mapping, Sequence
from html import escape

from getsms_core.messages import encoding
from getsms_core.messages.gsm7_replacements import Change
from pages.ui.shared.asset_files import style_element
from pages.ui.shared.session import _

_CSS = style_element("shared/assets/phone_preview.css")
_CHANGES = style_element("shared/assets/replacements.css")


def bubble(text: str, sender: str, to: str = "") -> str:
    """The HTML of one message. Everything that came from a person or a file is escaped."""
    parts = encoding.split_into_parts(text)
    shown = [escape(parts[0])]
    for number, sms_part in enumerate(parts[1:], 2):
        words = _("SMS {number} of {all}").format(number=number, all=len(parts))
        shown.append(f'<span class="cut">{escape(words)}</span>{escape(sms_part)}')
    name = sender.strip() or _("Short number")
    foot = f'<div class="to">{escape(to)}</div>' if to else ""
    return (
        f'{_CSS}<div class="phone"><div class="from"><i></i>{escape(name)}</div>'
        f'<div class="sms">{"".join(shown)}</div>{foot}</div>'
    )


def compared(text: str, changes: Sequence[Change], costs: Mapping[str, str]) -> str:
    """Return the HTML of a text with every change marked in place: the old characters struck out, the new ones beside
    them. `costs` holds the hover text of a character."""
    fragments, position = [], 0
    for change in changes:
        after = f"<ins>{escape(change.after) if change.after.strip() else '␣'}</ins>" if change.after else ""
        seen = change.before.isprintable() and change.before.strip()
        title = escape(costs.get(change.before, ""), quote=True)
        mark = f'<del title="{title}">{escape(change.before) if seen else "␣"}</del>{after}'
        fragments += [escape(text[position : change.position]), mark]
        position = change.position + len(change.before)
    return f'{_CHANGES}<div class="changes">{"".join(fragments)}{escape(text[position:])}</div>'
