"""What a result or a preview says of itself, as the C2PA manifest that is signed with it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version

from headswap.trust.seal import SOURCE_TYPES, SWAP_ASSERTION

SOFTWARE = "Headswap"
# Heads that no camera has taken on these bodies are composed into what a camera took, and trained
# networks find, cut out and place them: "edited using generative AI" is what viewers show for this
# term. Of the nearer terms, compositeCapture would hide that the motion shown was never taken.
_COMPOSITE = f"{SOURCE_TYPES}/compositeWithTrainedAlgorithmicMedia"


@dataclass(frozen=True, slots=True)
class SwapStatement:
    """What was done to make one video.

    when: aware UTC. source_sha256, photos_sha256: of the input files, the photos by obj_id.
    consents: by obj_id, the fields of the consent for that photo; only a hash of them goes out.
    mark: the invisible mark's 16 hex digits, empty without one. label: the visible one, or empty.
    """

    task_id: str
    when: datetime
    source_sha256: str
    photos_sha256: Mapping[int, str]
    engine: str
    device: str
    pack: str
    models: Sequence[str]
    size_wh: tuple[int, int]
    mute: bool = False
    consents: Mapping[int, Mapping[str, str]] = field(default_factory=dict[int, Mapping[str, str]])
    mark: str = ""
    label: str = ""

    def manifest(self) -> dict[str, object]:
        """The manifest, as the C2PA library takes it."""
        return _manifest(
            "head swap",
            [_source(self.source_sha256), *_photos(self.photos_sha256)],
            self._actions(),
            {SWAP_ASSERTION: self._facts()},
        )

    def _actions(self) -> list[dict[str, object]]:
        actions = _swapped(self.when, self.photos_sha256, self.mark, self.label)
        if self.mute:
            actions.append(_action("c2pa.edited", self.when, "the sound was left out"))
        what = "the video was encoded anew as H.264 in MP4"
        return [*actions, _action("c2pa.transcoded", self.when, what)]

    def _facts(self) -> dict[str, object]:
        people = [
            {
                "obj_id": obj_id,
                "photo_sha256": digest,
                **(
                    {"consent_sha256": consent_sha256(self.consents[obj_id])}
                    if obj_id in self.consents
                    else {}
                ),
            }
            for obj_id, digest in sorted(self.photos_sha256.items())
        ]
        facts: dict[str, object] = {
            "task_id": self.task_id,
            "time": self.when.isoformat(timespec="seconds"),
            "engine": self.engine,
            "device": self.device,
            "pack": self.pack,
            "models": list(self.models),
            "width": self.size_wh[0],
            "height": self.size_wh[1],
            "source_sha256": self.source_sha256,
            "people": people,
        }
        return facts | ({"mark": self.mark} if self.mark else {})


@dataclass(frozen=True, slots=True)
class PreviewStatement:
    """What was done to make the preview of one person: nothing but cutting it out."""

    when: datetime
    source_sha256: str
    obj_id: int

    def manifest(self) -> dict[str, object]:
        """The manifest, as the C2PA library takes it."""
        what = f"a frame was cut to person {self.obj_id}; no pixel was changed"
        actions = [
            _action("c2pa.cropped", self.when, what),
            _action("c2pa.converted", self.when, "a picture of the video was written as PNG"),
        ]
        return _manifest("preview of a person", [_source(self.source_sha256)], actions, {})


@dataclass(frozen=True, slots=True)
class FrameStatement:
    """What was done to make the picture of one frame while its swap is still rendered.

    Fields as of `SwapStatement`.
    """

    task_id: str
    when: datetime
    source_sha256: str
    photos_sha256: Mapping[int, str]
    mark: str
    label: str

    def manifest(self) -> dict[str, object]:
        """The manifest, as the C2PA library takes it."""
        what = "a frame was made smaller and written as JPEG"
        actions = [
            *_swapped(self.when, self.photos_sha256, self.mark, self.label),
            _action("c2pa.resized", self.when, what),
        ]
        facts = {"task_id": self.task_id, "time": self.when.isoformat(timespec="seconds")}
        inputs = [_source(self.source_sha256), *_photos(self.photos_sha256)]
        return _manifest("frame of a head swap", inputs, actions, {SWAP_ASSERTION: facts})


def _photo_ids(photos_sha256: Mapping[int, str]) -> dict[int, str]:
    return {obj_id: f"photo-{obj_id}" for obj_id in sorted(photos_sha256)}


def _photos(photos_sha256: Mapping[int, str]) -> list[dict[str, object]]:
    return [
        _ingredient(name, f"photo for person {i}", photos_sha256[i], "inputTo")
        for i, name in _photo_ids(photos_sha256).items()
    ]


def _swapped(
    when: datetime, photos_sha256: Mapping[int, str], mark: str, label: str
) -> list[dict[str, object]]:
    """What was done to every frame."""
    what = "the heads of the mapped people were replaced by the heads of the photos"
    swapped = _action("c2pa.edited", when, what)
    swapped["digitalSourceType"] = _COMPOSITE
    swapped["parameters"] = {"ingredientIds": list(_photo_ids(photos_sha256).values())}
    actions = [swapped]
    if mark:
        what = "an invisible mark that names the task was put into the picture"
        actions.append(_action("c2pa.watermarked.unbound", when, what))
    if label:
        actions.append(_action("c2pa.edited", when, f"a visible label was drawn: {label}"))
    return actions


def consent_sha256(consent: Mapping[str, str]) -> str:
    """The hash that a consent is referred to by: of its fields as compact JSON, sorted by name."""
    text = json.dumps(dict(consent), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _manifest(
    title: str,
    ingredients: list[dict[str, object]],
    actions: list[dict[str, object]],
    facts: Mapping[str, object],
) -> dict[str, object]:
    opened = {"action": "c2pa.opened", "parameters": {"ingredientIds": ["source"]}}
    listed = {"actions": [opened, *actions], "allActionsIncluded": True}
    return {
        "title": title,
        "claim_generator_info": [{"name": SOFTWARE, "version": version("headswap")}],
        "ingredients": ingredients,
        "assertions": [
            {"label": "c2pa.actions.v2", "data": listed},
            *({"label": label, "data": data} for label, data in facts.items()),
        ],
    }


def _action(name: str, when: datetime, description: str) -> dict[str, object]:
    return {
        "action": name,
        "when": when.isoformat(timespec="seconds"),
        "softwareAgent": {"name": SOFTWARE, "version": version("headswap")},
        "description": description,
    }


def _source(sha256: str) -> dict[str, object]:
    return _ingredient("source", "source video", sha256, "parentOf")


def _ingredient(label: str, title: str, sha256: str, relationship: str) -> dict[str, object]:
    """An input by its hash alone: neither its name nor anything of its content goes out."""
    return {
        "label": label,
        "title": title,
        "relationship": relationship,
        "instance_id": f"sha256:{sha256}",
        "metadata": {"org.headswap.sha256": sha256},
    }
