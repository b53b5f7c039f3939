"""Photos: those that cannot be used are refused in one line, odd but good ones work."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from headswap.cli.main import main
from headswap.sample import Identity, SampleSpec, build_scene
from headswap.swapping.reference import ReferenceReader
from headswap.vision.store import ModelStore
from tests.sample_inputs import FRAMES, Sample, head_photo


def swap_with(sample: Sample, photo: Path, out: Path, *options: str) -> int:
    return main(["swap", str(sample.clip), "--map", f"0={photo}", "--out", str(out), *options])


def make_bad(folder: Path, kind: str) -> Path:
    """The bad photo of that file name."""
    path = folder / kind
    if kind == "text.jpg":
        path.write_text("words")
    elif kind == "no_face.png":
        Image.fromarray(data.coffee()).save(path)
    elif kind == "two_faces.png":
        two = SampleSpec(people=(Identity.ASTRONAUT, Identity.SECOND), size_wh=(960, 540))
        Image.fromarray(build_scene(two).frame(0).rgb).save(path)
    elif kind == "small_face.png":
        Image.fromarray(head_photo(0, 0, 0.6)).save(path)
    elif kind == "turned_away.png":
        Image.fromarray(head_photo(50, -25, 2.7)).save(path)
    elif kind == "cut_off.png":
        Image.fromarray(head_photo(0, 0, 2.7)).save(path)
        path.write_bytes(path.read_bytes()[:20_000])
    return path


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("missing.jpg", "check the path"),
        ("text.jpg", "is not an image"),
        ("cut_off.png", "is damaged"),
        ("no_face.png", "no face found"),
        ("two_faces.png", "--largest-face"),
        ("small_face.png", "at least 80 px"),
        ("turned_away.png", "is turned"),
    ],
)
def test_a_bad_photo_is_one_line_and_no_output(
    sample: Sample, tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str, says: str
) -> None:
    photo, out = make_bad(tmp_path, kind), tmp_path / "results" / "out.mp4"
    out.parent.mkdir()
    code = swap_with(sample, photo, out)
    told = capsys.readouterr()
    assert code == 1
    (line,) = told.err.splitlines()
    assert line.startswith("headswap: ") and says in line and str(photo) in line
    assert list(out.parent.iterdir()) == []


def make_odd(sample: Sample, folder: Path, kind: str) -> Path:
    """The sample's photo in another form."""
    photo, path = Image.open(sample.photo), folder / kind
    if kind == "exif_rotated.jpg":
        exif = Image.Exif()
        exif[0x0112] = 6  # stored lying on its left side
        photo.rotate(90, expand=True).save(path, exif=exif, quality=95)
    elif kind == "cmyk.jpg":
        photo.convert("CMYK").save(path, quality=95)
    elif kind == "16_bit.png":
        grey = np.asarray(photo.convert("L"), np.uint16)
        Image.fromarray(grey * 257).save(path)
    elif kind == "alpha.png":
        photo.putalpha(200)
        photo.save(path)
    else:
        photo.save(path, save_all=True, append_images=[Image.new("RGB", photo.size)], duration=90)
    return path


@pytest.fixture(scope="module")
def reader(core_pack: ModelStore) -> ReferenceReader:
    return ReferenceReader(core_pack)


@pytest.mark.parametrize(
    "kind", ["exif_rotated.jpg", "cmyk.jpg", "16_bit.png", "alpha.png", "animated.webp"]
)
def test_an_odd_photo_has_the_same_face_at_the_same_place(
    sample: Sample, reader: ReferenceReader, tmp_path: Path, kind: str
) -> None:
    plain, odd = reader.find(sample.photo), reader.find(make_odd(sample, tmp_path, kind))
    assert odd.rgb.shape == plain.rgb.shape
    apart_px = np.abs(odd.landmarks[:, :2] - plain.landmarks[:, :2]).max(axis=1)
    assert np.median(apart_px) < 0.02 * np.ptp(plain.landmarks[:, 1])


@pytest.mark.parametrize("kind", ["exif_rotated.jpg", "16_bit.png"])
def test_an_odd_photo_works(sample: Sample, tmp_path: Path, kind: str) -> None:
    report = tmp_path / "report.json"
    photo = make_odd(sample, tmp_path, kind)
    assert swap_with(sample, photo, tmp_path / "out.mp4", "--report", str(report)) == 0
    assert json.loads(report.read_text())["people"][0]["frames_swapped"] == FRAMES


def test_of_several_faces_the_largest_is_taken_if_asked(sample: Sample, tmp_path: Path) -> None:
    photo = make_bad(tmp_path, "two_faces.png")
    assert swap_with(sample, photo, tmp_path / "out.mp4", "--largest-face") == 0
