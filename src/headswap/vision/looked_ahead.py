"""LookedAhead: sight that looks for new faces in a thread of its own, where it can before asked."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from headswap.media import Frame
from headswap.vision.face import Face
from headswap.vision.networks.faces import Faces
from headswap.vision.sight import Sight
from headswap.vision.tracking import Tracker


class LookedAhead:
    """A sight that sees what another one does; close it in the end.

    The other's `detect` is called in one thread while its `start` and `follow` are in use.
    """

    def __init__(self, sight: Sight) -> None:
        self._sight = sight
        self._thread = ThreadPoolExecutor(1, "detector")
        self._begun: dict[tuple[int, bool], Future[Faces]] = {}

    def begin(self, frame: Frame, closely: bool) -> None:
        """Begins a detection that will likely be asked for."""
        key = (frame.index, closely)
        if key not in self._begun:
            self._begun[key] = self._thread.submit(self._sight.detect, frame, closely)

    def detect(self, frame: Frame, closely: bool) -> Faces:
        self.begin(frame, closely)
        found = self._begun[frame.index, closely].result()
        # What was begun for nothing: something else called for a look earlier.
        self._begun = {key: begun for key, begun in self._begun.items() if key[0] > frame.index}
        return found

    def start(self, frame: Frame, seen: Faces, at: int) -> Face:
        return self._sight.start(frame, seen, at)

    def follow(self, frame: Frame, known: Face) -> Face:
        return self._sight.follow(frame, known)

    def close(self) -> None:
        """Ends the thread."""
        self._thread.shutdown(cancel_futures=True)


def tracked(
    frames: Iterable[tuple[Frame, bool]], tracker: Tracker, sight: LookedAhead, count: int
) -> Iterator[tuple[Frame, bool, list[Face]]]:
    """Each frame, whether a shot begins there, and the faces that the tracker follows in it.

    sight: the tracker's. count: how many frames ahead it is looked for those to be detected in.
    """
    coming: deque[tuple[Frame, bool]] = deque()

    def stepped() -> tuple[Frame, bool, list[Face]]:
        due = tracker.due(coming)
        if due is not None:
            sight.begin(*due)
        frame, new_shot = coming.popleft()
        return frame, new_shot, tracker.step(frame, new_shot)

    for item in frames:
        coming.append(item)
        if len(coming) > count:
            yield stepped()
    while coming:
        yield stepped()
