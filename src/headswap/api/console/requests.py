"""The bodies of the console's requests, field by field, as the document of the API states them."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired

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


class ConsentRequest(TypedDict):
    """A statement for every task of the team."""

    by: Annotated[str, Field(description="Who states it.", examples=["Anna Berg"], max_length=200)]
    statement: Annotated[
        str,
        Field(
            description="That the people shown agreed.",
            examples=["everybody shown agrees"],
            max_length=2000,
        ),
    ]
    scope: NotRequired[
        Annotated[
            str,
            Field(
                description="To what; every task of the team if not given.",
                examples=["our trailers"],
                max_length=500,
            ),
        ]
    ]


class NothingRequest(TypedDict):
    """An empty object: nothing is to be said."""


class SourcesRequest(TypedDict):
    """When videos and photos are removed."""

    sources: Annotated[
        Literal["retention", "task-end"],
        Field(description="After their days, or when a task ends.", examples=["task-end"]),
    ]


class LabelRequest(TypedDict):
    """What is drawn on results."""

    label: Annotated[
        str, Field(description="Empty for nothing.", examples=["Made with AI"], max_length=80)
    ]


class RevokeRequest(TypedDict):
    """A key to be ended."""

    client_id: Annotated[
        str,
        Field(description="The key's id.", examples=["q83vEjRWeJq83vEjRWeJqw=="], min_length=1),
    ]
    sure: NotRequired[
        Annotated[
            bool,
            Field(description="Needed for the key of this very request.", examples=[False]),
        ]
    ]


class ResendRequest(TypedDict):
    """A message to be sent again."""

    message_id: Annotated[
        str, Field(description="Its id.", examples=["6a066dc58570ecbf64f761a7"], min_length=1)
    ]


class RemovePersonRequest(TypedDict):
    """An entry to be taken off the list."""

    _id: Annotated[
        str, Field(description="The entry.", examples=["6a066dc58570ecbf64f761a8"], min_length=1)
    ]
