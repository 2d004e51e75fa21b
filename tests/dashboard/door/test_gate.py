"""The page's door, at a real server: whose names it answers to, who gets in, and who is shut out again."""

import gzip
import re
import socket
import ssl
import time
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import BrowserContext, expect
from typer.testing import CliRunner

import cooee
from dashboard.cli import answered_names, is_loopback
from dashboard.door.gate import PERIOD_S, TRIES
from dashboard.door.users import FILE, Users, hash_password
from edge.broker.certificates import new_authority, new_certificate
from edge.contract.errors import CooeeError
from tests.transport.rig import wait_until

from ..farm_data import write_farm_file
from ..page_server import Server, served

PASSWORD = "four words long enough"


def dashboard(*arguments: str, typed: str | None = None) -> str:
    done = CliRunner().invoke(cooee.build_app("dashboard"), ["dashboard", *arguments], input=typed)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.output


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Served to this machine alone: nobody has to sign in."""
    with served(tmp_path_factory.mktemp("local")) as server:
        yield server


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Reached under a name from elsewhere, as behind a proxy. Tests stay on loopback."""
    folder = tmp_path_factory.mktemp("guarded")
    for name in ("anna", "bert"):
        dashboard("users", "add", name, "--data", str(folder), typed=f"{PASSWORD} {name}\n" * 2)
    with served(folder, "--name", "farm.example") as server:
        yield server


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8501", "127.0.0.1.evil.example", "x@localhost", "["])
def test_a_strangers_name_pointed_at_us_reaches_nothing(local: Server, host: str) -> None:
    """DNS rebinding: to the browser page and socket are of one origin, so that only the name gives it away."""
    assert local.handshake(Host=host, Origin=f"http://{host}") in (400, 403)
    assert local.handshake(Host=host) in (400, 403)
    response, text = local.ask("GET", "/", Host=host)
    assert response.status == 421
    assert "no name of the farm's page" in text


def test_a_strangers_page_reaches_nothing(local: Server) -> None:
    for origin in ("http://evil.example", "http://localhost:1", "http://[", "null"):
        assert local.handshake(Origin=origin) == 403
        assert local.ask("GET", "/", Origin=origin)[0].status == 403


def test_our_own_names_are_answered_to(local: Server) -> None:
    for host in ("127.0.0.1", "localhost", "LOCALHOST.", "[::1]"):
        name = f"{host}:{local.port}"
        assert local.handshake(Host=name, Origin=f"http://{name}") == 101
        assert local.ask("GET", "/", Host=name)[0].status == 200


def test_a_phone_loads_the_pages_program_compressed_and_once(local: Server) -> None:
    """Byte for byte what Streamlit sends; whoever does not take it compressed gets it as it is."""
    _, page = local.ask("GET", "/")
    program = re.search(r'src="\.?(/static/js/index\.[^"]+)"', page)
    assert program
    packed, plain = (_fetched(local, program[1], encoding) for encoding in ("gzip, deflate, br", "identity"))
    assert packed[0].getheader("Content-Encoding") == "gzip"
    assert "immutable" in (packed[0].getheader("Cache-Control") or "")
    assert packed[0].getheader("Content-Type") == plain[0].getheader("Content-Type")
    assert plain[0].getheader("Content-Encoding") is None
    assert gzip.decompress(packed[1]) == plain[1]
    assert len(packed[1]) < 0.4 * len(plain[1])


def _fetched(server: Server, path: str, encoding: str) -> tuple[HTTPResponse, bytes]:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("GET", path, headers={"Host": server.host, "Accept-Encoding": encoding})
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response, body


def test_who_has_not_signed_in_gets_the_form_and_nothing_else(guarded: Server) -> None:
    for path in ("/", "/zone?zone=tomatoes", "/sensors", "/past"):
        response, _ = guarded.ask("GET", path)
        assert (response.status, response.getheader("Location")) == (303, "/login")
    for path in ("/_stcore/host-config", "/media/x", "/static/x", "/_stcore/metrics", "/login/x", "//", "/LOGIN"):
        assert guarded.ask("GET", path, Accept="*/*")[0].status == 401, path
    form, text = guarded.ask("GET", "/login")
    assert (form.status, form.getheader("X-Frame-Options")) == (200, "DENY")
    assert 'type="password"' in text
    for cookie in ("", "cooee_page=", "cooee_page=x.y.z", f"cooee_page={b'anna'.hex()}.9999999999.{'0' * 64}"):
        assert guarded.handshake(Cookie=cookie) == 403


def test_who_signs_in_gets_the_page_until_the_password_changes(guarded: Server) -> None:
    status, cookie = guarded.sign_in("anna", f"{PASSWORD} anna", Host="farm.example", Origin="https://farm.example")
    assert status == 303
    response, text = guarded.ask("GET", "/", Cookie=cookie)
    assert (response.status, response.getheader("Cache-Control")) == (200, "no-store")
    assert "Tomato block" in text
    status, socket_ = guarded.open_socket(Cookie=cookie)
    assert status == 101
    name, expires, proof = cookie.removeprefix("cooee_page=").split(".")
    for forged in (f"{name}.{int(expires) + 1}.{proof}", f"{b'bert'.hex()}.{expires}.{proof}"):
        assert guarded.handshake(Cookie=f"cooee_page={forged}") == 403
    dashboard("users", "add", "anna", "--data", str(guarded.folder), typed="another long password\n" * 2)
    assert guarded.ask("GET", "/", Cookie=cookie)[0].status == 303
    # The socket that was open ends with the next word of the browser's: an empty, masked message.
    socket_.sendall(b"\x82\x80\x00\x00\x00\x00")
    socket_.settimeout(15)  # a browser that answers no ping is let go after 20 s
    while socket_.recv(4096):
        pass
    socket_.close()


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(guarded: Server) -> None:
    form = urlencode({"name": "bert", "password": f"{PASSWORD} bert"})
    response, _ = guarded.ask("POST", "/login", form, Origin=f"http://{guarded.host}")
    cookie = (response.getheader("Set-Cookie") or "").lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "secure" not in cookie
    safe, _ = guarded.ask("POST", "/login", form, Host="farm.example", Origin="https://farm.example")
    assert "secure" in (safe.getheader("Set-Cookie") or "").lower()
    gone, _ = guarded.ask("GET", "/logout", Cookie=cookie.partition(";")[0])
    assert 'cooee_page=""' in (gone.getheader("Set-Cookie") or "")


def test_guessing_is_slow_and_says_nothing(guarded: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """And it is the guesser's address alone that has to wait."""
    assert PERIOD_S == 60
    bert = f"{PASSWORD} bert"
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(guarded, "asker", "127.0.0.2")
        answers = [guarded.sign_in(name, "a wrong password") for name in ("bert", "nobody", "") for _ in range(2)]
        assert answers == [(401, "")] * TRIES + [(429, "")] * (6 - TRIES)
        assert guarded.sign_in("bert", bert) == (429, "")
        assert guarded.ask("POST", "/login", "x" * 5000)[0].status == 429
        assert "a wrong password" not in guarded.child.output()
    assert guarded.sign_in("bert", bert)[0] == 303


def test_a_large_form_is_not_read(guarded: Server) -> None:
    assert guarded.ask("POST", "/login", "password=" + "x" * 5000)[0].status == 413


def test_a_damaged_file_of_users_lets_nobody_in(guarded: Server) -> None:
    _, cookie = guarded.sign_in("bert", f"{PASSWORD} bert")
    assert guarded.ask("GET", "/", Cookie=cookie)[0].status == 200
    file = guarded.folder / FILE
    users = file.read_text()
    file.write_text("[[user]]\n")
    try:
        assert guarded.ask("GET", "/", Cookie=cookie)[0].status == 503
        assert guarded.handshake(Cookie=cookie) == 403
        wait_until(lambda: f"{FILE}: is damaged" in guarded.child.output(), what="that it is said")
    finally:
        file.write_text(users)


def test_whoever_signs_in_is_in_on_every_page_until_they_sign_out(guarded: Server, chromium: BrowserContext) -> None:
    assert chromium.browser
    page = chromium.browser.new_page()
    for password, shown in (("three words are not", "do not fit"), (f"{PASSWORD} bert", "Tomato block")):
        page.goto(f"{guarded.address}/sensors")
        page.get_by_label("Name").fill("bert")
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_text(shown).first).to_be_visible()
    page.get_by_role("link", name="Past calls").click()
    expect(page.get_by_role("heading", name="Past calls", exact=True)).to_be_visible()
    page.get_by_role("link", name="Sign out").click()
    expect(page.get_by_label("Password")).to_be_visible()
    page.goto(guarded.address)
    expect(page.get_by_label("Password")).to_be_visible()
    expect(page.get_by_text("Tomato block")).to_have_count(0)
    page.close()


def test_the_page_is_not_served_to_others_without_a_login(tmp_path: Path) -> None:
    farm = ("--farm", str(write_farm_file(tmp_path)), "--data", str(tmp_path))
    for options in (("--host", "0.0.0.0"), ("--host", "192.168.1.5"), ("--name", "farm.example")):
        with pytest.raises(CooeeError, match="add somebody with cooee dashboard users add NAME") as caught:
            dashboard(*farm, "--no-browser", *options)
        assert "\n" not in str(caught.value)


def test_users_come_and_go_and_their_file_is_their_owners(tmp_path: Path) -> None:
    path = tmp_path / FILE
    assert "add one with cooee dashboard users add NAME" in dashboard("users", "list", "--data", str(tmp_path))
    for name in ("anna", "bert@example.org"):
        dashboard("users", "add", name, "--data", str(tmp_path), typed=f"{PASSWORD}\n" * 2)
    assert dashboard("users", "list", "--data", str(tmp_path)).split() == ["anna", "bert@example.org"]
    assert path.stat().st_mode & 0o777 == 0o600
    assert PASSWORD not in path.read_text()
    dashboard("users", "remove", "anna", "--data", str(tmp_path))
    assert dashboard("users", "list", "--data", str(tmp_path)).split() == ["bert@example.org"]
    secret = tmp_path / "secret"
    secret.write_text("from a file, long\n")
    dashboard("users", "add", "carl", "--data", str(tmp_path), "--password-file", str(secret))
    users = Users(path)
    token = users.sign_in("carl", "from a file, long")
    assert token
    assert users.signed_in(token)
    for arguments, typed, words in (
        (("add", "x y"), None, "letters, digits"),
        (("add", "dora"), "short\n" * 2, "at least 10 letters"),
        (("remove", "anna"), None, "has no 'anna': bert@example.org, carl"),
    ):
        with pytest.raises(CooeeError, match=words):
            dashboard("users", *arguments, "--data", str(tmp_path), typed=typed)
    path.chmod(0o644)
    with pytest.raises(CooeeError, match="can be read by others: chmod 600"):
        dashboard("users", "list", "--data", str(tmp_path))


def test_a_token_ends_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dashboard("users", "add", "anna", "--data", str(tmp_path), typed=f"{PASSWORD}\n" * 2)
    users = Users(tmp_path / FILE)
    token = users.sign_in("anna", PASSWORD)
    assert token
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 29 * 86_400)
    assert users.signed_in(token)
    monkeypatch.setattr(time, "time", lambda: now + 31 * 86_400)
    assert users.signed_in(token) is None


def test_the_hash_is_rfc_7914s() -> None:
    """Against the standard's own vector, with its cost."""
    import hashlib

    from dashboard.door.users import COST

    vector = hashlib.scrypt(
        b"pleaseletmein", salt=b"SodiumChloride", n=16384, r=8, p=1, maxmem=COST["maxmem"], dklen=64
    )
    assert vector.hex().startswith("7023bdcb3afd7348461c06cd81fd38eb")
    assert hash_password("x") != hash_password("x")


def test_which_names_are_ours() -> None:
    assert answered_names("127.0.0.1", []) == {"localhost", "127.0.0.1", "::1"}
    assert answered_names("127.0.0.1", ["Farm.Example."]) >= {"farm.example"}
    everywhere = answered_names("0.0.0.0", [])
    assert {"127.0.0.1", socket.gethostname().lower()} <= everywhere
    assert "evil.example" not in everywhere
    assert [
        is_loopback(host) for host in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "::", "192.168.1.5", "farm")
    ] == [
        *[True] * 3,
        *[False] * 4,
    ]


def test_with_a_certificate_the_page_is_served_by_tls_alone(tmp_path: Path) -> None:
    ca, ca_key = new_authority("farm")
    certificate, key = new_certificate(ca, ca_key, ["127.0.0.1", "farm.example"])
    files = {"ca.pem": ca, "page.pem": certificate, "page.key": key}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    dashboard("users", "add", "anna", "--data", str(tmp_path), typed=f"{PASSWORD}\n" * 2)
    options = ("--certificate", str(tmp_path / "page.pem"), "--key", str(tmp_path / "page.key"))
    with served(tmp_path, "--name", "farm.example", *options) as server:
        assert f"https://127.0.0.1:{server.port}" in (tmp_path / "dashboard.log").read_text()
        trusting = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
        connection = HTTPSConnection("127.0.0.1", server.port, timeout=10, context=trusting)
        form = urlencode({"name": "anna", "password": PASSWORD})
        headers = {"Host": "farm.example", "Origin": "https://farm.example"}
        connection.request("POST", "/login", form, headers)
        answer = connection.getresponse()
        answer.read()
        cookie = answer.getheader("Set-Cookie") or ""
        assert (answer.status, "; Secure" in cookie) == (303, True)
        connection.request("GET", "/", headers=headers | {"Cookie": cookie.partition(";")[0]})
        assert "<title>" in connection.getresponse().read().decode()
        connection.close()
        with pytest.raises((HTTPException, OSError)):
            server.ask("GET", "/")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--certificate", "none.pem"), "--certificate and --key go together"),
        (("--certificate", "none.pem", "--key", "none.key"), "No such file"),
        (("--certificate", "farm.yaml", "--key", "farm.yaml"), "give two PEM files that belong together"),
    ],
)
def test_a_certificate_that_cannot_be_used_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    farm = write_farm_file(tmp_path)
    with pytest.raises(CooeeError, match=said):
        dashboard("--farm", str(farm), "--data", str(tmp_path), "--no-browser", *options)
