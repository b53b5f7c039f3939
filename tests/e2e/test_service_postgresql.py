"""The service split up: the API alone, workers of their own, PostgreSQL between them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from headswap.jobs.ledger_check import check_ledger
from headswap.sample import Identity, SampleSpec, build_scene, portrait, write_clip
from headswap.store.database import Database
from headswap.vision.store import ModelStore
from tests.service_process import running

if TYPE_CHECKING:
    from tests.service_databases import PostgresServer

pytest_plugins = ["tests.service_databases"]


def test_two_workers_share_the_tasks_and_one_may_die(
    core_pack: ModelStore, postgres_server: PostgresServer, postgres_template: str, tmp_path: Path
) -> None:
    clip, photo = tmp_path / "clip.mp4", tmp_path / "photo.png"
    write_clip(build_scene(SampleSpec(size_wh=(320, 240), seconds=12 / 25)), clip)
    Image.fromarray(portrait(Identity.SECOND)).save(photo)
    with postgres_server.database(postgres_template) as url:
        _share(clip, photo, tmp_path / "data", url)


def _share(clip: Path, photo: Path, data: Path, postgres_url: str) -> None:
    settings = {
        "HEADSWAP_DATABASE_URL": postgres_url,
        "HEADSWAP_MIN_DURATION_S": "0.4",
        "HEADSWAP_LEASE_S": "2",
    }
    with running(data, "--no-worker", **settings) as service:
        assert service.worker() is None
        workers = [service.extra_worker(), service.extra_worker()]
        try:
            video_url, photo_url = service.upload(clip), service.upload(photo)
            assert service.analysed(video_url)["status"] == 3
            ids = [service.created(video_url, photo_url)["data"]["_id"] for _ in range(2)]
            workers[0].kill()
            tasks = [service.finished("task", id_) for id_ in ids]
        finally:
            for worker in workers:
                worker.terminate()
            codes = [worker.wait(timeout=60) for worker in workers]
        assert [task["status"] for task in tasks] == [3, 3]
        assert codes == [-9, 0]
        database = Database(postgres_url)
        try:
            with database.read() as s:
                assert check_ledger(s, service.team_id) == []
        finally:
            database.close()
