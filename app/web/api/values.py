"""The kinds of values the API takes and gives: exact quantities as decimal text, times in UTC, codes, texts."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

_NUMBER = re.compile(r"-?[0-9]{1,10}(\.[0-9]{1,6})?")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_MOST = 10**9
_LINE = r"^[^\x00-\x1f\x7f]*$"
_LINES = r"^[^\x00-\x08\x0b-\x1f\x7f]*$"


class Asked(BaseModel):
    """What comes in: unknown fields are refused, nothing is guessed."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Wanted(BaseModel):
    """What stands in the query of an address: text, read as the declared kind; unknown names are refused."""

    model_config = ConfigDict(extra="forbid")


class Given(BaseModel):
    """What goes out."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)


def _exact(value: Any) -> Decimal:
    """An exact number from text, an integer or a JSON number; never from a float."""
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return Decimal(value)
    if isinstance(value, int | Decimal) and not isinstance(value, bool) and abs(value) <= _MOST:
        number = Decimal(value)
        if number == round(number, 6):
            return number
    raise PydanticCustomError("number", "not an exact number")


def _positive(value: Any) -> Decimal:
    number = _exact(value)
    if not 0 < number <= _MOST:
        raise PydanticCustomError("quantity", "not a quantity")
    return number


def written(value: Decimal) -> str:
    """A quantity as plain decimal text, never with an exponent."""
    return format(value, "f")


def _moment(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    try:
        if isinstance(value, str) and _TIME.fullmatch(value):
            moment = datetime.fromisoformat(value.upper()).astimezone(UTC)
            if 2000 <= moment.year < 2200:
                return moment
    except (ValueError, OverflowError):
        pass
    raise PydanticCustomError("moment", "not a time")


def utc(value: datetime) -> str:
    """A moment in UTC, as ISO 8601 with Z."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


_DECIMAL_TEXT = {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$", "examples": ["12.5"]}
_POSITIVE = {"anyOf": [
    {"type": "string", "pattern": r"^[0-9]{1,10}(\.[0-9]{1,6})?$"},
    {"type": "number", "exclusiveMinimum": 0, "maximum": _MOST},
], "examples": ["12.5"]}  # fmt: skip
_ANY = {"anyOf": [
    {"type": "string", "pattern": r"^-?[0-9]{1,10}(\.[0-9]{1,6})?$"},
    {"type": "number", "minimum": -_MOST, "maximum": _MOST},
], "examples": ["-0.95"]}  # fmt: skip
_DATE_TIME = {"type": "string", "format": "date-time", "examples": ["2026-11-23T09:00:00Z"]}

Quantity = Annotated[Decimal, BeforeValidator(_positive), WithJsonSchema(_POSITIVE)]
Number = Annotated[Decimal, BeforeValidator(_exact), WithJsonSchema(_ANY)]
Amount = Annotated[Decimal, PlainSerializer(written), WithJsonSchema(_DECIMAL_TEXT)]
Moment = Annotated[datetime, BeforeValidator(_moment), PlainSerializer(utc), WithJsonSchema(_DATE_TIME)]

Code = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=_LINE)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=_LINE)]
Lines = Annotated[str, StringConstraints(min_length=1, max_length=2000, pattern=_LINES)]
Raw = Annotated[str, StringConstraints(min_length=1, max_length=2000, pattern=r"^[^\x00]*$")]
Uuid = Annotated[str, StringConstraints(min_length=8, max_length=64, pattern=r"^[A-Za-z0-9-]+$")]
Id = Annotated[int, Field(ge=1, le=2**53 - 1)]
Priority = Annotated[int, Field(ge=1, le=5)]


class Nothing(Asked):
    """A body without fields."""


class NoQuery(Wanted):
    """An address without query."""


class PageWanted(Wanted):
    """Which part of a list."""

    after: Annotated[int, Field(ge=0, le=2**53 - 1, description="The `next` of the page before; 0 for the first.")] = 0
    limit: Annotated[int, Field(ge=1, le=500, description="How many rows at most.")] = 100
