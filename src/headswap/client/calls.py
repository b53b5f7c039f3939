"""The calls of the API as flows, and the whole way made of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias, TypeVar

from headswap.client.effects import Check, Flow, Moved, Wait
from headswap.client.errors import ResultGone, TookTooLong, failure_of
from headswap.client.exchange import Core, get, post, save, send_file
from headswap.client.progress import Progress, Stage, Told, nobody
from headswap.client.results import (
    Analysis,
    Deleted,
    Fields,
    Page,
    Status,
    Swapped,
    Task,
    read_analysis,
    read_deleted,
    read_page,
    read_task,
)

V3 = "/api/open/v3"
V4 = "/api/open/v4/headswap"
_FIRST_LOOK_S, _SLOWER, _SLOWEST_LOOK_S = 0.5, 1.25, 5.0
# A URL, or the path of a local file, which is then uploaded.
Source: TypeAlias = str | Path
_Record = TypeVar("_Record", Analysis, Task)


def swap(
    core: Core,
    video: Source,
    photos: Mapping[int, Source],
    *,
    to: Path | str | None = None,
    resolution: str = "720p",
    model_name: str = "akool-premium",
    keep_original_sound: bool = True,
    template_id: str | None = None,
    webhook_url: str | None = None,
    consent: str | Mapping[int, str] | None = None,
    progress: Told = nobody,
    timeout_s: float | None = None,
) -> Flow[Swapped]:
    """The video with the photos' heads: uploaded, analysed, swapped, and saved if `to` is given.

    photos: by the obj_id of the person, 0 for the one who is seen longest. consent: who states that
    the people shown agreed, and to what; for all photos, or by obj_id. timeout_s: for the analysis,
    and again for the swap.

    Raises:
        Refusal, RecordFailed: the server's answer. Unreachable, Unavailable: tried again in vain.
        FileNotRead, OutputError: a local file. TookTooLong.
    """
    if to is not None:
        yield Check(Path(to))
    # Photos first: a file that is not there is found out before a video was uploaded.
    urls: dict[int, Source] = {}
    for obj_id, photo in photos.items():
        urls[obj_id] = yield from _as_url(core, photo, progress)
    submitted = yield from analyze(core, video, progress=progress)
    analysis = yield from wait_for_analysis(
        core, submitted.id, progress=progress, timeout_s=timeout_s
    )
    made = yield from create(
        core,
        submitted.video_url,
        urls,
        resolution=resolution,
        model_name=model_name,
        keep_original_sound=keep_original_sound,
        template_id=template_id,
        webhook_url=webhook_url,
        consent=consent,
    )
    task = yield from wait_for_task(core, made.id, progress=progress, timeout_s=timeout_s)
    path = None
    if to is not None:
        path = yield from download(core, task, to, progress=progress)
    return Swapped(analysis, task, path)


def upload(core: Core, file: Path | str, *, progress: Told = nobody) -> Flow[str]:
    """The URL of an uploaded video or photo, good as a video or a photo of the same team."""
    path = Path(file)
    data = yield from send_file(core, f"{V4}/upload", path, _moved(progress, "upload", path.name))
    return Fields.of(data).text("url")


def analyze(core: Core, video: Source, *, progress: Told = nobody) -> Flow[Analysis]:
    """The analysis of a video, queued."""
    video_url = yield from _as_url(core, video, progress)
    body = {"video_url": video_url, "type": "head"}
    analysis = read_analysis((yield from post(core, f"{V4}/analyze", body, once=True)))
    # As it was sent, character for character: a task must name it so.
    return replace(analysis, video_url=video_url)


def analysis(core: Core, id_: str) -> Flow[Analysis]:
    """An analysis as it is now."""
    return read_analysis((yield from get(core, f"{V4}/analyze/detail", {"_id": id_})))


def wait_for_analysis(
    core: Core, id_: str, *, progress: Told = nobody, timeout_s: float | None = None
) -> Flow[Analysis]:
    """The analysis, completed. Raises RecordFailed, TookTooLong."""
    return _ended(core, lambda: analysis(core, id_), "analyze", progress, timeout_s)


def create(
    core: Core,
    video_url: str,
    photos: Mapping[int, Source],
    *,
    resolution: str = "720p",
    model_name: str = "akool-premium",
    keep_original_sound: bool = True,
    template_id: str | None = None,
    webhook_url: str | None = None,
    consent: str | Mapping[int, str] | None = None,
    progress: Told = nobody,
) -> Flow[Task]:
    """A task, queued, its credits held. video_url: of a completed analysis, as it was analysed."""
    mappings: list[dict[str, object]] = []
    for obj_id, photo in photos.items():
        mapping: dict[str, object] = {"obj_id": obj_id}
        mapping["img_url"] = yield from _as_url(core, photo, progress)
        stated = consent.get(obj_id) if isinstance(consent, Mapping) else consent
        if stated is not None:
            mapping["consent"] = stated
        mappings.append(mapping)
    body: dict[str, object] = {
        "video_url": video_url,
        "mappings": mappings,
        "model_name": model_name,
        "resolution": resolution,
        "keep_original_sound": keep_original_sound,
        "template_id": template_id,
        "webhookUrl": webhook_url,
    }
    given = {name: value for name, value in body.items() if value is not None}
    return read_task((yield from post(core, f"{V4}/task/create", given, once=True)))


def task(core: Core, id_: str) -> Flow[Task]:
    """A task as it is now."""
    return read_task((yield from get(core, f"{V4}/task/detail", {"_id": id_})))


def wait_for_task(
    core: Core, id_: str, *, progress: Told = nobody, timeout_s: float | None = None
) -> Flow[Task]:
    """The task, completed. Raises RecordFailed, TookTooLong."""
    return _ended(core, lambda: task(core, id_), "swap", progress, timeout_s)


def download(
    core: Core, result: Task | str, to: Path | str, *, progress: Told = nobody
) -> Flow[Path]:
    """Where a completed task's result, or the file at a URL, now lies: `to`.

    Raises:
        ResultGone: it has expired. OutputError: `to` cannot be written.
    """
    path, url = Path(to), result if isinstance(result, str) else result.result_url
    if url is None or not _is_url(url):
        raise ResultGone(f"there is no result to be downloaded: {result}")
    yield from save(core, url, path, _moved(progress, "download", path.name))
    return path


def cancel(core: Core, id_: str) -> Flow[Task]:
    """The task; what was held for it is given back once it has ended."""
    return read_task((yield from post(core, f"{V4}/task/cancel", {"_id": id_})))


def delete(core: Core, ids: Sequence[str]) -> Flow[Deleted]:
    """What was deleted of these tasks: record, result, previews, tracks."""
    body = {"_ids": ",".join(ids)}
    return read_deleted((yield from post(core, f"{V4}/task/delbyids", body)))


def tasks(
    core: Core, *, page: int = 1, size: int = 10, status: Status | None = None
) -> Flow[Page[Task]]:
    """A page of the team's tasks, newest first."""
    query = _page(page, size, status)
    return read_page((yield from get(core, f"{V4}/task/list", query)), read_task)


def analyses(
    core: Core, *, page: int = 1, size: int = 10, status: Status | None = None
) -> Flow[Page[Analysis]]:
    """A page of the team's analyses, newest first."""
    query = _page(page, size, status)
    return read_page((yield from get(core, f"{V4}/analyze/list", query)), read_analysis)


def credits(core: Core) -> Flow[float]:
    """The credits left."""
    return Fields.of((yield from get(core, f"{V3}/faceswap/quota/info"))).number("credit")


def _as_url(core: Core, source: Source, progress: Told) -> Flow[str]:
    if isinstance(source, str) and _is_url(source):
        return source
    return (yield from upload(core, source, progress=progress))


def _is_url(text: str) -> bool:
    return text.lower().startswith(("http://", "https://"))


def _ended(
    core: Core,
    look: Callable[[], Flow[_Record]],
    stage: Stage,
    progress: Told,
    timeout_s: float | None,
) -> Flow[_Record]:
    """The record once it is completed; looked at less often the longer it takes."""
    begun, pause_s = core.clock(), _FIRST_LOOK_S
    while True:
        record = yield from look()
        progress(Progress(stage, record.id, record.progress, 100))
        if record.status == Status.FAILED:
            raise failure_of(record.id, record.error_code, record.error_reason)
        if record.status == Status.COMPLETED:
            return record
        if timeout_s is not None and core.clock() - begun + pause_s > timeout_s:
            raise TookTooLong(
                f"{record.id} has not ended within {timeout_s:g} s; it goes on, wait for it again"
            )
        yield Wait(pause_s)
        pause_s = min(pause_s * _SLOWER, _SLOWEST_LOOK_S)


def _moved(progress: Told, stage: Stage, name: str) -> Moved:
    return lambda done, total: progress(Progress(stage, name, done, total))


def _page(page: int, size: int, status: Status | None) -> dict[str, object]:
    given: dict[str, object] = {"page": page, "size": size}
    return given if status is None else {**given, "status": int(status)}
