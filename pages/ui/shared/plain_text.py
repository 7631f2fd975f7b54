"""Names and sentences of users, files and the gateway as Markdown that shows them and does nothing else."""

import re

from getsms_core.base.names import without_invisible

JOINER = "\u2060"
"""WORD JOINER, without width. Streamlit and its Markdown library look for icons, emoji, links and arrows in the text
that is left after backslashes were read, so a backslash does not stop them; a joiner inside does."""
_MARKS = re.compile(r"[\\`*_\[\]{}<>$~|&]")
_DIRECTIVE = re.compile(r":(?=[^\s\d])")
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_SPACES = re.compile(r"[^\S\u00a0\u202f]+")
_ORDERED = re.compile(r"^(\d{1,9})([.)])", re.MULTILINE)
_INSIDE = re.compile(
    r"""(?<=:)(?=//)                 # a protocol
      | (?<=:)(?=[\w+'-]*[^\W\d][\w+'-]*:|[+-]1:|100:|1234:)  # an emoji
      | (?<=:)(?=material[/_])       # an icon
      | (?<=[wW]{3})(?=\.)           # an address without a protocol
      | (?<=@)(?=[-\w]+\.)           # an e-mail address
      | (?<=[<>~-])(?=[=>-])         # an arrow or a dash
    """,
    re.VERBOSE,
)


def unbroken_amounts(text: str) -> str:
    """Return a sentence in which no line is broken before "so'm". The catalogues of the other languages have a no-break
    space there; English has a plain one for the command line, whose output scripts read."""
    return text.replace(" so'm", "\u00a0so'm")


def plain(text: str) -> str:
    """Return Markdown that shows `text` literally: no emphasis, code, link, address, formula, icon, emoji, colour, HTML
    or list. Line breaks stay line breaks, as do spaces that no line is broken at; invisible characters that turn the
    direction of a page are removed."""
    lines = (_SPACES.sub(" ", line).strip() for line in _without_controls(text).split("\n"))
    return "  \n".join(_plain_line(line) for line in lines)


def _without_controls(text: str) -> str:
    return without_invisible(_CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n")))


def _plain_line(line: str) -> str:
    joined = _INSIDE.sub(JOINER, unbroken_amounts(line))
    escaped = _DIRECTIVE.sub(r"\\:", _MARKS.sub(r"\\\g<0>", joined))
    if (first := escaped[:1]) and first in "#+-=":
        return "\\" + escaped
    return _ORDERED.sub(r"\1\\\2", escaped)
