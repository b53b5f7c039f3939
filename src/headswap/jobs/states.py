"""The states of analyses and tasks, and the codes that a failed one carries."""

from __future__ import annotations

from typing import Final

QUEUED: Final = 1
PROCESSING: Final = 2
COMPLETED: Final = 3
FAILED: Final = 4
UNFINISHED: Final = (QUEUED, PROCESSING)

# error_code of a record that failed.
TOO_MANY_PEOPLE: Final = 1007
NO_PERSON: Final = 1008
NOT_FETCHED: Final = 1014
RENDERING_FAILED: Final = 1015
REFERENCE_UNUSABLE: Final = 1108
DURATION_OUT_OF_BOUNDS: Final = 1204
FILE_TOO_LARGE: Final = 1207
NOT_A_VIDEO: Final = 1208
CODEC_UNSUPPORTED: Final = 1209
FRAME_RATE_TOO_HIGH: Final = 1210
OUR_FAULT: Final = 2001

# The contract has no code of its own for what the owner ended.
CANCELLED: Final = RENDERING_FAILED
CANCELLED_REASON: Final = "The task was cancelled."
DELETED_REASON: Final = "The task was deleted before it ended."
