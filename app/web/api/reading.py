"""Reading requests: JSON kept exact, queries, keys; everything else is refused with a reason."""

import json
import re
from decimal import Decimal
from typing import Any, TypeVar

from flask import request
from pydantic import BaseModel, TypeAdapter, ValidationError
from werkzeug.exceptions import RequestEntityTooLarge

from app.errors import NotFound
from app.web.api.refusals import BadRequest, OtherMedia, TooLarge, Unreadable

LARGEST = 100_000
_KEY = re.compile(r"[\x21-\x7e]{8,64}")
_HIDDEN = re.compile(r"[\x00-\x1f\x7f]")
Shape = TypeVar("Shape", bound=BaseModel)


def json_body() -> Any:
    """The JSON of the request, numbers as Decimal; an absent body is an empty object.

    Raises TooLarge, OtherMedia or BadRequest.
    """
    request.max_content_length = LARGEST
    try:
        data = request.get_data()
    except RequestEntityTooLarge:
        raise TooLarge("api.large", most=LARGEST) from None
    if not data:
        return {}
    if not request.is_json:
        raise OtherMedia("api.media")
    try:
        return _EXACT.decode(data.decode())
    except (ValueError, RecursionError, ArithmeticError):
        raise BadRequest("api.json") from None


def _refuse(name: str) -> Any:
    raise ValueError(name)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; a name that stands twice would be read differently by different programs, so it is refused."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


_EXACT = json.JSONDecoder(parse_float=Decimal, parse_constant=_refuse, object_pairs_hook=_object)


def fitted(adapter: TypeAdapter[Any], value: Any) -> Any:
    """A body in its declared shape; Unreadable otherwise."""
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        raise Unreadable(error, "body") from None


def query(shape: type[Shape]) -> Shape:
    """The query of the address in its declared shape; a name that stands twice does not fit."""
    values = {name: found[0] if len(found) == 1 else found for name, found in request.args.lists()}
    try:
        return shape.model_validate(values)
    except ValidationError as error:
        raise Unreadable(error, "query") from None


def idempotency_key(required: bool) -> str | None:
    """The caller's key of this write: 8 to 64 visible ASCII characters."""
    key = request.headers.get("Idempotency-Key")
    if key is None and not required:
        return None
    if key is None:
        raise BadRequest("api.key_missing")
    if not _KEY.fullmatch(key):
        raise BadRequest("api.key_wrong")
    return key


def check_path(values: dict[str, Any]) -> None:
    """Refuse what no code or id of ours can be, before a database sees it."""
    for name, value in values.items():
        too_big = value > 2**53 - 1 if isinstance(value, int) else len(value) > 64 or bool(_HIDDEN.search(value))
        if too_big:
            raise NotFound("api.nothing", name=name)
