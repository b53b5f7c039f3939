"""The invisible mark: 64 bits in the picture around each swapped head, found again in copies."""

from headswap.trust.mark.find import find_mark
from headswap.trust.mark.marker import Circle, Marker
from headswap.trust.mark.words import MARK_BITS, mark_of

__all__ = ["MARK_BITS", "Circle", "Marker", "find_mark", "mark_of"]
