"""What a swap draws, before encoding: the photo's head, nothing elsewhere, however it is cut."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from headswap import swap
from headswap.arrays import F32, U8
from headswap.cli.kept_scene import kept_scene
from headswap.media import Frame, VideoReader
from headswap.sample import build_scene
from headswap.swapping.engines import engine_named
from headswap.swapping.plan import RenderPlan
from headswap.swapping.render import Renderer
from headswap.trust.label import Label
from headswap.vision.networks.full_range import FullRangeDetector
from headswap.vision.networks.identity import Identity
from headswap.vision.networks.landmarks import FaceLandmarks
from headswap.vision.store import ModelStore
from tests.sample_inputs import FRAMES, SAMPLE, Sample

LABEL = "Made with AI"
MOST_OF_A_MARK = 12
CUTS = (0, 1, 6, 11, FRAMES)


@dataclass(frozen=True, slots=True)
class Drawn:
    """Frames of one plan: the source's, drawn in one stretch, in several, and with a label."""

    source: list[Frame]
    whole: list[Frame]
    cut: list[Frame]
    labelled: list[Frame]


@pytest.fixture(scope="module")
def drawn(sample: Sample, core_pack: ModelStore, tmp_path_factory: pytest.TempPathFactory) -> Drawn:
    found: list[Drawn] = []

    def draw(pieces: Sequence[Path], *_: object, **__: object) -> None:
        plan = RenderPlan.load(pieces[0].parent / "final.plan")

        def stretch(start: int, stop: int) -> list[Frame]:
            return list(Renderer(plan, engine_named("mesh")).frames(start, stop))

        cut = [frame for a, b in pairwise(CUTS) for frame in stretch(a, b)]
        label = Label.of(LABEL, plan.size_wh)
        labelled = list(Renderer(plan, engine_named("mesh"), label).frames(0, FRAMES))
        with VideoReader(sample.clip) as reader:
            source = list(reader)
        found.append(Drawn(source, stretch(0, FRAMES), cut, labelled))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("headswap.swapping.swap.join_pieces", draw)
        scene = kept_scene(sample.clip, core_pack.pack)
        out = tmp_path_factory.mktemp("out") / "out.mp4"
        swap(sample.clip, {0: sample.photo}, out, scene=scene, store=core_pack, sign=False)
    return found[0]


def test_cutting_the_clip_elsewhere_changes_no_pixel(drawn: Drawn) -> None:
    assert [frame.index for frame in drawn.whole] == list(range(FRAMES))
    for whole, cut in zip(drawn.whole, drawn.cut, strict=True):
        assert whole.pts == cut.pts
        for name in ("y", "u", "v"):
            assert np.array_equal(getattr(whole, name), getattr(cut, name)), whole.index


def test_every_frame_bears_the_label_and_is_else_unchanged(drawn: Drawn) -> None:
    x0, y0, x1, y1 = Label.of(LABEL, (320, 240)).box
    for plain, labelled in zip(drawn.whole, drawn.labelled, strict=True):
        changed = plain.y != labelled.y
        assert changed[y0:y1, x0:x1].mean() > 0.9
        changed[y0:y1, x0:x1] = False
        assert not changed.any()
        assert labelled.y[y0:y1, x0:x1].max() > 220


def test_pixels_away_from_the_head_are_the_sources(drawn: Drawn) -> None:
    scene = build_scene(SAMPLE)
    for source, result in zip(drawn.source, drawn.whole, strict=True):
        truth = scene.frame(source.index).heads[0]
        away_px = cv2.distanceTransform((truth.alpha <= 0.02).astype(np.uint8), cv2.DIST_L2, 5)
        changed = np.abs(source.y.astype(int) - result.y)
        assert (changed[truth.alpha > 0.9] > 0).mean() > 0.8
        # Around the head there is only the mark, in luma and Cb.
        away = away_px > truth.face_px
        assert changed[away].max() <= MOST_OF_A_MARK, source.index
        coloured = np.abs(source.u.astype(int) - result.u)
        assert coloured[away[::2, ::2]].max() <= MOST_OF_A_MARK, source.index
        assert np.array_equal(source.v[away[::2, ::2]], result.v[away[::2, ::2]])


@pytest.fixture(scope="module")
def describe(core_pack: ModelStore) -> Callable[[U8], F32]:
    """The identity descriptor (128,) of the one face in a picture."""
    detector, landmarks = FullRangeDetector(core_pack), FaceLandmarks(core_pack)
    identity = Identity(core_pack)

    def described(rgb: U8) -> F32:
        faces = detector.detect(rgb)
        assert len(faces) == 1
        return identity.descriptor(rgb, landmarks.find(rgb, faces.square(0)).landmarks)

    return described


def test_every_frame_shows_the_photos_face(
    sample: Sample, drawn: Drawn, describe: Callable[[U8], F32]
) -> None:
    photo = describe(np.asarray(Image.open(sample.photo)))
    for source, result in zip(drawn.source, drawn.whole, strict=True):
        now = describe(result.rgb())
        assert np.linalg.norm(now - photo) < np.linalg.norm(now - describe(source.rgb()))
