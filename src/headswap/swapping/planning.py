"""Makes the RenderPlan of a swap: motions first, then what the survey of key frames adds."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np

from headswap.arrays import F32, F64
from headswap.swapping.acting import Manner, manner_of
from headswap.swapping.calibration import calibrated
from headswap.swapping.compose.body_cue import steady_cues
from headswap.swapping.compose.follow import between
from headswap.swapping.compose.grain import Grain
from headswap.swapping.compose.mosaic import View, plate_of
from headswap.swapping.compose.neck import ASIDE_CM, CHIN_CM, DOWN_CM, agreement
from headswap.swapping.compose.shading import LIGHT
from headswap.swapping.compose.tone import Skin
from headswap.swapping.engines.mesh import pose_vertices
from headswap.swapping.engines.protocol import Engine
from headswap.swapping.glimpses import Glimpse
from headswap.swapping.head_model import HeadModel
from headswap.swapping.lasting import Completed, completed
from headswap.swapping.motion import bridge, continuous, follow, neutral_face
from headswap.swapping.occlusion import (
    HairPlane,
    occlusion_of,
    occlusion_path,
    save_occlusion,
)
from headswap.swapping.plan import KEY_STEP, Appearance, Bystander, RenderPlan
from headswap.swapping.resized import resized_landmarks
from headswap.swapping.seen_files import key_path, load_mattes, view_path
from headswap.swapping.shades import shades_of
from headswap.swapping.skin import LEAST_BARE
from headswap.swapping.smoothing import gaussian_mean
from headswap.swapping.softness import drawn_softness, settled_blur
from headswap.swapping.spans import Span, plate_path, spans_of
from headswap.swapping.survey import KeyLook
from headswap.vision.networks.blendshapes import Blendshapes
from headswap.vision.networks.landmarks import FaceLandmarks
from headswap.vision.pose import fit_pose
from headswap.vision.scene import Scene, Track

# The survey looks this far around the eyes, enough for hair down to the chest.
SURVEY_REACH_CM = (-25.0, -20.0, 25.0, 34.0)
_EDGE_CM = 1.0
_REACH_STEP = 3
# Light changes over about this many frames are followed; faster ones are measuring noise.
_TONE_SIGMA = 8.0
# Key frames over which what is hidden of a body is averaged.
_BODY_SIGMA = 3.0
# So many plates are made at once; each takes a good deal of memory.
_TOGETHER = 2


def first_plan(
    scene: Scene,
    size_wh: tuple[int, int],
    obj_ids: Collection[int],
    folder: Path,
    skin: Skin = "blend",
) -> RenderPlan:
    """The plan before the survey: who is drawn when, and how they move; without heads."""
    scale = np.array(size_wh) / [scene.video.width, scene.video.height]
    appearances: list[Appearance] = []
    for person in scene.people:
        if person.obj_id not in obj_ids:
            continue
        tracks = [_resized(scene.tracks[i], scale) for i in person.tracks]
        neutral = neutral_face(tracks)
        for track in continuous(tracks, float(scene.video.rate)):
            motion = follow(track, neutral)
            count = len(motion.landmarks)
            appearances.append(
                Appearance(
                    number=len(appearances),
                    obj_id=person.obj_id,
                    shot=track.shot,
                    motion=motion,
                    reach_cm=np.tile(SURVEY_REACH_CM, (count, 1)),
                    tones=np.zeros((count, 3), np.float32),
                    tone_spread=np.ones(3, np.float32),
                    lights=np.zeros((count, LIGHT), np.float32),
                    drawn_tones=np.ones((count, 3), np.float32),
                    drawn_lights=np.zeros((count, LIGHT), np.float32),
                    drawn_soft_px=np.full(count, np.nan, np.float32),
                    blur_px=np.zeros(count, np.float32),
                    jaw=np.zeros(3, np.float32),
                    neck=np.zeros(3, np.float32),
                    grain=Grain(0.0, 0.0),
                    bodies={},
                )
            )
    camera = scene.camera_from_first.copy()
    camera[:, :, 2] *= scale.astype(np.float32)
    return RenderPlan(
        info=scene.video,
        size_wh=size_wh,
        pts=scene.pts,
        camera_from_first=camera,
        appearances=tuple(appearances),
        heads={},
        shots=scene.shots,
        folder=folder,
        skin=skin,
        bystanders=_bystanders(scene, scale, obj_ids),
    )


def _bystanders(scene: Scene, scale_xy: F64, mapped: Collection[int]) -> tuple[Bystander, ...]:
    """Everybody who keeps their head."""
    found: list[Bystander] = []
    for person in scene.people:
        if person.obj_id in mapped:
            continue
        tracks = [_resized(scene.tracks[i], scale_xy) for i in person.tracks]
        for track in continuous(tracks, float(scene.video.rate)):
            landmarks, _ = bridge(track)
            scale = fit_pose(landmarks).scale
            found.append(Bystander(track.shot, int(track.frames[0]), landmarks, scale))
    return tuple(found)


def calibrated_plan(
    plan: RenderPlan,
    heads: dict[int, HeadModel],
    engine: Engine,
    landmarks: FaceLandmarks,
    blendshapes: Blendshapes,
) -> RenderPlan:
    """The plan with its heads, and every motion corrected for the head that is to follow it."""
    manners: dict[int, Manner] = {}
    # A face is at rest in the same way wherever the person appears: where it is seen longest says.
    for a in sorted(plan.appearances, key=lambda a: int(a.motion.seen.sum()), reverse=True):
        if a.obj_id not in manners:
            head = heads[a.obj_id]
            turned = calibrated(a.motion, head, engine, landmarks)
            manners[a.obj_id] = manner_of(turned, head, engine, landmarks, blendshapes)
    corrected: list[Appearance] = []
    for a in plan.appearances:
        # Once more: what a mouth or brow does is in part measured as a nod.
        acted = manners[a.obj_id].of(a.motion)
        turned = calibrated(acted, heads[a.obj_id], engine, landmarks)
        tones, lights = shades_of(turned, heads[a.obj_id], engine, landmarks)
        soft_px = drawn_softness(turned, heads[a.obj_id], engine)
        drawn = replace(a, drawn_tones=tones, drawn_lights=lights, drawn_soft_px=soft_px)
        corrected.append(replace(drawn, motion=turned))
    return replace(plan, heads=heads, appearances=tuple(corrected))


def final_plan(plan: RenderPlan, looks: Sequence[KeyLook | Glimpse]) -> RenderPlan:
    """The plan with tones and reaches from the survey; plates and occlusions are written."""
    by_number: dict[int, list[KeyLook]] = {}
    glimpses: dict[int, list[Glimpse]] = {}
    for look in sorted(looks, key=lambda look: (look.number, look.frame)):
        if isinstance(look, Glimpse):
            glimpses.setdefault(look.number, []).append(look)
        else:
            by_number.setdefault(look.number, []).append(look)
    # All of it spends most of its time outside of the interpreter.
    with ThreadPoolExecutor(_TOGETHER) as beside:
        complete = {
            a.number: completed(plan, a, by_number.get(a.number, []), beside)
            for a in plan.appearances
        }
        written = [beside.submit(_write_plate, plan, span) for span in spans_of(plan)]
        written += [
            beside.submit(_write_occlusion, plan, plan.appearances[number], seen)
            for number, seen in glimpses.items()
        ]
        appearances = tuple(_with_looks(plan, a, complete[a.number]) for a in plan.appearances)
        for task in written:
            task.result()
    return replace(plan, appearances=appearances)


def _with_looks(plan: RenderPlan, appearance: Appearance, found: list[Completed]) -> Appearance:
    if not found:
        return appearance
    looks = [look for look, _ in found]
    frames = np.arange(appearance.start, appearance.stop)
    at = np.array([look.frame for look in looks])

    telling = _telling(appearance, looks)
    told = np.array([look.frame for look in telling])

    def smooth(values: list[F32]) -> F32:
        each = np.stack(values)
        every = [np.interp(frames, told, each[:, k]) for k in range(each.shape[1])]
        return gaussian_mean(np.stack(every, axis=1), _TONE_SIGMA).astype(np.float32)

    seen_px = np.array([look.soft_px for look in looks])
    drawn_px = appearance.drawn_soft_px[at - appearance.start].astype(np.float64)
    cues = steady_cues([body for _, body in found], _BODY_SIGMA)
    lit = replace(
        appearance,
        tones=smooth([look.tone_mean for look in telling]),
        lights=smooth([look.light for look in telling]),
        blur_px=settled_blur(frames, at, seen_px, drawn_px, appearance.motion.pose.scale),
        bodies=dict(zip(map(int, at), cues, strict=True)),
        tone_spread=np.median([look.tone_spread for look in telling], axis=0).astype(np.float32),
        jaw=np.median([look.jaw for look in telling], axis=0).astype(np.float32),
        neck=np.median([look.neck for look in telling], axis=0).astype(np.float32),
        grain=Grain(
            float(np.median([look.grain.strength for look in looks])),
            float(np.sort([look.grain.size_px for look in looks])[len(looks) // 2]),
        ),
        reach_cm=_reaches(appearance, looks, plan.heads[appearance.obj_id]),
    )
    _, neck = agreement(plan.skin, plan.heads[appearance.obj_id], lit.body_tone())
    return replace(lit, reach_cm=_with_neck(lit.reach_cm)) if neck.seen() else lit


def _telling(appearance: Appearance, looks: list[KeyLook]) -> list[KeyLook]:
    """The looks that saw the skin of the face, and not hair or the back of a head; else all."""
    seen, start = appearance.motion.seen, appearance.start
    return [k for k in looks if k.bare >= LEAST_BARE and seen[k.frame - start]] or looks


def _reaches(appearance: Appearance, looks: list[KeyLook], head: HeadModel) -> F64:
    """(k, 4) cm from between the eyes that the old head or the new one covers in each frame.

    What a key frame shows holds for the frames up to the second next one on either side.
    """
    outwards = np.array([-1, -1, 1, 1])
    old = np.array([look.hair_reach_cm for look in looks]) * outwards
    at = np.array([look.frame for look in looks])
    frames = np.arange(appearance.start, appearance.stop)
    near = np.abs(frames[:, None] - at) <= 2 * KEY_STEP
    near[:, 0] |= frames < at[0]
    near[:, -1] |= frames > at[-1]
    # Where heads were not looked at for long, what is known on both sides counts.
    for side in (np.searchsorted(at, frames), np.searchsorted(at, frames, "right") - 1):
        near[np.arange(len(frames)), np.clip(side, 0, len(at) - 1)] = True
    seen = np.where(near[..., None], old[None], -np.inf).max(axis=1)
    return (np.maximum(seen, _drawn_reach(appearance, head) * outwards) + _EDGE_CM) * outwards


def _with_neck(reach_cm: F64) -> F64:
    """The reaches (k, 4), widened to all of the neck that is toned."""
    neck = np.array([-ASIDE_CM, np.inf, ASIDE_CM, CHIN_CM + DOWN_CM])
    widened = np.maximum(reach_cm, neck)
    widened[:, :2] = np.minimum(reach_cm[:, :2], neck[:2])
    return widened


def _drawn_reach(appearance: Appearance, head: HeadModel) -> F64:
    """(k, 4) left, top, right, bottom in cm from between the eyes that the new head covers."""
    frames = np.arange(appearance.start, appearance.stop)
    looked = np.unique(np.append(frames[::_REACH_STEP], frames[-1]))
    reach: list[F64] = []
    for frame in looked:
        placed = pose_vertices(head, appearance.state(int(frame)))[:, :2]
        eyes = appearance.landmarks(int(frame))[[33, 133, 362, 263], :2].mean(axis=0)
        from_eyes = (placed - eyes) / appearance.scale(int(frame))
        reach.append(np.concatenate([-from_eyes.min(axis=0), from_eyes.max(axis=0)]))
    # Between two looks the head turns through what lies between; beyond that it overshoots little.
    each = np.array(reach)
    most = each.copy()
    most[1:] = np.maximum(most[1:], each[:-1])
    most[:-1] = np.maximum(most[:-1], each[1:])
    every = most[np.searchsorted(looked, frames)] * [-1, -1, 1, 1]
    return np.asarray(every, np.float64)


def _key_hair(folder: Path, appearance: Appearance) -> dict[int, HairPlane]:
    """The person's own hair, by key frame."""
    found: dict[int, HairPlane] = {}
    for frame in appearance.key_frames():
        path = key_path(folder, appearance.number, int(frame))
        if path.exists():
            box, mattes = load_mattes(path)
            found[int(frame)] = HairPlane(box, mattes.hair)
    return found


def _write_plate(plan: RenderPlan, span: Span) -> None:
    camera = plan.camera_from_first
    paths = [view_path(plan.folder, frame) for frame in span.views]
    views = [View.load(path) for path in paths if path.exists()]
    motions = [between(camera[view.frame], camera[span.reference]) for view in views]
    plate = plate_of(views, motions, span.zone_xyxy, span.reference)
    plate.save(plate_path(plan.folder, span.number))


def _write_occlusion(plan: RenderPlan, appearance: Appearance, glimpses: list[Glimpse]) -> None:
    seen = occlusion_of(appearance, glimpses, _key_hair(plan.folder, appearance))
    if seen is not None:
        save_occlusion(occlusion_path(plan.folder, appearance.number), seen)


def _resized(track: Track, scale_xy: F64) -> Track:
    if np.allclose(scale_xy, 1):
        return track
    return replace(track, landmarks=resized_landmarks(track.landmarks, scale_xy))
