"""Search in texts without regard to case, the same on both databases."""

from typing import Any

import sqlalchemy as sa


def contains(column: Any, text: str) -> sa.ColumnElement[bool]:
    """Return the condition that a column contains a text. SQLite folds the case of ASCII only, so "акция" is searched
    as "Акция" and "АКЦИЯ", too."""
    spellings = dict.fromkeys((text, text.lower(), text.upper(), text.capitalize(), text.title()))
    return sa.or_(*(column.icontains(spelling, autoescape=True) for spelling in spellings))
