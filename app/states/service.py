"""The life of a service order, beside that of the order itself."""

from app.states import moves

SERVICE = moves(
    {
        "new": "triaged confirmed closed",
        "triaged": "confirmed closed",
        "confirmed": "assigned closed",
        "assigned": "on_site confirmed",
        "on_site": "waiting_parts resolved",
        "waiting_parts": "on_site resolved",
        "resolved": "surveyed closed on_site",
        "surveyed": "closed",
        "closed": "",
    }
)
