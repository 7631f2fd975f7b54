"""Edit the literal text and default values of a template; the names of merge fields must match the columns and stay.
Every function raises `DomainError` for a malformed text."""

from collections.abc import Collection
from dataclasses import replace

from getsms_core.messages import gsm7_replacements, merge_fields
from getsms_core.messages.gsm7_replacements import Change, replace_expensive, replace_in_text
from getsms_core.messages.merge_fields import Field


def replace_in_template(text: str, only: Collection[str] | None = None) -> str:
    """Replace expensive characters in the literal text; `only` limits it to these characters, by default those worth
    replacing."""
    characters = worth_replacing(text) if only is None else only
    return "".join(replace_in_text(piece, characters) if is_own_text else piece for is_own_text, piece in _pieces(text))


def worth_replacing(text: str) -> set[str]:
    """Return the characters that `replace_in_template` replaces; see `gsm7_replacements.worth_replacing`."""
    return gsm7_replacements.worth_replacing("".join(piece for is_own_text, piece in _pieces(text) if is_own_text))


def template_changes(text: str) -> list[Change]:
    """Return every change of `replace_in_template`, in order."""
    all_changes, position, characters = [], 0, worth_replacing(text)
    for is_own_text, piece in _pieces(text):
        all_changes += (
            [
                replace(change, position=position + change.position)
                for change in replace_expensive(piece, characters).changes
            ]
            if is_own_text
            else []
        )
        position += len(piece)
    return all_changes


def with_plain_letters(text: str, letters: Collection[str]) -> str:
    """Replace each of these letters by a plain letter: the length stays, but they no longer force Unicode."""
    plain = str.maketrans(dict.fromkeys(letters, "x"))
    return "".join(piece.translate(plain) if is_own_text else piece for is_own_text, piece in _pieces(text))


def _pieces(text: str) -> list[tuple[bool, str]]:
    """Split a template into literal text (True) and merge field names with their delimiters (False)."""
    pieces: list[tuple[bool, str]] = []
    position = 0
    for field in merge_fields.parse(text).pieces:
        if isinstance(field, Field):
            end = text.index("}", field.position) + 1
            name, bar, default = text[field.position : end].partition("|")
            pieces += [(True, text[position : field.position]), (False, name + bar), (True, default)]
            position = end
    return [*pieces, (True, text[position:])]
