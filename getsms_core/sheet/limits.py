"""What a file may cost. Everything above is refused with a sentence, within seconds and within this memory."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Bounds for reading one file. A million rows of eight columns need a quarter of each."""

    file_bytes: int = 512 * 1024**2
    unpacked_bytes: int = 2 * 1024**3  # what a zipped spreadsheet says it becomes
    unpacked_ratio: int = 400  # real ones reach 40; a bomb starts at 1,000
    rows: int = 5_000_000
    columns: int = 1_000
    cells: int = 60_000_000
    memory_bytes: int = 4 * 1024**3  # RLIMIT_AS of the child, its libraries included (1.2 GiB of address space)
    cpu_seconds: int = 60
    wall_seconds: int = 180


LIMITS = Limits()
