"""Warnings about a text before it is sent to thousands of recipients. They never block."""

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from getsms_core.base import cell_bytes
from getsms_core.base.i18n import _, ngettext
from getsms_core.messages.encoding import measure
from getsms_core.messages.gsm7_replacements import replace_in_text
from getsms_core.messages.invisible import is_blank
from getsms_core.messages.merge_fields import key
from getsms_core.messages.uzbek import look_alikes


@dataclass(frozen=True, slots=True)
class Remark:
    """A warning: a stable `code`, a message, and where it begins in the text, counted in characters from 0
    (None when it is about the whole text).

    Codes: empty-text, edge-space, double-space, short-link, broken-link, mixed-letters, no-opt-out, too-many-parts,
    not-a-field."""

    code: str
    message: str
    position: int | None = None


# Services that hide where a link leads. Fraud uses the same addresses, so operators and recipients distrust them.
SHORTENERS = frozenset(
    re.findall(
        r"\S+",
        """bit.ly bitly.com clck.ru goo.gl tinyurl.com t.co is.gd v.gd ow.ly cutt.ly rb.gy rebrand.ly shorturl.at
        surl.li u.to vk.cc qps.ru goo.su tiny.cc bl.ink buff.ly short.io s.id kutt.it t.ly soo.gd adf.ly
        shorte.st lnkd.in bit.do cutt.us tiny.one dub.sh x.gd urlz.fr clc.li tny.im shorturl.asia n9.cl lnk.to""",
    )
)
_LABELS = r"(?:[a-z0-9-]{1,63}\.){1,9}"  # of a host; without limits a text of 20,000 letters and hyphens takes 10 s
_HOST = re.compile(rf"(?<![\w.@/-])(?:https?://)?(?:www\.)?({_LABELS}[a-z]{{2,}})(?![\w-])(?!\.\w)", re.IGNORECASE)
_BROKEN = re.compile(
    r"\bh{1,2}t{1,4}ps?:?/(?!/)\S*"  # http:/x, http/x
    r"|\bh{1,2}t{1,4}ps?//\S*"  # https//x
    r"|\bh{1,2}t{1,4}ps?:(?!/)\S*"  # http:x, http:\\x
    r"|\b(?:htpps?|hhttps?|htttps?|hhtps?|htps?|ttps?)://\S*"  # misspelt
    r"|\bhttps?:///+\S*"  # a slash too many
    r"|\bhttps?://(?=\s|$)"  # nothing after it
    r"|\bhttps?://(?=[^\s/.{]+(?:/|\s|$))[^\s]+"  # a host without a dot, and without a merge field
    r"|\bhttps?://[^\s/]*\.\.\S*"  # two dots
    r"|\b[a-z0-9-]{2,63} \.(?:uz|com|ru|net|org)\b|\b[a-z0-9-]{2,63},(?:uz|com|ru|net|org)\b"  # sayt .uz, sayt,uz
    rf"|\b(?:https?://)?{_LABELS}(?:uz|com|ru|net|org|me)\.(?-i:[A-ZА-ЯЎҚҒҲ])\w+"  # sayt.uz.Batafsil
    r"|\bwww(?![.\w])[ ,]?\S*|\bwww\.(?=\s|$)|\bw{4,}\.\S*|(?<![\w.])ww\.\S+",  # www sayt.uz, www,sayt.uz, wwww.sayt.uz
    re.IGNORECASE,
)
_LETTERS = re.compile(r"(?:[^\W\d_]|(?<=[oOgGоО])['‘’`´](?=[^\W\d_]))+")  # o' is one letter, whatever it is typed with
_LATIN_TWINS, _CYRILLIC_TWINS = frozenset(look_alikes.LATIN), frozenset(look_alikes.CYRILLIC)
VALUES_SHOWN = 5
# How other programs write merge fields. Doubled brackets are remarked upon whatever is in them; an emoticon is not one.
_NAME = r"[ \t]*([^\W_][^{}()\[\]<>«»%#\n]{0,58}?)[ \t]*"
_DOUBLED = re.compile(
    rf"(?<!\{{)\{{\{{{_NAME}\}}\}}(?!\}})|(?<![:;=8(-])\(\({_NAME}\)\)(?!\))|\[\[{_NAME}\]\]|<<{_NAME}>>|%%{_NAME}%%"
)
_SINGLE = re.compile(rf"\[{_NAME}\]|<{_NAME}>|«{_NAME}»|%{_NAME}%|#{_NAME}#")  # only around the name of a column


def check(
    text: str,
    *,
    category: Literal["advertising", "service"],
    opt_out_hint: str | None = None,
    max_parts: int = 3,
    columns: Collection[str] = (),
) -> list[Remark]:
    """The remarks about a text, those about the whole of it first, then in order of place.

    An advertising text must hold `opt_out_hint` (any case, any apostrophes) where one is set. More than `max_parts` SMS
    are remarked upon; merge fields count as written in the text. The list's `columns` decide which single brackets
    were meant as a merge field."""
    if is_blank(text):
        return [Remark("empty-text", _("The text is empty."))]
    remarks = [*_about_the_whole(text, category, opt_out_hint, max_parts)]
    located = [*_spaces(text), *_links(text), *_mixed(text), *foreign_merge_fields(text, columns)]
    return remarks + sorted(located, key=lambda remark: remark.position or 0)


def _about_the_whole(text: str, category: str, hint: str | None, max_parts: int) -> Iterator[Remark]:
    if category == "advertising" and hint and hint.strip() and _plain(hint) not in _plain(text):
        yield Remark(
            "no-opt-out",
            _('Advertising must say how to unsubscribe. Add, for example: "{hint}".').format(hint=hint.strip()),
        )
    parts = measure(text).parts
    if parts > max_parts:
        message = ngettext(
            "The text takes {parts} SMS for each recipient; more than {limit} is a lot.",
            "The text takes {parts} SMS for each recipient; more than {limit} are a lot.",
            max_parts,
        )
        yield Remark("too-many-parts", message.format(parts=parts, limit=max_parts))


def _plain(text: str) -> str:
    return " ".join(replace_in_text(text).casefold().split())


def _spaces(text: str) -> Iterator[Remark]:
    if text[0].isspace():
        yield Remark("edge-space", _("The text begins with a space or an empty line."), 0)
    end = len(text.rstrip())
    if end < len(text):
        yield Remark("edge-space", _("The text ends with a space or an empty line."), end)
    for match in re.finditer(r"(?<=\S)[ \u00a0]{2,}(?=\S)", text):
        yield Remark("double-space", _("There are two or more spaces in a row."), match.start())


def foreign_merge_fields(text: str, columns: Collection[str] = ()) -> Iterator[Remark]:
    """Yield a warning for each merge field in another program's syntax: doubled brackets, or single ones around a
    column's name."""
    column_keys = {key(column) for column in columns}
    doubled = list(_DOUBLED.finditer(text))
    inside = [range(match.start(), match.end()) for match in doubled]
    single = [
        match
        for match in _SINGLE.finditer(text)
        if key(next(filter(None, match.groups()))) in column_keys and not any(match.start() in span for span in inside)
    ]
    for match in (*doubled, *single):
        name = next(filter(None, match.groups())).strip()
        message = _(
            '"{written}" is not a merge field: recipients would read "{shown}". To put in the value of a column, write '
            "{field}."
        )
        text_as_sent = match[0][1:-1] if match[0].startswith("{{") else match[0]
        yield Remark(
            "not-a-field", message.format(written=match[0], shown=text_as_sent, field="{" + name + "}"), match.start()
        )


def _links(text: str) -> Iterator[Remark]:
    broken = list(_BROKEN.finditer(text))
    for match in broken:
        message = _('The link "{link}" is broken: it would not open.').format(link=match[0].strip())
        yield Remark("broken-link", message, match.start())
    for match in _HOST.finditer(text):
        host = match[1].lower()
        if host in SHORTENERS and not any(link.start() <= match.start() < link.end() for link in broken):
            message = _(
                "{host} hides where the link leads. Operators may block it and recipients distrust it: "
                "use the full address."
            ).format(host=host)
            yield Remark("short-link", message, match.start())


def mixed_rows(values: pa.ChunkedArray) -> list[int]:
    """The indexes of the rows whose value mixes look-alikes of both alphabets within a word: typed on the wrong
    keyboard, such a name makes its SMS Unicode."""
    if cell_bytes.is_ascii(values):
        return []
    near = pc.match_substring_regex(values, "[A-Za-z][\u0400-\u04ff]|[\u0400-\u04ff][A-Za-z]")
    candidate_rows = np.flatnonzero(pc.fill_null(near, False).to_numpy())
    return [row for row in candidate_rows.tolist() if next(_mixed(values[row].as_py()), None)]


def mixed_values(recipients: pa.Table, columns: Collection[str]) -> tuple[int, list[tuple[int, str]]]:
    """In how many rows a value of these columns mixes the alphabets, and the first few as (row of the spreadsheet,
    value)."""
    value_by_row: dict[int, str] = {}
    for name in recipients.column_names:
        if name not in ("row", "phone") and name in columns:
            column = recipients[name]
            value_by_row |= {index: column[index].as_py() for index in mixed_rows(column)}
    return len(value_by_row), [
        (recipients["row"][index].as_py(), value_by_row[index]) for index in sorted(value_by_row)[:VALUES_SHOWN]
    ]


def mixed_sentence(
    count: int, examples_to_show: list[tuple[int, str]], format_value: Callable[[object], str] = str
) -> str:
    """Return the message for the result of `mixed_values`; `format_value` formats values and numbers for the page."""
    sentence = ngettext(
        "In {n} row a merged value mixes Latin and Cyrillic letters that look alike: {values}.",
        "In {n} rows a merged value mixes Latin and Cyrillic letters that look alike: {values}.",
        count,
    )
    examples = ", ".join(
        _("{value} (row {row})").format(value=format_value(value), row=format_value(row))
        for row, value in examples_to_show
    )
    return sentence.format(n=format_value(count), values=examples + (" …" if count > len(examples_to_show) else ""))


def _mixed(text: str) -> Iterator[Remark]:
    for match in _LETTERS.finditer(text):
        latin = {letter for letter in match[0] if "A" <= letter <= "z"}
        cyrillic = {letter for letter in match[0] if "\u0400" <= letter <= "\u04ff"}
        if not latin or not cyrillic or re.fullmatch(r"[A-Z]{2,}[а-яўқғҳё]+", match[0]):
            continue  # the last: an abbreviation with a Cyrillic ending, as in "SMSни"
        wrong_letters = cyrillic if cyrillic <= _CYRILLIC_TWINS and not latin <= _LATIN_TWINS else latin
        if wrong_letters <= _LATIN_TWINS | _CYRILLIC_TWINS:
            letter_index = next(index for index, letter in enumerate(match[0]) if letter in wrong_letters)
            script = _("Cyrillic") if wrong_letters is cyrillic else _("Latin")
            message = _(
                'The word "{word}" mixes Latin and Cyrillic letters that look alike; its letter "{letter}" is {script}.'
            ).format(word=match[0], letter=match[0][letter_index], script=script)
            yield Remark("mixed-letters", message, match.start() + letter_index)
