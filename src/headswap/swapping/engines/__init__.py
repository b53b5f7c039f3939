"""Engines by name."""

from __future__ import annotations

from headswap.errors import EngineUnknown
from headswap.swapping.engines.mesh import MeshEngine
from headswap.swapping.engines.protocol import Engine

ENGINES: dict[str, type[Engine]] = {MeshEngine.name: MeshEngine}


def engine_named(name: str) -> Engine:
    """The engine of that name.

    Raises:
        EngineUnknown: there is none.
    """
    if name not in ENGINES:
        raise EngineUnknown(f"no engine is called {name!r}; there is {', '.join(sorted(ENGINES))}")
    return ENGINES[name]()
