"""An httpx client whose every connection goes to an address that the guard has just checked."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpcore
import httpx

from headswap.errors import FetchFailed
from headswap.fetch.deadline import Deadline, Timeouts
from headswap.fetch.guard import Guard, Target

# Extensions of a request and of an answer.
DEADLINE = "headswap.deadline"
LOCATION = "headswap.location"
# A name with hundreds of addresses must not make this machine knock at all of them.
_MOST_ADDRESSES = 6


def guarded_client(guard: Guard, timeouts: Timeouts) -> httpx.Client:
    """A client that connects only to what `guard` lets through, and follows no redirect.

    Proxies of the environment are not used: a proxy would look the name up again. It keeps no
    cookies, and asks for bodies as they are. Raises FetchRefused and FetchFailed in place of
    httpx's errors; httpx.InvalidURL is its own.
    """
    return httpx.Client(
        transport=GuardedTransport(guard, timeouts),
        trust_env=False,
        follow_redirects=False,
        timeout=timeouts.idle_s,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        headers={
            "User-Agent": "headswap",
            "Accept-Encoding": "identity",
            "Connection": "close",
        },
    )


class GuardedTransport(httpx.BaseTransport):
    """One request, one look-up, one connection; nothing is kept for the next.

    A request's own times go into its extension DEADLINE. The Location of a redirect is found in
    the answer's extension LOCATION and not among its headers, where httpx would make the next
    request of it, followed or not, and fail if it is malformed.
    """

    def __init__(self, guard: Guard, timeouts: Timeouts) -> None:
        self._guard = guard
        self._timeouts = timeouts

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The answer, its body not yet read. Raises FetchRefused, FetchFailed."""
        deadline = request.extensions.get(DEADLINE)
        if not isinstance(deadline, Deadline):
            deadline = Deadline.start(self._timeouts)
        # As httpx reads the URL: that is what goes into the Host header.
        place = str(request.url.copy_with(raw_path=b"/"))
        target = self._guard.check(place, deadline.wait_s())
        told = partial(_told, target, deadline)
        connection = _connection(target, deadline)
        with told():
            answer = connection.handle_request(_core_request(request, target))
        return httpx.Response(
            answer.status,
            headers=[pair for pair in answer.headers if pair[0].lower() != b"location"],
            stream=_Body(answer, connection, told),
            extensions={LOCATION: _location(answer)},
        )


class _CheckedBackend(httpcore.NetworkBackend):
    """Connects to the target's addresses; no name ever reaches the system from here."""

    def __init__(self, target: Target, deadline: Deadline) -> None:
        self._target = target
        self._deadline = deadline
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.NetworkStream:
        failure: httpcore.ConnectError | httpcore.ConnectTimeout | None = None
        for address in self._target.addresses[:_MOST_ADDRESSES]:
            wait_s = self._deadline.wait_s()
            if wait_s == 0:
                break
            try:
                stream = self._plain.connect_tcp(address, self._target.port, wait_s)
                return _TimedStream(stream, self._deadline)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure or httpcore.ConnectTimeout("no time left")


class _TimedStream(httpcore.NetworkStream):
    """A stream whose waits end with the deadline, whatever it is told."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._wait_s())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._wait_s())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        # Without time left it has to fail inside, where the socket is closed.
        wait_s = max(self._deadline.wait_s(), 0.001)
        secured = self._stream.start_tls(ssl_context, server_hostname, wait_s)
        return _TimedStream(secured, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    def _wait_s(self) -> float:
        wait_s = self._deadline.wait_s()
        if wait_s == 0:
            raise httpcore.ReadTimeout("no time left")
        return wait_s


class _Body(httpx.SyncByteStream):
    """An answer's body; closing it closes the connection."""

    def __init__(
        self,
        answer: httpcore.Response,
        connection: httpcore.HTTPConnection,
        told: Callable[[], AbstractContextManager[None]],
    ) -> None:
        self._answer = answer
        self._connection = connection
        self._told = told

    def __iter__(self) -> Iterator[bytes]:
        with self._told():
            yield from self._answer.iter_stream()

    def close(self) -> None:
        self._connection.close()


def _connection(target: Target, deadline: Deadline) -> httpcore.HTTPConnection:
    origin = target.origin
    # Trusts what SSL_CERT_FILE or SSL_CERT_DIR names, else the usual authorities.
    trust = httpx.create_ssl_context() if origin.scheme == "https" else None
    return httpcore.HTTPConnection(
        httpcore.Origin(origin.scheme.encode(), origin.host.encode(), origin.port),
        ssl_context=trust,
        network_backend=_CheckedBackend(target, deadline),
    )


def _core_request(request: httpx.Request, target: Target) -> httpcore.Request:
    origin = target.origin
    return httpcore.Request(
        request.method,
        httpcore.URL(
            scheme=origin.scheme.encode(),
            host=origin.host.encode(),
            port=origin.port,
            target=request.url.raw_path,
        ),
        headers=request.headers.raw,
        content=request.stream,
    )


def _location(answer: httpcore.Response) -> str | None:
    found = [value for name, value in answer.headers if name.lower() == b"location"]
    # Two of them, or bytes that are no text, become something that no URL may hold.
    return b" ".join(found).decode("utf-8", "surrogateescape") if found else None


@contextmanager
def _told(target: Target, deadline: Deadline) -> Generator[None]:
    """Turns httpcore's errors into ours, without the addresses and bytes that they repeat."""
    origin = target.origin
    try:
        yield
    except httpcore.TimeoutException as error:
        raise FetchFailed(f"{origin} {deadline.missed()}") from error
    except httpcore.ConnectError as error:
        raise FetchFailed(f"{origin} {_unconnected(error)}") from error
    except (httpcore.NetworkError, httpcore.ProtocolError) as error:
        raise FetchFailed(
            f"{origin} broke off before its answer was complete, or does not speak HTTP; try again"
        ) from error


def _unconnected(error: httpcore.ConnectError) -> str:
    cause = error.__cause__
    if isinstance(cause, ssl.SSLCertVerificationError):
        return (
            f"has a certificate that is not trusted ({cause.verify_message}); an operator names "
            "further authorities with SSL_CERT_FILE"
        )
    if isinstance(cause, ssl.SSLError):
        return "makes no secure connection; check its TLS settings"
    return "cannot be connected to; check host and port, or try again"
