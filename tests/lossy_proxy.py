"""A proxy on loopback that carries requests to a server and loses some of the answers."""

from __future__ import annotations

from collections import Counter
from http.server import BaseHTTPRequestHandler
from types import TracebackType

import httpx

from tests.loopback_server import LoopbackServer


class LossyProxy(LoopbackServer):
    """Passes everything on. Of each method and path the first `lose` answers are thrown away: the
    server has done what it was asked, the client hears nothing. With `status` they are replaced.
    """

    def __init__(self, server_url: str, lose: int = 1, status: int | None = None) -> None:
        self.asked: Counter[str] = Counter()
        self._server_url, self._lose, self._status = server_url, lose, status
        self._http = httpx.Client(timeout=30)
        super().__init__(self._handler())
        self.url = f"http://{self.place}"

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        super().__exit__(kind, error, trace)
        self._http.close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._pass_on()

            def do_POST(self) -> None:
                self._pass_on()

            def _pass_on(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                headers = {name: value for name, value in self.headers.items() if name != "Host"}
                answer = proxy._http.request(
                    self.command, proxy._server_url + self.path, content=body, headers=headers
                )
                place = f"{self.command} {self.path.partition('?')[0]}"
                proxy.asked[place] += 1
                if proxy.asked[place] <= proxy._lose:
                    if proxy._status is None:
                        self.close_connection = True
                        return
                    self._answer(proxy._status, b"<html>not now</html>")
                    return
                self._answer(answer.status_code, answer.content)

            def _answer(self, status: int, content: bytes) -> None:
                self.send_response(status)
                self.send_header("content-length", str(len(content)))
                if status == 503:
                    self.send_header("retry-after", "0")
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:
                """Says nothing."""

        return Handler
