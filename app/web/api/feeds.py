"""Feeds through the API: what happened since a position, for ERP systems and others that follow the plant."""

from dataclasses import asdict
from typing import Any

from app.auth import identity
from app.db import db
from app.queries import feed, feed_time
from app.web.api import shapes_plant as shapes
from app.web.api.operation import N_, operation
from app.web.api.values import PageWanted


@operation("GET", "/feed/completions", "feed", "api.use", N_("Follow pieces reported good"), query=PageWanted,
           answer=shapes.ReportFeed)  # fmt: skip
def feed_completions(query: PageWanted) -> dict[str, Any]:
    """Good pieces of every task; those of final tasks are the order's completions."""
    return asdict(feed.completions(db.session, identity().site_id, query.after, query.limit))


@operation("GET", "/feed/scrap", "feed", "api.use", N_("Follow scrap"), query=PageWanted, answer=shapes.ReportFeed)
def feed_scrap(query: PageWanted) -> dict[str, Any]:
    """Scrapped pieces with their reason."""
    return asdict(feed.scrap(db.session, identity().site_id, query.after, query.limit))


@operation("GET", "/feed/consumption", "feed", "api.use", N_("Follow consumption"), query=PageWanted,
           answer=shapes.ConsumptionFeed)  # fmt: skip
def feed_consumption(query: PageWanted) -> dict[str, Any]:
    """Lots and component serials that went into units and orders."""
    return asdict(feed.consumption(db.session, identity().site_id, query.after, query.limit))


@operation("GET", "/feed/labour", "feed", "api.use", N_("Follow working time"), query=PageWanted,
           answer=shapes.LabourFeed)  # fmt: skip
def feed_labour(query: PageWanted) -> dict[str, Any]:
    """Who worked on what from when to when: runs, set-ups and pauses that ended."""
    return asdict(feed_time.labour(db.session, identity().site_id, query.after, query.limit))


@operation("GET", "/feed/downtime", "feed", "api.use", N_("Follow downtime"), query=PageWanted,
           answer=shapes.DowntimeFeed)  # fmt: skip
def feed_downtime(query: PageWanted) -> dict[str, Any]:
    """Stops of machines that are over."""
    return asdict(feed_time.downtime(db.session, identity().site_id, query.after, query.limit))


@operation("GET", "/feed/orders", "feed", "api.use", N_("Follow order progress"), query=PageWanted,
           answer=shapes.OrderFeed)  # fmt: skip
def feed_orders(query: PageWanted) -> dict[str, Any]:
    """What happened to orders, each with how far it is."""
    return asdict(feed.order_progress(db.session, identity().site_id, query.after, query.limit))


@operation("GET", "/events", "feed", "api.use", N_("Follow all events"), query=shapes.EventsWanted,
           answer=shapes.EventFeed)  # fmt: skip
def list_events(query: shapes.EventsWanted) -> dict[str, Any]:
    """Sealed events in their one order."""
    return asdict(feed.events_after(db.session, identity().site_id, query.after, query.limit, query.topic))
