"""How long a request may take: in all, and without a byte."""

from __future__ import annotations

import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timeouts:
    """total_s: from looking up the name to the last byte. idle_s: each single wait.

    remedy: ends the message when one passes, such as what an operator could set.
    """

    total_s: float
    idle_s: float
    remedy: str = "try again"


@dataclass(frozen=True, slots=True)
class Deadline:
    """Timeouts that have begun; end_s is on the monotonic clock."""

    timeouts: Timeouts
    end_s: float

    @classmethod
    def start(cls, timeouts: Timeouts) -> Deadline:
        return cls(timeouts, time.monotonic() + timeouts.total_s)

    def wait_s(self) -> float:
        """How long the next wait may be; 0 once the time is over."""
        return max(0.0, min(self.timeouts.idle_s, self.end_s - time.monotonic()))

    def missed(self) -> str:
        """What was not kept, after a wait that ended without anything."""
        if time.monotonic() >= self.end_s:
            return f"took longer than {self.timeouts.total_s:g} s; {self.timeouts.remedy}"
        return f"was silent for {self.timeouts.idle_s:g} s; {self.timeouts.remedy}"
