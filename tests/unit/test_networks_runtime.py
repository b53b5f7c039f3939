"""Sessions refuse files that are not the network they were written for."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from headswap.errors import ModelCorrupt
from headswap.vision.runtime import LiteRtSession, OnnxSession, member_bytes


@pytest.mark.parametrize("content", [b"", b"no network at all, only text"])
def test_a_file_that_is_no_network_names_itself(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "net"
    path.write_bytes(content)
    with pytest.raises(ModelCorrupt, match=r"/net: .*headswap models verify"):
        LiteRtSession(path, (1, 2), [(1, 2)])
    with pytest.raises(ModelCorrupt, match=r"/net: .*headswap models verify"):
        OnnxSession(path, (1, 2), [(1, 2)])


def test_a_bundle_gives_its_member(tmp_path: Path) -> None:
    path = tmp_path / "face.task"
    with zipfile.ZipFile(path, "w") as bundle:
        bundle.writestr("net.tflite", b"weights")
    assert member_bytes(path, "net.tflite") == b"weights"
    with pytest.raises(ModelCorrupt, match=r"other\.tflite"):
        member_bytes(path, "other.tflite")


def test_a_bundle_that_is_no_zip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "face.task"
    path.write_bytes(b"torn")
    with pytest.raises(ModelCorrupt, match=r"face\.task"):
        member_bytes(path, "net.tflite")
