"""What is measured while it runs (Prometheus). An observation costs about a microsecond.

Durations are in seconds. What only the store knows (seal lag, age of a device's values) is read when somebody asks,
by ``app.queries.gauges``.
"""

import os
import time
from functools import lru_cache

from flask import Flask, Response, g, request
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)

REQUEST_S = Histogram(
    "gongxu_request_seconds", "Time of a request until its answer begins, by view and kind of status.",
    ("view", "status"), buckets=(0.005, 0.025, 0.1, 0.25, 1.0, 2.5),
)  # fmt: skip
SCAN_S = Histogram("gongxu_scan_seconds", "Time of a scan until its answer.", buckets=_FAST)
COMMIT_S = Histogram("gongxu_commit_seconds", "Time of a shared commit with the reports in it.", buckets=_FAST)
COMMIT_SIZE = Histogram("gongxu_commit_reports", "Reports in a shared commit.", buckets=(1, 2, 4, 8, 16, 32, 64))
COMMIT_QUEUE = Gauge("gongxu_commit_queue", "Reports that wait for the writer.", multiprocess_mode="livesum")
REFUSED = Counter("gongxu_refused", "Refusals by their code.", ("code",))
SEAL_LAG_S = Gauge("gongxu_seal_lag_seconds", "Age of the oldest event not yet sealed.", multiprocess_mode="mostrecent")
DEVICE_AGE_S = Gauge(
    "gongxu_device_age_seconds", "Age of the newest value of a device.", ("device",), multiprocess_mode="mostrecent"
)


def init_metrics(app: Flask) -> None:
    """Time every request (before all other hooks began, after all others ended)."""
    app.before_request_funcs.setdefault(None, []).insert(0, _begin)
    app.after_request_funcs.setdefault(None, []).insert(0, _end)


def _begin() -> None:
    g.measured_from = time.perf_counter()


def _end(response: Response) -> Response:
    began = g.get("measured_from")
    if began is not None:
        took_s = time.perf_counter() - began
        _request_s(request.endpoint or "none", response.status_code // 100).observe(took_s)
        if request.method == "POST" and (request.endpoint or "").endswith(".scan"):
            SCAN_S.observe(took_s)
    return response


@lru_cache
def _request_s(view: str, hundreds: int) -> Histogram:
    return REQUEST_S.labels(view, f"{hundreds}xx")


def exposition() -> bytes:
    """All metrics as Prometheus reads them; of all web processes when there are several."""
    if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
