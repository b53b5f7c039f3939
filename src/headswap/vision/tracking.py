"""Faces followed through the frames of a shot, one track for each, never two on one face."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Sequence

import numpy as np

from headswap.media import Frame
from headswap.vision.assignment import match_faces
from headswap.vision.face import Face, boxes, is_same, is_step, lies_in, moved
from headswap.vision.followed import Followed
from headswap.vision.matching import overlaps
from headswap.vision.networks.faces import Faces
from headswap.vision.sight import Sight

DETECT_EVERY = 8
# While a face is lost or two are near each other.
DETECT_WAITING = 3
# Every second detection looks closely for small faces.
CLOSE_LOOK_EVERY = 2
# Frames kept to follow a newly found face backwards to where it appeared.
RECENT_FRAMES = DETECT_EVERY * CLOSE_LOOK_EVERY + 1
RECENT_BYTES = 96 * 2**20

START_PRESENCE = 0.5
KEEP_PRESENCE = 0.4
# A lost face is looked for where it was during this many frames.
PATIENCE = 12
# A face that the detector still sees this surely, but of which no mesh can be made (it looks down,
# or away), is carried along with the detector's box for so many frames.
CARRY_SCORE = 0.8
LONGEST_CARRY = 30
# A move of more than this share of a side in one frame may be a slip onto another face.
SUDDEN = 0.4
# Boxes that overlap by this (IoU) may be mistaken for each other.
MEETING = 0.12


class Tracker:
    """Follows all faces; give it every frame in order, then `finish`.

    Landmarks of one frame give the place to look at in the next. The detector is asked every few
    frames, where a shot begins, and whenever a face is lost or two come near each other. Wherever
    a face might have been mistaken for another (it was lost, it met another, it moved suddenly)
    a new track begins; who is who is settled afterwards by what the faces look like.
    """

    def __init__(self, sight: Sight) -> None:
        self._sight = sight
        self._live: list[Followed] = []
        self._done: list[Followed] = []
        self._recent: deque[Frame] = deque()
        self._shot = -1
        self._since_detection = 0
        self._detections = 0

    def step(self, frame: Frame, new_shot: bool) -> list[Face]:
        """The faces followed in this frame."""
        if new_shot:
            self._end_shot()
        lost = self._follow_all(frame)
        meeting = self._note_meetings(frame)
        self._since_detection += 1
        waiting = any(track.missed for track in self._live)
        soon = (waiting or meeting) and self._since_detection >= DETECT_WAITING
        if new_shot or lost or soon or self._since_detection >= DETECT_EVERY:
            self._detect(frame, new_shot)
        self._separate(frame)
        self._remember(frame)
        return [track.last for track in self._seen_in(frame)]

    def due(self, coming: Sequence[tuple[Frame, bool]]) -> tuple[Frame, bool] | None:
        """The first of the coming frames to be detected in for sure, and whether closely.

        coming: the next frames, and whether each begins a shot. Sooner it happens only where faces
        are lost or meet.
        """
        for ahead, (frame, new_shot) in enumerate(coming, start=1):
            if new_shot:
                return frame, True
            if self._since_detection + ahead >= DETECT_EVERY:
                return frame, self._detections % CLOSE_LOOK_EVERY == 0
        return None

    def finish(self) -> list[Followed]:
        """All tracks, in the order of their first frames."""
        self._end_shot()
        return sorted(self._done, key=lambda track: (track.frames[0], *track.faces[0].box_xyxy))

    def _end_shot(self) -> None:
        self._done += self._live
        self._live = []
        self._recent.clear()
        self._shot += 1
        self._detections = 0

    def _remember(self, frame: Frame) -> None:
        self._recent.append(frame)
        room = max(2, RECENT_BYTES // max(1, frame.width * frame.height * 3 // 2))
        while len(self._recent) > min(RECENT_FRAMES, room):
            self._recent.popleft()

    def _follow_all(self, frame: Frame) -> bool:
        """Look for each known face; return whether one was lost in this very frame."""
        lost = False
        for track in list(self._live):
            face = self._sight.follow(frame, track.last)
            if face.presence < KEEP_PRESENCE or not is_step(track.last, face, track.missed + 1):
                lost |= track.missed == 0
                track.missed += 1
                unseen = frame.index - track.frames[-1]
                if unseen > PATIENCE or track.missed > LONGEST_CARRY + PATIENCE:
                    self._retire(track)
            elif track.missed or moved(track.last, face) > SUDDEN:
                self._succeed(track).add(frame, face)
            else:
                track.add(frame, face)
        return lost

    def _retire(self, track: Followed) -> None:
        self._live.remove(track)
        self._done.append(track)

    def _succeed(self, track: Followed) -> Followed:
        """Begin a new track in place of `track`."""
        successor = Followed(self._shot, track.meeting)
        self._live[self._live.index(track)] = successor
        if track.frames:
            self._done.append(track)
        else:
            successor.support = track.support
        return successor

    def _note_meetings(self, frame: Frame) -> bool:
        """Begin new tracks where faces meet or part; return whether any two are meeting."""
        here = self._seen_in(frame)
        places = boxes([track.last for track in here])
        near = np.asarray(overlaps(places, places) > MEETING)
        for track, row in zip(here, near, strict=True):
            # Every box overlaps itself.
            meets = bool(row.sum() > 1)
            if meets != track.meeting:
                face = track.last
                track.drop_last()
                successor = self._succeed(track)
                successor.meeting = meets
                successor.add(frame, face)
        return any(track.meeting for track in self._live)

    def _detect(self, frame: Frame, new_shot: bool) -> None:
        closely = new_shot or self._detections % CLOSE_LOOK_EVERY == 0
        seen = self._sight.detect(frame, closely)
        self._since_detection = 0
        self._detections += 1
        pairs = match_faces(seen.boxes_xyxy, boxes([track.last for track in self._live]))
        known = {detection: self._live[at] for detection, at in pairs}
        for i in range(len(seen)):
            track = known.get(i)
            if track is None or track.missed:
                self._take_up(frame, seen, i, track)
            else:
                track.support.append(float(seen.scores[i]))

    def _take_up(self, frame: Frame, seen: Faces, i: int, track: Followed | None) -> None:
        """Follow detection `i` from here on: a new face, or the one that `track` had lost."""
        score, box = float(seen.scores[i]), seen.boxes_xyxy[i]
        face = self._sight.start(frame, seen, i)
        if face.presence < START_PRESENCE or not lies_in(face, box):
            if track is not None and score >= CARRY_SCORE and track.missed <= LONGEST_CARRY:
                track.carry(frame.index, box, face.presence)
            return
        if any(is_same(face, other.last) for other in self._seen_in(frame)):
            return
        track = track or self._carried_here(frame, face)
        known_until = -1
        if track is not None and is_step(track.last, face, track.missed + 1):
            known_until = track.frames[-1]
            track = self._succeed(track)
        else:
            track = Followed(self._shot)
            self._live.append(track)
        track.support.append(score)
        track.add(frame, face)
        track.put_before(self._followed_back(face, known_until))

    def _carried_here(self, frame: Frame, face: Face) -> Followed | None:
        """The track that was carried to the place where now a mesh is found, taken back from it."""
        for track in self._seen_in(frame):
            overlap = overlaps(face.box_xyxy[None], track.last.box_xyxy[None])[0, 0]
            if track.missed and len(track.frames) > 1 and overlap > 0.3:
                track.drop_last()
                return track
        return None

    def _seen_in(self, frame: Frame) -> list[Followed]:
        return [t for t in self._live if t.frames[-1] == frame.index]

    def _followed_back(self, face: Face, known_until: int) -> list[tuple[int, Face]]:
        """(frame index, face) of the frames before, back to where it appeared or is known."""
        found: list[tuple[int, Face]] = []
        for frame in reversed(self._recent):
            if frame.index <= known_until:
                break
            earlier = self._sight.follow(frame, face)
            taken = any(is_same(earlier, other) for other in self._faces_at(frame.index))
            if taken or earlier.presence < START_PRESENCE or moved(face, earlier) > SUDDEN:
                break
            found.append((frame.index, earlier))
            face = earlier
        return found[::-1]

    def _faces_at(self, index: int) -> list[Face]:
        """Faces of all tracks in a recent frame."""
        found: list[Face] = []
        for track in self._live + self._done:
            if track.frames and track.frames[0] <= index <= track.frames[-1]:
                at = bisect_left(track.frames, index)
                if track.frames[at] == index:
                    found.append(track.faces[at])
        return found

    def _separate(self, frame: Frame) -> None:
        """Let only one track keep a face that two have come to: the one that moved there less."""
        here = self._seen_in(frame)
        for i, a in enumerate(here):
            for b in here[i + 1 :]:
                both_here = all(t in self._live and t.frames[-1] == frame.index for t in (a, b))
                if both_here and is_same(a.last, b.last):
                    stray, owner = (a, b) if a.jump() > b.jump() else (b, a)
                    stray.missed += 1
                    stray.unwind(owner)
                    if not stray.frames:
                        self._live.remove(stray)
