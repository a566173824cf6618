"""Metrics: each request is timed by view, and the gauges say what the store says."""

from datetime import timedelta

import pytest
from flask import Flask
from prometheus_client import REGISTRY

from app import events, metrics
from app.db import db, now_utc, transaction
from app.group_commit import commit_together
from app.models import Device, LatestValue
from app.queries import gauges
from app.services import sites


def count(view: str, status: str) -> float:
    return REGISTRY.get_sample_value("gongxu_request_seconds_count", {"view": view, "status": status}) or 0.0


def test_a_request_is_counted_once_under_its_view(app: Flask) -> None:
    before = count("health.alive", "2xx")
    app.test_client().get("/healthz")
    assert count("health.alive", "2xx") == before + 1


def test_unknown_addresses_share_one_name(app: Flask) -> None:
    before = count("none", "4xx")
    app.test_client().get("/one-of-a-million")
    app.test_client().get("/another")
    assert count("none", "4xx") == before + 2


def test_seal_lag_is_the_age_of_the_oldest_unsealed_event(app: Flask) -> None:
    with app.app_context():
        site_id = sites.ensure("MAIN", now_utc() - timedelta(seconds=90))
        gauges.refresh()
        assert 89 < (REGISTRY.get_sample_value("gongxu_seal_lag_seconds") or 0) < 900
        with transaction() as session:
            events.seal(session, events.unsealed(session, 0))
        gauges.refresh()
        assert REGISTRY.get_sample_value("gongxu_seal_lag_seconds") == 0
        assert site_id


def test_device_age_is_that_of_its_newest_value_and_goes_with_the_device(app: Flask) -> None:
    with app.app_context():
        now = now_utc()
        site_id = sites.ensure("MAIN", now)
        with transaction() as session:
            device = Device(site_id=site_id, code="PRESS-1", map={}, map_hash="x")
            session.add(device)
            session.flush()
            session.add_all(
                LatestValue(device_id=device.id, tag=tag, meaning="count", value=1, quality="good",
                            received_at=now - timedelta(seconds=age_s))
                for tag, age_s in (("old", 3600), ("new", 60))
            )  # fmt: skip
        gauges.refresh()
        assert 59 < (REGISTRY.get_sample_value("gongxu_device_age_seconds", {"device": "PRESS-1"}) or 0) < 900
        with transaction() as session:
            session.get(Device, device.id).enabled = False
        gauges.refresh()
        assert REGISTRY.get_sample_value("gongxu_device_age_seconds", {"device": "PRESS-1"}) is None
        db.session.rollback()


def test_a_shared_commit_is_timed_and_counted(app: Flask) -> None:
    def total(name: str) -> float:
        return REGISTRY.get_sample_value(name) or 0.0

    with app.app_context():
        group = app.extensions["group_commit"]
        if group is None:
            pytest.skip("PostgreSQL shares no commit")
        before = total("gongxu_commit_seconds_count"), total("gongxu_commit_reports_sum")
        assert commit_together(lambda connection: connection.exec_driver_sql("SELECT 1").scalar()) == 1
        group.stop()
        assert (total("gongxu_commit_seconds_count"), total("gongxu_commit_reports_sum")) == (
            before[0] + 1, before[1] + 1,
        )  # fmt: skip


def test_the_page_brings_the_gauges_up_to_date(app: Flask) -> None:
    with app.app_context():
        sites.ensure("MAIN", now_utc() - timedelta(seconds=90))
    text = app.test_client().get("/metrics").get_data(as_text=True)
    lag_s = next(line for line in text.splitlines() if line.startswith("gongxu_seal_lag_seconds "))
    assert float(lag_s.split()[1]) > 89


def test_the_exposition_names_all_that_is_measured() -> None:
    text = metrics.exposition().decode()
    for name in ("gongxu_scan_seconds", "gongxu_commit_seconds", "gongxu_commit_queue", "gongxu_seal_lag_seconds",
                 "gongxu_refused_total", "gongxu_device_age_seconds"):  # fmt: skip
        assert f"# TYPE {name}" in text or f"# TYPE {name.removesuffix('_total')}" in text
