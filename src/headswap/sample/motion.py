"""How the sample's people move: head angles, speech, blinks and sway as functions of time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from headswap.sample.expression import Expression

YAW_MAX_DEG, PITCH_MAX_DEG, ROLL_MAX_DEG = 30.0, 15.0, 10.0
BLINK_S = 0.28
_BLINK_EVERY_S = 2.3


@dataclass(frozen=True, slots=True)
class Motion:
    """One person's state at one moment; `sway_xy` in portrait pixels."""

    yaw_deg: float
    pitch_deg: float
    roll_deg: float
    face: Expression
    sway_xy: tuple[float, float]


def _wave(t_s: float, period_s: float, phase: float) -> float:
    return float(np.sin(2 * np.pi * (t_s / period_s + phase)))


def motion(t_s: float, person: int, people: int, seed: int) -> Motion:
    """The state of person number `person` of `people` at `t_s`; smooth, and the same every time."""
    shift = 0.37 * person + (0.0 if seed == 0 else float(np.random.default_rng(seed).random()))
    yaw = 0.76 * _wave(t_s, 4.4, shift) + 0.24 * _wave(t_s, 1.9, 0.8 * shift)
    pitch = 0.68 * _wave(t_s, 3.6, shift) + 0.32 * _wave(t_s, 1.5, shift + 0.5)
    roll = 0.7 * _wave(t_s, 5.2, shift) + 0.3 * _wave(t_s, 2.3, shift)
    jaw = jaw_open(t_s, person, people)
    face = Expression(jaw, _blink(t_s, person), 0.28 + 0.27 * _wave(t_s, 5.7, shift + 0.15))
    sway = (5.0 * _wave(t_s, 3.9, shift), 2.0 * _wave(t_s, 2.7, shift + 0.3))
    return Motion(YAW_MAX_DEG * yaw, PITCH_MAX_DEG * pitch, ROLL_MAX_DEG * roll, face, sway)


def jaw_open(t_s: float, person: int, people: int) -> float:
    """0..1, syllables of speech; two people take turns."""
    turn = _wave(t_s, 3.2, 0.05 + 0.5 * person) if people > 1 else 0.55 + _wave(t_s, 3.2, 0.05)
    speaking = float(np.clip(0.5 + 3.0 * turn, 0, 1))
    syllable = max(0.0, _wave(t_s, 0.29, 0.3 * person)) ** 1.3
    stress = 0.62 + 0.38 * _wave(t_s, 0.83, 0.2)
    return 0.85 * speaking * syllable * stress


def _blink(t_s: float, person: int) -> float:
    since = (t_s - 0.7 - 0.9 * person) % _BLINK_EVERY_S
    if since >= BLINK_S:
        return 0.0
    return float(np.sin(np.pi * since / BLINK_S) ** 1.5)


def hand_reach(progress: float) -> float:
    """0 (out of the picture) .. 1 (in front of the face) over a shot's `progress` 0..1."""
    return float(np.sin(np.pi * np.clip((progress - 0.25) / 0.6, 0, 1)) ** 2)
