"""Which column holds the phone numbers: the cells decide, the header only between columns that look alike."""

import re
import unicodedata

import numpy as np
import pyarrow as pa

from getsms_core import phone
from getsms_core.phone import CODES, Outcome

# fmt: off
_STRONG = frozenset([
    "telefon", "telefoni", "telefonlar", "tel", "phone", "phones", "telephone", "mobile", "mob", "cell",
    "cellphone", "msisdn", "phonenumber", "gsm", "sms", "whatsapp", "mobil", "uyali", "telefonraqam", "telefonraqami",
    "telefonnomer", "мобил", "уяли", "телефонный", "телефон", "телефона", "телефоны", "телефони",
    "тел", "моб", "мобильный", "мобильного", "сотовый", "сот", "смс",
])
_WEAK = frozenset([
    "raqam", "raqami", "nomer", "nomeri", "number", "номер", "номера", "рақам", "рақами", "контакт", "контакты",
    "contact", "kontakt", "kontakti", "aloqa",
])
# fmt: on
_SAMPLE = 2_000


def header_weight(name: str) -> float:
    """2 for a header that says phone, 1 for one that says number, 0 for any other. Whole words only: no "hotel"."""
    parted = re.sub(r"(?<=[^\W\d_])(?<![A-ZА-Я])(?=[A-ZА-Я])", " ", unicodedata.normalize("NFKC", name))
    words = set(re.findall(r"[^\W\d_]+", parted.casefold()))
    if words & _STRONG:
        return 2
    return 1 if words & _WEAK else 0


def guess_phone_column(table: pa.Table) -> str | None:
    """The name of the column whose cells are mobile numbers most often; None where neither cells nor header say so.

    Looks at 2,000 rows spread over the table. With hardly a good number anywhere a header that says phone is believed,
    so that a list of bad numbers is explained row by row instead of being refused as a whole."""
    best: tuple[float, str] | None = None
    for name in table.column_names:
        share = _share(table.column(name))
        weight = header_weight(name)
        if share < 0.2 and (weight < 2 or (share == 0 and best is not None and best[0] > 0.5)):
            continue
        score = share + 0.15 * weight
        if best is None or score > best[0] + 1e-9:
            best = (score, name)
    return best[1] if best else None


def _share(column: pa.ChunkedArray) -> float:
    """How much of a column is mobile numbers: by its filled cells and by all, so that a rare second phone loses."""
    rows = np.unique(np.linspace(0, max(len(column) - 1, 0), min(_SAMPLE, len(column))).astype(np.int64))
    if not len(rows):
        return 0.0
    found = phone.check_column(column.take(pa.array(rows)).combine_chunks())
    good = int((found.numbers > 0).sum())
    filled = int((found.outcomes != CODES[Outcome.EMPTY]).sum())
    return (good / filled if filled else 0.0) / 2 + good / len(rows) / 2
