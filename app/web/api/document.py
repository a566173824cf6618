"""The OpenAPI 3.1 document, made from the table of operations and their pydantic shapes."""

import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, TypeAdapter

from app.web.api.operation import N_, OPERATIONS, Operation
from app.web.api.values import NoQuery, Nothing

VERSION = "1.0.0"
GROUPS = {
    "orders": N_("Orders"), "tasks": N_("Tasks"), "station": N_("Station"), "plan": N_("Plan"),
    "machines": N_("Machines"), "notices": N_("Notices"), "plant": N_("Plant"), "trace": N_("Trace"),
    "stock": N_("Stock"), "feed": N_("Feeds"),
}  # fmt: skip
_PATH = re.compile(r"<(?:(int|string):)?(\w+)>")
_REF = "#/components/schemas/{model}"
_ID = {"type": "integer", "minimum": 1, "maximum": 2**53 - 1}
_CODE = {"type": "string", "minLength": 1, "maxLength": 64}
PROBLEM = {
    "type": "object",
    "description": "Problem details (RFC 9457).",
    "required": ["type", "title", "status", "detail", "code", "values", "request"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"}, "title": {"type": "string"},
        "status": {"type": "integer"}, "detail": {"type": "string"}, "code": {"type": "string"},
        "values": {"type": "object"}, "request": {"type": "string"},
        "errors": {"type": "array", "items": {
            "type": "object", "required": ["field", "message"],
            "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
        }},
    },
}  # fmt: skip
_TOLD = (
    "Shop-floor execution: orders, tasks, reports, plans, machines and feeds. Quantities are decimal text, "
    "times are ISO 8601 in UTC. A write is done once however often it is sent with the same key."
)


def document() -> dict[str, Any]:
    """The whole document; valid OpenAPI 3.1."""
    schemas, named = _schemas()
    paths: dict[str, dict[str, Any]] = {}
    for row in OPERATIONS:
        paths.setdefault(address(row), {})[row.method.lower()] = _operation(row, named)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Gongxu", "version": VERSION, "description": _TOLD},
        "servers": [{"url": "/api/v1"}],
        "security": [{"token": []}],
        "tags": [{"name": name, "description": words} for name, words in GROUPS.items()],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": "A personal token."}},
            "schemas": schemas | {"Problem": PROBLEM},
        },
    }


def address(row: Operation) -> str:
    """The path of an operation as OpenAPI writes it."""
    return _PATH.sub(r"{\2}", row.path)


def _shapes() -> Iterable[tuple[Any, str]]:
    for row in OPERATIONS:
        yield row.answer, "serialization"
        if row.body_model is not None and row.body_model is not Nothing:
            yield row.body_model, "validation"


def _schemas() -> tuple[dict[str, Any], dict[Any, Any]]:
    """All shapes by name, and what to write for each shape where it is used."""
    inputs = [(shape, mode, TypeAdapter(shape)) for shape, mode in dict.fromkeys(_shapes())]
    found, kept = TypeAdapter.json_schemas(inputs, ref_template=_REF)
    return kept.get("$defs", {}), {shape: found[(shape, mode)] for shape, mode, _ in inputs}


def _operation(row: Operation, named: dict[Any, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "operationId": row.name, "tags": [row.group], "summary": row.summary, "parameters": _parameters(row),
        "description": f"Asks for the permission `{row.permission}`.", "responses": _responses(row, named),
    }  # fmt: skip
    if row.writes:
        empty = {"type": "object", "additionalProperties": False}
        schema = empty if row.body_model is Nothing else named[row.body_model]
        made["requestBody"] = {"required": row.body_model is not Nothing,
                               "content": {"application/json": {"schema": schema}}}  # fmt: skip
    return made


def _parameters(row: Operation) -> list[dict[str, Any]]:
    made = [{"name": name, "in": "path", "required": True, "schema": _ID if kind == "int" else _CODE}
            for kind, name in _PATH.findall(row.path)]  # fmt: skip
    if row.query is not NoQuery:
        made += _query(row.query)
    if row.writes and row.repeat != "uuid":
        made.append({
            "name": "Idempotency-Key", "in": "header", "required": row.repeat == "key",
            "description": "Made by the caller before the first try; the same key gives the same answer.",
            "schema": {"type": "string", "minLength": 8, "maxLength": 64, "pattern": r"^[\x21-\x7e]+$"},
        })  # fmt: skip
    return made


def _query(shape: type[BaseModel]) -> list[dict[str, Any]]:
    schema = shape.model_json_schema()
    required = schema.get("required", [])
    return [{"name": name, "in": "query", "required": name in required, "schema": _plain(part)}
            for name, part in schema["properties"].items()]  # fmt: skip


def _plain(part: dict[str, Any]) -> dict[str, Any]:
    """A parameter that may be left out is never sent as null."""
    kinds = [kind for kind in part.get("anyOf", []) if kind != {"type": "null"}]
    rest = {name: value for name, value in part.items() if name not in ("anyOf", "default", "title")}
    default = {"default": part["default"]} if part.get("default") is not None else {}
    return (kinds[0] if len(kinds) == 1 else {"anyOf": kinds} if kinds else {}) | rest | default


def _responses(row: Operation, named: dict[Any, Any]) -> dict[str, Any]:
    content = {"application/json": {"schema": named[row.answer]}}
    done = {"description": HTTPStatus(row.status).phrase, "content": content}
    if row.writes:
        replay = {"description": "Present when this was done before.", "schema": {"const": "true"}}
        done["headers"] = {"Idempotent-Replay": replay}
    wrong = {401, 403, 422, *row.refusals} | ({400, 409, 413, 415, 503} if row.writes else set())
    wrong |= {404} if "<" in row.path else set()
    also = {"200": done} if row.name == "create_order" else {}
    return {str(row.status): done} | also | {str(status): _refusal(status) for status in sorted(wrong)}


def _refusal(status: int) -> dict[str, Any]:
    schema = {"$ref": _REF.format(model="Problem")}
    return {"description": HTTPStatus(status).phrase, "content": {"application/problem+json": {"schema": schema}}}
