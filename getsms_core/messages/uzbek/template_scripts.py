"""A campaign's text in each of the scripts of Uzbek, with the default values of its merge fields."""

from collections.abc import Collection

from getsms_core.messages import merge_fields
from getsms_core.messages.merge_fields import Field
from getsms_core.messages.uzbek.transliteration import Converted, Script, convert, detect


def written(text: str, to: Script, keep_russian: bool = True, keep: Collection[str] = ()) -> Converted:
    """Convert a template to another script: its literal text and its default values; the names of merge fields match
    the columns and stay. Russian is not converted unless `keep_russian=False`; it is reported in both cases. `keep` are
    the account's own words, which stay as they are.

    Raises `DomainError` for a malformed text."""
    source = detect(text)
    converted = convert(text, to, source=source, keep_russian=keep_russian, keep=keep)
    output, position, warnings = [], 0, list(converted.warnings)
    fields = [piece for piece in merge_fields.parse(converted.text).pieces if isinstance(piece, Field)]
    original_fields = [piece for piece in merge_fields.parse(text).pieces if isinstance(piece, Field)]
    for field, original_field in zip(fields, original_fields, strict=True):
        end = converted.text.index("}", field.position) + 1
        name, bar, default = converted.text[field.position : end].partition("|")
        if bar:
            converted_default = convert(default, to, source=source, keep_russian=keep_russian, keep=keep)
            start = text.index("|", original_field.position) + 1
            warnings += [
                type(warning)(start + warning.position, warning.word, warning.reason)
                for warning in converted_default.warnings
            ]
            default = converted_default.text
        output += [converted.text[position : field.position], name, bar, default]
        position = end
    return Converted(
        "".join(output) + converted.text[position:], sorted(warnings, key=lambda warning: warning.position)
    )
