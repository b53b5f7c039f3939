"""What a failed analysis or task says: a code of the contract's table and a sentence."""

from __future__ import annotations

from headswap.errors import (
    CodecUnsupported,
    FetchError,
    FetchTooLarge,
    HeadswapError,
    MappingError,
    NoPersonFound,
    NotVerifiable,
    PhotoError,
    RuleBroken,
    VideoError,
    WorkerDied,
)
from headswap.jobs import states

# The first that fits counts.
_CODES: tuple[tuple[type[HeadswapError], int], ...] = (
    (NoPersonFound, states.NO_PERSON),
    (CodecUnsupported, states.CODEC_UNSUPPORTED),
    (VideoError, states.NOT_A_VIDEO),
    (NotVerifiable, states.NOT_A_VIDEO),
    (PhotoError, states.REFERENCE_UNUSABLE),
    (FetchTooLarge, states.FILE_TOO_LARGE),
    (FetchError, states.NOT_FETCHED),
    (MappingError, states.RENDERING_FAILED),
    (WorkerDied, states.RENDERING_FAILED),
)


class Failure(Exception):
    """Work that failed. retryable: whether another try may succeed. rule: the one that it broke."""

    def __init__(self, code: int, reason: str, retryable: bool = False, rule: str = "") -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.retryable = retryable
        self.rule = rule


def failure_of(error: HeadswapError) -> Failure:
    """How an error is told to who asked for the work."""
    if isinstance(error, RuleBroken):
        photo = error.obj_id is not None
        code = states.REFERENCE_UNUSABLE if photo else states.RENDERING_FAILED
        return Failure(code, str(error), rule=error.rule)
    code = next((code for kind, code in _CODES if isinstance(error, kind)), states.OUR_FAULT)
    return Failure(code, str(error), error.retryable)
