"""The type of the entries of the tables of sentences."""

Entry = str | tuple[str, str] | list[str]
"""A msgid; the singular and the plural msgid for the parameter `n`; or several msgids that are shown in a row."""
