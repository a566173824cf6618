"""The life of an order. completed goes back to running only by a reversing report; a hold lies over any state."""

from app.states import moves

ORDER = moves(
    {
        "draft": "planned released cancelled",
        "planned": "released draft cancelled",
        "released": "running completed cancelled aborted",
        "running": "completed aborted cancelled",
        "completed": "closed running",
        "closed": "",
        "cancelled": "",
        "aborted": "",
    }
)
OPEN = frozenset({"draft", "planned", "released", "running"})
WORKABLE = frozenset({"released", "running"})
