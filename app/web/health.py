"""Is it alive, is it ready, how does it run: for load balancers and monitoring."""

from flask import Blueprint, Response, jsonify
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from app.auth import PUBLIC, allow
from app.queries.health import readiness

pages = Blueprint("health", __name__)


@pages.get("/healthz")
@allow(PUBLIC)
def alive() -> ResponseReturnValue:
    """The process answers; nothing else is asked."""
    return jsonify(status="ok")


@pages.get("/readyz")
@allow(PUBLIC)
def ready() -> ResponseReturnValue:
    """Writer, relay, poller, worker, migrations and disk; 503 when work cannot go on."""
    report = readiness()
    return jsonify(report), 200 if report["status"] == "ok" else 503


@pages.get("/metrics")
@allow(PUBLIC)
def metrics() -> ResponseReturnValue:
    """Prometheus metrics."""
    return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)
