"""A server on loopback that speaks as much of S3's protocol as a blob store needs."""

from __future__ import annotations

import threading
import urllib.parse
import xml.etree.ElementTree as ET
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.sax.saxutils import escape


@dataclass(eq=False)
class Bucket:
    """What the server holds. refuse: every request is answered 403."""

    endpoint: str = ""
    blobs: dict[str, bytes] = field(default_factory=dict[str, bytes])
    kinds: dict[str, str] = field(default_factory=dict[str, str])
    parts: dict[str, dict[int, bytes]] = field(default_factory=dict[str, dict[int, bytes]])
    refuse: bool = False


@contextmanager
def s3_server(bucket: str) -> Generator[Bucket]:
    """The server of one bucket, addressed as http://host/bucket/key."""
    held = Bucket()

    class Handler(_Handler):
        content, root = held, f"/{bucket}"

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        held.endpoint = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield held
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Else an answer's body waits for the receipt of its head.
    disable_nagle_algorithm = True
    content: Bucket
    root: str

    def log_message(self, format: str, *args: object) -> None:
        pass

    def parse_request(self) -> bool:
        if not super().parse_request():
            return False
        url = urllib.parse.urlsplit(self.path)
        self.query = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
        self.key = urllib.parse.unquote(url.path).removeprefix(self.root).removeprefix("/")
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.content.refuse:
            self.answer(403, _xml("Error", "<Code>AccessDenied</Code>"))
            return False
        return True

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_PUT(self) -> None:
        if "uploadId" in self.query:
            self.content.parts[self.query["uploadId"]][int(self.query["partNumber"])] = self.body
        else:
            self.keep(self.body)
        self.answer(200, ETag='"1"')

    def keep(self, body: bytes) -> None:
        self.content.blobs[self.key] = body
        self.content.kinds.setdefault(self.key, self.headers.get("Content-Type", ""))

    def do_POST(self) -> None:
        if "delete" in self.query:
            keys = [one.text or "" for one in ET.fromstring(self.body).iter() if "Key" in one.tag]
            for key in keys:
                self.content.blobs.pop(key, None)
            told = "".join(f"<Deleted><Key>{escape(key)}</Key></Deleted>" for key in keys)
            self.answer(200, _xml("DeleteResult", told))
        elif "uploads" in self.query:
            upload = f"upload-{len(self.content.parts)}"
            self.content.parts[upload] = {}
            self.content.kinds[self.key] = self.headers.get("Content-Type", "")
            self.answer(
                200, _xml("InitiateMultipartUploadResult", f"<UploadId>{upload}</UploadId>")
            )
        else:
            parts = self.content.parts.pop(self.query["uploadId"])
            self.keep(b"".join(parts[number] for number in sorted(parts)))
            self.answer(200, _xml("CompleteMultipartUploadResult", '<ETag>"1"</ETag>'))

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        if "list-type" in self.query:
            self.answer(200, self.listing(), Content_Type="application/xml")
        elif self.key not in self.content.blobs:
            self.answer(404, _xml("Error", "<Code>NoSuchKey</Code>"))
        else:
            self.send_blob(self.content.blobs[self.key])

    def send_blob(self, body: bytes) -> None:
        always = {"ETag": '"1"', "Last_Modified": "Fri, 15 May 2026 00:50:13 GMT"}
        asked = self.headers.get("Range")
        if asked is None:
            length = str(len(body))
            self.answer(200, body, **always, Content_Length=length)
            return
        first, _, last = asked.removeprefix("bytes=").partition("-")
        stop = min(int(last) + 1, len(body)) if last else len(body)
        told = f"bytes {first}-{stop - 1}/{len(body)}"
        self.answer(206, body[int(first) : stop], **always, Content_Range=told)

    def listing(self) -> bytes:
        """Three keys at a time, so that a client must ask on."""
        after = self.query.get("continuation-token", "")
        prefix = self.query.get("prefix", "")
        keys = sorted(k for k in self.content.blobs if k.startswith(prefix) and k > after)
        here, more = keys[:3], len(keys) > 3
        entries = "".join(
            f"<Contents><Key>{escape(key)}</Key><Size>{len(self.content.blobs[key])}</Size>"
            '<LastModified>2026-05-15T00:50:13.000Z</LastModified><ETag>"1"</ETag></Contents>'
            for key in here
        )
        token = f"<NextContinuationToken>{here[-1]}</NextContinuationToken>" if more else ""
        said = f"<IsTruncated>{str(more).lower()}</IsTruncated>"
        return _xml("ListBucketResult", f"{said}{token}{entries}")


def _xml(name: str, inner: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?><{name}>{inner}</{name}>'.encode()
