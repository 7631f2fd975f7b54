"""`/health`, `/ready` and `/metrics`: open to machines without a sign-in, and silent about everything else."""

import json
import secrets
import time
from threading import Lock

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from getsms_core.base.errors import DomainError
from getsms_core.worker import readiness
from pages.ui.gate.waits import WAITS
from pages.ui.shared import session

READY_SECONDS = 1.0
"""For so long an answer of `/ready` is reused: anybody may ask, and each answer reads the database."""
_threads = CapacityLimiter(2)
"""A database that does not answer is waited for in these threads, not in those of the pages."""
_lock = Lock()
_missing: tuple[list[str], float] = ([], 0.0)


async def health(request: Request) -> Response:
    """Answer 200 while this process serves requests."""
    return _json(200, {"status": "ok"})


async def ready(request: Request) -> Response:
    """Answer 200 where a campaign would be sent, else 503 with what is missing."""
    missing = await to_thread.run_sync(_what_is_missing, limiter=_threads)
    return _json(503, {"status": "unavailable", "missing": missing}) if missing else _json(200, {"status": "ok"})


async def metrics(request: Request) -> Response:
    """Answer Prometheus, where the setting has a token and the request carries it."""
    token = session.settings().metrics_token.get_secret_value()
    if not token:
        return PlainTextResponse("Not found", 404)
    scheme, _space, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secrets.compare_digest(given.strip().encode(), token.encode()):
        return PlainTextResponse("Unauthorized", 401, {"www-authenticate": "Bearer"})
    try:
        text = await to_thread.run_sync(_figures, limiter=_threads)
    except DomainError:
        return PlainTextResponse("The database does not answer.", 503)
    return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8", headers={"cache-control": "no-store"})


def _what_is_missing() -> list[str]:
    global _missing
    with _lock:
        known, until = _missing
        if time.monotonic() >= until:
            try:
                known = readiness.missing(session.store())
            except DomainError as refusal:  # the database cannot be opened
                known = [readiness.cause(refusal)]
            _missing = (known, time.monotonic() + READY_SECONDS)
        return known


def _figures() -> bytes:
    from getsms_core.worker.metrics import metrics_of  # loads prometheus_client, which few installations need

    return metrics_of(session.store()).text() + WAITS.text()


def _json(status: int, document: dict[str, object]) -> Response:
    return Response(json.dumps(document), status, {"cache-control": "no-store"}, "application/json")
