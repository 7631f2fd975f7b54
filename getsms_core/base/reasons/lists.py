"""Sentences about lists."""

from getsms_core.base.reasons.entries import Entry

SENTENCES: dict[str, Entry] = {}
