"""The methods of both clients, each declared once: a flow that one runs and the other awaits."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, Concatenate, Generic, ParamSpec, Self, TypeVar, overload

from headswap.client import calls
from headswap.client.effects import Flow
from headswap.client.exchange import Core
from headswap.client.transport import Awaiting, Blocking

P = ParamSpec("P")
T = TypeVar("T")


class Method(Generic[P, T]):
    """A flow as a method: of a blocking client it returns the result, of the other a coroutine."""

    def __init__(self, flow: Callable[Concatenate[Core, P], Flow[T]]) -> None:
        self._flow = flow
        self.__doc__ = flow.__doc__

    @overload
    def __get__(self, client: None, owner: type) -> Self: ...
    @overload
    def __get__(self, client: Blocking, owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(self, client: Awaiting, owner: type) -> Callable[P, Coroutine[Any, Any, T]]: ...

    def __get__(self, client: Blocking | Awaiting | None, owner: type) -> object:
        if client is None:
            return self

        @wraps(self._flow)
        def method(*args: P.args, **kwargs: P.kwargs) -> T | Coroutine[Any, Any, T]:
            return client.run(self._flow(client.core, *args, **kwargs))

        return method


class Methods:
    """What a client can do; see `headswap.client.calls`."""

    swap = Method(calls.swap)
    upload = Method(calls.upload)
    analyze = Method(calls.analyze)
    analysis = Method(calls.analysis)
    wait_for_analysis = Method(calls.wait_for_analysis)
    create = Method(calls.create)
    task = Method(calls.task)
    wait_for_task = Method(calls.wait_for_task)
    download = Method(calls.download)
    cancel = Method(calls.cancel)
    delete = Method(calls.delete)
    tasks = Method(calls.tasks)
    analyses = Method(calls.analyses)
    credits = Method(calls.credits)
