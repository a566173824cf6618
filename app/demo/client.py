"""Speaks to the server as a scanner does: one kept connection, a number for each scan made before its first try.

When an answer is lost the very same request is sent again; the server gives the answer it gave before.
"""

import http.client
import json
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

_TRIES = 8
_LONGEST_PAUSE_S = 2.0
_AGAIN = (502, 503)
Answer = dict[str, Any]


class Refused(Exception):
    """The server said no: HTTP status and the code of its problem, with the whole answer."""

    def __init__(self, status: int, answer: Answer) -> None:
        self.status, self.answer = status, answer
        self.code = str(answer.get("code", ""))
        super().__init__(f"{status} {self.code} {answer.get('detail') or answer.get('values') or ''}".strip())


class Lost(Exception):
    """The server did not answer, however often it was asked."""


@dataclass
class Counts:
    """What went over a connection."""

    sent: int = 0
    accepted: int = 0
    refused: int = 0
    again: int = 0
    codes: Counter[str] = field(default_factory=Counter)


class Client:
    """A caller with a token; ``rng`` makes the numbers of its scans, so that a seed makes the same ones."""

    def __init__(self, url: str, token: str, rng: random.Random | None = None, timeout_s: float = 15.0) -> None:
        parts = urlsplit(url)
        self._host, self._port, self._timeout_s = parts.hostname or "127.0.0.1", parts.port or 80, timeout_s
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._rng = rng or random.Random()
        self._line: http.client.HTTPConnection | None = None
        self._turn = threading.Lock()
        self.counts = Counts()

    def get(self, path: str, **query: Any) -> Any:
        """Read; raises Refused or Lost."""
        wanted = {name: str(value) for name, value in query.items() if value is not None}
        return self._answered("GET", f"/api/v1{path}" + (f"?{urlencode(wanted)}" if wanted else ""), None, {})

    def post(self, path: str, body: Answer | None = None) -> Any:
        """Write once, however often it has to be sent; raises Refused or Lost."""
        return self._answered("POST", f"/api/v1{path}", body or {}, {"Idempotency-Key": self.number()})

    def scan(self, station: str, raw: str) -> Answer:
        """Send what a scanner read at a station; raises Refused or Lost."""
        body = {"uuid": self.number(), "raw": raw}
        answer: Answer = self._answered("POST", f"/api/v1/stations/{station}/scans", body, {})
        return answer

    def plain(self, path: str) -> Any:
        """What stands at another address of the server, whatever its status; raises Lost."""
        return self._sent("GET", path, None, {}, again=())[1]

    def number(self) -> str:
        """A number nobody else makes: 128 random bits."""
        return f"{self._rng.getrandbits(128):032x}"

    def close(self) -> None:
        """Hang up."""
        if self._line:
            self._line.close()
            self._line = None

    def _answered(self, method: str, path: str, body: Answer | None, headers: dict[str, str]) -> Any:
        status, answer = self._sent(method, path, body, headers)
        if status >= 400 or answer is None:
            self.counts.refused += 1
            refusal = Refused(status, answer or {})
            self.counts.codes[refusal.code] += 1
            raise refusal
        self.counts.accepted += method == "POST"
        return answer

    def _sent(
        self, method: str, path: str, body: Answer | None, headers: dict[str, str], again: tuple[int, ...] = _AGAIN
    ) -> tuple[int, Any]:  # fmt: skip
        data = None if body is None else json.dumps(body)
        pause = 0.05
        for attempt in range(_TRIES):
            try:
                self.counts.sent += 1
                self.counts.again += attempt > 0
                status, text = self._asked(method, path, data, headers)
                if status not in again:
                    return status, _json(text)
            except (OSError, http.client.HTTPException):
                pass
            time.sleep(pause)
            pause = min(_LONGEST_PAUSE_S, pause * 2)
        raise Lost(f"{method} {path}")

    def _asked(self, method: str, path: str, data: str | None, headers: dict[str, str]) -> tuple[int, bytes]:
        # One request at a time on one connection, whoever asks.
        with self._turn:
            if self._line is None:
                self._line = http.client.HTTPConnection(self._host, self._port, timeout=self._timeout_s)
            try:
                self._line.request(method, path, data, self._headers | headers)
                found = self._line.getresponse()
                return found.status, found.read()
            except (OSError, http.client.HTTPException):
                self.close()
                raise


def _json(text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def pages(client: Client, path: str, **query: Any) -> list[Answer]:
    """All rows of a list that comes in pages."""
    found: list[Answer] = []
    after = 0
    while True:
        part = client.get(path, after=after, limit=200, **query)
        found += part["rows"]
        if not part["next"]:
            return found
        after = part["next"]
