"""The clients: one that waits, one that is awaited."""

from __future__ import annotations

from typing import Self

from headswap.client.methods import Methods
from headswap.client.transport import Awaiting, Blocking


class Client(Blocking, Methods):
    """Speaks with one server and returns when it is done; may be shared by threads."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncClient(Awaiting, Methods):
    """Speaks with one server; each method is awaited."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
