"""Exceptions as answers: refusals, unknown routes, wrong methods, bodies too large."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request

from headswap.api.calls import TooOften
from headswap.api.envelope import Answer, refusal
from headswap.jobs.refusals import Code, Refused


def answer_faults(app: FastAPI) -> None:
    """From now on `app` wears the envelope whatever it raises; the rest is `Passage`'s."""
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(HTTPException, _transport_fault)


async def _refused(_: Request, error: Exception) -> Answer:
    assert isinstance(error, Refused)
    headers = {"retry-after": str(error.wait_s)} if isinstance(error, TooOften) else None
    return refusal(error.code, error.msg, headers=headers)


async def _transport_fault(request: Request, error: Exception) -> Answer:
    assert isinstance(error, HTTPException)
    status = error.status_code
    if status == HTTPStatus.NOT_FOUND:
        return refusal(Code.NO_ROUTE, "There is no such route.", status)
    msg = error.detail
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        msg = f"method {request.method} is not for this route."
    return refusal(Code.PARAMETER, msg, status, error.headers)
