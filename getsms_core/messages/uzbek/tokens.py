"""Find the words of a text and the parts that are not Uzbek words: merge fields, addresses, handles, codes."""

import re

MARKS = "ʻʼ‘’'`´′‛"
"""The marks that are typed for ʻ and ʼ."""
_LETTER = "[^\\W\\d_²³¹][\u0300-\u036f]*"  # й and ў may be typed as a letter and a combining mark
_WORD = (
    rf"(?:{_LETTER})+(?:[{MARKS}]{{1,2}}(?:{_LETTER})+)*"
    rf"(?:(?:(?<=[oOgG])|(?<=[jJ]ome)|(?<=[tT]obe)|(?<=avqe)|(?<=[vV]oqe)|(?<=[tT]ole))[{MARKS}])?"  # jome' masjidi
)
_FIELD = r"\{[^{}]*\}"
_REST = rf"(?:{_FIELD}|\S)"  # of an address: a merge field in it may have spaces in its name
# A label of a host. Without limits a text of 20,000 letters and hyphens takes 40 s.
_LABEL = rf"[\w-]{{1,63}}(?:[{MARKS}]\w[\w-]{{0,20}}){{0,3}}"
_SIZE = "(?:[SML]|X{1,4}[SL])"  # of clothes, in a list: S, M, L va XL
_PROTECTED = (
    rf"{_FIELD}|https?://{_REST}+|www\.{_REST}+|[\w.+-]{{1,64}}@[\w-]+(?:\.[\w-]+)+|[@#]\w+(?:\.\w+)*"  # tags
    r"|/(?<![\w/.]/)[a-z_]{2,30}\b"  # commands of bots: /start
    r"|\b[A-Z]{1,4}/\d[\d/-]*|\bi[3579](?:-[A-Z0-9]+)?\b"  # contracts: TS/2026-15; processors
    rf"|\b{_LABEL}(?:\.{_LABEL}){{0,8}}\.(?:(?:uz|com|ru|net|org|me|io|app|ly|info|biz|shop|online|gg|cc|link|js|ai|dev"
    rf"|store|site|tv|kz|tj|kg|edu|gov|eu|pro|xyz|tech|cloud|club|gle|gl|fm)\b(?:[/?#]{_REST}*)?"
    rf"|[a-z]{{2,6}}/[\w?#]{_REST}*)"  # forms.gle/abc
    r"|\b[\w-]{1,60}\.(?:pdf|docx?|xlsx?|pptx?|csv|jpe?g|png|mp[34]|zip|apk)\b"
    r"|\b[A-Z]{2} ?\d{7}\b|\b\d\d ?[A-Z] ?\d{3} ?[A-Z]{2}\b"  # passports and plates of cars: AB 1234567, 01 A 777 AA
    r"|\b(?:01|[1-9]0|[278]5|95) ?(?!000)\d{3} ?[A-Z]{3}\b"  # 01 777 AAA
    r"|\b[A-Z][A-Z0-9-]{0,60}\d[A-Z0-9]*\b|\b(?:[Ww]i-?[Ff]i|[Ee]-mail|X-ray|T-shirt)\b"  # codes: SALE2025; names
    r"|\b[A-Z] ?& ?[A-Z]\b(?!\w)|\b[A-Za-z]{1,30}&[A-Za-z]+\b"  # H&M, Pull&Bear
    r"|\b[A-Z][A-Za-z]*\d[A-Za-z0-9]*\b|\b(?:[2-6]G|[34]D|\d{1,3}K|2GIS|1C)\b"  # Express24, S24; 5G
    rf"|(?=[SMLX])(?:\b{_SIZE}\b(?=(?:, |/|-|–| va ){_SIZE}\b)"
    rf"|(?:(?<=[SML], )|(?<=[SML][/–-])|(?<=[SML] va )){_SIZE}\b)"
)
TOKEN = re.compile(f"(?P<kept>{_PROTECTED})|(?P<word>{_WORD})")
"""Matches with the group "word" for a word, and "kept" for what is the same in every script."""

LIKE_A_CODE = re.compile("[A-Z]{2,}-\\d{1,3}")  # TTZ-2 is an abbreviation of Uzbek, HY-602 is a flight
FUEL = re.compile("AI-\\d{2,3}")  # written in the letters of the text
BEFORE_A_UNIT = re.compile(r"\d\s?\Z")  # 220 V
BEFORE_A_LATIN_C = re.compile(r"°\s?\Z|(?<![\d\w])1\Z|итамини? \Z")  # 38 °C; the program 1C; vitamin C
