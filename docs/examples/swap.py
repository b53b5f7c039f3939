"""The whole way with httpx: swap.py VIDEO PHOTO RESULT.

HEADSWAP_URL and HEADSWAP_KEY name the server and the key.
"""

import os
import sys
import time
from pathlib import Path

import httpx

DONE, FAILED = 3, 4


def ask(client: httpx.Client, method: str, path: str, **given) -> dict:
    """The answer's data; whatever is no success ends the program with the reason."""
    answer = client.request(method, f"/api/open/v4/headswap/{path}", **given).json()
    if answer["code"] != 1000:
        sys.exit(f"{path}: {answer['code']} {answer['msg']}")
    return answer["data"]


def upload(client: httpx.Client, path: str) -> str:
    with Path(path).open("rb") as stream:
        return ask(client, "POST", "upload", files={"file": stream})["url"]


def finished(client: httpx.Client, kind: str, id_: str) -> dict:
    """The record, once it has ended."""
    while True:
        record = ask(client, "GET", f"{kind}/detail", params={"_id": id_})
        if record["status"] == FAILED:
            sys.exit(f"{kind}: {record['error_code']} {record['error_reason']}")
        if record["status"] == DONE:
            return record
        time.sleep(1)


def main(video: str, photo: str, result: str) -> None:
    key = {"x-api-key": os.environ["HEADSWAP_KEY"]}
    with httpx.Client(base_url=os.environ["HEADSWAP_URL"], headers=key, timeout=60) as client:
        video_url, photo_url = upload(client, video), upload(client, photo)

        wanted = {"video_url": video_url, "type": "head"}
        analysis = ask(client, "POST", "analyze", json=wanted)
        people = finished(client, "analyze", analysis["_id"])["analysis_result"]["media"]
        for person in people:
            print(f"person {person['obj_id']}: {person['frames']} frames")

        consent = "Anna Berg: I agree; for the trailer"
        wanted = {
            "video_url": video_url,
            "mappings": [{"obj_id": 0, "img_url": photo_url, "consent": consent}],
            "model_name": "akool-premium",
            "resolution": "480p",
        }
        # Sent again under the same key, this makes no second task.
        once = {"idempotency-key": f"{video}-{photo}"}
        task = ask(client, "POST", "task/create", json=wanted, headers=once)
        video_url = finished(client, "task", task["_id"])["video_url"]
    Path(result).write_bytes(httpx.get(video_url, timeout=60).raise_for_status().content)


if __name__ == "__main__":
    main(*sys.argv[1:])
