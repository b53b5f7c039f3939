"""Rules: what holds for a swap besides consent."""

from __future__ import annotations

from dataclasses import dataclass

from headswap.trust.policy import USUAL_LIMIT
from headswap.trust.protected import ProtectedFace


@dataclass(frozen=True, slots=True)
class Rules:
    """explicit_limit: the score above which a picture is explicit; 1 lets all through.

    protected: people whose photos are refused.
    """

    explicit_limit: float = USUAL_LIMIT
    protected: tuple[ProtectedFace, ...] = ()
