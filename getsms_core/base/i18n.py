"""Translation of every text that users read.

English is the source language, so a msgid is the English sentence itself. The language belongs to the
context (a Streamlit session's thread, a command), not to the process: two users with two languages share one server.
"""

import gettext
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, lru_cache
from pathlib import Path

from getsms_core.base.codes import Language

LANGUAGES = {Language.EN.value: "English", Language.UZ.value: "Oʻzbekcha", Language.RU.value: "Русский"}
_language: ContextVar[str] = ContextVar("getsms_language")


def _english() -> str:
    return "en"


_language_where_unset: Callable[[], str] = _english


_SPACE_BEFORE_UNIT = re.compile(r"(?<=[0-9}]) (?=(?:ms|s|min|h|d|KB|MB|GB)\b)")


class _English(gettext.NullTranslations):
    """The sentences as they are in the code, with a no-break space between a number and its unit: the other catalogues
    hold these spaces, and in the code nobody would see the difference between the two."""

    def gettext(self, message: str) -> str:
        return _with_units(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return _with_units(super().ngettext(msgid1, msgid2, n))


@lru_cache(4096)  # more than there are sentences; stored names pass through here as well
def _with_units(sentence: str) -> str:
    return _SPACE_BEFORE_UNIT.sub("\N{NO-BREAK SPACE}", sentence)


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    if language == "en":
        return _English()
    return gettext.translation("getsms", Path(__file__).resolve().parent.parent / "locale", [language], fallback=True)


def language() -> str:
    """Return the code of the language of this context: "en", "uz" or "ru"."""
    try:
        return _language.get()
    except LookupError:
        return _language_where_unset()


def use_where_unset(find: Callable[[], str]) -> None:
    """Have `find` return the language of contexts that have none. Streamlit runs callbacks and timers in new threads,
    where the first sentence would be English."""
    global _language_where_unset
    _language_where_unset = find


def set_language(code: str) -> None:
    """Set the language of this context; an unknown code means English."""
    _language.set(code if code in LANGUAGES else "en")


@contextmanager
def using_language(code: str) -> Iterator[None]:
    """Set the language for one block, for example to write a file for another user."""
    token = _language.set(code if code in LANGUAGES else "en")
    try:
        yield
    finally:
        _language.reset(token)


def _(message: str) -> str:
    """Return the sentence in the language of this context."""
    return _catalogue(language()).gettext(message)


def ngettext(singular: str, plural: str, n: int) -> str:
    """Return the sentence in the plural form for `n` in the language of this context."""
    return _catalogue(language()).ngettext(singular, plural, n)


def pgettext(context: str, message: str) -> str:
    """Return a word in the language of this context, where English has one word for what others tell apart: the name of
    a person and of a thing. `context` says which, in English: "person"."""
    return _catalogue(language()).pgettext(context, message)


def N_(message: str) -> str:
    """Mark a sentence in a table for translation; `_` translates it where it is shown."""
    return message


def NN_(singular: str, plural: str) -> tuple[str, str]:
    """Mark a sentence with a plural form in a table for translation."""
    return singular, plural
