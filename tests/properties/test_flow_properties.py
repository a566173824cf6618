"""Random processes and random courses of reports, undos and rework: counters always agree with the rows."""

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.db import db, transaction
from app.errors import Refused
from app.group_commit import commit_together
from app.models import (
    Bom,
    BomLine,
    Item,
    Operation,
    OperationLink,
    OperationStation,
    Report,
    Routing,
    Station,
    Task,
    WorkOrder,
)
from app.queries.differences import differences
from app.services import orders, skipping
from app.services.execution import Entry, report
from app.services.release import release
from app.services.undoing import Undo, undo
from app.states.task import CLOSED
from tests.conftest import build as build_app
from tests.conftest import dispose
from tests.small_plant import NOW, Plant, build

steps = st.lists(
    st.tuples(
        st.sampled_from(["good", "good", "good", "scrap", "rework", "undo", "undo", "skip", "unskip"]),
        st.integers(0, 50),
        st.integers(1, 4),
    ),
    max_size=25,
)


@st.composite
def processes(draw: st.DrawFn) -> dict[str, Any]:
    """A connected process of up to six operations with parallel branches, merges, a way back, and a sub-item."""
    count = draw(st.integers(2, 6))
    arrows = {(draw(st.integers(0, n - 1)), n) for n in range(1, count)}
    arrows |= set(
        draw(
            st.lists(
                st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)).filter(lambda a: a[0] < a[1]),
                max_size=4,
            )
        )
    )
    reach = {a for a, b in arrows}
    arrows |= {(n, count - 1) for n in range(count - 1) if n not in reach}
    back = draw(st.sampled_from(sorted(arrows)))
    return {
        "count": count, "arrows": sorted(arrows), "back": (back[1], back[0]),
        "batch": draw(st.sampled_from([None, 2, 3])), "quantity": draw(st.integers(1, 6)),
        "kind": draw(st.sampled_from(["finish_start", "finish_start", "start_start"])),
        "optional": draw(st.sets(st.integers(0, count - 1), max_size=3)),
        "sub": draw(st.booleans()), "per": draw(st.integers(1, 3)),
    }  # fmt: skip


@contextmanager
def fresh(template: Path) -> Iterator[Flask]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "gongxu.db"
        shutil.copy(template, path)
        app = build_app(f"sqlite:///{path}", READINGS_URL=f"sqlite:///{folder}/readings.db")
        with app.app_context():
            yield app
        dispose(app)


def engineer(plant: Plant, process: dict[str, Any]) -> None:
    """Write the random process as the routing of a new item X, fed by a sub-item Y when asked."""
    with transaction() as session:
        station = session.scalar(select(Station).where(Station.code == "BEND"))
        made = []
        for code, count, arrows in (("Y", 2, [(0, 1)]), ("X", process["count"], process["arrows"])):
            item = Item(site_id=plant.site_id, code=code, name=code, supply="make_to_order")
            session.add(item)
            session.flush()
            routing = Routing(site_id=plant.site_id, item_id=item.id)
            session.add(routing)
            session.flush()
            names = [f"{code}{n}" for n in range(count)]
            rows = [Operation(routing_id=routing.id, key=name, name=name, position=n, piece_min=Decimal(1), max_loops=2,
                              is_optional=code == "X" and n in process["optional"])
                    for n, name in enumerate(names)]  # fmt: skip
            session.add_all(rows)
            session.flush()
            session.add_all(OperationStation(operation_id=row.id, station_id=station.id) for row in rows)
            for n, (pred, succ) in enumerate(arrows):
                session.add(OperationLink(routing_id=routing.id, pred_id=rows[pred].id, succ_id=rows[succ].id,
                                          type=process["kind"] if n == 0 else "finish_start",
                                          transfer_batch=process["batch"] if n == 0 else None))  # fmt: skip
            if code == "X":
                pred, succ = process["back"]
                session.add(
                    OperationLink(routing_id=routing.id, pred_id=rows[pred].id, succ_id=rows[succ].id, kind="rework")
                )
            made.append(item)
        if process["sub"]:
            bom = Bom(site_id=plant.site_id, item_id=made[1].id)
            session.add(bom)
            session.flush()
            session.add(BomLine(bom_id=bom.id, position=1, item_id=made[0].id, quantity=Decimal(process["per"])))


def take(plant: Plant, order_id: int, step: tuple[str, int, int]) -> None:
    """One thing somebody does on the floor; a refusal is a fine answer."""
    kind, pick, quantity = step
    if kind == "undo":
        found = db.session.scalars(
            select(Report.id).where(Report.reverses_id.is_(None)).order_by(Report.id.desc())
        ).all()
        if found:
            wish = Undo(uuid.uuid4().hex, plant.site_id, found[pick % len(found)], plant.people["LI"], "test")
            commit_together(lambda connection: undo(connection, wish, NOW))
        return
    tasks = db.session.scalars(
        select(Task.id).where(Task.order_id == order_id, Task.status.not_in(tuple(CLOSED))).order_by(Task.id)
    ).all()
    if kind == "unskip":
        skipped = db.session.scalars(select(Task.id).where(Task.order_id == order_id, Task.status == "skipped")).all()
        for task_id in skipped[pick % 2 :: 2]:
            skipping.take_back(plant.site_id, task_id, "cli:test", NOW)
    elif kind == "skip" and tasks:
        skipping.skip(plant.site_id, tasks[pick % len(tasks)], plant.reasons["WRONG"], "cli:test", NOW)
    elif tasks:
        entry = Entry(uuid.uuid4().hex, plant.site_id, kind, Decimal(quantity), tasks[pick % len(tasks)], None,
                      plant.people["LI"], "test", plant.reasons["DENT"] if kind != "good" else None)  # fmt: skip
        commit_together(lambda connection: report(connection, entry, NOW))


@pytest.mark.slow
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(process=processes(), course=steps)
def test_counters_links_and_stock_agree_with_the_rows_after_any_course(
    sqlite_template: Path, process: dict[str, Any], course: list[tuple[str, int, int]]
) -> None:
    with fresh(sqlite_template):
        plant = build()
        engineer(plant, process)
        order_id = orders.create_production(
            plant.site_id, "X", Decimal(process["quantity"]), NOW + timedelta(days=1), 3, None, NOW
        )
        release(plant.site_id, order_id, "cli:test", NOW)
        for step in course:
            with suppress(Refused):
                take(plant, order_id, step)
            db.session.rollback()
        assert list(differences(db.session)) == []
        _nothing_used_twice(order_id)
        _ends(plant, order_id)


def _nothing_used_twice(order_id: int) -> None:
    for task in db.session.scalars(select(Task).where(Task.order_id == order_id)):
        used = task.quantity_good + task.quantity_scrap + task.quantity_rework
        assert used <= task.quantity_input <= task.quantity, task.op_key


def _ends(plant: Plant, order_id: int) -> None:
    """Whatever happened before, reporting all that is available brings the order to its end."""
    for _ in range(200):
        db.session.rollback()
        rows = db.session.execute(
            select(Task.id, Task.quantity_input - Task.quantity_good - Task.quantity_scrap - Task.quantity_rework)
            .where(Task.order_id == order_id, Task.status.not_in(tuple(CLOSED)))
        ).all()  # fmt: skip
        work = [(task_id, left) for task_id, left in rows if left > 0]
        if not work:
            break
        task_id, left = work[0]
        entry = Entry(uuid.uuid4().hex, plant.site_id, "good", left, task_id, None, plant.people["LI"], "test")
        commit_together(lambda connection, entry=entry: report(connection, entry, NOW))
    assert db.session.scalar(select(WorkOrder.status).where(WorkOrder.id == order_id)) == "completed"
    assert list(differences(db.session)) == []
