"""One operation of the API: its address, what it takes and gives, who may, and that a write happens once.

The same declaration answers requests and describes itself in the OpenAPI document, so that the two cannot
drift apart. The blueprint ``pages`` carries all operations.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, request
from pydantic import TypeAdapter

from app.auth import allow, identity
from app.db import now_utc, transaction
from app.services.idempotency import Answer, once
from app.web.api import reading
from app.web.api.refusals import Unreadable, unreadable
from app.web.api.values import NoQuery, Nothing, Wanted

pages = Blueprint("api", __name__, url_prefix="/api/v1")
pages.register_error_handler(Unreadable, unreadable)
OPERATIONS: list["Operation"] = []
Handler = Callable[..., Any]


def N_(words: str) -> str:
    """Mark words for translation that are looked up later, in the language of whoever reads them."""
    return words


@dataclass(frozen=True)
class Operation:
    """A row of the table that the API is made from; ``repeat`` says what makes a write happen once."""

    name: str
    method: str
    path: str
    group: str
    permission: str
    summary: str
    query: type[Wanted]
    body: TypeAdapter[Any] | None
    body_model: Any
    answer: Any
    status: int
    repeat: str
    refusals: tuple[int, ...]

    @property
    def writes(self) -> bool:
        """Whether it changes something."""
        return self.method != "GET"


def operation(
    method: str, path: str, group: str, permission: str, summary: str, *, answer: Any, query: type[Wanted] = NoQuery,
    body: Any = None, status: int = 200, repeat: str = "key", refusals: tuple[int, ...] = (),
) -> Callable[[Handler], Handler]:  # fmt: skip
    """Declare the decorated function as an operation.

    ``repeat`` is key (the header Idempotency-Key, required), version (the key is optional because the body
    names the version it changes) or uuid (the body carries it and the function sees to it).
    """

    def declare(work: Handler) -> Handler:
        shape = (body or Nothing) if method != "GET" else None
        row = Operation(work.__name__, method, path, group, permission, summary, query,
                        TypeAdapter(shape) if shape else None, shape, answer, status, repeat, refusals)  # fmt: skip
        OPERATIONS.append(row)
        view = allow(permission)(_view(row, work, TypeAdapter(answer)))
        pages.add_url_rule(path, work.__name__, view, methods=[method])
        return work

    return declare


def _view(row: Operation, work: Handler, answer: TypeAdapter[Any]) -> Handler:
    def view(**path: Any) -> Response:
        reading.check_path(path)
        given = dict(path)
        if row.query is not NoQuery:
            given["query"] = reading.query(row.query)
        elif request.query_string:
            reading.query(NoQuery)
        if row.body is None:
            return sent(row.status, _text(answer, work(**given)))
        raw = reading.json_body()
        if row.body_model is not Nothing:
            given["body"] = reading.fitted(row.body, raw)
        else:
            reading.fitted(row.body, raw)
        if row.repeat == "uuid":
            done = work(**given)
            return replayed(done) if isinstance(done, Answer) else done
        payload = {"operation": row.name, "path": path, "body": raw}
        return replayed(_once(row, payload, lambda: _told(row, answer, work(**given))))

    view.__name__, view.__doc__ = work.__name__, work.__doc__
    return view


def _told(row: Operation, answer: TypeAdapter[Any], found: Any) -> tuple[int, str]:
    """A function may choose its status by giving a pair."""
    status, body = found if isinstance(found, tuple) else (row.status, found)
    return status, _text(answer, body)


def _once(row: Operation, payload: dict[str, Any], work: Callable[[], tuple[int, str]]) -> Answer:
    key = reading.idempotency_key(required=row.repeat == "key")
    with transaction() as session:
        if key is None:
            return Answer(*work())
        return once(session, identity().user_id, key, payload, now_utc(), work)


def _text(answer: TypeAdapter[Any], found: Any) -> str:
    return answer.dump_json(answer.validate_python(found)).decode()


def sent(status: int, body: str) -> Response:
    """An answer of the API."""
    return Response(body, status, content_type="application/json")


def replayed(answer: Answer) -> Response:
    """The answer of a write; one that was given before says so."""
    response = sent(answer.status, answer.body)
    if answer.is_replay:
        response.headers["Idempotent-Replay"] = "true"
    return response


__all__ = ["N_", "OPERATIONS", "Operation", "operation", "pages", "replayed", "sent"]
