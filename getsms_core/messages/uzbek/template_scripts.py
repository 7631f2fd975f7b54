"""A campaign's text in each of the scripts of Uzbek, with the default values of its merge fields."""

from getsms_core.messages import merge_fields
from getsms_core.messages.merge_fields import Field
from getsms_core.messages.uzbek.transliteration import Converted, Script, convert, detect


def written(text: str, to: Script, keep_russian: bool = True) -> Converted:
    """The text in another script: its own words and its default values; the names of merge fields stay as the columns
    are called. Russian is left alone, and converted with `keep_russian=False`; named it is either way.

    Raises `DomainError` for a malformed text."""
    source = detect(text)
    whole = convert(text, to, source=source, keep_russian=keep_russian)
    out, at, warnings = [], 0, list(whole.warnings)
    fields = [piece for piece in merge_fields.parse(whole.text).pieces if isinstance(piece, Field)]
    before = [piece for piece in merge_fields.parse(text).pieces if isinstance(piece, Field)]
    for field, was in zip(fields, before, strict=True):
        end = whole.text.index("}", field.position) + 1
        name, bar, default = whole.text[field.position : end].partition("|")
        if bar:
            found = convert(default, to, source=source, keep_russian=keep_russian)
            start = text.index("|", was.position) + 1
            warnings += [type(one)(start + one.position, one.word, one.reason) for one in found.warnings]
            default = found.text
        out += [whole.text[at : field.position], name, bar, default]
        at = end
    return Converted("".join(out) + whole.text[at:], sorted(warnings, key=lambda one: one.position))
