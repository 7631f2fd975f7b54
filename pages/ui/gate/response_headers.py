"""Security headers of every response, and the Content-Security-Policy of Streamlit's pages."""

from pages.ui.gate.origin import is_host
from pages.ui.shared.page_scripts import hashes

HEADERS = (
    (b"x-frame-options", b"DENY"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), payment=()"),
)
"""On every response, beside the Content-Security-Policy."""
TRANSPORT_SECURITY = "max-age=31536000"
"""Over https: for a year the browser asks for this host over https only."""


def content_security_policy(host: str | None) -> str:
    """Return the policy that lets pages load from this host only, with a few exceptions that Streamlit needs: each has
    its reason in docs/deployment.md."""
    # Some browsers do not count a WebSocket as 'self'.
    sockets = f" ws://{host} wss://{host}" if host and is_host(host) else ""
    return (
        f"default-src 'self'; script-src 'self' blob: 'wasm-unsafe-eval' {' '.join(hashes())}; "
        "style-src 'self' 'unsafe-inline'; "
        f"img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'{sockets}; "
        "media-src 'none'; worker-src 'self'; frame-src 'none'; object-src 'none'; "
        "base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
    )
