"""The sample: a made film of two people whose pose, masks and background are known exactly."""

from __future__ import annotations

from headswap.sample.clip import write_clip
from headswap.sample.portrait import portrait
from headswap.sample.scene import HeadTruth, SampleFrame, SampleScene, build_scene
from headswap.sample.spec import Identity, SampleSpec

__all__ = [
    "HeadTruth",
    "Identity",
    "SampleFrame",
    "SampleScene",
    "SampleSpec",
    "build_scene",
    "portrait",
    "write_clip",
]
