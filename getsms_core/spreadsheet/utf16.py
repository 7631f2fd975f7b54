"""UTF-16 that does not say so: programs export it without the mark in front, and to a byte-counter it looks binary."""


def detect_without_bom(sample: bytes) -> str | None:
    """The name of the encoding, or None. Read rightly the text is letters that people here write; any other is not."""
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
