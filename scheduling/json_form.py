"""Frozen dataclasses to plain JSON data and back, checked field by field with the path of what is wrong."""

import dataclasses
import json
import types
import typing
from functools import cache
from typing import Any, Literal, TypeVar

from scheduling.errors import InvalidJson

T = TypeVar("T")


def dump(record: object) -> str:
    """Canonical JSON text of a record: sorted keys, no spaces, so that equal records have equal text."""
    return json.dumps(plain(record), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def load(kind: type[T], text: str) -> T:
    """A record of this kind from its JSON text; InvalidJson names the path of a wrong or missing value."""
    try:
        data = json.loads(text)
    except ValueError as fault:
        raise InvalidJson(path="$", expected=f"JSON text ({fault})") from fault
    return typing.cast(T, build(kind, data, "$"))


def plain(value: Any) -> Any:
    """Lists, dicts and scalars for a record; fields at their default are left out."""
    if dataclasses.is_dataclass(value):
        out = {}
        kind: type = type(value)
        for name, default in _shape(kind):
            part = getattr(value, name)
            if part != default:
                out[name] = plain(part)
        return out
    if isinstance(value, tuple):
        return [plain(part) for part in value]
    return value


def build(kind: Any, data: Any, path: str) -> Any:
    """Data read as `kind` (dataclass, tuple, Literal, optional or scalar); raises InvalidJson with the path."""
    if dataclasses.is_dataclass(kind):
        return _record(typing.cast(type, kind), data, path)
    origin = typing.get_origin(kind)
    if origin is tuple:
        return _tuple(typing.get_args(kind), data, path)
    if origin is types.UnionType:
        real = next(part for part in typing.get_args(kind) if part is not type(None))
        return None if data is None else build(real, data, path)
    if origin is Literal:
        return _one_of(typing.get_args(kind), data, path)
    if type(data) is not kind:  # exact: True is no integer here
        raise InvalidJson(path=path, expected=kind.__name__)
    return data


def _record(kind: type, data: Any, path: str) -> Any:
    if not isinstance(data, dict):
        raise InvalidJson(path=path, expected=f"an object ({kind.__name__})")
    hints = _hints(kind)
    for name in data:
        if name not in hints:
            raise InvalidJson(path=f"{path}.{name}", expected=f"no such field in {kind.__name__}")
    for name, default in _shape(kind):
        if default is dataclasses.MISSING and name not in data:
            raise InvalidJson(path=f"{path}.{name}", expected="a value")
    return kind(**{name: build(hints[name], part, f"{path}.{name}") for name, part in data.items()})


def _tuple(parts: tuple[Any, ...], data: Any, path: str) -> tuple[Any, ...]:
    if not isinstance(data, list):
        raise InvalidJson(path=path, expected="a list")
    if len(parts) == 2 and parts[1] is Ellipsis:
        return tuple(build(parts[0], value, f"{path}[{i}]") for i, value in enumerate(data))
    if len(data) != len(parts):
        raise InvalidJson(path=path, expected=f"a list of {len(parts)}")
    return tuple(build(part, value, f"{path}[{i}]") for i, (part, value) in enumerate(zip(parts, data, strict=True)))


def _one_of(values: tuple[Any, ...], data: Any, path: str) -> Any:
    if data not in values:
        raise InvalidJson(path=path, expected=f"one of {', '.join(map(str, values))}")
    return data


@cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


@cache
def _shape(kind: type) -> tuple[tuple[str, Any], ...]:
    """(name, default) of every field; MISSING where a value must be given."""
    out = []
    for field in dataclasses.fields(kind):
        made = field.default_factory
        out.append((field.name, made() if made is not dataclasses.MISSING else field.default))
    return tuple(out)
