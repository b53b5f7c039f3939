"""Files that appear whole or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from headswap.disk import whole_file
from headswap.errors import HeadswapError, NoSpaceLeft, OutputError, OutputNotWritable


def test_the_file_takes_its_place_at_the_end(tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    out.write_bytes(b"old")
    with whole_file(out) as temporary:
        temporary.write_bytes(b"new")
        assert temporary.parent == tmp_path
        assert out.read_bytes() == b"old"
    assert out.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [out]


def test_the_result_has_the_usual_permissions(tmp_path: Path) -> None:
    usual = tmp_path / "usual"
    usual.touch()
    with whole_file(tmp_path / "out.mp4"):
        pass
    assert (tmp_path / "out.mp4").stat().st_mode == usual.stat().st_mode


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (errno.ENOSPC, NoSpaceLeft),
        (errno.EDQUOT, NoSpaceLeft),
        (errno.EFBIG, NoSpaceLeft),
        (errno.EACCES, OutputNotWritable),
        (errno.EROFS, OutputNotWritable),
        (errno.EIO, OutputError),
    ],
)
def test_a_disk_error_is_named_and_leaves_the_old_file(
    tmp_path: Path, number: int, expected: type[HeadswapError]
) -> None:
    out = tmp_path / "out.mp4"
    out.write_bytes(b"old")
    with pytest.raises(expected, match=r"out\.mp4") as caught, whole_file(out) as temporary:
        temporary.write_bytes(b"half")
        raise OSError(number, os.strerror(number))
    assert type(caught.value) is expected
    assert out.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [out]


def test_any_other_error_passes_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), whole_file(tmp_path / "out.mp4"):
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["missing/out.mp4", "file/out.mp4", "folder"])
def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputNotWritable, match=name), whole_file(tmp_path / name):
        pytest.fail("the block must not run")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(OutputNotWritable), whole_file(tmp_path / "out.mp4"):
        pytest.fail("the block must not run")
