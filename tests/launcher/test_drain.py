"""The end of a web process: streams are ended, who waits is answered, a load balancer is told."""

import http.client
import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.workers.children import THREADS_THAT_STAY
from tests.conftest import build, dispose
from tests.launcher.test_serve import WAIT_S, Plant, home, plant

__all__ = ["home", "plant"]
pytestmark = [pytest.mark.slow, pytest.mark.processes]


@pytest.fixture
def token(home: Path) -> str:
    """A personal token of the administrator."""
    from app.db import now_utc
    from app.services import users

    app = build(f"sqlite:///{home / 'gongxu.db'}")
    with app.app_context():
        made = users.create_token(1, "test", "user:1", now_utc())
    dispose(app)
    return made


@pytest.fixture
def kept(plant: Plant) -> Iterator[list[http.client.HTTPConnection]]:
    """More connections than threads that stay with one."""
    plant.open()
    found = [http.client.HTTPConnection("127.0.0.1", plant.port, timeout=WAIT_S) for _ in range(THREADS_THAT_STAY + 6)]
    yield found
    for one in found:
        one.close()


def asked(connection: http.client.HTTPConnection, path: str) -> tuple[int, dict[str, str]]:
    connection.request("GET", path)
    answer = connection.getresponse()
    return answer.status, json.load(answer)


def test_an_open_stream_and_kept_connections_see_an_orderly_end(
    token: str, plant: Plant, kept: list[http.client.HTTPConnection]
) -> None:
    # Twice on each: those that found no thread to stay with them are served by the selector.
    for _ in range(2):
        assert [asked(one, "/healthz")[0] for one in kept] == [200] * len(kept)
    stream = http.client.HTTPConnection("127.0.0.1", plant.port, timeout=WAIT_S)
    stream.request("GET", "/live?topics=site", headers={"Authorization": f"Bearer {token}"})
    live = stream.getresponse()
    assert (live.status, live.readline()) == (200, b"retry: 3000\n")
    plant.process.send_signal(signal.SIGTERM)
    # A whole chunked body: the end of the stream is said, the connection does not just break.
    assert live.read().endswith(b"\n\n")
    status, ready = asked(kept[0], "/readyz")
    assert (status, ready["status"]) == (503, "draining")
    stream.close()
    for one in kept:
        one.close()
    assert plant.process.wait(WAIT_S) == 0
    assert all(one.ends() for one in plant.watched)
