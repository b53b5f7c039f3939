"""The keyring: what it encrypts and hashes, and how its master key is made and kept."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from headswap.errors import HeadswapError, OutputNotWritable
from headswap.jobs.keyring import FILE_NAME, Keyring
from headswap.settings import Settings

MASTER = b"0123456789abcdef0123456789abcdef"
KEYRING = Keyring(MASTER)


def settings(folder: Path, master_key: str = "") -> Settings:
    given: dict[str, Any] = {"data_dir": folder, "master_key": SecretStr(master_key)}
    return Settings(**given)


@pytest.mark.parametrize("plain", [b"", b"x", b"sec-0123456789abcdefghijABCDEFGH", bytes(5000)])
def test_what_is_encrypted_is_decrypted_again(plain: bytes) -> None:
    sealed = KEYRING.encrypt(plain)
    assert KEYRING.decrypt(sealed) == plain
    assert len(plain) < 8 or plain not in sealed
    assert KEYRING.encrypt(plain) != sealed


@pytest.mark.parametrize("place", [0, 1, 12, 13, 20, -1])
def test_a_changed_byte_is_noticed(place: int) -> None:
    sealed = bytearray(KEYRING.encrypt(b"sec-0123456789abcdefghijABCDEFGH"))
    sealed[place] ^= 1
    with pytest.raises(HeadswapError, match="another master key"):
        KEYRING.decrypt(bytes(sealed))


@pytest.mark.parametrize("length", [0, 1, 12, 13, 28])
def test_a_cut_text_is_noticed(length: int) -> None:
    with pytest.raises(HeadswapError, match="another master key"):
        KEYRING.decrypt(KEYRING.encrypt(b"secret")[:length])


def test_another_master_key_decrypts_nothing_and_hashes_differently() -> None:
    other = Keyring(MASTER[::-1])
    with pytest.raises(HeadswapError, match=FILE_NAME):
        other.decrypt(KEYRING.encrypt(b"secret"))
    assert other.hash("secret") != KEYRING.hash("secret")
    assert other.derive("tokens") != KEYRING.derive("tokens")


def test_a_hash_is_64_hex_digits_of_any_text() -> None:
    texts = ["", "secret", "secreT", "ü", "\ud800", "\0", "x" * 100_000]
    found = [KEYRING.hash(text) for text in texts]
    assert len(set(found)) == len(texts)
    assert all(len(text) == 64 and set(text) <= set("0123456789abcdef") for text in found)
    assert found == [Keyring(MASTER).hash(text) for text in texts]


def test_each_purpose_has_its_own_key() -> None:
    keys = {KEYRING.derive(purpose) for purpose in ("", "files", "tokens", "encrypt")}
    assert len(keys) == 4 and {len(key) for key in keys} == {32}
    assert KEYRING.derive("files") == Keyring(MASTER).derive("files")


@pytest.mark.parametrize("master", [b"", b"x" * 31])
def test_a_short_master_key_is_refused(master: bytes) -> None:
    with pytest.raises(HeadswapError, match="fewer than 32"):
        Keyring(master)


def test_a_short_master_key_in_the_settings_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HeadswapError, match="5 bytes"):
        Keyring.open(settings(tmp_path, "short"))
    assert list(tmp_path.iterdir()) == []


def test_the_master_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "data"
    former = os.umask(0)
    try:
        first = Keyring.open(settings(folder))
    finally:
        os.umask(former)
    (file,) = folder.iterdir()
    assert file.name == FILE_NAME
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert Keyring.open(settings(folder)).hash("x") == first.hash("x")
    assert Keyring.open(settings(tmp_path)).hash("x") != first.hash("x")


def test_the_files_text_means_the_same_key_in_the_settings(tmp_path: Path) -> None:
    kept = Keyring.open(settings(tmp_path))
    text = (tmp_path / FILE_NAME).read_text()
    elsewhere = Keyring.open(settings(tmp_path / "elsewhere", text))
    assert elsewhere.decrypt(kept.encrypt(b"secret")) == b"secret"
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("content", [b"", b"\n", b"0123", b"\xff" * 64])
def test_a_damaged_file_is_an_error_and_stays_as_it_is(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / FILE_NAME
    file.write_bytes(content)
    with pytest.raises(HeadswapError, match="damaged"):
        Keyring.open(settings(tmp_path))
    assert file.read_bytes() == content


def test_a_folder_that_cannot_be_made_is_a_plain_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputNotWritable, match=FILE_NAME):
        Keyring.open(settings(tmp_path / "file" / "data"))


def test_threads_that_start_at_once_get_one_key(tmp_path: Path) -> None:
    for number in range(20):
        folder, found = tmp_path / str(number), list[str]()
        start = threading.Barrier(8)

        def begin(
            folder: Path = folder, found: list[str] = found, start: threading.Barrier = start
        ) -> None:
            start.wait()
            found.append(Keyring.open(settings(folder)).hash("x"))

        threads = [threading.Thread(target=begin) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(found) == 8 and len(set(found)) == 1
        assert [file.name for file in folder.iterdir()] == [FILE_NAME]


def test_processes_that_start_at_once_get_one_key(tmp_path: Path) -> None:
    code = """
import sys
from pathlib import Path
from headswap.jobs.keyring import Keyring
from headswap.settings import Settings
settings = Settings(data_dir=Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
print(Keyring.open(settings).hash("x"))
"""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("HEADSWAP_")}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path / "data")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        for _ in range(4)
    ]
    for process in processes:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    found = [process.communicate(timeout=30)[0] for process in processes]
    assert len(found[0]) == 65 and set(found) == {found[0]}
    assert [file.name for file in (tmp_path / "data").iterdir()] == [FILE_NAME]
