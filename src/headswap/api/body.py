"""A request's body as a JSON object, or a refusal that says what is wrong with it."""

from __future__ import annotations

import json
from typing import NoReturn, cast

from starlette.requests import Request

from headswap.jobs.refusals import Code, Refused


async def json_object(request: Request) -> dict[str, object]:
    """The body of `request`, a JSON object; its fields are for the services to judge.

    Raises:
        Refused: 1003, it is no JSON or no object.
    """
    value = _parse(await request.body())
    if not isinstance(value, dict):
        raise _wrong("must be a JSON object")
    return cast("dict[str, object]", value)


def _parse(body: bytes) -> object:
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_no_number)
    except UnicodeDecodeError as error:
        raise _wrong(f"is not UTF-8: byte {error.start} is wrong") from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno} column {error.colno}"
        raise _wrong(f"is not JSON: {error.msg}, {where}") from error
    except RecursionError as error:
        raise _wrong("is nested too deeply") from error
    except ValueError as error:
        raise _wrong("has a number of too many digits in it") from error


def _no_number(name: str) -> NoReturn:
    raise _wrong(f"is not JSON: {name} is no number")


def _wrong(rule: str) -> Refused:
    return Refused(Code.PARAMETER, f"The body {rule}.")
