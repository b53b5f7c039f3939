"""GET /api/console/analysis: the source to be played, and when each person is seen."""

from __future__ import annotations

import pytest

from headswap.api.console.names import video_name
from headswap.jobs import retention
from tests.api_world import V4, Api

pytest_plugins = ["tests.service_databases", "tests.api_server"]

ANALYSIS = "/api/console/analysis"


def test_a_completed_analysis_has_its_source_and_its_people(api_on_both: Api) -> None:
    api = api_on_both
    analysis = api.analysed()
    assert analysis.source_key is not None
    api.services.blobs.put(analysis.source_key, b"the video")
    data = api.get(ANALYSIS, _id=analysis.id)["data"]
    usual = api.get(f"{V4}/analyze/detail", _id=analysis.id)["data"]
    assert {name: data[name] for name in usual} == usual
    assert (data["name"], data["duration"]) == ("v.mp4", 10)
    assert api.client.get(data["source"]).content == b"the video"
    first, second = data["people"]
    assert first["preview"] == usual["analysis_result"]["media"][0]["img_url"]
    assert (first["obj_id"], first["frames"], first["box"]) == (0, 300, [10, 20, 110, 140])
    assert first["presence"] == [[0, 100], [100, 300]]
    assert second["presence"] == [[0, 100], [101, 300]]


def test_one_that_has_not_ended_has_neither(api: Api) -> None:
    data = api.get(ANALYSIS, _id=api.world.submitted().id)["data"]
    assert (data["status"], data["people"]) == (1, [])
    assert (data["source"], data["duration"]) == (None, None)


def test_what_has_expired_is_not_offered(api: Api) -> None:
    analysis = api.analysed()
    services, later = api.services, api.clock.now_ms + 8 * 86_400_000
    retention.step(services.db, services.blobs, services.settings, later)
    data = api.get(ANALYSIS, _id=analysis.id)["data"]
    assert data["expired"] is True and data["source"] is None
    assert [person["preview"] for person in data["people"]] == [None, None]


def test_another_teams_analysis_is_not_found(api: Api) -> None:
    theirs = api.world.submitted(caller=api.world.another_team())
    for id_ in (theirs.id, "0" * 24, "x"):
        assert api.get(ANALYSIS, _id=id_)["code"] == 1014
    assert api.get(ANALYSIS)["code"] == 1003


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://host.example", "host.example"),
        ("https://host.example/", "host.example"),
        ("https://host.example/a/my%20clip.mp4?sig=1", "my clip.mp4"),
        ("http://h/files/uploads/6a066dc58570ecbf64f761a5/v.mp4?expires=1", "v.mp4"),
        ("https://host.example/clip/", "clip"),
        ("https://host.example/%ff", "\N{REPLACEMENT CHARACTER}"),
    ],
)
def test_a_video_is_called_by_the_end_of_its_url(url: str, name: str) -> None:
    assert video_name(url) == name
