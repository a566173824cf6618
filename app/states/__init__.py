"""State machines: one file each, one table of allowed moves.

An illegal move is refused at the start of an action, in words, with the next step.
"""

from collections.abc import Mapping

from app.errors import Conflict

Moves = Mapping[str, frozenset[str]]


def moves(table: Mapping[str, str]) -> Moves:
    """A table written as words: ``{"draft": "planned released"}``."""
    return {state: frozenset(following.split()) for state, following in table.items()}


def check(kind: str, table: Moves, now: str, to: str) -> None:
    """Refuse a move that the table does not allow; staying is no move and always allowed."""
    if to != now and to not in table.get(now, frozenset()):
        raise Conflict(f"{kind}.move", status=now, to=to, next=", ".join(sorted(table.get(now, frozenset()))))
