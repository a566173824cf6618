"""What the API refuses before a service is asked: bodies, queries and keys that cannot be read.

Every message says which field, what is wrong with it and what fits, in the language of the request.
"""

from typing import Any

from flask import Response
from pydantic import ValidationError

from app.errors import Refused
from app.i18n import gettext
from app.i18n import lazy_gettext as _
from app.web.problems import problem

_MESSAGES = {
    "missing": _("Is missing. Fill it in."),
    "extra_forbidden": _("Is not known here. Leave it out."),
    "literal_error": _("Must be one of %(expected)s."),
    "union_tag_invalid": _("The kind must be one of %(expected_tags)s."),
    "union_tag_not_found": _("Say which kind it is."),
    "string_type": _("Must be text."),
    "string_unicode": _("Holds half a character. Send proper UTF-8."),
    "string_too_long": _("Is too long: at most %(max_length)s characters fit."),
    "string_too_short": _("Is too short: at least %(min_length)s characters are needed."),
    "string_pattern_mismatch": _("Holds characters that do not fit here."),
    "int_type": _("Must be a whole number."),
    "int_parsing": _("Must be a whole number."),
    "bool_parsing": _("Must be true or false."),
    "greater_than_equal": _("Must be at least %(ge)s."),
    "less_than_equal": _("Must be at most %(le)s."),
    "too_long": _("Holds too many entries: at most %(max_length)s fit."),
    "number": _("Must be a number as text, such as 12.5, with at most 6 decimals."),
    "quantity": _("Must be a quantity above zero, such as 12.5, with at most 6 decimals."),
    "moment": _("Must be a time with its zone, such as 2026-11-23T09:00:00Z."),
}


class BadRequest(Refused):
    """The request cannot be read."""

    status = 400


class TooLarge(Refused):
    """The body is larger than the API takes."""

    status = 413


class OtherMedia(Refused):
    """The body is not JSON."""

    status = 415


class Unreadable(Exception):
    """Fields of a body or query do not fit; carries pydantic's findings."""

    def __init__(self, found: ValidationError, where: str) -> None:
        super().__init__(where)
        self.found = found
        self.where = where


def unreadable(error: Unreadable) -> Response:
    """The problem details of fields that do not fit: 422 with one entry a field."""
    fields = [
        {"field": _path(one["loc"]), "message": _message(one["type"], one.get("ctx") or {})}
        for one in error.found.errors(include_url=False, include_input=False)[:50]
    ]
    names = ", ".join(entry["field"] or error.where for entry in fields[:5])
    words = gettext("These fields do not fit: %(fields)s. Correct them and send it again.", fields=names)
    return problem(422, "api.fields", words, errors=fields)


def _path(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part)[:64] for part in location)


def _message(kind: str, context: dict[str, Any]) -> str:
    words = _MESSAGES.get(kind)
    return str(words) % context if words else gettext("Does not fit. Look it up in the description of the API.")
