"""`headswap team`, `key` and `credits` as an operator meets them, on both databases."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from headswap.cli.data_folder import read_settings
from headswap.cli.main import main
from headswap.ids import new_id
from headswap.jobs import accounts, credits, tokens
from headswap.jobs.keyring import Keyring
from headswap.jobs.ledger_check import check_ledger
from headswap.jobs.refusals import Code, Refused
from headswap.store.clock import system_clock
from headswap.store.database import Database
from tests.ledger_tasks import ended, finished_analysis, held_task

pytest_plugins = ["tests.service_databases"]

HEADSWAP = str(Path(sys.executable).parent / "headswap")
UNKNOWN_TEAM = "0123456789abcdef01234567"
on_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"])


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder that does not exist yet and that HEADSWAP_DATA_DIR names."""
    for name in ("MASTER_KEY", "DATABASE_URL"):
        monkeypatch.delenv(f"HEADSWAP_{name}", raising=False)
    folder = tmp_path / "the data"
    monkeypatch.setenv("HEADSWAP_DATA_DIR", str(folder))
    return folder


@pytest.fixture
def service(
    data: Path, database_kind: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Database]:
    """The database the commands use, open as a running server has it."""
    if database_kind == "postgresql":
        monkeypatch.setenv("HEADSWAP_DATABASE_URL", request.getfixturevalue("empty_database_url"))
    database = Database.open(read_settings(None))
    database.migrate()
    yield database
    database.close()


class Shell:
    """Runs commands in this process and reads what they print."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def text(self, *words: str) -> str:
        """What a command that succeeds prints."""
        assert main(words) == 0, self._capsys.readouterr().err
        printed = self._capsys.readouterr()
        assert printed.err == ""
        return printed.out

    def json(self, *words: str) -> Any:
        return json.loads(self.text(*words, "--json"))

    def error(self, code: int, *words: str) -> str:
        """The one line of a command that ends with `code`."""
        assert main(words) == code
        printed = self._capsys.readouterr()
        (line,) = printed.err.splitlines()
        assert printed.out == "" and line.startswith("headswap: ")
        return line


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(capsys)


def test_a_team_gets_a_key_and_credits(shell: Shell, service: Database) -> None:
    team = shell.json("team", "create", "Studio Köln")
    assert set(team) == {"team_id", "uid"}
    key = shell.json("key", "create", "--team", team["team_id"])
    assert set(key) == {"client_id", "key"} and len(key["key"]) == 32
    granted = shell.json("credits", "grant", "--team", team["team_id"], "1.5")
    assert granted == {"team_id": team["team_id"], "granted": 1.5, "balance": 1.5}

    keyring = Keyring.open(read_settings(None))
    with service.read() as s:
        caller = accounts.caller_of_key(s, keyring, key["key"])
        assert (caller.team_id, caller.uid) == (team["team_id"], team["uid"])
        assert caller.client_id == key["client_id"]
        assert credits.balance(s, team["team_id"]) == 1500
        assert check_ledger(s, team["team_id"]) == []


def test_teams_and_keys_are_listed(shell: Shell, service: Database) -> None:
    assert shell.json("team", "list") == shell.json("key", "list") == []
    first, second = (shell.json("team", "create", name) for name in ("A [b]bold", "B"))
    one, two = (shell.json("key", "create", "--team", t["team_id"]) for t in (first, second))
    teams = shell.json("team", "list")
    assert [(t["team_id"], t["uid"], t["name"], t["blocked"]) for t in teams] == [
        (first["team_id"], first["uid"], "A [b]bold", False),
        (second["team_id"], second["uid"], "B", False),
    ]
    keys = shell.json("key", "list")
    assert [key["client_id"] for key in keys] == [one["client_id"], two["client_id"]]
    assert {key["revoke_time"] for key in keys} == {None}
    (only,) = shell.json("key", "list", "--team", second["team_id"])
    assert only["client_id"] == two["client_id"] and only["team_id"] == second["team_id"]

    shown = shell.text("team", "list") + shell.text("key", "list")
    for word in (first["team_id"], "A [b]bold", one["client_id"], "active"):
        assert word in shown
    assert one["key"] not in shown


def test_a_rotated_key_works_and_a_revoked_one_does_not(shell: Shell, service: Database) -> None:
    team_id = shell.json("team", "create", "A")["team_id"]
    old = shell.json("key", "create", "--team", team_id)
    keyring, now_ms = Keyring.open(read_settings(None)), system_clock()
    with service.read() as s:
        token = tokens.issue(s, keyring, old["client_id"], old["key"], now_ms)
    new = shell.json("key", "rotate", old["client_id"])
    assert new["client_id"] == old["client_id"] and new["key"] != old["key"]
    for authorization, api_key in ((f"Bearer {token}", None), (None, old["key"])):
        with service.read() as s, pytest.raises(Refused) as refused:
            tokens.caller_of_headers(s, keyring, authorization, api_key, now_ms)
        assert refused.value.code == Code.KEY_WRONG
    with service.read() as s:
        assert accounts.caller_of_key(s, keyring, new["key"]).team_id == team_id

    gone = shell.json("key", "revoke", new["client_id"])
    assert gone["client_id"] == new["client_id"] and gone["revoke_time"] >= now_ms
    assert shell.json("key", "revoke", new["client_id"]) == gone
    with service.read() as s, pytest.raises(Refused) as refused:
        accounts.caller_of_key(s, keyring, new["key"])
    assert refused.value.code == Code.KEY_WRONG
    assert "revoked" in shell.text("key", "list")
    assert "create another" in shell.error(1, "key", "rotate", new["client_id"])


def test_a_blocked_team_stays_out_until_it_is_unblocked(shell: Shell, service: Database) -> None:
    team_id = shell.json("team", "create", "A")["team_id"]
    key = shell.json("key", "create", "--team", team_id)
    keyring = Keyring.open(read_settings(None))
    assert shell.json("team", "block", "--team", team_id) == {"team_id": team_id, "blocked": True}
    assert "blocked" in shell.text("team", "list")
    with service.read() as s, pytest.raises(Refused) as refused:
        accounts.caller_of_key(s, keyring, key["key"])
    assert refused.value.code == Code.BLOCKED
    shell.text("team", "unblock", "--team", team_id)
    with service.read() as s:
        accounts.caller_of_key(s, keyring, key["key"])


def test_the_ledger_is_shown_in_credits(shell: Shell, service: Database) -> None:
    team_id = shell.json("team", "create", "A")["team_id"]
    shell.text("credits", "grant", "--team", team_id, "100", "--note", "a [b]gift")
    with service.write() as s:
        task_id = held_task(s, team_id, finished_analysis(s, team_id), 15_000)
        assert ended(s, task_id, 10_500)
    shown = shell.json("credits", "show", "--team", team_id)
    assert (shown["team_id"], shown["balance"]) == (team_id, 89.5)
    entries = [
        [e[name] for name in ("seq", "kind", "amount", "used", "balance", "task_id", "note")]
        for e in shown["ledger"]
    ]
    assert entries == [
        [4, "give_back", 4.5, 0, 89.5, task_id, ""],
        [3, "take", 0, 10.5, 85, task_id, ""],
        [2, "hold", -15, 0, 85, task_id, ""],
        [1, "grant", 100, 0, 100, None, "a [b]gift"],
    ]
    newest = shell.json("credits", "show", "--team", team_id, "--limit", "1")
    assert newest["ledger"] == shown["ledger"][:1]
    text = shell.text("credits", "show", "--team", team_id)
    assert text.startswith("balance 89.5\n")
    rows = [line.split() for line in text.splitlines()[2:]]
    assert [row[2:] for row in rows] == [
        ["give_back", "4.5", "89.5", task_id],
        ["take", "0", "10.5", "85", task_id],
        ["hold", "-15", "85", task_id],
        ["grant", "100", "100", "a", "[b]gift"],
    ]


@on_sqlite
@pytest.mark.parametrize(
    "amount",
    ["0", "0.000", "-5", "+5", "1.0001", "1e3", "inf", "nan", "1,5", "", "x", "1" * 10, "٣"],
)
def test_an_amount_that_is_none_is_a_usage_error(
    shell: Shell, service: Database, amount: str
) -> None:
    team_id = shell.json("team", "create", "A")["team_id"]
    line = shell.error(2, "credits", "grant", "--team", team_id, "--", amount)
    assert "above 0" in line and "--help" in line
    assert shell.json("credits", "show", "--team", team_id)["ledger"] == []


@on_sqlite
@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["key", "create", "--team", UNKNOWN_TEAM], "team list"),
        (["key", "create", "--team", "nonsense"], "'nonsense'"),
        (["key", "list", "--team", UNKNOWN_TEAM], "team list"),
        (["key", "revoke", "nonsense"], "key list"),
        (["key", "rotate", "nonsense"], "key list"),
        (["key", "revoke", "\udcff"], "no key"),
        (["team", "block", "--team", UNKNOWN_TEAM], "team list"),
        (["credits", "grant", "--team", UNKNOWN_TEAM, "5"], "no team"),
        (["credits", "show", "--team", UNKNOWN_TEAM], "team list"),
        (["team", "create", " "], "1 to 200"),
    ],
    ids=lambda value: " ".join(value).encode("ascii", "replace").decode() if value else None,
)
def test_what_is_not_there_is_one_line_and_code_1(
    shell: Shell, service: Database, words: list[str], says: str
) -> None:
    assert says in shell.error(1, *words)
    assert says in shell.error(1, *words, "--json")


@pytest.mark.parametrize(
    "words",
    [
        ["team", "create"],
        ["key", "create"],
        ["key", "rotate"],
        ["credits", "grant", "5"],
        ["credits", "grant", "--team", UNKNOWN_TEAM],
        ["credits", "show"],
        ["credits", "show", "--team", UNKNOWN_TEAM, "--limit", "0"],
        ["team", "nothing"],
    ],
    ids=" ".join,
)
def test_a_missing_word_is_a_usage_error(shell: Shell, data: Path, words: list[str]) -> None:
    assert "--help" in shell.error(2, *words)
    assert not data.exists()


@pytest.mark.parametrize(
    "words",
    [
        ["team", "list"],
        ["key", "list"],
        ["key", "create", "--team", UNKNOWN_TEAM],
        ["credits", "show", "--team", UNKNOWN_TEAM],
    ],
    ids=" ".join,
)
def test_a_folder_without_data_is_named_and_not_made(
    shell: Shell, data: Path, words: list[str]
) -> None:
    line = shell.error(1, *words)
    assert str(data) in line and "--data" in line
    assert not data.exists()


def test_a_team_may_be_made_before_the_first_server_starts(
    shell: Shell, data: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    printed = shell.text("team", "create", "A", "--data", str(other))
    assert "key create" in printed and str(other) in printed
    assert other.is_dir() and not data.exists()
    (team,) = shell.json("team", "list", "--data", str(other))
    shell.text("key", "create", "--team", team["team_id"], "--data", str(other))
    assert (other / "master.key").stat().st_mode & 0o077 == 0


@on_sqlite
def test_another_master_key_makes_no_key(
    shell: Shell, service: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    team_id = shell.json("team", "create", "A")["team_id"]
    shell.text("key", "create", "--team", team_id)
    monkeypatch.setenv("HEADSWAP_MASTER_KEY", "x" * 32)
    assert "master.key" in shell.error(1, "key", "create", "--team", team_id)
    monkeypatch.setenv("HEADSWAP_MASTER_KEY", "x")
    assert "fewer than 32" in shell.error(1, "key", "create", "--team", team_id)
    monkeypatch.delenv("HEADSWAP_MASTER_KEY")
    assert len(shell.json("key", "list")) == 1


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("HEADSWAP_PORT", "x", "HEADSWAP_PORT"),
        ("HEADSWAP_DATABASE_URL", "mysql://x/y", "mysql"),
        ("HEADSWAP_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/x", "HEADSWAP_DATABASE_URL"),
    ],
)
def test_a_wrong_setting_is_named(
    shell: Shell, data: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    monkeypatch.setenv(name, value)
    assert says in shell.error(1, "team", "list")


def test_commands_work_while_the_service_reads_and_writes(service: Database) -> None:
    with service.write() as s:
        team, _ = accounts.create_team(s, "A", system_clock())
        credits.grant(s, team.id, 1000, system_clock())
    stop, failed = threading.Event(), list[Exception]()

    def serve() -> None:
        try:
            while not stop.wait(0.01):
                task_id = new_id(system_clock())
                with service.write() as s:
                    credits.hold(s, team.id, task_id, 1000, system_clock())
                with service.write() as s:
                    credits.settle(s, task_id, 0, system_clock())
                with service.read() as s:
                    credits.balance(s, team.id)
        except Exception as error:  # noqa: BLE001  told by the test's own thread
            failed.append(error)

    server = threading.Thread(target=serve)
    server.start()
    try:
        for _ in range(2):
            grant = [HEADSWAP, "credits", "grant", "--team", team.id, "0.5", "--json"]
            done = subprocess.run(grant, capture_output=True, text=True, check=False)
            assert (done.returncode, done.stderr) == (0, "")
            assert json.loads(done.stdout)["granted"] == 0.5
    finally:
        stop.set()
        server.join()
    assert failed == []
    with service.read() as s:
        assert credits.balance(s, team.id) == 2000
        assert check_ledger(s, team.id) == []


def test_help_does_not_wait_for_the_database_library() -> None:
    code = "import sys; from headswap.cli import main; main.main(['--help']); print("
    code += (
        "sorted({'sqlalchemy', 'pydantic', 'cryptography', 'jwt', 'alembic'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
