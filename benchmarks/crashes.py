"""Kills the service at random moments and counts what was lost.

python -m benchmarks.crashes --clip CLIP --photo PHOTO [--workers 20] [--servers 5] [--seed N]

Each round makes a task on a real service on loopback, kills -9 its worker or its server somewhere
between the first and the last moment of the task, and waits for the end: the task must be
completed, charged once, its result whole, its receiver told.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.service_process import Receiver, Service, frames_at, running

_LONGEST_S = 300.0


@dataclass(frozen=True, slots=True)
class Round:
    """One kill. faults: what did not hold, empty when all did."""

    what: str
    after_s: float
    took_s: float
    faults: tuple[str, ...]


def main() -> int:
    """Runs all rounds and prints them; 1 if anything was lost."""
    given = _arguments()
    draw = random.Random(given.seed)
    rounds: list[Round] = []
    with tempfile.TemporaryDirectory(prefix="headswap-crashes-") as name, Receiver() as receiver:
        allow = f"127.0.0.1:{receiver.port}"
        with running(Path(name) / "data", HEADSWAP_FETCH_ALLOW=allow, **_settings()) as service:
            video, photo = service.upload(given.clip), service.upload(given.photo)
            if service.analysed(video)["status"] != 3:
                raise SystemExit(f"{given.clip} cannot be analysed")
            start = time.monotonic()
            frames = _undisturbed(service, video, photo, Path(name))
            length_s = time.monotonic() - start
            print(f"undisturbed: {length_s:.1f} s, {frames} frames", flush=True)
            for what in ["worker"] * given.workers + ["server"] * given.servers:
                after_s = draw.uniform(0.0, length_s)
                done = _round(service, receiver, what, after_s, video, photo, frames, Path(name))
                rounds.append(done)
                print(f"{len(rounds)}: {_line(done)}", flush=True)
    good = sum(not one.faults for one in rounds)
    print(f"{good} of {len(rounds)} rounds lost nothing")
    return 0 if good == len(rounds) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--clip", type=Path, required=True)
    parser.add_argument("--photo", type=Path, required=True)
    parser.add_argument("--workers", type=int, default=20, help="kills of the worker")
    parser.add_argument("--servers", type=int, default=5, help="kills of the server")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def _settings() -> dict[str, str]:
    return {"HEADSWAP_MIN_DURATION_S": "0.4", "HEADSWAP_MAX_TRIES": "10"}


def _undisturbed(service: Service, video: str, photo: str, folder: Path) -> int:
    """How many frames a result has that nobody disturbed."""
    task = service.finished("task", service.created(video, photo)["data"]["_id"], _LONGEST_S)
    return frames_at(task["video_url"], folder)


def _round(
    service: Service,
    receiver: Receiver,
    what: str,
    after_s: float,
    video: str,
    photo: str,
    frames: int,
    folder: Path,
) -> Round:
    before = _credit(service)
    created = service.created(video, photo, webhookUrl=receiver.url)["data"]
    start = time.monotonic()
    time.sleep(after_s)
    _kill(service, what)
    task = service.finished("task", created["_id"], _LONGEST_S)
    took_s = time.monotonic() - start
    faults: list[str] = []
    if task["status"] != 3:
        faults.append(f"ended as {task['status']}: {task.get('error_reason')}")
    elif frames_at(task["video_url"], folder) != frames:
        faults.append("the result is not whole")
    if before - _credit(service) != created["deduction_lock_duration"]:
        faults.append(f"charged {before - _credit(service)}")
    faults += service.ledger_faults()
    if not _told(service, receiver, created["_id"]):
        faults.append("the receiver was not told")
    return Round(what, after_s, took_s, tuple(faults))


def _kill(service: Service, what: str) -> None:
    if what == "server":
        service.kill()
        service.start()
        return
    end = time.monotonic() + 10
    while time.monotonic() < end:
        worker = service.worker()
        if worker is not None:
            worker.kill()
            return
        time.sleep(0.05)
    raise SystemExit("there is no worker to kill")


def _credit(service: Service) -> float:
    return float(service.ask("GET", "/api/open/v3/faceswap/quota/info")["data"]["credit"])


def _told(service: Service, receiver: Receiver, task_id: str) -> bool:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        told = receiver.told(service.client_id, service.secret)
        if any(message["_id"] == task_id and message["status"] == 3 for message in told):
            return True
        time.sleep(0.1)
    return False


def _line(one: Round) -> str:
    what = f"{one.what} killed after {one.after_s:.2f} s, ended after {one.took_s:.1f} s"
    return f"{what}: {'; '.join(one.faults) or 'nothing lost'}"


if __name__ == "__main__":
    sys.exit(main())
