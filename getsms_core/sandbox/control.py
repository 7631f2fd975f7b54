"""Control of a running practice gateway. Only the sandbox has these addresses. All but `about` need the token of the
gateway's address file: `Authorization: Bearer …`; the ledger names phones and texts.

GET  /control/about             {"pid", "url", "state", "held"}
GET  /control/faults            {"faults", "latency", "refuse_ip", "speed", "limit"}
POST /control/faults            any of these to change, and "refuse": seconds of refused connections from now on
GET  /control/ledger[?full=1]   {"requests", "messages", "different", "twice"}; full: "sent": one entry a message
GET  /control/requests          {"sends": {"count", "in_flight", "max_in_flight", "times"}, "statuses": {...}}
POST /control/requests          reset the counts
POST /control/hold, /release    {"pid"}: a process needs the gateway, or no longer does
"""

import secrets
from typing import TYPE_CHECKING, Any

import orjson

from getsms_core.sandbox.faults import parse_faults, validate_faults
from getsms_core.sandbox.http import Request

if TYPE_CHECKING:
    from getsms_core.sandbox.server import Sandbox


class Control:
    """The control endpoints of one sandbox."""

    def __init__(self, sandbox: "Sandbox") -> None:
        self._sandbox = sandbox

    def answer(self, request: Request) -> tuple[int, object]:
        """Return the HTTP status and JSON value; 400 with {"error"} for an invalid request, which changes nothing."""
        name = request.path.removeprefix("/control/").rstrip("/")
        wanted = f"Bearer {self._sandbox.token}".encode()
        if name != "about" and not secrets.compare_digest(request.authorization.encode(), wanted):
            return 401, {"error": "control needs the token in the gateway's address file"}
        try:
            wish = orjson.loads(request.body) if request.body else {}
            if not isinstance(wish, dict):
                raise ValueError("the body must be a JSON object")
            if request.method == "GET":
                return self._get(name, "full=1" in request.query.split("&"))
            return self._post(name, wish)
        except (ValueError, TypeError, KeyError) as error:
            return 400, {"error": str(error)}

    def _get(self, name: str, full: bool) -> tuple[int, object]:
        if name == "faults":
            return 200, self._faults()
        if name == "requests":
            return 200, {"sends": self._sandbox.sends.seen(), "statuses": self._sandbox.statuses.seen()}
        if name == "ledger":
            return 200, self._ledger(full)
        if name == "about":
            sandbox = self._sandbox
            state = str(sandbox.options.state.resolve())
            return 200, {"pid": sandbox.pid, "url": sandbox.url, "state": state, "held": sandbox.holders.any}
        return 404, {"error": f"no control {name!r}"}

    def _post(self, name: str, wish: dict[str, Any]) -> tuple[int, object]:
        sandbox = self._sandbox
        if name == "faults":
            self._change(wish)
            return 200, self._faults()
        if name == "requests":
            sandbox.sends.restart()
            sandbox.statuses.restart()
            return 200, {}
        if name == "hold":
            if sandbox.ended.is_set():
                return 409, {"error": "it is about to end"}
            if sandbox.holders.any:
                sandbox.holders.hold(int(wish["pid"]))
            return 200, {}
        if name == "release":
            ending = sandbox.holders.release(int(wish["pid"]))
            if ending:
                sandbox.ended.set()
            return 200, {"ending": ending}
        return 404, {"error": f"no control {name!r}"}

    def _faults(self) -> dict[str, object]:
        sandbox, rules = self._sandbox, self._sandbox.handler.rules
        return {
            "faults": sandbox.faults,
            "latency": sandbox.latency,
            "refuse_ip": sandbox.refuse_ip,
            "speed": rules.speed,
            "limit": rules.limit,
        }

    def _change(self, wish: dict[str, Any]) -> None:
        sandbox = self._sandbox
        unknown = wish.keys() - {"faults", "latency", "refuse_ip", "speed", "limit", "refuse"}
        if unknown:
            raise ValueError(f"nothing of this name can be changed: {', '.join(sorted(unknown))}")
        requested_faults = wish.get("faults", sandbox.faults)
        faults = (
            parse_faults(requested_faults) if isinstance(requested_faults, str) else validate_faults(requested_faults)
        )
        latency = _seconds(wish.get("latency", sandbox.latency), "latency")
        speed = _seconds(wish.get("speed", sandbox.handler.rules.speed), "speed")
        limit = wish.get("limit", sandbox.handler.rules.limit)
        if limit is not None and (type(limit) is not int or limit < 0):
            raise ValueError("limit must be a number of messages or null")
        refuse = _seconds(wish.get("refuse", 0), "refuse")
        sandbox.faults, sandbox.latency = faults, latency
        sandbox.refuse_ip = bool(wish.get("refuse_ip", sandbox.refuse_ip))
        sandbox.handler.change(speed=speed, limit=limit)
        if refuse:
            sandbox.later(sandbox.refuse(refuse))

    def _ledger(self, full: bool) -> dict[str, object]:
        ledger = self._sandbox.ledger
        sent = list(ledger.sent())
        summary: dict[str, object] = {
            "requests": ledger.requests,
            "messages": ledger.taken,
            "different": len(sent),
            "twice": sum(message.times > 1 for message in sent),
        }
        return summary | {"sent": sent} if full else summary


def _seconds(value: object, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e9:
        raise ValueError(f"{name} must be a number of 0 or more")
    return float(value)
