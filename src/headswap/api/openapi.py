"""The API's document (OpenAPI 3.1), made of the routes and of the TypedDicts they name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from pydantic import TypeAdapter

from headswap import __version__
from headswap.api.route import Query, Route
from headswap.jobs.tokens import VALID_DAYS

Schema: TypeAlias = dict[str, Any]
_REF = "#/components/schemas/{model}"
_SAYS = (
    "Every answer is the envelope code, msg, data; HTTP says 200 whatever the code, but for "
    "the transport's own faults. Send a key as x-api-key, or a token of getToken as "
    "Authorization: Bearer; where both are sent, the token decides."
)
_CODES = (
    "1000 success; 1003 a parameter is wrong or missing; 1005 called too often; 1008 no such "
    "route; 1014 no such resource, or not yours; 1101 key or token wrong; 1102 neither was sent; "
    "1104 not enough credits; 1200 the account is blocked; 2001 our fault."
)
_CODE: Schema = {"type": "integer", "description": _CODES, "examples": [1000]}
_MSG: Schema = {"type": "string", "description": "The code in words.", "examples": ["OK"]}
_REFUSAL: Schema = {
    "type": "object",
    "description": "An answer to a request that was not carried out.",
    "required": ["code", "msg"],
    "properties": {"code": {**_CODE, "examples": [1003]}, "msg": _MSG},
}
_FAULTS = {
    "404": "No such route (1008).",
    "405": "The route takes another method (1003).",
    "413": "The body is too large (1003).",
    "429": "Called too often (1005); Retry-After says for how many seconds.",
    "500": "Our fault (2001); nothing of it is told.",
}
_SCHEMES = {
    "key": {"type": "apiKey", "in": "header", "name": "x-api-key", "description": "A key."},
    "token": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": f"A token of getToken, valid {VALID_DAYS} days.",
    },
}


def document(routes: Sequence[Route]) -> Schema:
    """The whole document."""
    paths: dict[str, Schema] = {}
    for route in routes:
        path = route.path.replace(":path", "")
        paths.setdefault(path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Headswap", "version": __version__, "description": _SAYS},
        "paths": paths,
        "components": {
            "schemas": {"Refusal": _REFUSAL, **_schemas(routes)},
            "securitySchemes": _SCHEMES,
        },
    }


def _schemas(routes: Sequence[Route]) -> dict[str, Schema]:
    shapes = {shape for route in routes for shape in (route.body, route.data)}
    adapters = [
        (shape.__name__, "validation", TypeAdapter[Any](shape))
        for shape in sorted((s for s in shapes if isinstance(s, type)), key=lambda s: s.__name__)
    ]
    _, found = TypeAdapter.json_schemas(adapters, ref_template=_REF)  # type: ignore[arg-type]
    return found["$defs"]


def _operation(route: Route) -> Schema:
    parameters = [_query(query) for query in route.query]
    if "{key" in route.path:
        parameters.insert(0, _PATH_KEY)
    if route.keyed:
        parameters.append(_IDEMPOTENCY_KEY)
    return {
        "operationId": route.path.strip("/").replace("/", "_").replace("{key:path}", "key"),
        "tags": [route.tag],
        "summary": route.summary,
        "parameters": parameters,
        **({"requestBody": _body(route)} if route.body else {}),
        "responses": _responses(route),
        "security": [] if route.open else [{"key": []}, {"token": []}],
    }


def _query(query: Query) -> Schema:
    return {
        "name": query.name,
        "in": "query",
        "required": query.required,
        "description": query.says,
        "schema": {"type": "integer" if isinstance(query.example, int) else "string"},
        "example": query.example,
    }


_PATH_KEY: Schema = {
    "name": "key",
    "in": "path",
    "required": True,
    "description": "What the file is stored under; slashes belong to it.",
    "schema": {"type": "string"},
    "example": "tasks/6a066dc58570ecbf64f761a5/output.mp4",
}
_IDEMPOTENCY_KEY: Schema = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key and body get the first answer again; with another body, 1003.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    "example": "order-4711",
}


def _body(route: Route) -> Schema:
    if isinstance(route.body, type):
        content = {"application/json": {"schema": _ref(route.body)}}
    else:
        file = {
            "type": "string",
            "format": "binary",
            "description": "A video or an image; what it is shows from its content.",
            "examples": ["(the bytes of portrait.jpg)"],
        }
        schema = {"type": "object", "required": ["file"], "properties": {"file": file}}
        content = {"multipart/form-data": {"schema": schema}}
    return {"required": True, "content": content}


def _responses(route: Route) -> Schema:
    faults = {status: _answer(says, _ref_to("Refusal")) for status, says in _FAULTS.items()}
    match route.answers:
        case "envelope":
            answers = {"200": _answer("Carried out, or refused: see code.", _envelope(route.data))}
        case "token":
            answers = {"200": _answer("The token, or refused: see code.", _TOKEN)}
        case "events":
            answers = {"200": {**_answer("Refused: see code.", _ref_to("Refusal"))}}
            answers["200"]["content"]["text/event-stream"] = {"schema": _EVENTS}
        case "metrics":
            answers = {"200": {"description": "The figures.", "content": {"text/plain": {}}}}
        case "file":
            answers = _file_answers()
    if route.path == "/readyz":
        answers["503"] = _answer("Something cannot be worked with.", _envelope(route.data))
    return {**faults, **answers}


def _file_answers() -> dict[str, Schema]:
    file, refusal = {"*/*": {}}, _ref_to("Refusal")
    return {
        "200": {"description": "The file.", "content": file},
        "206": {"description": "The part of the file that was asked for.", "content": file},
        "304": {"description": "The file is the one that the client has."},
        "403": _answer("The address is wrong or has expired (1014).", refusal),
        "404": _answer("The file has been removed (1014).", refusal),
        "416": _answer("The file has no such part (1003).", refusal),
    }


_TOKEN: Schema = {
    "type": "object",
    "description": "The token stands beside code and msg.",
    "required": ["code", "msg"],
    "properties": {
        "code": _CODE,
        "msg": _MSG,
        "token": {
            "type": "string",
            "description": "To be sent as Authorization: Bearer.",
            "examples": ["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjaWQifQ.c2lnbmF0dXJl"],
        },
    },
}
_EVENTS: Schema = {
    "type": "string",
    "description": "Lines data: {_id, status, progress, eta_s}, whenever one of them changes.",
    "examples": [
        'data: {"_id":"6a066dc58570ecbf64f761a5","status":2,"progress":40,"eta_s":12}\n\n'
    ],
}


def _answer(says: str, schema: Schema) -> Schema:
    return {"description": says, "content": {"application/json": {"schema": schema}}}


def _envelope(data: type | None) -> Schema:
    properties = {"code": _CODE, "msg": _MSG}
    if data is not None:
        properties["data"] = _ref(data)
    return {"type": "object", "required": ["code", "msg"], "properties": properties}


def _ref(shape: type) -> Schema:
    return _ref_to(shape.__name__)


def _ref_to(name: str) -> Schema:
    return {"$ref": _REF.format(model=name)}
