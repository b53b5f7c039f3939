"""The Dockerfile and the compose files: what they name exists, and nothing has needless rights."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from headswap.cli.main import app
from headswap.settings import Settings

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE_FILES = sorted((ROOT / "deploy").glob("*/compose.yaml"))
# Read by the program besides its settings; docs/configuration.md has them all.
BESIDE_SETTINGS = {"HEADSWAP_CONSENT", "HEADSWAP_MODELS_DIR", "HEADSWAP_CACHE"}
KNOWN = BESIDE_SETTINGS | {f"HEADSWAP_{name.upper()}" for name in Settings.model_fields}
COMMANDS = {command.callback.__name__ for command in app.registered_commands if command.callback}


def _composed(file: Path) -> dict[str, dict[str, Any]]:
    return yaml.safe_load(file.read_text(encoding="utf-8"))["services"]


SERVICES = [
    pytest.param(service, id=f"{file.parent.name}-{name}")
    for file in COMPOSE_FILES
    for name, service in _composed(file).items()
]
OWN = [
    pytest.param(service, id=f"{file.parent.name}-{name}")
    for file in COMPOSE_FILES
    for name, service in _composed(file).items()
    if service["image"] == "headswap"
]


def test_every_copied_file_exists_and_is_sent_to_the_builder() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    sent = {line[1:] for line in ignored if line.startswith("!")}
    copied = re.findall(r"^COPY (?!--from)(.*) \S+$", DOCKERFILE, re.MULTILINE)
    names = {name for line in copied for name in line.split()}
    assert names == sent
    assert all((ROOT / name).exists() for name in names)


def test_what_the_image_sets_is_known_and_its_python_is_supported() -> None:
    assert set(re.findall(r"\b(HEADSWAP_\w+)=", DOCKERFILE)) <= KNOWN
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    pythons = set(re.findall(r"^FROM python:([\d.]+)-slim", DOCKERFILE, re.MULTILINE))
    assert len(pythons) == 1
    assert all(f'"Programming Language :: Python :: {one}"' in project for one in pythons)


def test_the_image_runs_as_somebody_without_rights_and_is_watched() -> None:
    last = DOCKERFILE.rpartition("\nFROM ")[2]
    assert re.search(r"^USER (?!0|root)\S+$", last, re.MULTILINE)
    assert "/healthz" in last and "HEALTHCHECK" in last
    assert "apt-get" not in DOCKERFILE


@pytest.mark.parametrize("service", OWN)
def test_a_service_of_ours_runs_a_command_with_settings_that_exist(service: dict[str, Any]) -> None:
    settings = service.get("environment", {})
    assert {name for name in settings if name.startswith("HEADSWAP_")} <= KNOWN
    if "entrypoint" not in service:
        command, *options = service["command"]
        assert command in COMMANDS
        assert set(options) <= {"--no-worker"}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_limited_watched_and_started_again(service: dict[str, Any]) -> None:
    assert "mem_limit" in service
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    once = "entrypoint" in service
    assert service["restart"] == ("no" if once else "unless-stopped")
    if service["image"] == "headswap":
        # The image has a user and a check of its own.
        assert once or service["init"] is True
    else:
        assert service["user"] not in {"root", "0", 0}
        assert ":" in service["image"] and not service["image"].endswith(":latest")
        assert service["healthcheck"]["test"][0] == "CMD"


@pytest.mark.parametrize("service", SERVICES)
def test_a_volume_is_declared_and_a_port_is_this_machines_own(service: dict[str, Any]) -> None:
    declared = {
        name for file in COMPOSE_FILES for name in yaml.safe_load(file.read_text())["volumes"]
    }
    for volume in service["volumes"]:
        source = volume.partition(":")[0]
        assert source in declared or source.startswith("./")
    for port in service.get("ports", []):
        assert port.startswith(("127.0.0.1:", "${LAN_ADDRESS:-127.0.0.1}:"))


@pytest.mark.parametrize("file", COMPOSE_FILES, ids=lambda file: file.parent.name)
def test_the_example_names_every_variable_and_no_secret_has_a_default(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    example = (file.parent / ".env.example").read_text(encoding="utf-8")
    explained = dict(re.findall(r"^(\w+)=(.*)$", example, re.MULTILINE))
    used = re.findall(r"\$\{(\w+)([^}]*)\}", text)
    assert {name for name, _ in used} == set(explained)
    for name, rest in used:
        if re.search(r"PASSWORD|SECRET|MASTER_KEY|ACCESS_KEY", name):
            assert rest.startswith(":?") and explained[name] == ""


def test_both_ways_to_run_it_are_there() -> None:
    assert [file.parent.name for file in COMPOSE_FILES] == ["one-machine", "several-machines"]
