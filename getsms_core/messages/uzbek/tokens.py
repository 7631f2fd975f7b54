"""Find the words of a text and the parts that are not Uzbek words: merge fields, addresses, handles, codes."""

import re

MARKS = "ʻʼ‘’'`´′‛"
"""The marks that are typed for ʻ and ʼ."""
_LETTER = "[^\\W\\d_][\u0300-\u036f]*"  # й and ў may be typed as a letter and a combining mark
_WORD = rf"(?:{_LETTER})+(?:[{MARKS}]{{1,2}}(?:{_LETTER})+)*(?:(?<=[oOgG])[{MARKS}])?"
_PROTECTED = (
    r"\{[^{}]*\}|https?://\S+|www\.\S+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|[@#]\w+(?:\.\w+)*"  # fields, addresses, tags
    r"|\b[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.(?:uz|com|ru|net|org|me|io|app|ly|info|biz|shop|online|gg|cc|link)\b(?:/\S*)?"
    r"|\b[A-Z][A-Z0-9-]*\d[A-Z0-9]*\b|\b(?:[Ww]i-?[Ff]i|[Ee]-mail|X-ray|T-shirt)\b"  # codes such as SALE2025; names
    r"|\b[A-Z] ?& ?[A-Z]\b(?!\w)"  # H&M
    r"|\b[A-Z][A-Za-z]*\d[A-Za-z0-9]*\b|\b(?:[2-6]G|[34]D|2GIS|1C)\b"  # Express24, S24; 5G
)
TOKEN = re.compile(f"(?P<kept>{_PROTECTED})|(?P<word>{_WORD})")
"""Matches with the group "word" for a word, and "kept" for what is the same in every script."""
