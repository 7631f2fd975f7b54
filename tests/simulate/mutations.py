"""Faults that are planted in the product on purpose; the simulator must find each: `make simulate MUTATION=all`.

A mutation is a patch of the product's source, applied while the module is imported in a process of its own. A patch
whose text is no longer there is an error, so that no mutation silently plants nothing. This module imports nothing of
the product.
"""

import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
CORE = "getsms_core."
LONGEST_SECONDS = 3_600  # of the search for one mutation, on a computer that does other things too


class Patch(NamedTuple):
    """A text of a module, which occurs once, and what replaces it."""

    module: str
    before: str
    after: str


class Mutation(NamedTuple):
    """What is wrong with the program, and the patches that make it so. `test` finds what simulations cannot reach
    or hardly ever meet: PostgreSQL, another host, a rule that changes; its path is below `tests/integration`."""

    sentence: str
    patches: tuple[Patch, ...]
    test: str = ""


def _mutation(sentence: str, *patches: tuple[str, str, str], test: str = "") -> Mutation:
    return Mutation(sentence, tuple(Patch(CORE + module, before, after) for module, before, after in patches), test)


MUTATIONS: dict[str, Mutation] = {
    "dead-workers-requeued": _mutation(
        "Every chunk of a dead worker is queued again.",
        ("delivery.lost_claims", "if chunk.worker_id in dead and chunk.attempt in never_begun]",
         "if chunk.worker_id in dead]"),
    ),
    "lost-answer-retried": _mutation(
        "A chunk whose answer was lost is queued again.",
        ("delivery.decisions", "return ChunkChange(ChunkState.UNCERTAIN, answer.code, answer.detail), moves",
         "return ChunkChange(ChunkState.QUEUED, answer.code, answer.detail, now), []"),
    ),
    "last-message-forgotten": _mutation(
        "The last message of each answer is not recorded.",
        ("delivery.decisions", "zip(claim.messages, answer.verdicts, strict=True)",
         "zip(claim.messages[:-1], answer.verdicts, strict=False)"),
    ),
    "claim-without-condition": _mutation(
        "A chunk is claimed whatever its state.",
        ("delivery.claims", "        CHUNK_QUEUED,\n        # One", "        # One"),
        ("delivery.claims", "move_by_id(session, ChunkState.QUEUED, _CLAIM, rows)",
         '__import__("getsms_core.db.bulk", fromlist=["_"]).update_by_id(session, "chunk", ("state", *_CLAIM), rows)'),
    ),
    "commit-after-request": _mutation(
        "Requests begin before their claims are committed.",
        ("worker.loop", "pool = self._new_pool()", "pool = self._pool = self._new_pool()"),
        ("worker.loop", "                self._begin(pool, turn)\n", ""),
        ("worker.loop", "        turn.idle = self._job_process.idle and not (turn.claims",
         "        self._begin(self._pool, turn)\n        turn.idle = self._job_process.idle and not (turn.claims"),
    ),
    "record-without-attempt": _mutation(
        "An answer is recorded whatever attempt the chunk is at.",
        ("db.bulk", "WHERE attempt = ? AND state = ? AND id = ?", "WHERE (1 OR attempt = ?) AND state = ? AND id = ?"),
        # Without this patch the key of the table of attempts refuses a second record: a second guard.
        ("delivery.results", 'insert_rows(session, "attempt", ATTEMPT_COLUMNS, log)',
         'insert_rows(session, "attempt", ATTEMPT_COLUMNS, log, key=("id",), setting=("code",))'),
    ),
    "begun-requeued": _mutation(
        "What a dead worker had begun to send is queued again.",
        ("worker.request_notes", "if state == _WAITING and attempt not in begun and any(attempt)",
         "if state != _FREE and any(attempt)"),
    ),
    "no-note": _mutation(
        "A worker does not note that a request begins.",
        ("worker.calls", "first_byte = FirstByte(post, self._connect_timeout, notes)",
         "first_byte = FirstByte(post, self._connect_timeout, None)"),
    ),
    "living-taken-for-dead": _mutation(
        "The notes of a worker that runs are read as those of a dead one.",
        ("worker.request_notes",
         "    try:\n        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)\n        stat",
         "    try:\n        stat"),
    ),
    "cap-not-counted": _mutation(
        "Sent messages are not counted for the frequency cap.",
        ("delivery.results", "    add_contacts(session, contacts)\n", ""),
    ),
    "cap-counted-twice": _mutation(
        "Sent messages are counted twice for the frequency cap.",
        ("delivery.results", "    add_contacts(session, contacts)\n", "    add_contacts(session, contacts)\n" * 2),
    ),
    "cap-ignores-flying": _mutation(
        "Messages in flight do not count for the frequency cap.",
        ("delivery.guards", "flying = self._flying(phones, counted)", "flying: dict[int, int] = {}"),
    ),
    "opt-outs-ignored": _mutation(
        "A claim does not ask for opt-outs.",
        ("delivery.guards", "if message.opt_out and message.opt_out in opted_out}", "if not message}"),
    ),
    "pause-ignored": _mutation(
        "Chunks of campaigns that do not run are claimed.",
        ("delivery.claims", "    _campaign.c.state == CampaignState.RUNNING,\n", ""),
    ),
    "stale-claims-posted": _mutation(
        "A claim is posted however long ago it was made.",
        ("worker.turn", "return now - self.claimed > STALE_SECONDS or now - self.queued_at > POOL_WAIT_SECONDS",
         "return now < 0"),
        ("worker.calls", "if clock.boottime() > self._latest:", "if clock.boottime() < 0:"),
    ),
    "roll-ups-forgotten": _mutation(
        "Recorded answers do not change the roll-ups.",
        ("delivery.results", "    moves.write(session)\n    for campaign_id, refusal", "    for campaign_id, refusal"),
    ),
    "rate-not-consumed": _mutation(
        "A request consumes no slot of the rate limit.",
        ("delivery.rate_limit",
         "where(col(Account.id) == account_id).values(next_slot_us=slot)",
         "where(col(Account.id) == account_id).values(next_slot_us=0)"),
    ),
    "others-not-counted": _mutation(
        "A worker does not count the requests of the others.",
        ("delivery.rate_limit", "free = account.concurrency - account.posts - int(account.others) - polls",
         "free = account.concurrency - (account.posts - account.others_posts) - polls"),
    ),
    "approval-skipped": _mutation(
        "A campaign is started without the approval that the rules require.",
        ("delivery.approval_terms",
         "changed after its approval. Returns whether it waits.\"\"\"\n    if campaign.is_test or",
         "changed after its approval. Returns whether it waits.\"\"\"\n    if now > 0 or campaign.is_test or"),
    ),
    "restored-sent-again": _mutation(
        "After a restore, what may have been sent since the backup stays queued.",
        ("backup.aftermath", "held = _mark_uncertain(session, campaign, taken_at)", "held = 0"),
    ),
    "never-begun-uncertain": _mutation(
        "What a dead worker had claimed and not begun to send is uncertain.",
        ("delivery.lost_claims", "if chunk.worker_id in dead and chunk.attempt in never_begun]", "if not chunk]"),
    ),
    "claims-expire-at-once": _mutation(
        "The deadline of a claim is the moment of the claim.",
        ("delivery.claims", "worker_id, now, now + post_ms, len(messages)", "worker_id, now, now, len(messages)"),
    ),
    "late-answer-overrides": _mutation(
        "A late answer replaces what a user has decided.",
        ("delivery.results", "if m.message.id in still and m.state in", "if m.state in"),
        ("delivery.results", "move_by_id(session, MessageState.UNCERTAIN, MESSAGE_COLUMNS, rows)",
         "move_by_id(session, MessageState.UNCERTAIN, MESSAGE_COLUMNS, rows, exact=False)"),
    ),
    "opt-out-of-too-much": _mutation(
        "Who opted out of advertising gets no service messages.",
        ("delivery.guards", "{OptOutScope.ALL} if kind != MessageKind.ADVERTISING else set(OptOutScope)",
         "set(OptOutScope)"),
    ),
    "quiet-hours-ignored": _mutation(
        "Nothing is quiet in the quiet hours.",
        ("accounts.policy", "if begin <= moment < window_end", "if begin <= moment < begin"),
    ),
    "late-start": _mutation(
        "A campaign starts however long after its time.",
        ("delivery.schedule", "if now - scheduled_at > LATE_MS:", "if now < 0:"),
    ),
    "limit-ignores-flying": _mutation(
        "Messages in flight do not count for the spending limit of a day.",
        ("delivery.guards",
         "self._day_left -= in_flight_cost(self.session, col(Chunk.account_id) == self.account_id)",
         "self._day_left -= 0"),
    ),
    "small-campaigns-unapproved": _mutation(
        "What a user started before does not count for the approval that the rules require.",
        ("delivery.approval_terms", "rules.wants_approval(messages + earlier_messages, cost + earlier_cost)",
         "rules.wants_approval(messages, cost)"),
    ),
    "far-slot-waited-for": _mutation(
        "A slot of the rate limit that is hours away, after the clock was set back, is waited for.",
        ("delivery.rate_limit", "if early > _longest_wait(account.rate):", "if early > 1e15:"),
        test="worker/test_set_clocks.py::test_a_slot_that_is_hours_away_is_of_before_the_clock_was_set_back",
    ),
    "far-chunk-waited-for": _mutation(
        "A chunk that waits for hours, after the clock was set back, is not sent before.",
        ("delivery.claims", "_chunk.c.not_before_at > _NOW + LONGEST_WAIT_MS", "_chunk.c.not_before_at > 1 << 60"),
        test="worker/test_set_clocks.py::test_a_chunk_that_waits_for_hours_was_put_back_before_the_clock_was_set_back",
    ),
    "stale-status-calls": _mutation(
        "A status call is made however long ago it was planned.",
        ("worker.calls", "if self.stopping or clock.boottime() - leased > STALE_SECONDS:", "if self.stopping:"),
        test="worker/test_registry.py::test_a_status_call_of_a_process_that_stood_still_is_not_made",
    ),
    "unposted-claims-kept": _mutation(
        "What a worker claimed by a commit that seemed to fail stays in flight, and is uncertain in the end.",
        ("worker.loop", "requeue_unposted(session, self.id,", "turn is None and requeue_unposted(session, self.id,"),
        test="worker/test_unknown_commits.py::test_what_was_claimed_by_a_commit_that_seemed_to_fail_is_sent_once_and_"
             "not_uncertain",
    ),
    "sent-when-it-wakes": _mutation(
        "A worker that was suspended while it connected sends when it runs again.",
        ("worker.calls", "if clock.boottime() > self._latest:", "if clock.boottime() < 0:"),
        test="worker/test_registry.py::test_a_process_that_was_suspended_while_it_connected_sends_nothing",
    ),
    "future-claims-kept": _mutation(
        "What a stopped worker had claimed before the clock was set back stays in flight for hours.",
        ("delivery.lost_claims", "of_future = sa.and_(", "of_future = sa.and_(sa.false(), "),
        test="worker/test_set_clocks.py::test_what_a_stopped_worker_had_claimed_before_the_clock_was_set_back_is_"
             "uncertain_after_the_time_of_a_post",
    ),
    "partly-sent-made-draft": _mutation(
        "After a restore a campaign that awaited approval, of which a part was sent, is a draft.",
        ("backup.aftermath", "return approval_terms.never_claimed(session, campaign.id or 0)", "return True"),
        test="backup/test_backup.py::test_a_campaign_that_waited_for_approval_after_a_part_was_sent_is_paused_and_the_"
             "rest_uncertain",
    ),
    "again-without-approval": _mutation(
        "Uncertain messages of a finished campaign are sent again without the approval that the rules require.",
        ("delivery.resolution", "if approval_terms.hold_for_approval(session, campaign, now_ms(session)):",
         "if not campaign:"),
        test="delivery/test_approval_terms.py::test_uncertain_messages_of_a_finished_campaign_are_sent_again_only_with_"
             "the_approval_that_the_rules_require",
    ),
    "claims-without-lock": _mutation(
        "A claim does not lock its campaigns: who changes one does not see a claim that is being committed.",
        ("delivery.claims", "    .with_for_update(read=True, skip_locked=True)\n)", ")"),
        test="delivery/test_claims.py::test_messages_are_not_made_again_while_a_claim_of_them_is_being_committed",
    ),
    "commits-not-waited-for": _mutation(
        "Where a PostgreSQL server does not wait for its disk, the program's commits do not either.",
        ("db.engine", "\" WHERE current_setting('synchronous_commit') IN ('off', 'local')\"", '" WHERE false"'),
        test="db/test_writes.py::test_a_commit_waits_for_the_disk_whatever_the_server_is_set_to",
    ),
}  # fmt: skip


_TEST = """
import sys
from tests.simulate import mutations
mutations.plant(sys.argv[1])
import pytest
sys.exit(pytest.main([f"tests/integration/{mutations.MUTATIONS[sys.argv[1]].test}", "-q", "-p", "no:cacheprovider"]))
"""


class _Loader(SourceFileLoader):
    """Loads a module with patches."""

    patches: Sequence[Patch] = ()

    def get_code(self, fullname: str) -> CodeType:
        source = Path(self.path).read_text("utf-8")
        for patch in self.patches:
            if source.count(patch.before) != 1:
                raise AssertionError(f"{fullname} does not have once: {patch.before!r}")
            source = source.replace(patch.before, patch.after)
        code: CodeType = compile(source, self.path, "exec")
        return code


class _Planter(MetaPathFinder):
    """Finds the modules of a mutation."""

    def __init__(self, mutation: Mutation) -> None:
        self._mutation = mutation

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        patches = [patch for patch in self._mutation.patches if patch.module == fullname]
        spec = PathFinder.find_spec(fullname, path) if patches else None
        if spec is not None and spec.origin is not None:
            loader = _Loader(fullname, spec.origin)
            loader.patches = patches
            spec.loader = loader
        return spec


def plant(name: str) -> None:
    """Plant a mutation in this process, before it imports the product; "" plants nothing."""
    if not name:
        return
    mutation = MUTATIONS[name]
    early = sorted(patch.module for patch in mutation.patches if patch.module in sys.modules)
    if early:
        raise AssertionError(f"{early} were imported before the mutation was planted")
    sys.meta_path.insert(0, _Planter(mutation))


def find_all(seed: int, campaigns: int, processes: int) -> int:
    """Look for each mutation, in processes of its own; prints which were found. Returns 0 if all were, else 1."""
    print(f"Seed {seed}, at most {campaigns} campaigns each.", flush=True)
    found_count = 0
    with ThreadPoolExecutor(processes) as pool:
        for name, sentence in zip(MUTATIONS, pool.map(lambda n: _find(n, seed, campaigns), MUTATIONS), strict=True):
            verdict = "found" if sentence else "NOT FOUND"
            print(f"{verdict:<10} {name:<26} {sentence or MUTATIONS[name].sentence}", flush=True)
            found_count += bool(sentence)
    print(f"{found_count} of {len(MUTATIONS)} mutations were found.")
    return 0 if found_count == len(MUTATIONS) else 1


def find_by_test(name: str) -> int:
    """Look for a mutation with its test; prints whether it was found. Returns 1 if it was, else 0."""
    is_found = _test_fails(name)
    print(f"{'found' if is_found else 'NOT FOUND'} by {MUTATIONS[name].test}", flush=True)
    return int(is_found)


def _test_fails(name: str) -> bool:
    """Whether the test that is named for this mutation fails with it. Raises `RuntimeError` if it does not run."""
    run = subprocess.run([sys.executable, "-c", _TEST, name], cwd=ROOT, capture_output=True, text=True, timeout=600)
    if run.returncode not in (0, 1):
        raise RuntimeError((run.stdout + run.stderr)[-2000:])
    return run.returncode == 1


def _find(name: str, seed: int, campaigns: int) -> str:
    """Return the violation that the simulator names with this mutation, or the test that fails; "" if there is none."""
    if MUTATIONS[name].test:
        return MUTATIONS[name].test if _test_fails(name) else ""
    command = [sys.executable, "-m", "tests.simulate", "--processes", "1", "--mutation", name, "--seed", str(seed),
               "--campaigns", str(campaigns)]  # fmt: skip
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=LONGEST_SECONDS)
    lines = [line for line in run.stdout.splitlines() if line.startswith("VIOLATION")]
    # After a violation the other simulations are killed, of which the thread of their pool may complain.
    if run.returncode not in (0, 1) or ("Traceback" in run.stderr and not lines):
        raise RuntimeError(run.stderr[-2000:])
    return lines[0].partition(": ")[2][:110] if lines else ""
