"""The description of the API: the OpenAPI document for programs and a page for people."""

from functools import lru_cache
from itertools import groupby
from typing import Any

from flask import Response, json, render_template, request

from app.auth import PUBLIC, allow
from app.web.api.document import GROUPS, address, document
from app.web.api.operation import OPERATIONS, Operation, pages, sent


@pages.get("/openapi.json")
@allow(PUBLIC)
def openapi() -> Response:
    """The OpenAPI 3.1 document."""
    return sent(200, _text())


@pages.get("/")
@allow(PUBLIC)
def reference() -> str:
    """All operations and shapes, with examples to copy."""
    made = document()
    order = list(GROUPS)
    rows = sorted(OPERATIONS, key=lambda row: order.index(row.group))
    groups = [(name, GROUPS[name], [_shown(row, made) for row in found])
              for name, found in groupby(rows, key=lambda row: row.group)]  # fmt: skip
    return render_template("api/reference.html", groups=groups, shapes=_shapes(made), base=request.host_url.rstrip("/"))


@lru_cache(maxsize=1)
def _text() -> str:
    return json.dumps(document())


def _shown(row: Operation, made: dict[str, Any]) -> dict[str, Any]:
    path = address(row)
    told = made["paths"][path][row.method.lower()]
    return {"row": row, "path": path, "told": told, "fields": _fields(told), "answer": _name(_answer(row, told)),
            "body": _name(told.get("requestBody", {}).get("content", {}).get("application/json", {})
                          .get("schema", {}))}  # fmt: skip


def _answer(row: Operation, told: dict[str, Any]) -> dict[str, Any]:
    return told["responses"][str(row.status)]["content"]["application/json"]["schema"]  # type: ignore[no-any-return]


def _fields(told: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"name": one["name"], "where": one["in"], "required": one["required"], "kind": kind(one["schema"])}
            for one in told["parameters"]]  # fmt: skip


def _shapes(made: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"name": name, "told": shape.get("description", ""),
         "fields": [{"name": field, "kind": kind(part), "required": field in shape.get("required", []),
                     "told": part.get("description", "")} for field, part in shape.get("properties", {}).items()]}
        for name, shape in sorted(made["components"]["schemas"].items())
    ]  # fmt: skip


def _name(schema: dict[str, Any]) -> list[str]:
    """The names of the shapes a schema points to."""
    parts = [schema, *schema.get("oneOf", [])]
    return [part["$ref"].rsplit("/", 1)[1] for part in parts if "$ref" in part]


def kind(schema: dict[str, Any]) -> str:
    """A schema in one short line."""
    if "$ref" in schema:
        return str(schema["$ref"].rsplit("/", 1)[1])
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if "const" in schema:
        return str(schema["const"])
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(kind(part) for part in schema["anyOf"]))
    if schema.get("type") == "array":
        return f"[{kind(schema.get('items', {}))}]"
    return str(schema.get("format") or schema.get("type", "any"))
