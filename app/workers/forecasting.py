"""Looks ahead every few minutes: the model of the line from the live state, in a thread of the worker.

It knows nothing of the web, holds no transaction while it computes, and ends after ``FORECAST_S`` seconds with what it
has. Of several workers one does it, by a lease.
"""

import threading
import time
from datetime import datetime, timedelta
from typing import Any

import structlog
from flask import Flask, current_app
from sqlalchemy import select

from app.db import db, now_utc
from app.models import Site
from app.queries.forecast_live import Floor, floor
from app.queries.forecast_pace import made
from app.services import forecasting, leases
from app.services.forecasting import Made
from app.workers.supervise import Stop
from devices.forecast import Expected, by_rate, forecast

LEASE = "forecast"
HORIZON = timedelta(hours=12)
RUNS = 30
_LOOK_S = 30.0
_DAY = timedelta(days=1)
log = structlog.get_logger("forecast")


def turn(holder: str, now: datetime, period: timedelta) -> int:
    """Forecast every site, inside an application context; gives how many were kept."""
    if leases.take(LEASE, holder, now, period.total_seconds()) is None:
        return 0
    sites = list(db.session.execute(select(Site.id).order_by(Site.id)).scalars())
    budget_s = current_app.config["FORECAST_S"] / max(len(sites), 1)
    for site_id in sites:
        forecasting.keep(site_id, look_ahead(site_id, now, budget_s), now)
        forecasting.check(site_id, now)
    return len(sites)


def look_ahead(site_id: int, now: datetime, budget_s: float) -> Made:
    """One forecast of a site; as many runs as the time allows."""
    seen = floor(db.session(), site_id, now, HORIZON)
    rates = _rates(site_id, seen, now)
    db.session.rollback()  # the read ends here: nothing stays open while the model runs
    began = time.monotonic()
    told = forecast(
        seen.live, HORIZON.total_seconds(), RUNS, round(now.timestamp()),
        lambda: time.monotonic() - began > budget_s,
    )  # fmt: skip
    plain = {order: _after(seen, order, work_s, now) for order, work_s in by_rate(seen.live, rates).items()}
    rows = {("order", int(key)): _row(one, now) | {"plain_at": plain.get(key)} for key, one in told.orders.items()}
    rows |= {("station", int(key[1:])): _row(one, now) | {"plain_at": None} for key, one in told.congestion.items()}
    return Made(rows, HORIZON, told.runs, round((time.monotonic() - began) * 1000))


def _rates(site_id: int, seen: Floor, now: datetime) -> dict[str, float]:
    """Pieces a second of a day's output; shifts of yesterday are taken to be as long as those to come."""
    output = made(db.session(), site_id, now - _DAY)
    worked = {
        key: sum((min(b, now + _DAY) - max(a, now)).total_seconds() for a, b in spans if a < now + _DAY)
        for key, spans in seen.hours.items()
    }
    return {key: pieces / worked[key] for key, pieces in output.items() if worked.get(key, 0.0) > 0}


def _after(seen: Floor, order: str, work_s: float, now: datetime) -> datetime | None:
    """When so many seconds of work are over at the order's last station, by its hours; None beyond them."""
    before = {key for job in seen.live.jobs for key, _ in job.follows}
    last = next(job for job in reversed(seen.live.jobs) if job.order == order and job.key not in before)
    for begins, ends in seen.hours.get(last.place, [(now, now + HORIZON)]):
        span = (ends - begins).total_seconds()
        if work_s <= span:
            return begins + timedelta(seconds=work_s)
        work_s -= span
    return None


def _row(one: Expected, now: datetime) -> dict[str, Any]:
    def at(after_s: float) -> datetime | None:
        return now + timedelta(seconds=round(after_s)) if after_s <= HORIZON.total_seconds() else None

    return {"permille": round(one.share * 1000), "at": at(one.at_s), "early_at": at(one.early_s),
            "late_at": at(one.late_s)}  # fmt: skip


def run(app: Flask, holder: str, stop: threading.Event | Stop) -> None:
    """Look ahead until ``stop`` is set; what fails is told and tried again."""
    period = timedelta(minutes=app.config["FORECAST_MIN"])
    with app.app_context():
        while not stop.is_set():
            wait_s = period.total_seconds()
            try:
                if not turn(holder, now_utc(), period):
                    wait_s = min(wait_s, _LOOK_S)
            except Exception as error:
                db.session.rollback()
                log.error("forecast failed", exc_info=error)
            stop.wait(wait_s)


def start(app: Flask, holder: str, stop: threading.Event | Stop) -> None:
    """Begin in a thread that ends with the process; nothing begins where none are wanted (0 minutes)."""
    if app.config["FORECAST_MIN"] > 0:
        threading.Thread(target=run, args=(app, holder, stop), name="forecast", daemon=True).start()
