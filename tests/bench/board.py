"""The plan board with 2 000 tasks on 60 stations: its data, first drawing and frames in Chromium, a promised date.

python -m tests.bench.board
"""

import random
import statistics
import threading
import time
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import insert, select
from werkzeug.serving import make_server

from app.db import db, now_utc, transaction
from app.models import Line, Plan, PlannedTask, Station, Task
from app.queries import plan_promise
from app.services import orders, users
from app.services.release import release
from app.workers.warm import warm
from tests.bench.floor import application
from tests.browser.conftest import FLAGS, chromium
from tests.small_plant import build
from tests.web.station_rig import SECRET

ORDERS, STATIONS = 286, 60
MOVES = """async () => {
  board.work.length = 0;
  const frame = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  for (const span of ["shift", "week", "all"]) {
    board.span(span);
    for (let n = 0; n < 40; n++) { board.view.pan(n % 2 ? -90 : 70, n % 3 ? -9 : 14); board.draw(); await frame(); }
    for (let n = 0; n < 40; n++) { board.view.zoom(n < 20 ? 1.08 : 0.93); board.draw(); await frame(); }
  }
  return board.work;
}"""


def main() -> None:
    """Measure and print three lines."""
    with application(None) as app:
        with app.app_context():
            site_id = _filled()
        warm(app)
        with app.app_context():
            times = [_promise(site_id) for _ in range(7)]
        clock, work = ([one[n] for one in times] for n in (0, 1))
        print(
            f"promise date: median {statistics.median(clock):.0f} ms, longest {max(clock):.0f} ms; "
            f"CPU median {statistics.median(work):.0f} ms"
        )
        server = make_server("127.0.0.1", 0, app, threaded=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        _drawn(f"http://127.0.0.1:{server.server_port}")
        server.shutdown()


def _promise(site_id: int) -> tuple[float, float]:
    """Clock and CPU of one answer in ms."""
    began, worked = time.perf_counter(), time.process_time()
    plan_promise.promised(db.session, site_id, "FRIDGE", Decimal(4), None, now_utc())
    return (time.perf_counter() - began) * 1000, (time.process_time() - worked) * 1000


def _filled() -> int:
    """The plant, its orders, and a plan with every task somewhere on sixty stations."""
    now, draw, plant = now_utc(), random.Random(1), build()
    with transaction() as session:
        line = session.scalars(select(Line.id)).first()
        known = len(session.scalars(select(Station.id)).all())
        session.add_all(Station(site_id=plant.site_id, line_id=line, code=f"S{n}", name=f"Station {n}", position=n)
                        for n in range(known, STATIONS))  # fmt: skip
    for _ in range(ORDERS):
        made = orders.create_production(plant.site_id, "FRIDGE", Decimal(2), now + timedelta(days=9), 3, None, now)
        release(plant.site_id, made, "cli:bench", now)
    users.create("T", "planner", SECRET, ["planner"], None, now)
    with transaction() as session:
        stations, tasks = (list(session.scalars(select(t.id)).all()) for t in (Station, Task))
        plan = Plan(site_id=plant.site_id, version=1, based_on=0, epoch_at=now, tick_s=60, problem_hash="",
                    objective={}, published_at=now)  # fmt: skip
        session.add(plan)
        session.flush()
        free = dict.fromkeys(stations, now)
        rows = []
        for n, task in enumerate(tasks):
            station = stations[n % len(stations)]
            start, long = free[station] + timedelta(minutes=draw.randint(0, 200)), draw.randint(60, 400)
            free[station] = start + timedelta(minutes=long)
            rows.append({"plan_id": plan.id, "task_id": task, "station_id": station, "start_at": start,
                         "end_at": free[station], "bound_by": "now", "bound_ref": None, "is_pinned": False,
                         "is_locked": n % 20 == 0, "is_late": n % 15 == 0})  # fmt: skip
        session.execute(insert(PlannedTask.__table__), rows)
    print(f"{len(tasks)} tasks on {len(stations)} stations")
    return plant.site_id


def _drawn(url: str) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium(), args=FLAGS)
        page: Any = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(f"{url}/login?next=/plan")
        page.fill("[name=name]", "planner")
        page.fill("[name=password]", SECRET)
        page.press("[name=password]", "Enter")
        page.wait_for_url(f"{url}/plan")
        data, first = [], []
        for _ in range(5):
            page.goto(f"{url}/plan")
            while not page.evaluate("window.board && board.work.length > 0"):
                page.wait_for_timeout(5)
            first.append(page.evaluate("performance.now()"))
            entry = "performance.getEntriesByType('resource').find(e => e.name.includes('board.json')).duration"
            data.append(page.evaluate(entry))
        work = sorted(page.evaluate(MOVES))
        size = page.evaluate("board.state.tasks")
        browser.close()
    print(f"{size} tasks: board.json median {statistics.median(data):.0f} ms; "
          f"page to first drawing median {statistics.median(first):.0f} ms, longest {max(first):.0f} ms")  # fmt: skip
    p95 = work[int(len(work) * 0.95)]
    print(f"drawing work of {len(work)} frames of pan and zoom: median {statistics.median(work):.1f} ms, "
          f"p95 {p95:.1f} ms, longest {work[-1]:.1f} ms")  # fmt: skip


if __name__ == "__main__":
    main()
