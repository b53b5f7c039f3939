"""Analysis of a video: one pass over its frames gives shots, camera motion, faces and people."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

import numpy as np

from headswap.arrays import F32
from headswap.media import Frame, VideoInfo, VideoReader
from headswap.vision.ahead import ahead
from headswap.vision.camera import CameraMotion, people_boxes, settle
from headswap.vision.face import Face
from headswap.vision.looked_ahead import LookedAhead, tracked
from headswap.vision.networks.blendshapes import Blendshapes
from headswap.vision.networks.identity import Identity
from headswap.vision.networks.person_matte import PersonMatte
from headswap.vision.progress import Progress, Report
from headswap.vision.recognition import Somebody, recognise
from headswap.vision.scene import Person, Scene, Shot, Track
from headswap.vision.shots import mark_cuts
from headswap.vision.sight import NetworkSight, Sight
from headswap.vision.store import ModelStore
from headswap.vision.tracking import Tracker
from headswap.vision.unseen import with_unseen

# Room around a face's box for the whole head, in shares of the box: left, up, right, down.
HEAD_MARGIN = (0.45, 0.75, 0.45, 0.3)
# Frames that wait between two stages of the pass.
_AHEAD = 3


def analyze(
    video: Path,
    *,
    store: ModelStore | None = None,
    progress: Report | None = None,
    sight: Sight | None = None,
    passing: Callable[[Frame, VideoInfo], None] | None = None,
) -> Scene:
    """What is to be seen in a video: every frame's time, shots, and each person's face.

    A video without people gives a scene without people. sight: what finds faces, the networks of
    the store's pack by default. passing: is shown every frame in order; what it raises ends the
    analysis.

    Raises:
        VideoError: the video cannot be read.
        ModelError: a model file is missing or wrong.
    """
    store = store or ModelStore.default()
    report: Report = progress or (lambda _: None)
    with ExitStack() as stack:
        looked = stack.enter_context(closing(LookedAhead(sight or NetworkSight(store))))
        tracker = Tracker(looked)
        reader = stack.enter_context(VideoReader(video))
        # Reading, looking for faces, and following the camera each go on while the next is busy.
        cut = stack.enter_context(closing(ahead(mark_cuts(reader), _AHEAD)))
        seen = stack.enter_context(closing(ahead(tracked(cut, tracker, looked, _AHEAD), _AHEAD)))
        passed, expressions = _Pass(reader.info), _Expressions(store)
        # Loaded meanwhile: when the last frame has been seen, all else waits for it.
        identity = stack.enter_context(ThreadPoolExecutor(1)).submit(Identity, store)
        for frame, new_shot, faces in seen:
            passed.step(frame, new_shot, faces)
            for face in faces:
                expressions.weights(face)
            if passing is not None:
                passing(frame, reader.info)
            report(Progress("analyse", frame.index + 1, reader.info.frame_count))
        info = reader.info
    found = recognise(
        tracker.finish(), identity.result(), store.pack, float(info.rate), len(passed.pts), report
    )
    pts, shots = np.array(passed.pts, np.int64), passed.shots()
    matte = PersonMatte(store, threads=2).matte
    found = with_unseen(
        found, video, pts=pts, shots=shots, rate=float(info.rate), matte=matte, report=report
    )
    return Scene(
        video=info,
        pts=pts,
        shots=shots,
        tracks=_tracks(found, expressions, report),
        people=_people(found, info),
        camera_from_first=passed.camera(),
        pack=store.pack,
    )


class _Pass:
    """What the single pass over the frames gathers, frame by frame."""

    def __init__(self, info: VideoInfo) -> None:
        self.pts: list[int] = []
        self._size_wh = (info.width, info.height)
        self._starts: list[int] = []
        self._moves: list[F32] = []
        self._motion = CameraMotion(self._size_wh)

    def step(self, frame: Frame, new_shot: bool, faces: Sequence[Face]) -> None:
        if new_shot:
            self._starts.append(frame.index)
        boxes = np.array([face.box_xyxy for face in faces], np.float32).reshape(-1, 4)
        bodies = people_boxes(boxes, self._size_wh)
        self._moves.append(self._motion.next(frame.y, new_shot, bodies))
        self.pts.append(frame.pts)

    def shots(self) -> tuple[Shot, ...]:
        stops = [*self._starts[1:], len(self.pts)]
        return tuple(Shot(a, b) for a, b in zip(self._starts, stops, strict=True))

    def camera(self) -> F32:
        """(n, 2, 3), still shots exactly so."""
        moves = np.array(self._moves, np.float32).reshape(-1, 2, 3)
        parts = [settle(moves[shot.start : shot.stop], self._size_wh) for shot in self.shots()]
        return np.concatenate(parts) if parts else moves


def _people(found: Sequence[Somebody], info: VideoInfo) -> tuple[Person, ...]:
    """The people; their indices count the tracks of all in turn, as `_tracks` does."""
    people: list[Person] = []
    first = 0
    for obj_id, somebody in enumerate(found):
        after = first + len(somebody.tracks)
        people.append(
            Person(
                obj_id=obj_id,
                tracks=tuple(range(first, after)),
                embedding=somebody.embedding,
                best_frame=somebody.best.frame,
                best_box_xyxy=_head_box(somebody.best.box_xyxy, info),
            )
        )
        first = after
    return tuple(people)


def _head_box(face_xyxy: F32, info: VideoInfo) -> F32:
    """(4,) the face's box grown to the whole head, inside the picture."""
    wide, tall = face_xyxy[2:] - face_xyxy[:2]
    left, up, right, down = HEAD_MARGIN
    grown = face_xyxy + np.array([-left * wide, -up * tall, right * wide, down * tall])
    limits = np.array([info.width, info.height, info.width, info.height])
    return np.clip(grown, 0, limits).astype(np.float32)


class _Expressions:
    """The blendshapes of faces, worked out once for each."""

    def __init__(self, store: ModelStore) -> None:
        self._network = Blendshapes(store)
        self._known: dict[int, tuple[Face, F32]] = {}

    def weights(self, face: Face) -> F32:
        """(52,), see `Blendshapes`."""
        if id(face) not in self._known:
            # With the face itself, so that no other one takes its place.
            self._known[id(face)] = face, self._network.weights(face.landmarks)
        return self._known[id(face)][1]


def _tracks(
    found: Sequence[Somebody], expressions: _Expressions, report: Report
) -> tuple[Track, ...]:
    whole = [track for somebody in found for track in somebody.tracks]
    tracks: list[Track] = []
    for done, track in enumerate(whole, start=1):
        landmarks = np.array([face.landmarks for face in track.faces], np.float32)
        tracks.append(
            Track(
                shot=track.shot,
                frames=np.array(track.frames, np.int32),
                boxes_xyxy=np.array([face.box_xyxy for face in track.faces], np.float32),
                landmarks=landmarks,
                blendshapes=np.array([expressions.weights(f) for f in track.faces], np.float32),
                presence=np.array([face.presence for face in track.faces], np.float32),
            )
        )
        report(Progress("expressions", done, len(whole)))
    return tuple(tracks)
