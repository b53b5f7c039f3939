"""The two versions of the API, as a test that is the same for both speaks them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from headswap.jobs.analyses import tracks_key
from headswap.store.tables import Analysis
from tests.api_world import V4, Api
from tests.service_world import PHOTO, VIDEO

V5 = "/api/open/v5/headswap"


@dataclass(frozen=True, slots=True)
class Dialect:
    """Where a version is reached, and what it calls things.

    video, source, result: the video's URL in analyze, in create, and the result's in a task.
    held: the credits in the answer to create, charged: those in a task. usual: more fields of a
    create body, given: what must be in every body.
    """

    name: str
    root: str
    create: str
    video: str
    source: str
    result: str
    held: str
    charged: str
    submitted_msg: str
    given: dict[str, object] = field(default_factory=dict[str, object])
    needs_analysis: bool = False

    def analyze_body(self, **changes: object) -> dict[str, object]:
        return _without({**self.given, self.video: VIDEO, "type": "head", **changes})

    def create_body(self, analysis_id: str, **changes: object) -> dict[str, object]:
        named: dict[str, object] = {"analyze_id": analysis_id} if self.needs_analysis else {}
        body = {
            **self.given,
            self.source: VIDEO,
            **named,
            "mappings": [{"obj_id": 0, "img_url": PHOTO}],
            "model_name": "akool-premium",
            "resolution": "720p",
            **changes,
        }
        return _without(body)

    def created(self, answer: dict[str, Any]) -> dict[str, Any]:
        """The task in the answer to create."""
        assert answer["code"] == 1000, answer
        data = answer["data"]
        if "list" not in data:
            return data
        assert data["errors"] == [] and len(data["list"]) == 1
        return data["list"][0]


def _without(body: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in body.items() if value is not ...}


DIALECTS = (
    Dialect(
        name="v4",
        root=V4,
        create=f"{V4}/task/create",
        video="video_url",
        source="video_url",
        result="video_url",
        held="deduction_lock_duration",
        charged="deduction_duration",
        submitted_msg="Analyze success",
    ),
    Dialect(
        name="v5",
        root=V5,
        create=f"{V5}/create",
        video="url",
        source="target_url",
        result="url",
        held="deduction_credit",
        charged="deduction_credit",
        submitted_msg="OK",
        given={"media_type": "video"},
        needs_analysis=True,
    ),
)


def with_tracks(api: Api, analysis: Analysis, tracks: bytes = b'{"people": []}') -> Analysis:
    """The analysis, its track data stored as a worker stores it."""
    assert analysis.scene_key is not None
    api.services.blobs.put(tracks_key(analysis.scene_key), tracks)
    return analysis
