"""Swaps heads in a file with the scene of an earlier analysis, going on where a try stopped."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import cast

from headswap.errors import PhotoError
from headswap.jobs import states
from headswap.jobs.assignment import Swapping
from headswap.jobs.compute import compute_named
from headswap.jobs.failures import Failure
from headswap.media import Resolution
from headswap.swapping.options import SwapOptions
from headswap.swapping.photo import read_photo
from headswap.swapping.reference import ReferenceReader
from headswap.swapping.swap import swap
from headswap.trust.consent import Consent
from headswap.trust.protected import ProtectedFace
from headswap.trust.rules import Rules
from headswap.vision.progress import Report
from headswap.vision.scene_file import load_scene
from headswap.vision.store import ModelStore


def swap_file(order: Swapping, report: Report) -> dict[str, object]:
    """{"report": the swap's report}; the video lies at the order's `out`.

    Raises:
        Failure: a photo cannot be used; the reason names its obj_id. HeadswapError: else.
    """
    store = ModelStore.default()
    _check_photos(order, store)
    options = SwapOptions(
        resolution=cast("Resolution", order.resolution),
        engine=order.engine,
        mute=order.mute,
        label=order.label,
    )
    protected = tuple(ProtectedFace.decoded(i, face) for i, face in order.protected.items())
    with ExitStack() as stack:
        done = swap(
            order.video,
            order.photos,
            order.out,
            consent={i: Consent(**stated) for i, stated in order.consents.items()},
            rules=Rules(order.explicit_limit, protected),
            options=options,
            scene=load_scene(order.scene),
            store=store,
            progress=report,
            work=order.work,
            compute=compute_named(order, stack),
            task_id=order.task_id,
            # The worker does that: no key comes near the files of strangers.
            sign=False,
            frame=order.frame,
        )
    content = json.loads(done.json())
    # Paths of this machine are nobody's business.
    for person in content["people"]:
        person.pop("photo")
    # Nor are they signed here.
    return {"report": {k: v for k, v in content.items() if k not in {"video", "out", "signed_by"}}}


def _check_photos(order: Swapping, store: ModelStore) -> None:
    """Names the person whose photo is the trouble, which the library cannot."""
    reader = ReferenceReader(store)
    for obj_id, path in sorted(order.photos.items()):
        try:
            read_photo(path)
            reader.find(path)
        except PhotoError as error:
            # The client knows its photo by its person, not by our path.
            reason = (
                str(error)
                .replace(str(path), "the photo")
                .replace("--largest-face", "a photo of this person alone")
            )
            raise Failure(states.REFERENCE_UNUSABLE, f"obj_id {obj_id}: {reason}") from error
