"""The life of a maintenance order: proposed by a model or a person, confirmed or dismissed by a person."""

from app.states import moves

MAINTENANCE = moves(
    {
        "proposed": "confirmed dismissed",
        "confirmed": "scheduled running",
        "dismissed": "",
        "scheduled": "running confirmed",
        "running": "verified scheduled",
        "verified": "closed running",
        "closed": "",
    }
)
