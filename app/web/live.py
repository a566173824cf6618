"""The live stream of pages (server-sent events), and its fallback by asking."""

import re

from flask import Blueprint, Response, current_app, jsonify, request
from flask.typing import ResponseReturnValue

from app import events
from app.auth import allow, identity
from app.db import db
from app.errors import Invalid
from app.live import changed, framed, hub_of, stream
from app.queries.live import missed

pages = Blueprint("live", __name__)
_TOPIC = re.compile(r"[a-z]{1,20}(:\d{1,18})?").fullmatch
_MOST = 200
_RETRY_S = 5


@pages.get("/live")
@allow("live.view")
def live() -> ResponseReturnValue:
    """Open a stream of changes; 503 above the cap of this process, pages ask ``/live/since`` meanwhile."""
    topics, hub = _topics(), hub_of(current_app._get_current_object())  # type: ignore[attr-defined]
    listener = hub.listen(identity().site_id, topics, current_app.config["SSE_CAP"])
    if listener is None:
        return Response(status=503, headers={"Retry-After": str(_RETRY_S)})
    try:
        first = _replay(topics, request.headers.get("Last-Event-ID") or request.args.get("since"))
    except BaseException:
        hub.leave(listener)
        raise
    response = Response(stream(hub, listener, first), content_type="text/event-stream")
    # Also when the stream never began to flow, its place is given back.
    response.call_on_close(lambda: hub.leave(listener))
    response.headers["X-Accel-Buffering"] = "no"
    return response


@pages.get("/live/since")
@allow("live.view")
def since() -> ResponseReturnValue:
    """What changed beyond a position, for pages whose stream was refused."""
    position = _position(request.args.get("position"))
    with db.engine.connect() as connection:
        if position is None:
            return jsonify(position=events.last_position(connection), topics=[], resync=True)
        found = missed(connection, identity().site_id, position, _topics())
        if found is None:
            return jsonify(position=events.last_position(connection), topics=[], resync=True)
    return jsonify(position=found[0], topics=sorted(found[1]), resync=False)


def _topics() -> frozenset[str]:
    topics = frozenset(topic for topic in request.args.get("topics", "").split(",") if topic)
    wrong = next((topic for topic in topics if not _TOPIC(topic)), None)
    if wrong is not None or len(topics) > _MOST:
        raise Invalid("value.wrong", field="topics", value=(wrong or str(len(topics)))[:40])
    return topics


def _position(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None


def _replay(topics: frozenset[str], text: str | None) -> list[bytes]:
    """What a stream that was cut off has missed; read and closed before the stream begins."""
    position = _position(text)
    if position is None:
        return []
    with db.engine.connect() as connection:
        found = missed(connection, identity().site_id, position, topics)
        if found is None:
            return [framed("resync", {}, events.last_position(connection))]
    return [changed(found[1], found[0])] if found[1] else []
