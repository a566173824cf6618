"""The life of a task. ready means that quantity is available; starved is derived, not a state."""

from app.states import moves

TASK = moves(
    {
        "waiting": "ready running completed skipped aborted",
        "ready": "waiting dispatched running completed skipped aborted",
        "dispatched": "ready waiting running completed aborted",
        "running": "paused completed ready waiting aborted",
        "paused": "running completed aborted",
        "completed": "running ready waiting",
        "skipped": "waiting ready",
        "aborted": "",
    }
)
OPEN = frozenset({"waiting", "ready", "dispatched", "running", "paused"})
QUEUED = frozenset({"ready", "dispatched", "running", "paused"})
CLOSED = frozenset({"completed", "skipped", "aborted"})
