"""Where camera, people and hand are: framing of each shot and drift of the camera."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from headswap.sample.draw import Placement
from headswap.sample.motion import Motion
from headswap.sample.spec import Identity, SampleSpec

# A portrait's pixels in a centimetre, and seconds for steps to one side and back.
_PX_PER_CM, _WALK_S = 7.7, 3.2
_NEAR = 1.2  # people are nearer than the wall, so a moving camera shifts them further


def cast_of(spec: SampleSpec, shot: int) -> tuple[Identity, ...]:
    """The people of a shot from left to right: they change sides at the cut."""
    return spec.people[::-1] if shot else spec.people


def camera_shift(spec: SampleSpec, t_s: float) -> tuple[float, float]:
    """Shift of the background in pixels: a pan, and a slow drift with a little tremor."""
    panned = -0.01 * spec.pan * spec.size_wh[1] * _through(spec, t_s)
    if spec.camera_motion == 0:
        return panned, 0.0
    reach = 0.01 * spec.camera_motion * spec.size_wh[1]
    x = 0.85 * np.sin(2 * np.pi * t_s / 4.1) + 0.15 * np.sin(2 * np.pi * t_s / 0.7 + 1)
    y = 0.80 * np.sin(2 * np.pi * t_s / 5.3 + 2) + 0.20 * np.sin(2 * np.pi * t_s / 0.9)
    return panned + float(reach * x), float(reach * y)


def zoom_factor(spec: SampleSpec, t_s: float) -> float:
    """How much larger the frame shows everything than at the film's start."""
    return 1 + 0.01 * spec.zoom * _through(spec, t_s)


def _through(spec: SampleSpec, t_s: float) -> float:
    """0 at the start of the film, 1 at its end, without a jerk at either."""
    share = np.clip(t_s / spec.seconds, 0, 1)
    return float(0.5 - 0.5 * np.cos(np.pi * share))


def walked(spec: SampleSpec, moment: Motion, t_s: float) -> Motion:
    """The moment with the steps that the specification asks for."""
    if spec.walk == 0:
        return moment
    x, y = moment.sway_xy
    step = spec.walk * _PX_PER_CM * np.sin(2 * np.pi * t_s / _WALK_S)
    return replace(moment, sway_xy=(x + float(step), y))


def placement(
    spec: SampleSpec,
    shot: int,
    slot: int,
    moment: Motion,
    camera: tuple[float, float],
    zoom: float = 1.0,
) -> Placement:
    """Where the head of the person in `slot` (0 left) is in that shot."""
    width, height = spec.size_wh
    if len(spec.people) == 1:
        scale = min(height / (300 if shot == 0 else 255), width / 230)
        x, top = (0.5 if shot == 0 else 0.45), 0.09 - 0.02 * shot
    else:
        scale = min(height / (320 if shot == 0 else 300), width / (480 - 20 * shot))
        x, top = (0.27 + 0.46 * slot), 0.12 - 0.04 * (slot ^ shot)
    pivot = (
        x * width + moment.sway_xy[0] * scale + _NEAR * camera[0],
        top * height + 150 * scale + moment.sway_xy[1] * scale + _NEAR * camera[1],
    )
    middle = (0.5 * width, 0.5 * height)
    zoomed = (
        middle[0] + zoom * (pivot[0] - middle[0]),
        middle[1] + zoom * (pivot[1] - middle[1]),
    )
    return Placement(moment.yaw_deg, moment.pitch_deg, moment.roll_deg, zoomed, zoom * scale)
