"""Faults that are planted in the product on purpose; the simulator must find each."""
MUTATIONS: dict[str, object] = {}


def plant(name: str) -> None:
    return None


def find_all(seed: int, campaigns: int, processes: int) -> int:
    return 0
