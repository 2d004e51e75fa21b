"""compose.yaml as Docker Compose itself reads it: commands that we have, nothing open, no password in it."""

import inspect
import re
import shlex
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from dashboard.cli import command as dashboard
from edge.broker.access import Role
from tests.parts import fail_or_skip
from tests.test_docs import commands

ROOT = Path(__file__).resolve().parents[1]
OURS = ("broker", "gateway", "ingest", "notify", "page", "broker-init", "store-init")


@cache
def config() -> dict[str, Any]:
    program = shutil.which("docker-compose")
    if program is None:
        fail_or_skip("no docker-compose: apt-get install docker-compose")
    done = subprocess.run(
        [program, "-f", "compose.yaml", "--profile", "init", "config"], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    return dict(yaml.safe_load(done.stdout))


def _command(service: dict[str, Any]) -> list[str]:
    command = service.get("command", [])
    return shlex.split(command) if isinstance(command, str) else command


@pytest.mark.parametrize("name", [name for name in OURS if name != "broker"])
def test_each_command_is_one_that_we_have(name: str) -> None:
    command, *words = _command(config()["services"][name])
    known = commands().get((command, words[0])) or commands()[command, ""]
    assert [word for word in words if word.startswith("--") and word not in known] == []


@pytest.mark.parametrize("name", OURS)
def test_each_container_may_no_more_than_it_must(name: str) -> None:
    service = config()["services"][name]
    assert (service["user"], service["read_only"], service["cap_drop"]) == ("1000:1000", True, ["ALL"])
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert {"mem_limit", "pids_limit", "restart"} <= service.keys()
    assert not service.get("privileged")


def test_passwords_are_files_and_each_service_has_its_own() -> None:
    found = config()
    assert all(secret["file"].startswith(f"{ROOT}/data/") for secret in found["secrets"].values())
    for name in ("gateway", "ingest", "notify"):
        service = found["services"][name]
        options = dict(zip(_command(service)[1::2], _command(service)[2::2], strict=True))
        assert options["--mqtt"] == f"mqtts://{Role(name).value}@broker:8883"
        assert options["--mqtt-password-file"] == f"/run/secrets/{name}"
        assert {secret["source"] for secret in service["secrets"]} == {"ca.crt", name}
        assert "/data/broker" in service["tmpfs"]
    named = re.compile(r"(?i)password|token|secret")
    for service in found["services"].values():
        settings = {key: value for key, value in (service.get("environment") or {}).items() if named.search(key)}
        assert all(key.endswith("_FILE") and value.startswith("/") for key, value in settings.items())


def test_nothing_but_broker_and_proxy_is_open_to_the_network() -> None:
    published = {
        (name, port if isinstance(port, str) else f"{port['published']}:{port['target']}")
        for name, service in config()["services"].items()
        for port in service.get("ports", [])
    }
    assert published == {("broker", "8883:8883"), ("proxy", "80:80"), ("proxy", "443:443")}


def test_the_proxy_passes_answers_to_notify_and_the_rest_to_the_page_which_knows_its_name() -> None:
    services = config()["services"]
    routes = re.findall(r"reverse_proxy (?:(/\S+) )?(\w+):(\d+)", (ROOT / "Caddyfile").read_text())
    listens = _command(services["notify"])[_command(services["notify"]).index("--listen") + 1]
    page_port = inspect.signature(dashboard).parameters["port"].default
    assert routes == [("/a/*", "notify", listens.rpartition(":")[2]), ("", "page", str(page_port))]
    name = services["proxy"]["environment"]["COOEE_NAME"]
    assert ["--name", name] == _command(services["page"])[-3:-1]
    assert _command(services["notify"])[-2:] == ["--url", f"https://{name}"]
