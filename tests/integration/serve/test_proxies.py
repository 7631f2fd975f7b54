"""The proxy configurations of `deploy/` in front of the real app: Host, forwarded headers, WebSocket, limits."""

import datetime
import os
import shutil
import ssl
import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from requests.adapters import HTTPAdapter
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from getsms_core.users import service as users
from getsms_core.users import sessions
from tests.conftest import ROOT, find_free_port, poll
from tests.integration.users.gate_server import PASSWORD, UVICORN, Server, start

pytestmark = [pytest.mark.xdist_group("proxies"), pytest.mark.filterwarnings("ignore:Unverified HTTPS request")]
DEPLOY = ROOT / "deploy"
CLIENT = "127.0.0.9"


def _certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    certificate, private_key = folder / "site.pem", folder / "site.key"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private_key.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate, private_key


def _nginx(folder: Path, port: int, app: str) -> tuple[list[str], dict[str, str]]:
    certificate, key = _certificate(folder)
    site = (DEPLOY / "nginx.conf").read_text()
    for before, after in (
        ("listen 80;", f"listen 127.0.0.1:{find_free_port()};"),
        ("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;"),
        ("sms.example.uz;", "localhost;"),
        ("/etc/ssl/certs/sms.example.uz.pem", str(certificate)),
        ("/etc/ssl/private/sms.example.uz.key", str(key)),
        ("127.0.0.1:8501", app),
    ):
        assert before in site
        site = site.replace(before, after)
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    configuration = folder / "nginx.conf"
    configuration.write_text(
        f"daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; events {{}}\n"
        f"http {{ access_log off; {temporary}\n{site}\n}}"
    )
    return ["nginx", "-c", str(configuration)], {}


def _caddy(folder: Path, port: int, app: str) -> tuple[list[str], dict[str, str]]:
    environment = {
        "SITE": f"https://localhost:{port}",
        "APP": app,
        "HOME": str(folder),
        "XDG_DATA_HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder),
        "CADDY_ADMIN": f"127.0.0.1:{find_free_port()}",
    }
    return ["caddy", "run", "--adapter", "caddyfile", "--config", str(DEPLOY / "Caddyfile")], environment


@pytest.fixture(scope="module", params=[_nginx, _caddy], ids=["nginx", "caddy"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Server]]:
    """The address of a proxy in front of an app, and the app."""
    configure: Callable[[Path, int, str], tuple[list[str], dict[str, str]]] = request.param
    program = configure.__name__.strip("_")
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed: apt-get install {'nginx-light' if program == 'nginx' else program}")
    folder, port = tmp_path_factory.mktemp(program), find_free_port()
    with start(folder, UVICORN, settings={"GETSMS_ALLOWED_HOSTS": "localhost"}) as server:
        users.create_first_administrator(server.store, "Aziza", PASSWORD)
        command, environment = configure(folder, port, server.host)
        with (folder / "proxy.log").open("w") as log:
            process = subprocess.Popen(command, env=os.environ | environment, stdout=log, stderr=log)
            try:
                address = f"https://localhost:{port}"
                poll(partial(_answers, address), seconds=60, what=f"{program} did not start")
                yield address, server
            finally:
                process.terminate()
                process.wait(20)


def _answers(address: str) -> bool:
    try:
        return requests.get(f"{address}/health", timeout=2, verify=False).ok
    except requests.RequestException:
        return False


class _FromClient(HTTPAdapter):
    """Connects from an address of its own, which the proxy passes on."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, source_address=(CLIENT, 0), **options)


def _browser(address: str) -> requests.Session:
    browser = requests.Session()
    browser.trust_env, browser.verify = False, False
    browser.headers["Origin"] = address
    browser.mount("https://", _FromClient())
    return browser


def test_a_user_signs_in_through_the_proxy_and_their_address_is_known(site: tuple[str, Server]) -> None:
    address, server = site
    browser = _browser(address)
    answer = browser.post(f"{address}/sign-in", {"name": "Aziza", "password": PASSWORD}, allow_redirects=False)
    assert answer.status_code == 303, answer.text
    assert "; Secure" in answer.headers["set-cookie"]
    assert answer.headers["strict-transport-security"]
    live_session = sessions.find(server.store, browser.cookies["getsms_session"])
    assert live_session is not None
    assert live_session[1].address == CLIENT
    spoofed = browser.get(f"{address}/", headers={"X-Forwarded-For": "10.9.9.9", "X-Forwarded-Proto": "http"})
    assert spoofed.headers["strict-transport-security"]


def test_the_websocket_opens_through_the_proxy_for_its_own_origin_only(site: tuple[str, Server]) -> None:
    address, _server = site
    browser = _browser(address)
    browser.post(f"{address}/sign-in", {"name": "Aziza", "password": PASSWORD})
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE

    def handshake(origin: str) -> int:
        headers = {"Cookie": f"getsms_session={browser.cookies['getsms_session']}"}
        stream = address.replace("https", "wss") + "/_stcore/stream"
        try:
            with connect(stream, additional_headers=headers, origin=Origin(origin), ssl=trusting, proxy=None):
                return 101
        except InvalidStatus as refused:
            return refused.response.status_code

    assert handshake(address) == 101
    assert handshake("https://evil.example") == 403


def test_what_is_for_machines_stays_inside(site: tuple[str, Server]) -> None:
    address, _server = site
    assert _browser(address).get(f"{address}/health").json() == {"status": "ok"}
    for path in ("/ready", "/metrics"):
        assert _browser(address).get(address + path).status_code == 404
