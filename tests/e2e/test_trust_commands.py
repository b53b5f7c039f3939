"""Consent at the command line; protected people, forgetting and the trail of a real service."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageEnhance

from headswap.cli.consent import given_consents
from headswap.cli.main import main
from headswap.errors import ConsentMissing
from headswap.sample import Identity, SampleSpec, build_scene, portrait, write_clip
from headswap.vision.store import ModelStore
from tests.sample_inputs import Sample
from tests.service_process import Service, running

SETTINGS = {"HEADSWAP_MIN_DURATION_S": "0.4", "HEADSWAP_LEASE_S": "2"}


# The command line.


def test_a_swap_without_consent_is_refused_before_anything_is_made(
    sample: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.delenv("HEADSWAP_CONSENT")
    out = tmp_path / "out.mp4"
    assert main(["swap", str(sample.clip), "--map", f"0={sample.photo}", "--out", str(out)]) == 1
    said = capsys.readouterr().err
    assert "--consent" in said and "HEADSWAP_CONSENT" in said
    assert not out.exists()


def test_the_report_says_who_stated_what_and_what_the_gate_saw(
    sample: Sample, tmp_path: Path
) -> None:
    out, report = tmp_path / "out.mp4", tmp_path / "report.json"
    words = ["swap", str(sample.clip), "--map", f"0={sample.photo}", "--out", str(out)]
    words += ["--report", str(report), "--consent", "Eva: she agreed; for a test"]
    assert main(words) == 0
    content = json.loads(report.read_text())
    consent = content["people"][0]["consent"]
    assert (consent["by"], consent["statement"]) == ("Eva", "she agreed")
    assert consent["scope"] == "a test" and consent["when"].endswith("+00:00")
    # One frame of the only second, and the photo.
    assert content["policy"]["pictures"] == 2 and content["policy"]["highest"] < 0.8
    assert "open-nsfw.onnx" in content["models"]


def test_a_picture_above_the_limit_is_refused_by_name(
    sample: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setenv("HEADSWAP_EXPLICIT_LIMIT", "0.0000001")
    out = tmp_path / "out.mp4"
    assert main(["swap", str(sample.clip), "--map", f"0={sample.photo}", "--out", str(out)]) == 1
    assert "explicit-content" in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize(
    ("words", "by"),
    [
        (["Eva: agreed"], ["Eva", "Eva"]),
        (["Eva: agreed", "1=Ben: agreed"], ["Eva", "Ben"]),
        (["1=Ben: agreed", "0=Eva: agreed"], ["Eva", "Ben"]),
        ([], ["The tests", "The tests"]),
        (["1=Ben: agreed"], ["The tests", "Ben"]),
    ],
)
def test_consent_is_said_for_all_photos_or_for_one(
    words: list[str], by: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADSWAP_CONSENT", "The tests: agreed")
    assert [one.by for one in given_consents([0, 1], words).values()] == by


def test_consent_is_asked_for_at_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.delenv("HEADSWAP_CONSENT")
    monkeypatch.setattr("headswap.cli.consent._at_a_terminal", lambda: True)
    answers = iter(["Eva", "she agreed", "a test", "Eva", "no", "all"])
    monkeypatch.setattr("typer.prompt", lambda *_, **__: next(answers))
    consent = given_consents([0], [])[0]
    assert (consent.by, consent.statement, consent.scope) == ("Eva", "she agreed", "a test")
    with pytest.raises(ConsentMissing):
        given_consents([0], [])


# The service.


@dataclass(frozen=True, slots=True)
class World:
    """A running service with an analysed clip, a photo, and another photo of the same person."""

    service: Service
    data: Path
    video_url: str
    photo_url: str
    photo: Path
    other_photo: Path

    @property
    def team_id(self) -> str:
        return json.loads((self.data / "first-key.json").read_text())["team_id"]


@pytest.fixture(scope="module")
def world(core_pack: ModelStore, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("trust")
    clip, photo, other = folder / "clip.mp4", folder / "photo.png", folder / "other.jpg"
    write_clip(build_scene(SampleSpec(size_wh=(320, 240), seconds=12 / 25)), clip)
    picture = Image.fromarray(portrait(Identity.SECOND))
    picture.save(photo)
    smaller = picture.rotate(6, fillcolor=(120, 120, 120)).resize(
        (int(picture.width * 0.7), int(picture.height * 0.7))
    )
    ImageEnhance.Brightness(smaller).enhance(1.2).save(other, quality=80)
    data = folder / "data"
    with running(data, **SETTINGS) as service:
        video_url, photo_url = service.upload(clip), service.upload(photo)
        assert service.analysed(video_url)["status"] == 3
        yield World(service, data, video_url, photo_url, photo, other)


def run(world: World, capsys: Any, *words: str) -> dict[str, Any]:
    """What a command prints as JSON."""
    capsys.readouterr()
    assert main([*words, "--data", str(world.data), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def entries(world: World, capsys: Any) -> list[dict[str, Any]]:
    return run(world, capsys, "audit", "list")  # pyright: ignore[reportReturnType]


def test_a_protected_persons_other_photo_is_refused(world: World, capsys: Any) -> None:
    service = world.service
    add = ("team", "protect", "add", world.team_id, str(world.other_photo), "--name", "E")
    added = run(world, capsys, *add)
    task = service.created(world.video_url, world.photo_url)["data"]
    ended = service.finished("task", task["_id"])
    assert (ended["status"], ended["error_code"]) == (4, 1108)
    assert "protected" in ended["error_reason"] and added["id"] in ended["error_reason"]
    refused = next(one for one in entries(world, capsys) if one["kind"] == "policy.refused")
    assert (refused["ref"], refused["detail"]["rule"]) == (task["_id"], "protected-person")
    assert service.ledger_faults() == []
    run(world, capsys, "team", "protect", "remove", world.team_id, added["id"])


def test_a_person_is_forgotten_and_the_trail_tells_so(world: World, capsys: Any) -> None:
    service = world.service
    task = service.created(world.video_url, world.photo_url)["data"]
    assert service.finished("task", task["_id"])["status"] == 3
    blobs = world.data / "blobs"
    shown = run(world, capsys, "forget", "person", str(world.other_photo))
    assert shown["deleted"] is False and task["_id"] in shown["tasks"]
    assert list(blobs.rglob("output.mp4")) != []
    gone = run(world, capsys, "forget", "person", str(world.other_photo), "--yes")
    assert gone["deleted"] is True and gone["uploads"] == shown["uploads"] != []
    assert list(blobs.rglob("output.mp4")) == [] and list(blobs.rglob("scene")) == []
    detail = "/api/open/v4/headswap/task/detail"
    assert service.ask("GET", detail, params={"_id": task["_id"]})["code"] == 1014
    deleted = {one["ref"] for one in entries(world, capsys) if one["kind"] == "data.deleted"}
    assert {task["_id"], *gone["uploads"]} <= deleted


def test_the_trail_is_whole_until_a_line_is_removed(world: World, capsys: Any) -> None:
    whole = run(world, capsys, "audit", "verify")
    assert whole["ok"] is True and whole["count"] > 8
    head = f"{whole['count']}:{whole['hash']}"
    assert run(world, capsys, "audit", "verify", "--expect", head)["ok"] is True
    with sqlite3.connect(world.data / "headswap.db") as connection:
        connection.execute("DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)")
    connection.close()
    assert main(["audit", "verify", "--data", str(world.data)]) == 1
    assert f"entry {whole['count']} is missing" in capsys.readouterr().out
