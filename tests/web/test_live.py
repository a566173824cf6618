"""The live stream: bytes at once, the cap, what was missed, what was too much."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from app import events
from app.db import db, now_utc, transaction
from app.live import framed, hub_of, stream
from app.queries import live as queries
from app.workers.relay import seal_once
from tests.web.station_rig import Rig


@pytest.fixture
def rig(app: Flask) -> Iterator[Rig]:
    made = Rig(app)
    with app.app_context():
        seal_once(app)
    yield made
    hub_of(app).stop()


def tell(rig: Rig, site_id: int | None = None, **data: Any) -> int:
    with rig.app.app_context():
        with transaction() as session:
            events.record(session, site_id or rig.plant.site_id, "report.good", ("task", 1), None, now_utc(), data)
        seal_once(rig.app)
        with db.engine.connect() as connection:
            return events.last_position(connection)


def opened(rig: Rig, path: str, name: str = "operator", **headers: str) -> tuple[Any, Iterator[bytes]]:
    response = rig.browser(name).client.get(path, headers=headers, buffered=False)
    return response, iter(response.response)


def test_a_stream_begins_at_once_and_tells_what_changed(rig: Rig) -> None:
    station = rig.plant.stations["BEND"]
    response, messages = opened(rig, f"/live?topics=station:{station},plan")
    assert response.content_type == "text/event-stream"
    assert response.headers["Cache-Control"] == "no-store"
    first = next(messages)
    assert first.startswith(b"retry: ")
    assert b"event: beat" in first
    position = tell(rig, order=5, stations=[station, 99])
    told = next(messages)
    assert (
        told
        == f'id: {position}\nevent: change\ndata: {{"topics":["station:{station}"],"position":{position}}}\n\n'.encode()
    )
    response.close()
    assert hub_of(rig.app).count() == 0


def test_the_stream_holds_no_database_session(rig: Rig) -> None:
    response, messages = opened(rig, "/live?topics=site&since=0")
    next(messages)
    next(messages)
    with rig.app.app_context():
        assert db.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    response.close()


def test_above_the_cap_pages_are_asked_to_come_later(rig: Rig) -> None:
    rig.app.config["SSE_CAP"] = 1
    one, messages = opened(rig, "/live?topics=site")
    next(messages)
    two, _ = opened(rig, "/live?topics=site")
    assert (two.status_code, two.headers["Retry-After"]) == (503, "5")
    one.close()
    three, messages = opened(rig, "/live?topics=site")
    assert three.status_code == 200
    three.close()


@pytest.mark.parametrize("header", [True, False])
def test_what_was_missed_is_told_first(rig: Rig, header: bool) -> None:
    before = tell(rig)
    position = tell(rig, order=7)
    tell(rig, order=8)
    query = "" if header else f"&since={before}"
    response, messages = opened(
        rig, f"/live?topics=order:7{query}", **({"Last-Event-ID": str(before)} if header else {})
    )
    next(messages)
    told = next(messages)
    assert b'"topics":["order:7"]' in told
    assert f'"position":{position + 1}'.encode() in told
    response.close()


def test_too_much_was_missed_to_tell(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "MOST", 2)
    response, messages = opened(rig, "/live?topics=site&since=0")
    next(messages)
    assert b"event: resync" in next(messages)
    response.close()


def test_another_plant_hears_nothing(rig: Rig) -> None:
    before = tell(rig)
    response, messages = opened(rig, f"/live?topics=site,order:7&since={before}", name="stranger")
    next(messages)
    tell(rig, order=7)
    position = tell(rig, site_id=rig.other_site_id, order=9)
    assert f"id: {position}\n".encode() in next(messages)
    response.close()
    rows = rig.browser("stranger").get(f"/live/since?position={before}&topics=order:7").json
    assert rows["topics"] == []


def test_the_fallback_by_asking(rig: Rig) -> None:
    operator = rig.browser("operator")
    first = operator.get("/live/since?topics=order:7").json
    assert first["resync"] is True
    tell(rig, order=7)
    found = operator.get(f"/live/since?position={first['position']}&topics=order:7").json
    assert (found["topics"], found["position"]) == (["order:7"], first["position"] + 1)


@pytest.mark.parametrize("topics", ["DROP", "order:x", "order:" + "9" * 30, ",".join(f"order:{n}" for n in range(300))])
def test_topics_that_are_none_are_refused(rig: Rig, topics: str) -> None:
    assert rig.browser("operator").get(f"/live?topics={topics}", Accept="application/json").status_code == 422


def test_planners_hear_and_nobody_does_not(rig: Rig) -> None:
    assert rig.app.test_client().get("/live?topics=site", headers={"Accept": "application/json"}).status_code == 401


def test_a_silent_stream_beats_and_ends_with_the_process(rig: Rig) -> None:
    hub = hub_of(rig.app)
    listener = hub.listen(1, frozenset({"site"}), 9)
    assert listener
    messages = stream(hub, listener, [], beat_s=0.001)
    next(messages)
    assert next(messages) == framed("beat", {})
    hub.stop()
    assert list(messages) in ([], [framed("beat", {})])
    assert hub.listen(1, frozenset({"site"}), 9) is None
