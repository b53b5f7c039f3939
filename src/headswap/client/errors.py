"""Every error the client raises on purpose, one for each code of the API.

ClientError
├── Refusal               the API refused a request; api_code and msg are its own words
│   ├── ParameterWrong      1003  a parameter is wrong or missing, or the account lacks the feature
│   ├── TooOften            1005  retryable; wait_s says when
│   ├── NoSuchRoute         1008
│   ├── NotFound            1014  no such record, or another team's
│   ├── KeyWrong            1101
│   ├── KeyMissing          1102
│   ├── NotEnoughCredits    1104
│   ├── AccountBlocked      1200
│   └── ServerFault         2001  retryable
├── RecordFailed          an analysis or a task failed; error_code and error_reason say why
│   ├── TooManyPeople       1007
│   ├── NobodyFound         1008
│   ├── VideoNotFetched     1014
│   ├── SwapFailed          1015  rendering failed, or the task was cancelled
│   ├── PhotoUnusable       1108
│   ├── DurationWrong       1204
│   ├── FileTooLarge        1207
│   ├── NotReadable         1208  not a readable video
│   ├── CodecNotSupported   1209
│   ├── TooManyFrames       1210  the frame rate is too high
│   └── ServerFailed        2001
├── Unreachable           no answer came; retryable
├── Unavailable           something before the API answered in its place; retryable
├── NotTheApi             the answer is not one of this API
├── ResultGone            a result has expired, or was deleted
├── FileNotRead           a local file cannot be read
└── TookTooLong           a record did not end within the time it was given
"""

from __future__ import annotations

from typing import ClassVar

from headswap.errors import HeadswapError


class ClientError(HeadswapError):
    code = "client_error"


class Refusal(ClientError):
    """An answer whose code is not 1000."""

    code = "refused"
    api_code: int = 0

    def __init__(self, api_code: int, msg: str) -> None:
        super().__init__(f"the server refused: {msg} ({api_code})")
        self.api_code = api_code
        self.msg = msg


class ParameterWrong(Refusal):
    code = "parameter_wrong"
    api_code = 1003


class TooOften(Refusal):
    """wait_s: how long the server asks to wait, if it says so."""

    code = "too_often"
    retryable = True
    api_code = 1005
    wait_s: float | None = None


class NoSuchRoute(Refusal):
    code = "no_such_route"
    api_code = 1008


class NotFound(Refusal):
    code = "not_found"
    api_code = 1014


class KeyWrong(Refusal):
    code = "key_wrong"
    api_code = 1101


class KeyMissing(Refusal):
    code = "key_missing"
    api_code = 1102


class NotEnoughCredits(Refusal):
    code = "not_enough_credits"
    api_code = 1104


class AccountBlocked(Refusal):
    code = "account_blocked"
    api_code = 1200


class ServerFault(Refusal):
    code = "server_fault"
    retryable = True
    api_code = 2001


class RecordFailed(ClientError):
    """An analysis or a task whose status is 4."""

    code = "record_failed"
    api_code: ClassVar[int] = 0

    def __init__(self, record_id: str, error_code: int, error_reason: str) -> None:
        super().__init__(f"{record_id} failed: {error_reason} ({error_code})")
        self.record_id = record_id
        self.error_code = error_code
        self.error_reason = error_reason


class TooManyPeople(RecordFailed):
    code = "too_many_people"
    api_code = 1007


class NobodyFound(RecordFailed):
    code = "nobody_found"
    api_code = 1008


class VideoNotFetched(RecordFailed):
    code = "video_not_fetched"
    api_code = 1014


class SwapFailed(RecordFailed):
    code = "swap_failed"
    api_code = 1015


class PhotoUnusable(RecordFailed):
    code = "photo_unusable"
    api_code = 1108


class DurationWrong(RecordFailed):
    code = "duration_wrong"
    api_code = 1204


class FileTooLarge(RecordFailed):
    code = "file_too_large"
    api_code = 1207


class NotReadable(RecordFailed):
    code = "not_readable"
    api_code = 1208


class CodecNotSupported(RecordFailed):
    code = "codec_not_supported"
    api_code = 1209


class TooManyFrames(RecordFailed):
    code = "too_many_frames"
    api_code = 1210


class ServerFailed(RecordFailed):
    code = "server_failed"
    api_code = 2001


class Unreachable(ClientError):
    """sent: whether the request may have been carried out."""

    code = "unreachable"
    retryable = True

    def __init__(self, url: str, reason: str, sent: bool) -> None:
        super().__init__(f"{url} does not answer: {reason}; see that the server runs there")
        self.sent = sent


class Unavailable(ClientError):
    """status: of HTTP. wait_s: how long it asks to wait, if it says so."""

    code = "unavailable"
    retryable = True

    def __init__(self, url: str, status: int, wait_s: float | None) -> None:
        super().__init__(f"{url} is not available now: HTTP {status}; try again later")
        self.status = status
        self.wait_s = wait_s


class NotTheApi(ClientError):
    code = "not_the_api"


class ResultGone(ClientError):
    code = "result_gone"


class FileNotRead(ClientError):
    code = "file_not_read"


class TookTooLong(ClientError):
    code = "took_too_long"
    retryable = True


_REFUSALS: dict[int, type[Refusal]] = {
    kind.api_code: kind
    for kind in (
        *(ParameterWrong, TooOften, NoSuchRoute, NotFound, KeyWrong, KeyMissing),
        *(NotEnoughCredits, AccountBlocked, ServerFault),
    )
}
_FAILURES: dict[int, type[RecordFailed]] = {
    kind.api_code: kind
    for kind in (
        *(TooManyPeople, NobodyFound, VideoNotFetched, SwapFailed, PhotoUnusable, DurationWrong),
        *(FileTooLarge, NotReadable, CodecNotSupported, TooManyFrames, ServerFailed),
    )
}


def refusal_of(api_code: int, msg: str) -> Refusal:
    """The error for an answer's code; `Refusal` itself for one that the API does not list."""
    return _REFUSALS.get(api_code, Refusal)(api_code, msg)


def failure_of(record_id: str, error_code: int, error_reason: str) -> RecordFailed:
    """The error for a record's code; `RecordFailed` itself for one that the API does not list."""
    return _FAILURES.get(error_code, RecordFailed)(record_id, error_code, error_reason)
