"""Signing in with an identity provider, at a real server and in a real Chromium: our own provider on loopback."""

import base64
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from playwright.sync_api import BrowserContext, Page, expect

from dashboard.door.users import FILE, User, write_users
from edge.contract.errors import CooeeError
from edge.service.processes import free_port

from ..page_server import Server, served
from .test_gate import dashboard

CLIENT = "the-page"


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


class Provider(BaseHTTPRequestHandler):
    """The authorization code flow of OpenID Connect, with somebody who has signed in there already: `claims`."""

    key: ClassVar = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    claims: ClassVar[dict[str, Any]] = {}
    nonces: ClassVar[dict[str, str]] = {}

    @property
    def issuer(self) -> str:
        return f"http://{self.headers['Host']}"

    def do_GET(self) -> None:
        place = urlsplit(self.path)
        if place.path == "/.well-known/openid-configuration":
            ends = {"authorization": "authorize", "token": "token"}
            self._json(
                {f"{name}_endpoint": f"{self.issuer}/{path}" for name, path in ends.items()}
                | {"issuer": self.issuer, "jwks_uri": f"{self.issuer}/keys", "response_types_supported": ["code"]}
                | {"subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["RS256"]}
            )
        elif place.path == "/keys":
            numbers = self.key.public_key().public_numbers()
            n, e = (_b64(x.to_bytes((x.bit_length() + 7) // 8, "big")) for x in (numbers.n, numbers.e))
            self._json({"keys": [{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "1", "n": n, "e": e}]})
        else:
            asked = {name: values[0] for name, values in parse_qs(place.query).items()}
            code = str(len(self.nonces))
            self.nonces[code] = asked.get("nonce", "")
            self.send_response(302)
            self.send_header(
                "Location", f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"
            )
            self.end_headers()

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        now = int(time.time())
        said = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 600, "nonce": self.nonces[form["code"][0]]}
        parts = [_b64(json.dumps(part).encode()) for part in ({"alg": "RS256", "kid": "1"}, said | self.claims)]
        signature = self.key.sign(".".join(parts).encode(), padding.PKCS1v15(), hashes.SHA256())
        token = ".".join([*parts, _b64(signature)])
        self._json({"access_token": "x", "token_type": "Bearer", "expires_in": 600, "id_token": token})

    def _json(self, body: object) -> None:
        content = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def write_secrets(home: Path, issuer: str, port: int) -> Path:
    folder = home / ".streamlit"
    folder.mkdir(exist_ok=True)
    path = folder / "secrets.toml"
    path.touch(0o600)
    path.write_text(
        f'[auth]\nredirect_uri = "http://127.0.0.1:{port}/oauth2callback"\n'
        f'cookie_secret = "{"s" * 40}"\nclient_id = "{CLIENT}"\nclient_secret = "c"\n'
        f'server_metadata_url = "{issuer}/.well-known/openid-configuration"\n'
    )
    return path


def signs_in(page: Page, server: Server, **claims: Any) -> None:
    Provider.claims = claims
    page.context.clear_cookies()
    page.goto(f"http://127.0.0.1:{server.port}/sensors")
    page.get_by_role("button", name="Sign in").click()


def test_only_our_users_with_a_verified_address_are_let_in(
    issuer: str, chromium: BrowserContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    port = free_port()
    write_secrets(tmp_path, issuer, port)
    users = [User(name="anna@example.org", scrypt=""), User(name="idp|7", scrypt="")]
    write_users(tmp_path / FILE, users)
    with served(tmp_path, "--name", "farm.example", port=port) as server:
        assert chromium.browser
        page = chromium.browser.new_page()
        for stranger in (
            {"sub": "1", "email": "eve@example.org", "email_verified": True},
            {"sub": "2", "email": "anna@example.org"},
        ):
            signs_in(page, server, **stranger)
            expect(page.get_by_text("may not read this page")).to_be_visible()
            expect(page.get_by_text("Tomato block")).to_have_count(0)
            assert "Tomato block" not in page.request.get(server.address).text()
        for friend in ({"sub": "4", "email": "anna@example.org", "email_verified": True}, {"sub": "idp|7"}):
            signs_in(page, server, **friend)
            expect(page.get_by_text("Tomato block").first).to_be_visible()
        page.get_by_role("link", name="Past calls").click()
        expect(page.get_by_role("heading", name="Past calls", exact=True)).to_be_visible()
        page.get_by_role("link", name="Farm").click()
        expect(page.get_by_text("Tomato block").first).to_be_visible()
        write_users(tmp_path / FILE, users[:1])  # and the page that is open closes by itself
        expect(page.get_by_text("may not read this page")).to_be_visible()
        page.close()


def test_a_provider_alone_lets_nobody_in_and_its_secrets_are_the_owners(
    issuer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    path = write_secrets(tmp_path, issuer, 1)
    assert "cooee dashboard users add NAME --no-password" in refused(tmp_path)
    dashboard("users", "add", "anna@example.org", "--no-password", "--data", str(tmp_path))
    path.chmod(0o644)
    assert "secrets.toml can be read by others: chmod 600" in refused(tmp_path)


def refused(folder: Path) -> str:
    """What `cooee dashboard` says when it does not start."""
    with pytest.raises(CooeeError) as caught, served(folder, "--name", "farm.example"):
        pass
    return str(caught.value)
