"""The SMS as it will look on a phone: sender, bubble, and the border of every part."""

from collections.abc import Mapping, Sequence
from html import escape

from getsms_core.messages import encoding
from getsms_core.messages.gsm7_replacements import Change
from pages.ui.shared.session import _

_MARKS = "\\`*_{}[]()<>#+-.!|$~:"


def plain(text: str) -> str:
    """Text of a file or a person as markdown that shows it and does nothing else."""
    return "".join(f"\\{letter}" if letter in _MARKS else letter for letter in text)


_CSS = """
<style>
.phone { max-width: 360px; border: 1px solid color-mix(in srgb, currentColor 22%, transparent); border-radius: 26px;
  padding: 14px 14px 22px; background: color-mix(in srgb, currentColor 3%, transparent); }
.phone .from { text-align: center; font-weight: 650; padding: 2px 0 12px; margin-bottom: 14px; overflow-wrap: anywhere;
  border-bottom: 1px solid color-mix(in srgb, currentColor 14%, transparent); }
.phone .from i { display: block; width: 54px; height: 4px; border-radius: 4px; margin: 0 auto 12px;
  background: color-mix(in srgb, currentColor 22%, transparent); }
.phone .sms { background: color-mix(in srgb, currentColor 9%, transparent); border-radius: 18px 18px 18px 5px;
  padding: 11px 14px; margin-right: 18px; font-size: 1.0625rem; line-height: 1.45; white-space: pre-wrap;
  overflow-wrap: break-word; }
.phone .cut { display: flex; align-items: center; gap: 8px; font-size: .75rem; opacity: .75; margin: 5px 0;
  line-height: 1; user-select: none; white-space: nowrap; }
.phone .cut::before, .phone .cut::after { content: ""; flex: 1; border-top: 1px dashed currentColor; opacity: .6; }
.phone .to { font-size: .8125rem; opacity: .75; margin: 8px 4px 0; }
</style>
"""


def bubble(text: str, sender: str, to: str = "") -> str:
    """The HTML of one message. Everything that came from a person or a file is escaped."""
    parts = encoding.split_into_parts(text)
    shown = [escape(parts[0])]
    for number, part in enumerate(parts[1:], 2):
        words = _("SMS {number} of {all}").format(number=number, all=len(parts))
        shown.append(f'<span class="cut">{escape(words)}</span>{escape(part)}')
    name = sender.strip() or _("Short number")
    foot = f'<div class="to">{escape(to)}</div>' if to else ""
    return (
        f'{_CSS}<div class="phone"><div class="from"><i></i>{escape(name)}</div>'
        f'<div class="sms">{"".join(shown)}</div>{foot}</div>'
    )


def compared(text: str, changes: Sequence[Change], costs: Mapping[str, str]) -> str:
    """A text with every change marked where it stands, the old one struck out and the new one beside it; `costs` says
    what a character costs, for whoever points at it."""
    out, at = [], 0
    for change in changes:
        after = f"<ins>{escape(change.after) if change.after.strip() else '␣'}</ins>" if change.after else ""
        seen = change.before.isprintable() and change.before.strip()
        title = escape(costs.get(change.before, ""), quote=True)
        mark = f'<del title="{title}">{escape(change.before) if seen else "␣"}</del>{after}'
        out += [escape(text[at : change.position]), mark]
        at = change.position + len(change.before)
    return f'{_CHANGES}<div class="changes">{"".join(out)}{escape(text[at:])}</div>'


_CHANGES = """
<style>
.changes { white-space: pre-wrap; overflow-wrap: break-word; line-height: 1.7; padding: 10px 14px; border-radius: 10px;
  background: color-mix(in srgb, currentColor 5%, transparent); }
.changes del { opacity: .8; background: color-mix(in srgb, #c98a1b 30%, transparent); border-radius: 3px;
  padding: 0 2px; }
.changes ins { text-decoration: none; font-weight: 700; background: color-mix(in srgb, #1b9a5b 30%, transparent);
  border-radius: 3px; padding: 0 3px; margin-left: 1px; }
</style>
"""
