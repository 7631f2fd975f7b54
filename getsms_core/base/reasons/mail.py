"""Sentences about mail."""

from getsms_core.base.reasons.entries import Entry

SENTENCES: dict[str, Entry] = {}
