"""`headswap verify`: what a file says of itself, in plain sentences or as JSON."""

from __future__ import annotations

import json
from pathlib import Path

from headswap.trust.verify import verify

# Beside 0, for scripts: nothing says that it is a head swap; its credentials are broken.
NOTHING_FOUND, BROKEN = 3, 4


def verify_file(file: Path, json_output: bool) -> int:
    """Prints the verdict; 0 if its credentials are valid or, without any, its mark was found.

    Raises:
        NotVerifiable: it cannot be read, or is neither a video nor a picture.
    """
    verdict = verify(file)
    if json_output:
        print(json.dumps(verdict.json(), indent=2))
    else:
        print(f"{file}: {verdict.sentence()}")
    if verdict.credentials.state == "invalid":
        return BROKEN
    known = verdict.credentials.state == "valid" or verdict.mark is not None
    return 0 if known else NOTHING_FOUND
