"""Analyses a file within limits: what the API shows of it, the scene, and previews."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from headswap.arrays import I32
from headswap.jobs import states
from headswap.jobs.assignment import SCENE_NAME, Analysing, VideoLimits
from headswap.jobs.failures import Failure
from headswap.media import VideoInfo, probe
from headswap.vision.analyze import analyze
from headswap.vision.previews import write_previews
from headswap.vision.progress import Report
from headswap.vision.scene import Scene
from headswap.vision.scene_file import people_json, save_scene


def analyse_file(order: Analysing, report: Report) -> dict[str, object]:
    """What was found: {"result", "duration_ms", "previews"}; files lie in the order's folder.

    result: as `Analysis.result`, its keys still empty. previews: file names by obj_id.

    Raises:
        Failure: the video is outside the limits. HeadswapError: it cannot be used.
    """
    _check_video(probe(order.video), order.limits)
    scene = analyze(order.video, progress=report)
    # Only now every frame has been seen; a container may claim anything.
    _check_scene(scene, order.limits)
    previews = write_previews(scene, order.video, order.folder)
    save_scene(scene, order.folder / SCENE_NAME)
    found = people_json(scene, previews)
    info = scene.video
    tracks = scene.tracks
    seen = {one.obj_id: presence([tracks[i].frames for i in one.tracks]) for one in scene.people}
    media = [
        {
            "obj_id": person["obj_id"],
            "key": "",
            "frames": person["frames"],
            "first_frame": person["first_frame"],
            "box": person["box"],
            "presence": seen[person["obj_id"]],
        }
        for person in found["people"]
    ]
    return {
        "result": {
            "detected_objects": len(media),
            "media": media,
            "video_info": {
                "width": info.width,
                "height": info.height,
                "fps": _plain(float(info.rate)),
                "frame_count": len(scene.pts),
            },
        },
        "duration_ms": round(_duration_s(scene) * 1000),
        "previews": {str(i): path.name for i, path in previews.items()},
    }


def presence(tracks: Sequence[I32]) -> list[list[int]]:
    """The stretches of frames, each [start, stop), that the frames of a person's tracks make."""
    seen = np.unique(np.concatenate(tracks))
    stretches = np.split(seen, np.flatnonzero(np.diff(seen) > 1) + 1)
    return [[int(one[0]), int(one[-1]) + 1] for one in stretches]


def _check_video(info: VideoInfo, limits: VideoLimits) -> None:
    if max(info.width, info.height) > limits.max_side_px:
        raise Failure(
            states.NOT_A_VIDEO,
            f"the video is {info.width}x{info.height}; its longer side may have "
            f"{limits.max_side_px} px",
        )
    # A rate of 60000/1001 or of a phone's 60.02 is 60 to whoever set the limit.
    if float(info.rate) > limits.max_fps * 1.01:
        raise Failure(
            states.FRAME_RATE_TOO_HIGH,
            f"the video has {float(info.rate):g} frames a second; at most {limits.max_fps:g} "
            "are taken",
        )
    # Only far more than is allowed, before minutes are spent on it: this is a claim.
    if info.duration_s > 2 * limits.max_duration_s:
        raise _length(info.duration_s, limits)


def _check_scene(scene: Scene, limits: VideoLimits) -> None:
    seconds, frame_s = _duration_s(scene), 1 / float(scene.video.rate)
    low, high = limits.min_duration_s - frame_s, limits.max_duration_s + frame_s
    if not low - 1e-6 <= seconds <= high + 1e-6:
        raise _length(seconds, limits)
    if not scene.people:
        raise Failure(
            states.NO_PERSON,
            "nobody was found in the video; a face must be at least 24 px high and turned towards "
            "the camera in some frames",
        )
    if len(scene.people) > limits.max_people:
        raise Failure(
            states.TOO_MANY_PEOPLE,
            f"{len(scene.people)} people were found; at most {limits.max_people} are taken",
        )


def _length(seconds: float, limits: VideoLimits) -> Failure:
    return Failure(
        states.DURATION_OUT_OF_BOUNDS,
        f"the video lasts {seconds:.2f} s; {limits.min_duration_s:g} to "
        f"{limits.max_duration_s:g} s are taken",
    )


def _duration_s(scene: Scene) -> float:
    """From the first frame's time to the end of the last."""
    span = int(scene.pts[-1] - scene.pts[0]) * scene.video.time_base
    return float(span + 1 / scene.video.rate)


def _plain(value: float) -> float | int:
    return int(value) if value == int(value) else round(value, 3)
