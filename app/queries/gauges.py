"""What is measured only when somebody asks: how far the seals are behind, how old the devices' values are."""

from sqlalchemy import func, select

from app.db import db, now_utc
from app.metrics import DEVICE_AGE_S, SEAL_LAG_S
from app.models import Device, LatestValue
from app.queries.health import readiness


def refresh() -> None:
    """Set the gauges from the store."""
    now = now_utc()
    SEAL_LAG_S.set(readiness()["parts"].get("relay", {}).get("lag_s", 0.0))
    DEVICE_AGE_S.clear()
    newest = (
        select(Device.code, func.max(LatestValue.received_at))
        .join(LatestValue, LatestValue.device_id == Device.id)
        .where(Device.enabled.is_(True))
        .group_by(Device.code)
    )
    for code, at in db.session.execute(newest).all():
        DEVICE_AGE_S.labels(code).set((now - at).total_seconds())
