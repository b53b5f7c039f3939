"""Content credentials: what they say, when they are valid, and that nothing else changes."""

from __future__ import annotations

import errno
import io
import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import av
import c2pa
import numpy as np
import pytest
from PIL import Image

from headswap.errors import SigningFailed
from headswap.trust.credentials import (
    read_credentials,
    sign_preview,
    sign_video,
)
from headswap.trust.seal import seal
from headswap.trust.self_made import SELF_MADE
from headswap.trust.signer import Signer
from headswap.trust.statement import PreviewStatement
from headswap.trust.verdict import Credentials
from tests.certificates import NAME, write_files
from tests.joined_clips import remade
from tests.media_clips import CLIPS, make_clip
from tests.swap_statements import PHOTO, SOURCE, STATEMENT, TASK, WHEN

# What `printf '{"by":"Anna","scope":"a test","statement":"I agree, natürlich","when":"today"}' |
# sha256sum` prints: the consent stays at home, whoever has it can compare.
STATED = "e946aab9667403d1e842b13adc1d49fb5ed8cbea067d66e5c76626cf689b436c"
# A reader of its own: nothing of this program is in the process.
_READER = """
import c2pa, json, sys
with c2pa.Reader(sys.argv[1]) as reader:
    print(json.dumps([reader.get_validation_state(), json.loads(reader.json())]))
"""


def read_apart(path: Path) -> tuple[str, dict[str, Any]]:
    """What the C2PA library says in another process, and the active manifest."""
    run = subprocess.run(
        [sys.executable, "-I", "-c", _READER, str(path)], capture_output=True, check=True
    )
    state, found = json.loads(run.stdout)
    return state, found["manifests"][found["active_manifest"]]


@dataclass(frozen=True, slots=True)
class Signed:
    """A result before and after it is signed."""

    plain: Path
    signed: Path


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    return Signer.open("", "", tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("clips")


def signed(folder: Path, name: str, signer: Signer) -> Signed:
    """The clip of that name as a result, once as it is joined and once signed."""
    made = Signed(folder / f"{name}-plain.mp4", folder / f"{name}-signed.mp4")
    if not made.signed.exists():
        remade(make_clip(folder, name), made.plain)
        shutil.copyfile(made.plain, made.signed)
        sign_video(made.signed, STATEMENT, signer)
    return made


@pytest.fixture(scope="module")
def clip(folder: Path, signer: Signer) -> Signed:
    return signed(folder, "b_frames", signer)


def packets(path: Path) -> list[tuple[object, ...]]:
    """Every packet of every track as it lies in the file, with its times."""
    with av.open(str(path)) as container:
        return [
            (p.stream.index, p.pts, p.dts, p.duration, p.is_keyframe, p.time_base, bytes(p))
            for p in container.demux()
        ]


def tracks(path: Path) -> list[tuple[object, ...]]:
    with av.open(str(path)) as container:
        return [
            (s.type, s.start_time, s.duration, s.time_base, s.codec_context.extradata)
            for s in container.streams
        ]


@pytest.mark.parametrize("name", CLIPS)
def test_signing_leaves_every_packet_and_time_as_it_was(
    folder: Path, signer: Signer, name: str
) -> None:
    both = signed(folder, name, signer)
    assert packets(both.signed) == packets(both.plain)
    assert tracks(both.signed) == tracks(both.plain)
    assert read_credentials(both.signed).state == "valid"


def boxes(path: Path) -> list[bytes]:
    data, at, found = path.read_bytes(), 0, list[bytes]()
    while at < len(data):
        found.append(data[at + 4 : at + 8])
        at += int.from_bytes(data[at : at + 4], "big")
    return found


def test_the_index_still_stands_before_the_pictures(clip: Signed) -> None:
    names = boxes(clip.signed)
    assert names[0] == b"ftyp" and names.index(b"moov") < names.index(b"mdat")


@pytest.mark.parametrize("name", ["b_frames", "vfr", "starts_late", "rotated_90"])
def test_a_signed_result_can_be_sought_to_every_frame(
    folder: Path, signer: Signer, name: str
) -> None:
    both = signed(folder, name, signer)
    with av.open(str(both.plain)) as container:
        pictures = {f.pts: f.to_ndarray() for f in container.decode(video=0)}
    with av.open(str(both.signed)) as container:
        video = container.streams.video[0]
        for pts, picture in sorted(pictures.items(), reverse=True):
            assert pts is not None
            container.seek(pts, stream=video)
            found = next(f for f in container.decode(video) if f.pts is not None and f.pts >= pts)
            assert found.pts == pts and np.array_equal(found.to_ndarray(), picture)


def test_another_process_reads_a_result_as_valid(clip: Signed) -> None:
    state, manifest = read_apart(clip.signed)
    assert state == "Valid"
    assert manifest["signature_info"]["issuer"] == SELF_MADE


def test_the_manifest_says_what_was_done_with_what_and_by_what(clip: Signed) -> None:
    _, manifest = read_apart(clip.signed)
    (program,) = manifest["claim_generator_info"]
    assert program["name"] == "Headswap" and program["version"]
    told = {one["label"]: one["data"] for one in manifest["assertions"]}
    actions = {one["action"]: one for one in told["c2pa.actions.v2"]["actions"]}
    assert list(actions) == [
        *("c2pa.opened", "c2pa.edited", "c2pa.watermarked.unbound", "c2pa.transcoded"),
    ]
    first, swapped = told["c2pa.actions.v2"]["actions"][:2]
    assert swapped["digitalSourceType"].endswith("/compositeWithTrainedAlgorithmicMedia")
    assert swapped["when"] == WHEN.isoformat()
    assert len(first["parameters"]["ingredients"]) == 1
    assert len(swapped["parameters"]["ingredients"]) == 2
    assert told["org.headswap.swap"] == {
        "task_id": TASK,
        "time": "2026-05-15T00:50:13+00:00",
        "engine": "mesh",
        "device": "CPU",
        "pack": "full",
        "models": ["yunet.onnx"],
        "width": 1280,
        "height": 720,
        "source_sha256": SOURCE,
        "mark": TASK[:16],
        "people": [
            {"obj_id": 0, "photo_sha256": PHOTO, "consent_sha256": STATED},
            {"obj_id": 2, "photo_sha256": "01" * 32},
        ],
    }


def test_a_consent_does_not_go_out(clip: Signed) -> None:
    assert b"Anna" not in clip.signed.read_bytes()


def test_inputs_are_ingredients_by_hash_and_without_their_names(clip: Signed) -> None:
    _, manifest = read_apart(clip.signed)
    found = [
        (one["title"], one["relationship"], one["metadata"]["org.headswap.sha256"])
        for one in manifest["ingredients"]
    ]
    assert found == [
        ("source video", "parentOf", SOURCE),
        ("photo for person 0", "inputTo", PHOTO),
        ("photo for person 2", "inputTo", "01" * 32),
    ]


def test_what_is_read_is_what_was_signed(clip: Signed) -> None:
    assert read_credentials(clip.signed) == Credentials(
        state="valid",
        signer=SELF_MADE,
        self_made=True,
        made_with=read_credentials(clip.signed).made_with,
        when=WHEN,
        task_id=TASK,
        actions=(
            *("c2pa.opened", "c2pa.edited", "c2pa.watermarked.unbound"),
            *("c2pa.edited", "c2pa.edited", "c2pa.transcoded"),
        ),
    )
    assert read_credentials(clip.signed).made_with.startswith("Headswap ")


def test_the_operators_name_is_read_where_the_operator_signs(clip: Signed, tmp_path: Path) -> None:
    files = write_files(tmp_path)
    path = tmp_path / "out.mp4"
    shutil.copyfile(clip.plain, path)
    sign_video(path, STATEMENT, Signer.open(files.certificate, files.key, tmp_path))
    found = read_credentials(path)
    assert (found.state, found.signer, found.self_made) == ("valid", NAME, False)


def changed(path: Path, at: int, to: Path) -> Path:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    to.write_bytes(data)
    return to


def test_one_changed_byte_of_picture_sound_or_index_is_found(clip: Signed, tmp_path: Path) -> None:
    data = clip.signed.read_bytes()
    index, content = data.index(b"moov"), data.index(b"mdat") + 4
    places = [*np.linspace(content, len(data) - 1, 25).astype(int), index + 300]
    bad = tmp_path / "bad.mp4"
    for at in places:
        found = read_credentials(changed(clip.signed, int(at), bad))
        assert (found.state, found.task_id) == ("invalid", None)
        assert found.problems == ("assertion.bmffHash.mismatch",)
    assert read_apart(bad)[0] == "Invalid"


def test_a_changed_claim_is_found(clip: Signed, tmp_path: Path) -> None:
    at = clip.signed.read_bytes().index(TASK.encode())
    assert read_credentials(changed(clip.signed, at, tmp_path / "bad.mp4")).state == "invalid"


@pytest.mark.parametrize("share", [0.05, 0.3, 0.999])
def test_a_cut_file_does_not_pass_for_a_whole_one(
    clip: Signed, tmp_path: Path, share: float
) -> None:
    data = clip.signed.read_bytes()
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(data[: int(len(data) * share)])
    assert read_credentials(cut).state != "valid"


def test_credentials_of_one_result_do_not_fit_another(
    folder: Path, clip: Signed, signer: Signer, tmp_path: Path
) -> None:
    data, other = clip.signed.read_bytes(), signed(folder, "plain", signer).plain.read_bytes()
    start = int.from_bytes(data[:4], "big")
    box = data[start : start + int.from_bytes(data[start : start + 4], "big")]
    end = int.from_bytes(other[:4], "big")
    moved = tmp_path / "moved.mp4"
    moved.write_bytes(other[:end] + box + other[end:])
    assert box[4:8] == b"uuid" and read_credentials(moved).state == "invalid"


@pytest.mark.parametrize("content", [b"", b"text", b"\x1aE\xdf\xa3" + bytes(500)])
def test_what_has_no_credentials_misses_them(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file.mp4"
    path.write_bytes(content)
    assert read_credentials(path) == Credentials("missing")


def test_an_unsigned_result_misses_credentials(clip: Signed) -> None:
    assert read_credentials(clip.plain) == Credentials("missing")


def test_a_preview_keeps_its_pixels_and_claims_no_swap(signer: Signer, tmp_path: Path) -> None:
    path = tmp_path / "person_1.png"
    pixels = np.random.default_rng(5).integers(0, 255, (40, 30, 3), np.uint8)
    Image.fromarray(pixels).save(path)
    sign_preview(path, PreviewStatement(WHEN, SOURCE, 1), signer)
    with Image.open(path) as picture:
        assert np.array_equal(np.asarray(picture), pixels)
    found = read_credentials(path)
    assert (found.state, found.task_id, found.when) == ("valid", None, WHEN)
    assert found.actions == ("c2pa.opened", "c2pa.cropped", "c2pa.converted")
    state, manifest = read_apart(path)
    assert state == "Valid" and SOURCE in json.dumps(manifest["ingredients"])
    data = bytearray(path.read_bytes())
    data[data.rindex(b"IDAT") + 9] ^= 1
    path.write_bytes(data)
    assert read_credentials(path).state == "invalid"


class _Visits(BaseHTTPRequestHandler):
    seen: list[str] = []  # noqa: RUF012

    def do_GET(self) -> None:
        self.seen.append(self.path)
        self.send_response(404)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def address() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), _Visits)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/manifest"
    server.shutdown()
    server.server_close()
    thread.join()


class _Full(io.BytesIO):
    def write(self, _: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_is_told_as_one(clip: Signed, signer: Signer) -> None:
    with clip.plain.open("rb") as source, pytest.raises(OSError, match="No space left"):
        seal(source, _Full(), "video/mp4", STATEMENT.manifest(), signer)


def test_a_result_that_cannot_be_signed_stays_as_it_was(
    clip: Signed, signer: Signer, tmp_path: Path
) -> None:
    text = tmp_path / "out.mp4"
    text.write_text("no video")
    with pytest.raises(SigningFailed):
        sign_video(text, STATEMENT, signer)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["no video"]


def test_a_file_cannot_send_the_reader_to_an_address(
    clip: Signed, signer: Signer, tmp_path: Path, address: str
) -> None:
    path = tmp_path / "elsewhere.mp4"
    info = c2pa.C2paSignerInfo(signer.algorithm, signer.chain_pem, signer.key_pem, None)
    with (
        c2pa.Signer.from_info(info) as keys,
        c2pa.Builder(STATEMENT.manifest()) as builder,
        clip.plain.open("rb") as source,
        path.open("w+b") as out,
    ):
        builder.set_no_embed()
        builder.set_remote_url(address)
        builder.sign(keys, "video/mp4", source, out)
    assert address.encode() in path.read_bytes()
    assert read_credentials(path).state != "valid"
    assert _Visits.seen == []


def test_strangers_claims_of_any_shape_are_read_calmly(
    clip: Signed, signer: Signer, tmp_path: Path
) -> None:
    manifest: dict[str, Any] = STATEMENT.manifest()
    manifest["assertions"][0]["data"]["actions"][1]["when"] = "2026-01-01T00:00:00Z"
    manifest["assertions"][1]["data"] = {"task_id": {"no": "text"}, "people": 7}
    path = tmp_path / "odd.mp4"
    info = c2pa.C2paSignerInfo(signer.algorithm, signer.chain_pem, signer.key_pem, None)
    with (
        c2pa.Signer.from_info(info) as keys,
        c2pa.Builder(manifest) as builder,
        clip.plain.open("rb") as source,
        path.open("w+b") as out,
    ):
        builder.sign(keys, "video/mp4", source, out)
    found = read_credentials(path)
    assert (found.state, found.task_id) == ("valid", None)
    assert found.when == datetime(2026, 1, 1, tzinfo=UTC)
