"""The table that a run prints."""

from tests.kill.chaos import Chaos
from tests.kill.verdict import Said, Verdict

UNREACHED_SHARE = 0.05
"""The most of what a kill leaves uncertain that may never have reached the gateway's ledger, where the gateway has no
faults: with them, some requests are lost that look like those it took."""


def printed(
    name: str,
    chaos: Chaos,
    first: Verdict,
    second: Verdict,
    said: Said,
    stuck: list[str],
    orderly: bool,
    seconds: float,
    log: str,
) -> bool:
    """Print what happened on a database; whether the promise was kept."""
    fleet = chaos.fleet
    print(f"\n== {name}: {seconds:.0f} s in all")
    _line("kills (SIGKILL to a worker)", fleet.killed)
    for moment, n in sorted(chaos.kills.items()):
        _line(f"  {moment}", n)
    _line("workers started", fleet.started)
    _line("workers that found no database at their start", fleet.turned_away)
    _line("workers that fell by themselves", len(fleet.fallen))
    for what, n in sorted(chaos.counts.items()):
        _line(what, n)
    _line("kinds of fault at the gateway", len(chaos.seen_faults))
    print("-- the messages")
    _line("messages", first.messages)
    _line("attempts recorded, by outcome", sum(first.outcomes.values()), first.outcomes)
    _line("requests that the gateway took", first.requests)
    _line("messages that left, by the gateway's ledger", first.left)
    _line("states", first.messages, first.states)
    _line("chunks", sum(first.chunks.values()), first.chunks)
    _line("uncertain, each explained", first.states["uncertain"])
    _line("  of them left, by the ledger", first.uncertain_left)
    _line("  because their worker was killed", first.by_kill)
    _line("    of them never left, by the ledger", first.by_kill_never_left)
    for code, n in sorted(first.codes.items()):
        _line(f"  attempts that ended: {code}", n)
    print("-- must be nothing")
    good = _violations(first)
    print(f"-- after a person's word on the uncertain: {len(said.again)} again, {len(said.counted)} counted")
    _line("messages that left, by the ledger", second.left)
    _line("  more than before", second.left - first.left)
    good &= _violations(second)
    if chaos.calm and first.by_kill_never_left > first.by_kill * UNREACHED_SHARE:
        print(f"  WRONG: {first.by_kill_never_left} of {first.by_kill} uncertain by a kill never left")
        good = False
    for what in filter(None, stuck):
        print(f"  WRONG: {what}")
        good = False
    if not orderly:
        print("  WRONG: a worker did not leave in good order when it was asked to (SIGTERM)")
        good = False
    if fleet.fallen:
        print("-- workers that fell by themselves, and their last words:")
        print(f"   {fleet.fallen}\n{_tracebacks(log)}")
    for history in (first.histories + second.histories)[:24]:
        print(history)
    print("The promise was kept." if good else "The promise was broken.")
    return good


def _violations(verdict: Verdict) -> bool:
    for what, ids in verdict.violations.items():
        _line(what, len(ids))
    return verdict.good


def _line(what: str, n: int, parts: dict[str, int] | None = None) -> None:
    shown = ", ".join(f"{key or 'answered'} {value}" for key, value in sorted((parts or {}).items()) if value)
    print(f"{what:<50} {n:>8}  {shown}".rstrip())


def _tracebacks(log: str) -> str:
    """The last lines of each traceback, each kind once."""
    blocks = log.split("Traceback (most recent call last):")[1:]
    ends = {
        next((line for line in block.splitlines()[1:] if line and not line[0].isspace()), ""): block for block in blocks
    }
    return "\n".join(f"   {line[:300]}" for line in sorted(ends))[:4000]
