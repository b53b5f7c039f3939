"""Fields that several answers of the console have."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

ClientId = Annotated[str, Field(description="A key's id.", examples=["q83vEjRWeJq83vEjRWeJqw=="])]
Ref = Annotated[
    str,
    Field(
        description="The id of what it is about: a task, a key, ....",
        examples=["6a066dc58570ecbf64f761a5"],
    ),
]
