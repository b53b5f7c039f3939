"""Logs as lines of JSON with the request's id, and without secrets."""

from __future__ import annotations

import json
import logging
import re
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import lru_cache
from typing import TextIO

request_id: ContextVar[str] = ContextVar("request_id", default="")

# Each of these takes a whole run at once and begins only where one begins: however long a text is
# and whatever is in it, it is gone through once.
_URL = re.compile(r"""\b([a-z][a-z0-9+.-]{0,20}://)([^\s"'<>]+)""", re.I)
_QUERY = re.compile(r"(?i)\b(signature|x-amz-[a-z-]+|access_token|token)=[^\s&\"']+")
_JWT = re.compile(r"(?<![\w.-])eyJ[\w.-]+")
_HEADER = re.compile(
    r"(?i)(x-api-key|authorization|client_?secret|master_?key)([\"']?\s*[:=]\s*[\"']?)"
    r"(bearer\s+)?[^\s\"',}]+"
)
# What a statement that failed was given.
_PARAMETERS = re.compile(r"\[parameters: .*")
_MAY_BE_SECRET = re.compile("[:=]|eyJ")


def scrub(text: str) -> str:
    """`text` without the queries of URLs, tokens, keys and passwords."""
    if not _MAY_BE_SECRET.search(text):
        return text
    text = _URL.sub(_bare_url, text)
    text = _QUERY.sub(r"\1=...", text)
    text = _PARAMETERS.sub("[parameters: ...]", text)
    text = _JWT.sub("...", text)
    return _HEADER.sub(r"\1\2...", text)


def _bare_url(found: re.Match[str]) -> str:
    """A URL without its query, which may be its signature, and without a user and password."""
    scheme, rest = found.groups()
    bare = re.split("[?#]", rest, maxsplit=1)[0]
    host, slash, path = bare.partition("/")
    return f"{scheme}{host.rpartition('@')[2]}{slash}{path}" + ("?..." if bare != rest else "")


# What a record has of itself, or of the server below us; the rest was given as `extra`.
_RECORD = {
    *vars(logging.LogRecord("", 0, "", 0, "", (), None)),
    *("message", "asctime", "taskName", "color_message"),
}


_ENCODE = json.JSONEncoder(default=str).encode
# The attribute that holds the fields of a line which has nothing to hide.
PLAIN = "plain"


class JsonLines(logging.Formatter):
    """A record as one line of JSON: what logging says of it, the request's id, its `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": _time(record.created),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": scrub(record.getMessage()),
        }
        if identity := request_id.get():
            line["request_id"] = identity
        plain = getattr(record, PLAIN, None)
        if plain is not None:
            line.update(plain)
            return _ENCODE(line)
        for name, value in vars(record).items():
            if name not in _RECORD:
                line[name] = scrub(value) if isinstance(value, str) else value
        if record.exc_info:
            line["exception"] = scrub(self.formatException(record.exc_info))
        return _ENCODE(line)


def _time(seconds: float) -> str:
    whole, rest = divmod(seconds, 1)
    return f"{_to_second(int(whole))}.{int(rest * 1000):03}Z"


@lru_cache(maxsize=2)
def _to_second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def set_up_logs(level: str, stream: TextIO | None = None) -> None:
    """Every logger's lines go to `stream` (standard error) from now on, the server's as well."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines())
    # Looked up for every record, and written nowhere.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        # Its own line for each request would have the whole query in it.
        logger.propagate = name != "uvicorn.access"
    # httpx tells whole URLs at "info", signatures and all.
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
