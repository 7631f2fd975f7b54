"""What a file may cost. Everything above is refused with a sentence, within seconds and within this memory."""

from dataclasses import dataclass

SHOWN_ROWS = 100_000  # of a workbook, in which percents, times and hidden rows are looked for


@dataclass(frozen=True)
class Limits:
    """Bounds for reading one file."""

    file_bytes: int = 512 * 1024**2
    page_bytes: int = 64 * 1024**2  # of HTML, which is read tag by tag: 10 s
    unpacked_bytes: int = 2 * 1024**3  # the unpacked size that a zipped spreadsheet declares
    unpacked_ratio: int = 150  # a real list reaches 40; zip bombs begin near 1,000
    rows: int = 5_000_000
    columns: int = 1_000
    cells: int = 60_000_000
    memory_bytes: int = 3 * 1024**3  # RLIMIT_AS of the child; a million rows of eight columns need 1.2 GiB
    cpu_seconds: int = 60
    wall_seconds: int = 180


LIMITS = Limits()
