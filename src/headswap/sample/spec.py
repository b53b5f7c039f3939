"""What a sample scene is asked to show."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from fractions import Fraction


class Identity(Enum):
    """The two people of the sample: the portrait's own, and one made from it."""

    ASTRONAUT = "astronaut"
    SECOND = "second"


@dataclass(frozen=True, slots=True)
class SampleSpec:
    """A sample scene, completely: the same specification gives the same pixels.

    size_wh: frame size in pixels, both even. seconds, rate: length and frame rate.
    people: one or two, from left to right (the other way round after a cut).
    cut: a change of camera half way: other background, other framing.
    occluder: a hand passes in front of the first person's face once in each shot.
    microphone: one is held in front of the first person's mouth once in each shot.
    camera_motion: how far the camera drifts, in percent of the frame's height.
    pan: how far the camera turns over the whole film, in percent of the frame's height.
    zoom: how much larger everything is at the end of the film, in percent.
    walk: how far people step to and fro, in centimetres to either side.
    seed: phase of the motion, and the grain.
    """

    size_wh: tuple[int, int] = (640, 480)
    seconds: float = 4.0
    rate: Fraction = Fraction(25)
    people: tuple[Identity, ...] = (Identity.ASTRONAUT,)
    cut: bool = False
    occluder: bool = False
    microphone: bool = False
    camera_motion: float = 0.0
    pan: float = 0.0
    zoom: float = 0.0
    walk: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        if not 1 <= len(self.people) <= 2:
            raise ValueError(f"SampleSpec.people has {len(self.people)} entries, not one or two")
        if any(n % 2 or not 64 <= n <= 4096 for n in self.size_wh):
            raise ValueError(
                f"SampleSpec.size_wh is {self.size_wh}, not two even numbers of 64..4096"
            )
        if self.rate <= 0 or self.frame_count < 1:
            raise ValueError("SampleSpec wants a positive rate and at least one frame")
        if not 0 <= self.camera_motion <= 5:
            raise ValueError(f"SampleSpec.camera_motion is {self.camera_motion}, not 0..5 percent")
        if not 0 <= self.pan <= 40 or not 0 <= self.zoom <= 40:
            raise ValueError(f"SampleSpec: pan {self.pan}, zoom {self.zoom}: not 0..40 percent")
        if not 0 <= self.walk <= 40:
            raise ValueError(f"SampleSpec.walk is {self.walk}, not 0..40 cm")

    @property
    def frame_count(self) -> int:
        """Number of frames: seconds times rate, rounded."""
        return round(self.seconds * self.rate)

    @property
    def cut_frame(self) -> int:
        """First frame after the cut; `frame_count` when there is none."""
        return self.frame_count // 2 if self.cut and self.frame_count > 1 else self.frame_count
