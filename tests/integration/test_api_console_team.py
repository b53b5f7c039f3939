"""GET /api/console/team: what the console shows of the team and of the server."""

from __future__ import annotations

from headswap.jobs import team_settings
from headswap.jobs.accounts import find_team
from headswap.trust.consent import Consent
from tests.api_world import Api

pytest_plugins = ["tests.service_databases", "tests.api_server"]

TEAM = "/api/console/team"


def test_a_team_is_shown_with_its_limits_and_prices(api: Api) -> None:
    data = api.get(TEAM)["data"]
    caller = api.world.caller
    assert (data["team_id"], data["uid"]) == (caller.team_id, caller.uid)
    assert (data["name"], data["client_id"]) == ("first", caller.client_id)
    assert (data["sources"], data["label"]) == ("retention", "")
    assert data["retention"] == {"results": 7, "sources": 7}
    assert data["prices"] == {"480p": 1, "720p": 1.5}
    assert data["limits"]["max_s"] == 20 and data["limits"]["photo_mb"] == 20
    assert [model["model_name"] for model in data["models"]] == ["mesh"]


def test_credits_are_held_while_a_task_has_not_ended(api_on_both: Api) -> None:
    api = api_on_both

    def shown() -> tuple[float, float]:
        data = api.get(TEAM)["data"]
        return data["credit"], data["held"]

    assert shown() == (1000, 0)
    api.analysed()
    first = api.world.created()
    assert shown() == (985, 15)
    api.world.created(resolution="480p")
    assert shown() == (975, 25)
    api.world.finished(first.id)
    assert shown() == (975, 10)


def test_what_the_team_states_and_chooses_is_shown(api: Api) -> None:
    caller, now = api.world.caller, api.clock.now_ms
    stated = Consent("Anna Berg", "everybody agrees", "our trailers", "2026-05-15T00:50:13+00:00")
    with api.services.db.write() as s:
        team = find_team(s, caller.team_id)
        team_settings.state_consent(s, team, stated, now)
        team_settings.choose_sources(s, team, "task-end", now)
        team_settings.choose_label(s, team, "Made with AI", now)
    data = api.get(TEAM)["data"]
    assert data["consent"] == {
        "by": "Anna Berg",
        "statement": "everybody agrees",
        "scope": "our trailers",
        "since": "2026-05-15T00:50:13+00:00",
    }
    assert (data["sources"], data["label"]) == ("task-end", "Made with AI")
    with api.services.db.write() as s:
        team_settings.withdraw_consent(s, find_team(s, caller.team_id), now)
    assert api.get(TEAM)["data"]["consent"] is None


def test_only_who_has_a_key_sees_a_team_and_only_the_own_one(api: Api) -> None:
    api.world.another_team()
    assert api.get(TEAM)["data"]["team_id"] == api.world.caller.team_id
    del api.client.headers["x-api-key"]
    assert api.get(TEAM)["code"] == 1102
