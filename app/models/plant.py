"""Where work happens: site, area, line, station, machine (ISA-95: site, area, work center, work unit, equipment)."""

from typing import Any

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Code, Document, Key, Model, Name, Word, to


class Site(Model):
    """A plant. Unique keys, hash chains and rights are per site."""

    __tablename__ = "site"
    id: Mapped[Key]
    code: Mapped[Code] = mapped_column(unique=True)
    name: Mapped[Name]
    name_zh: Mapped[Name | None]
    zone: Mapped[Code] = mapped_column(default="UTC")


class Area(Model):
    """Part of a site."""

    __tablename__ = "area"
    __table_args__ = (UniqueConstraint("site_id", "code"),)
    id: Mapped[Key]
    site_id: Mapped[int] = to("site.id")
    code: Mapped[Code]
    name: Mapped[Name]
    name_zh: Mapped[Name | None]


class Line(Model):
    """Stations in a row (work center)."""

    __tablename__ = "line"
    __table_args__ = (UniqueConstraint("site_id", "code"),)
    id: Mapped[Key]
    site_id: Mapped[int] = to("site.id")
    area_id: Mapped[int | None] = to("area.id", nullable=True)
    code: Mapped[Code]
    name: Mapped[Name]
    name_zh: Mapped[Name | None]


class Station(Model):
    """Where tasks queue (work unit). ``capacity`` counts the tasks it can do at once; ``shifts`` names patterns.

    ``people`` may be signed in at once: with one, another badge takes the place over. After ``idle_min`` minutes
    without a scan (0: never) the badge is asked for again.
    """

    __tablename__ = "station"
    __table_args__ = (UniqueConstraint("site_id", "code"),)
    id: Mapped[Key]
    site_id: Mapped[int] = to("site.id")
    line_id: Mapped[int] = to("line.id")
    code: Mapped[Code]
    name: Mapped[Name]
    name_zh: Mapped[Name | None]
    position: Mapped[int] = mapped_column(default=0)
    capacity: Mapped[int] = mapped_column(default=1)
    people: Mapped[int] = mapped_column(default=1)
    idle_min: Mapped[int] = mapped_column(default=15)
    shifts: Mapped[list[str]] = mapped_column(Document, default=list)
    location_id: Mapped[int | None] = to("location.id", nullable=True)
    retired: Mapped[bool] = mapped_column(default=False)


class Machine(Model):
    """Equipment at a station."""

    __tablename__ = "machine"
    __table_args__ = (UniqueConstraint("site_id", "code"),)
    id: Mapped[Key]
    site_id: Mapped[int] = to("site.id")
    station_id: Mapped[int | None] = to("station.id", nullable=True)
    code: Mapped[Code]
    name: Mapped[Name]
    name_zh: Mapped[Name | None]
    retired: Mapped[bool] = mapped_column(default=False)


class NumberSeries(Model):
    """The next number of a kind of document or serial."""

    __tablename__ = "number_series"
    site_id: Mapped[int] = to("site.id", primary_key=True)
    series: Mapped[Code] = mapped_column(primary_key=True)
    next: Mapped[int] = mapped_column(default=1)


class Setting(Model):
    """A choice of the site, such as how far ahead is planned."""

    __tablename__ = "setting"
    site_id: Mapped[int] = to("site.id", primary_key=True)
    name: Mapped[Word] = mapped_column(primary_key=True)
    value: Mapped[Any] = mapped_column(Document)
