"""What the service says of sources it is pointed at: good ones, and every kind of bad one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from headswap.sample import Identity, SampleSpec, build_scene, portrait, write_clip
from headswap.vision.store import ModelStore
from tests.fetch_servers import ScriptedServer, Visit, answer, redirect
from tests.service_process import Service, free_port, running

PLAYLIST = b"#EXTM3U\n#EXTINF:3,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"


class Source:
    """A web server with a clip, a photo, and traps."""

    def __init__(self, clip: bytes, photo: bytes, forbidden_port: int) -> None:
        self._files = {
            "/clip.mp4": clip,
            "/photo.png": photo,
            "/text.mp4": b"this is no video\n" * 200,
            "/list.mp4": PLAYLIST,
            "/cut.mp4": clip[: len(clip) * 2 // 3],
        }
        self._forbidden = f"http://127.0.0.1:{forbidden_port}/clip.mp4"

    def __call__(self, visit: Visit) -> None:
        if visit.path in self._files:
            visit.send(answer(self._files[visit.path]))
        elif visit.path == "/moved.mp4":
            visit.send(redirect("/clip.mp4"))
        elif visit.path == "/trap.mp4":
            visit.send(redirect(self._forbidden))
        elif visit.path == "/lies.mp4":
            visit.send(b"HTTP/1.1 200 OK\r\ncontent-length: 100000000\r\n\r\nshort")
        elif visit.path == "/endless.mp4":
            visit.send(b"HTTP/1.1 200 OK\r\n\r\n")
            while not visit.stopping.is_set():
                visit.send(bytes(1_000_000))
        elif visit.path == "/slow.mp4":
            visit.stopping.wait(30)
        else:
            visit.send(answer(b"", "404 Not Found"))


@pytest.fixture(scope="module")
def world(
    core_pack: ModelStore, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Service, str, ScriptedServer]]:
    """A service, the address of the source it may fetch from, and one it may not."""
    folder = tmp_path_factory.mktemp("sources")
    clip, photo = folder / "clip.mp4", folder / "photo.png"
    write_clip(build_scene(SampleSpec(size_wh=(320, 240), seconds=0.6)), clip)
    Image.fromarray(portrait(Identity.SECOND)).save(photo)

    def refuse(visit: Visit) -> None:
        visit.send(answer(clip.read_bytes()))

    with ScriptedServer(refuse) as forbidden:
        source = Source(clip.read_bytes(), photo.read_bytes(), forbidden.port)
        with (
            ScriptedServer(source) as web,
            running(
                folder / "data",
                HEADSWAP_FETCH_ALLOW=f"127.0.0.1:{web.port}",
                HEADSWAP_MIN_DURATION_S="0.4",
                HEADSWAP_MAX_VIDEO_MB="3",
                HEADSWAP_FETCH_TIMEOUT_S="5",
                HEADSWAP_FETCH_IDLE_S="1",
                HEADSWAP_MAX_TRIES="1",
            ) as service,
        ):
            yield service, f"http://127.0.0.1:{web.port}", forbidden


@pytest.mark.parametrize(
    ("path", "code", "words"),
    [
        ("/text.mp4", 1208, "no video of a kind"),
        ("/list.mp4", 1208, "no video of a kind"),
        ("/photo.png", 1208, "no video of a kind"),
        ("/cut.mp4", 1208, ""),
        ("/nothing.mp4", 1014, "404"),
        ("/slow.mp4", 1014, "silent"),
        ("/lies.mp4", 1207, "MB"),
        ("/endless.mp4", 1207, "MB"),
        ("/trap.mp4", 1014, ""),
    ],
)
def test_a_bad_source_fails_its_analysis_with_its_code(
    world: tuple[Service, str, ScriptedServer], path: str, code: int, words: str
) -> None:
    service, base, forbidden = world
    record = service.analysed(base + path)
    assert (record["status"], record["error_code"]) == (4, code), record
    assert words in record["error_reason"] and "analysis_result" not in record
    assert not forbidden.visits


def test_an_address_that_is_not_public_is_refused_and_never_asked(
    world: tuple[Service, str, ScriptedServer],
) -> None:
    service, _, forbidden = world
    for url in (
        f"http://127.0.0.1:{forbidden.port}/clip.mp4",
        f"http://127.0.0.1:{free_port()}/clip.mp4",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/clip.mp4",
        "http://10.0.0.1/clip.mp4",
    ):
        answered = service.ask(
            "POST", "/api/open/v4/headswap/analyze", json={"video_url": url, "type": "head"}
        )
        if answered["code"] == 1000:
            record = service.finished("analyze", answered["data"]["_id"])
            assert (record["status"], record["error_code"]) == (4, 1014), record
        else:
            assert answered["code"] == 1003, answered
    assert not forbidden.visits


def test_a_source_and_a_photo_from_the_web_are_swapped(
    world: tuple[Service, str, ScriptedServer],
) -> None:
    service, base, _ = world
    video = f"{base}/moved.mp4"
    record = service.analysed(video)
    assert record["status"] == 3 and record["analysis_result"]["detected_objects"] == 1
    created = service.created(video, f"{base}/photo.png")
    task = service.finished("task", created["data"]["_id"])
    assert task["status"] == 3, task
    failed = service.created(video, f"{base}/nothing.png")
    task = service.finished("task", failed["data"]["_id"])
    assert (task["status"], task["error_code"]) == (4, 1108)
    assert task["error_reason"].startswith("obj_id 0:") and "404" in task["error_reason"]


def test_a_photo_that_is_no_image_names_its_person(
    world: tuple[Service, str, ScriptedServer], tmp_path: Path
) -> None:
    service, base, _ = world
    video = f"{base}/clip.mp4"
    assert service.analysed(video)["status"] == 3
    created = service.created(video, f"{base}/text.mp4")
    task = service.finished("task", created["data"]["_id"])
    assert (task["status"], task["error_code"]) == (4, 1108)
    assert task["error_reason"].startswith("obj_id 0: ")
