"""The demo factory: its files hold, in both languages, and what they describe can be made at any hour."""

import csv
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import select

from app import models as m
from app.config import ROOT
from app.db import db
from app.services.importing import import_folder
from app.services.release import release
from devices import tagmap

FACTORY = ROOT / "app" / "demo" / "factory"
NOW = datetime(2027, 3, 10, 4, 0, tzinfo=UTC)
Row = dict[str, str]


def rows(name: str) -> list[Row]:
    with (FACTORY / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def devices() -> list[tagmap.DeviceMap]:
    return [device for path in sorted((FACTORY / "devices").glob("*.yaml")) for device in tagmap.load(path)]


@pytest.fixture
def context(app: Flask):
    with app.app_context():
        yield app


def test_the_demo_factory_comes_in_whole_and_a_second_time_changes_nothing(context):
    first = import_folder(FACTORY, None, NOW)
    assert first.problems == []
    assert {name: first.of(name).created for name in ("lines", "stations", "people", "orders", "items")} == {
        "lines": 3, "stations": 26, "people": 30, "orders": 30, "items": 91,
    }  # fmt: skip
    assert first.of("devices").created >= 12
    assert import_folder(FACTORY, None, NOW + timedelta(hours=1)).changed == 0


def test_every_finished_model_can_be_released(context):
    import_folder(FACTORY, None, NOW)
    orders = db.session.execute(select(m.ProductionOrder.site_id, m.Item.code, m.ProductionOrder.id).join(m.Item)).all()
    first = {item: (site_id, at) for site_id, item, at in reversed(orders)}
    assert len(first) >= 3
    for site_id, order_id in first.values():
        assert release(site_id, order_id, "import", NOW) > 30
    kinds = {(link.type, link.kind) for link in db.session.scalars(select(m.TaskLink))}
    assert {("start_start", "normal"), ("finish_start", "return"), ("finish_start", "alternate")} <= kinds
    assert db.session.scalar(select(m.Task.id).where(m.Task.batch_size == 4).limit(1))
    assert db.session.scalar(select(m.TaskLink.id).where(m.TaskLink.transfer_batch.is_not(None)).limit(1))


def test_the_bills_are_four_levels_deep_with_shared_parts():
    below: dict[str, set[str]] = defaultdict(set)
    above: dict[str, set[str]] = defaultdict(set)
    for row in rows("bom"):
        below[row["item"]].add(row["component"])
        above[row["component"]].add(row["item"])

    def depth(item: str) -> int:
        return 1 + max(map(depth, below[item])) if below[item] else 0

    finished = [row["code"] for row in rows("items") if row["serial_prefix"]]
    assert len(finished) >= 3
    assert max(map(depth, finished)) >= 4
    for shared in ("WH-A", "CU-L", "EK-B", "DLN-L"):
        assert len(above[shared]) > 1
    assert len(rows("items")) >= 60


def test_the_bills_show_what_a_bill_can_hold():
    bom, items = rows("bom"), rows("items")
    supplies = {row["code"]: row["supply"] for row in items}
    assert set(supplies.values()) == {"make_to_order", "stock", "buy", "phantom"}
    assert any(row["valid_to"] for row in bom)
    assert any(row["valid_from"] for row in bom)
    assert {row["component"] for row in bom if row["alternate_group"]} == {"GSK-A", "GSK-B"}
    assert any(Decimal(row["scrap_percent"]) > 0 for row in bom)
    assert any(row["serialised"] == "yes" and row["supply"] == "buy" for row in items)
    assert {"POLYOL", "R600A", "STL-05"} <= {row["code"] for row in items if row["lot_tracked"] == "yes"}


def test_names_stand_in_both_languages():
    for path in sorted(FACTORY.glob("*.csv")):
        for row in rows(path.stem):
            if "name_zh" in row:
                assert row["name"].strip()
                assert any("一" <= char <= "鿿" for char in row["name_zh"]), (path.name, row)
            if row.get("instruction"):
                assert any("一" <= char <= "鿿" for char in row["instruction_zh"]), (path.name, row)


def test_every_operation_can_be_done_in_every_shift():
    shifts = {row["code"]: row["shifts"].split(";") for row in rows("stations")}
    places = defaultdict(set)
    for row in rows("operation_stations"):
        places[row["item"], row["operation"]] |= set(shifts[row["station"]])
    for row in rows("routings"):
        if row["optional"] == "no" and not row["alternate_group"]:
            assert places[row["item"], row["operation"]] == {"A", "B", "N"}, row
    assert {row["weekdays"] for row in rows("shifts")} == {"1-7"}


def test_the_shifts_cover_the_day_and_each_has_every_skill_today():
    needed = {row["skill"] for row in rows("routings")}
    skills = {row["code"]: row["skills"] for row in rows("people")}
    present = defaultdict(set)
    for row in rows("roster"):
        if row["day"] == "+0d" and row["absent"] == "no":
            for skill in skills[row["person"]].split(";"):
                name, _, until = skill.partition(":")
                if not until.startswith("-"):
                    present[row["shift"]].add(name)
    assert {shift: needed - found for shift, found in present.items()} == {"A": set(), "B": set(), "N": set()}
    assert any(":-" in text for text in skills.values())  # and some skill has run out


def test_the_machines_measure_within_their_limits_as_a_rule():
    tags = {(device.machine, tag.meaning): (device, tag) for device in devices() for tag in device.tags}
    machines = {(row["item"], row["operation"]): set[str]() for row in rows("operation_stations")}
    for row in rows("operation_stations"):
        machines[row["item"], row["operation"]].add(row["machine"])
    seen = set()
    for row in rows("characteristics"):
        for machine in machines[row["item"], row["operation"]] if row["source"] == "device" else ():
            device, tag = tags[machine, row["meaning"]]
            noise = device.behaviour.values[tag.name]
            lower, upper = float(row["lower"] or "-inf"), float(row["upper"] or "inf")
            assert lower <= noise.mean - 2 * noise.sigma, row
            assert noise.mean + 2 * noise.sigma <= upper, row
            assert row["unit"] == tag.unit
            seen.add(row["meaning"])
    assert seen >= {"torque", "charge", "leak", "pressure", "temperature", "other"}


def test_the_register_maps_hold_what_the_plant_needs():
    found = devices()
    assert len(found) >= 12
    assert len({device.link.port for device in found}) == len(found)
    assert min(device.link.port for device in found) >= 15020
    for device in found:
        assert {"state", "alarm", "count", "cycle", "job"} <= {tag.meaning for tag in device.tags}
    limited = {device.machine for device in found if device.limit and device.writes}
    assert {row["upstream_machine"] for row in rows("limit_rules")} <= limited


def test_orders_are_as_messy_as_orders_are():
    orders = rows("orders")
    assert len(orders) == 30
    assert sum(row["due"].startswith("-") for row in orders) >= 2
    assert {row["priority"] for row in orders} == {"1", "2", "3", "4", "5"}
    assert all(4 <= int(row["quantity"]) <= 24 for row in orders)
    assert any(int(row["due"].split("d")[0]) > 30 for row in orders)


def test_some_material_is_short_and_the_rest_is_there():
    stocked = {row["item"] for row in rows("stock")}
    bought = {row["code"] for row in rows("items") if row["supply"] in ("buy", "stock")}
    assert stocked == bought
    pieces = {row["item"]: Decimal(row["quantity"]) for row in rows("stock")}
    assert pieces["CND-L"] < 10
    assert pieces["EPS-L"] < 10


def test_the_folder_holds_data_only():
    assert {path.suffix for path in FACTORY.rglob("*") if path.is_file()} == {".csv", ".yaml"}
