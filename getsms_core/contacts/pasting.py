"""A list from a pasted text: the text is stored as a file, so that it is checked as any other."""

import csv
import io
import re

from getsms_core import phone
from getsms_core.base.errors import Invalid
from getsms_core.base.i18n import _
from getsms_core.base.permissions import Actor
from getsms_core.contacts import lists
from getsms_core.contacts.lists import Options
from getsms_core.contacts.suppression import split_numbers_of_line
from getsms_core.db.engine import Store

FILENAME = "pasted.csv"
MOST_CHARACTERS = 5_000_000  # some 300,000 numbers; more belong in a file
_CELL_ENDS = re.compile(r"[\t;|,]")


def upload_pasted(store: Store, actor: Actor, text: str, name: str, *, request_key: str = "") -> int:
    """Store a pasted text for a worker to check; return the list's id. A repeat with the same `request_key` returns the
    list of the first call. Raises `DomainError`: nothing-pasted, pasted-too-long."""
    content, options = file_of(text)
    return lists.upload(
        store,
        actor,
        name.strip() or _("Pasted numbers"),
        FILENAME,
        lists.iter_parts(content),
        options,
        request_key=request_key,
    )


def file_of(text: str) -> tuple[bytes, Options]:
    """The pasted text as a text file, and how to read it.

    Numbers without words become one a line, so that none is taken for another column or for a header; a table, or lines
    with names, stay as they are. Raises `DomainError`: nothing-pasted, pasted-too-long."""
    if not any(map(str.isalnum, text)):
        raise Invalid.of("nothing-pasted")
    if len(text) > MOST_CHARACTERS:
        raise Invalid.of("pasted-too-long")
    lines = text.splitlines()
    if any(_has_words(line) for line in lines):
        return text.encode("utf-8", "replace"), Options()
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerows([number] for line in lines for number in _numbers(line))
    return out.getvalue().encode("utf-8", "replace"), Options(header_row=0)


def _has_words(line: str) -> bool:
    """Whether a line holds more than numbers: letters that are not the label of a number, such as "tel:". The numbers
    of a line are found without the words around them, so that the cells of a table are looked at one by one."""
    if not any(map(str.isalpha, line)):
        return False
    cells = _CELL_ENDS.split(line)
    if len(cells) > 1 and any(any(map(str.isalpha, cell)) and not phone.check(cell).number for cell in cells):
        return True
    return not all(phone.check(number).number for number in _numbers(line))


def _numbers(line: str) -> list[str]:
    return [number.strip() for number in split_numbers_of_line(line) if any(map(str.isalnum, number))]
