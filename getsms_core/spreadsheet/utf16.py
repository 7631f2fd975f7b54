"""Detect UTF-16 without a BOM: some programs export it so, and its bytes look binary."""


def detect_without_bom(sample: bytes) -> str | None:
    """The name of the encoding, or None. Decoded correctly, the text consists of letters that are used here."""
    if b"\0" not in sample:  # each line break, delimiter and digit has one
        return None
    sample = sample[: len(sample) // 2 * 2]
    for name in ("utf-16-le", "utf-16-be"):
        text = sample.decode(name, "replace")
        if sum(map(_is_written_here, text)) >= 0.97 * len(text):
            return name
    return None


def _is_written_here(letter: str) -> bool:
    return " " <= letter < "\u0530" or letter in "\t\r\n" or "\u2000" <= letter < "\u2200"
