"""Is it alive, is it ready, how does it run: for load balancers and monitoring."""

from typing import Any

from flask import Blueprint, Response, jsonify, render_template
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST

from app.auth import PUBLIC, allow
from app.i18n import gettext as _
from app.metrics import exposition
from app.queries import gauges
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
    gauges.refresh()
    return Response(exposition(), content_type=CONTENT_TYPE_LATEST)


@pages.get("/health")
@allow("admin")
def page() -> ResponseReturnValue:
    """The same parts in words, with what to do about each."""
    report = readiness()
    parts = [_part(name, found) for name, found in report["parts"].items()]
    return render_template("admin/health.html", is_ok=report["status"] == "ok", parts=parts)


def _part(name: str, found: dict[str, Any]) -> dict[str, Any]:
    names = {"database": _("Database"), "writer": _("Writer of reports"), "disk": _("Disk"), "relay": _("Event relay"),
             "poller": _("Poller of machines"), "worker": _("Planning worker"), "backup": _("Backup"),
             "printing": _("Label printers")}  # fmt: skip
    if "station" in found:
        names[name] = _("Camera at %(station)s", station=found["station"])
    cures = {
        "database": _("Check the address of the database, and run the upgrade."),
        "writer": _("No report can be written. Start the web process again."),
        "disk": _("Make room: reports stop when the disk is full."),
        "relay": _("Live pages and webhooks wait. Start the relay again."),
        "poller": _("Machines are not read; their values turn uncertain. Start the poller."),
        "worker": _("Nothing is planned anew. Start the worker."),
        "backup": _("This day is lost with the disk. Run ./gongxu backup, and see why the worker does not."),
        "printing": _("Labels wait. Look at the printer: paper, power, network; then try again on the labels page."),
    }  # fmt: skip
    cure = _camera_cure(found) if "station" in found else cures.get(name, "")
    return {
        "name": names.get(name, name), "ok": found["ok"], "told": _told(name, found),
        "cure": "" if found["ok"] else cure,
    }  # fmt: skip


def _camera_cure(found: dict[str, Any]) -> str:
    if found["state"] == "not_running":
        return _("Nothing is read there. Start ./gongxu camera, or serve with GONGXU_CAMERAS.")
    if found["problem"] == "camera.no_opencv":
        return _("OpenCV is missing on the server. Install opencv-python-headless.")
    return _("It is tried again all the time. Look at the camera: power, network, address.")


def _told(name: str, found: dict[str, Any]) -> str:
    if name == "database":
        return found.get("error") or _("schema %(revision)s", revision=found.get("revision") or "–")
    if name == "disk":
        return _("%(free)s MB free", free=found["free_mb"])
    if name == "relay":
        return _("%(lag)s s behind, position %(position)s", lag=found["lag_s"], position=found["position"] or 0)
    if name == "backup":
        none = found["age_h"] is None
        return _("none yet") if none else _("%(hours)s h old, %(folder)s", hours=found["age_h"], folder=found["folder"])
    if name == "printing":
        told = _("%(waiting)s wait, %(failed)s not printed", waiting=found["waiting"], failed=found["failed"])
        return f"{told} · {found['problem']}" if found["problem"] else told
    if "station" in found:
        states = {"watching": _("watching"), "away": _("the camera is away"), "not_running": _("not running")}
        return _("%(state)s, %(counted)s counted", state=states[found["state"]], counted=found["counted"])
    if name in ("poller", "worker"):
        return _("seen lately") if found["ok"] else _("not seen")
    return _("answers") if found["ok"] else _("does not answer")
