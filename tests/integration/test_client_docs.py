"""The examples of docs/client.md, and `headswap remote`, against a real server."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from headswap.cli.main import main
from headswap.sealing import seal
from tests.api_world import Api, Server
from tests.hired_hand import OUTPUT, hired_hand

pytest_plugins = ["tests.service_databases", "tests.api_server"]

DOCUMENT = Path(__file__).parents[2] / "docs" / "client.md"
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
PYTHON = [code for language, code in BLOCKS if language == "python"]
COMMANDS = [line for language, code in BLOCKS if language == "sh" for line in code.splitlines()]


@pytest.fixture
def at_hand(
    api: Api, sqlite_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Api]:
    """The files that the examples name, in the folder they run in, and a server that works."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "party.mp4").write_bytes(b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom")
    (tmp_path / "anna.jpg").write_bytes(b"\xff\xd8\xff\xe0" + bytes(500))
    monkeypatch.setenv("HEADSWAP_URL", api.services.public_url)
    monkeypatch.setenv("HEADSWAP_KEY", api.world.secret)
    with hired_hand(sqlite_server):
        yield api


def filled(code: str, api: Api) -> str:
    """An example with the server's address and the key in it."""
    places = {
        "http://127.0.0.1:8000": api.services.public_url,
        "YOUR_KEY": api.world.secret,
        "YOUR_CLIENT_ID": api.world.caller.client_id,
    }
    for name, value in places.items():
        code = code.replace(name, value)
    return code


@pytest.mark.parametrize("code", PYTHON, ids=range(len(PYTHON)))
def test_an_example_runs(
    at_hand: Api, code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(filled(code, at_hand), "client.md", "exec"), names)
    results = sorted(tmp_path.glob("swapped*.mp4"))
    assert all(result.read_bytes() == OUTPUT for result in results)
    if "received" in names:
        payload = {"_id": "t1", "status": 3, "type": "headswap", "url": "https://h.example/o.mp4"}
        client_id, secret = at_hand.world.caller.client_id, at_hand.world.secret
        names["received"](json.dumps(seal(client_id, secret, payload, 1, "1529")).encode())
        assert capsys.readouterr().out == "t1 https://h.example/o.mp4\n"
    else:
        assert results


def test_the_commands_run(at_hand: Api, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    commands = [shlex.split(line)[1:] for line in COMMANDS if line.startswith("headswap ")]
    assert [words[:2] for words in commands] == [["remote", "analyze"], ["remote", "swap"]]
    for words in commands:
        assert main(words) == 0, capsys.readouterr().err
    printed = capsys.readouterr()
    assert "person 0: 300 frames, first 0, http://" in printed.out
    assert "person 0: 290 of 300 frames swapped\n" in printed.out
    assert "not swapped: frames 3-12: turned away\n" in printed.out
    assert printed.out.endswith(", 10 credits\n") and printed.err == ""
    assert (tmp_path / "swapped.mp4").read_bytes() == OUTPUT


def test_an_analysis_is_printed_as_json(at_hand: Api, capsys: pytest.CaptureFixture[str]) -> None:
    key = ["--key", at_hand.world.secret, "--url", at_hand.services.public_url]
    assert main(["remote", "analyze", "party.mp4", "--json", *key]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["status"], len(told["people"])) == (3, 2)
    assert at_hand.world.analysis(told["id"]).video_url == told["video_url"]


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["--key", "x" * 24], 1, "the key or token is wrong"),
        (["--url", "127.0.0.1:8000"], 2, "no http or https address"),
        (["--map", "0=other.jpg"], 2, "mapped twice"),
        (["--map", "1=none.jpg"], 1, "none.jpg: cannot be read"),
        (["--resolution", "1080p"], 1, "resolution must be 480p or 720p"),
        (["--out", "no/folder.mp4"], 1, "there is no folder no"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(
    at_hand: Api, words: list[str], code: int, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    usual = ["remote", "swap", "party.mp4", "--map", "0=anna.jpg", "--out", "swapped.mp4"]
    assert main([*usual, *words]) == code
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("headswap: ") and says in line
    assert at_hand.world.secret not in line
    assert at_hand.world.balance() == 1000


def test_a_key_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("HEADSWAP_KEY", raising=False)
    assert main(["remote", "analyze", "party.mp4"]) == 2
    assert "HEADSWAP_KEY" in capsys.readouterr().err
