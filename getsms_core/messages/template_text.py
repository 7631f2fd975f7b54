"""A campaign's own words: its text and its default values, apart from the names of merge fields, which must stay as the
columns are called. Every function raises `DomainError` for a malformed text."""

from collections.abc import Collection
from dataclasses import replace

from getsms_core.messages import gsm7_replacements, merge_fields
from getsms_core.messages.gsm7_replacements import Change, replace_expensive, replace_in_text
from getsms_core.messages.merge_fields import Field


def replace_in_template(text: str, only: Collection[str] | None = None) -> str:
    """The text with its own words mended; `only` limits it to these characters instead of what is worth it."""
    chosen = worth_replacing(text) if only is None else only
    return "".join(replace_in_text(piece, chosen) if own else piece for own, piece in _pieces(text))


def worth_replacing(text: str) -> set[str]:
    """The characters of its own words that `mended` replaces; see `mending.worth_mending`."""
    return gsm7_replacements.worth_replacing("".join(piece for own, piece in _pieces(text) if own))


def template_changes(text: str) -> list[Change]:
    """Every character that `mended` replaces, in order."""
    found, at, chosen = [], 0, worth_replacing(text)
    for own, piece in _pieces(text):
        found += (
            [replace(one, position=at + one.position) for one in replace_expensive(piece, chosen).changes]
            if own
            else []
        )
        at += len(piece)
    return found


def with_plain_letters(text: str, letters: Collection[str]) -> str:
    """The text with a plain letter in place of each of these: as many characters, but no longer Unicode for them."""
    plain = str.maketrans(dict.fromkeys(letters, "x"))
    return "".join(piece.translate(plain) if own else piece for own, piece in _pieces(text))


def _pieces(text: str) -> list[tuple[bool, str]]:
    """The text in pieces: its own words (True), and the names of its merge fields with what belongs to them."""
    found: list[tuple[bool, str]] = []
    at = 0
    for field in merge_fields.parse(text).pieces:
        if isinstance(field, Field):
            end = text.index("}", field.position) + 1
            name, bar, default = text[field.position : end].partition("|")
            found += [(True, text[at : field.position]), (False, name + bar), (True, default)]
            at = end
    return [*found, (True, text[at:])]
