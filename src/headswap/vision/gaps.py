"""How long a head may go unseen and still be there."""

from __future__ import annotations

import math

# A head that is not seen for longer is taken to have gone.
BRIDGE_S = 1.0


def longest_gap(rate: float) -> int:
    """How many frames without a face are bridged, at so many frames per second."""
    # One more than a second of a rate such as 23.976 makes, rounded.
    return math.ceil(BRIDGE_S * rate) + 1
