"""Security headers of every response, and the Content-Security-Policy of Streamlit's pages."""

from pages.ui.gate.origin import is_host

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
    """Return the policy that lets pages load from this host only. Streamlit needs inline styles and scripts, eval and
    blobs."""
    # Some browsers do not count a WebSocket as 'self'.
    sockets = f" ws://{host} wss://{host}" if host and is_host(host) else ""
    return (
        "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
        f"img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'{sockets}; "
        "media-src 'self' data: blob:; worker-src 'self' blob:; frame-src 'self' blob: data:; object-src 'none'; "
        "base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
    )
