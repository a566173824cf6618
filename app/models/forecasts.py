"""What was expected of the floor, and what then came: the newest forecast, and one an hour to judge them by."""

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db import BigKey, Key, Model, Moment, Word, to


class Forecast(Model):
    """One forecast: how far it looked, how many runs, how long it took. ``is_kept`` ones are compared later."""

    __tablename__ = "forecast"
    __table_args__ = (Index("ix_forecast_site_id_made_at", "site_id", "made_at"),)
    id: Mapped[Key]
    site_id: Mapped[int] = to("site.id", index=False)
    made_at: Mapped[Moment]
    horizon_min: Mapped[int]
    runs: Mapped[int]
    took_ms: Mapped[int]
    is_kept: Mapped[bool] = mapped_column(default=False)
    checked_at: Mapped[Moment | None]


class ForecastRow(Model):
    """What is expected of one order (done) or station (congested): the middle, one in ten before, one in ten after.

    A moment beyond the horizon is None. ``plain_at`` is remaining work by the average rate, ``came_at`` what was.
    """

    __tablename__ = "forecast_row"
    forecast_id: Mapped[int] = to("forecast.id", primary_key=True)
    kind: Mapped[Word] = mapped_column(primary_key=True)
    subject_id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=False)
    permille: Mapped[int]
    at: Mapped[Moment | None]
    early_at: Mapped[Moment | None]
    late_at: Mapped[Moment | None]
    plain_at: Mapped[Moment | None]
    came_at: Mapped[Moment | None]
