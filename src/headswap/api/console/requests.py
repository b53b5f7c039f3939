"""The bodies of the console's requests, field by field, as the document of the API states them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict


class DeleteAnalysesRequest(TypedDict):
    """Analyses to be deleted."""

    _ids: Annotated[
        str,
        Field(
            description="The analyses' ids with commas between, 100 at most.",
            examples=["6a066d03625746c797390f55,6a066d03625746c797390f56"],
            min_length=1,
        ),
    ]
