"""The life of a nonconformance: open, contained, dispositioned, closed, in one table of allowed moves.

>>> moved(State.OPEN, Move.CONTAIN)
<State.CONTAINED: 'contained'>
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

from quality.errors import MoveRefused


class State(StrEnum):
    """Open: found. Contained: everything affected is held. Dispositioned: all decided. Closed: all done."""

    OPEN = "open"
    CONTAINED = "contained"
    DISPOSITIONED = "dispositioned"
    CLOSED = "closed"


class Move(StrEnum):
    """What a person does to a nonconformance."""

    CONTAIN = "contain"
    DISPOSE = "dispose"
    EXTEND = "extend"  # more is affected than was thought
    CLOSE = "close"
    REOPEN = "reopen"


MOVES: Final[Mapping[tuple[State, Move], State]] = {
    (State.OPEN, Move.CONTAIN): State.CONTAINED,
    (State.CONTAINED, Move.EXTEND): State.CONTAINED,
    (State.CONTAINED, Move.DISPOSE): State.DISPOSITIONED,
    (State.DISPOSITIONED, Move.EXTEND): State.CONTAINED,
    (State.DISPOSITIONED, Move.CLOSE): State.CLOSED,
    (State.CLOSED, Move.REOPEN): State.OPEN,
}


def allowed_moves(state: State) -> tuple[Move, ...]:
    """The moves out of a state, in the order of the table."""
    return tuple(move for (source, move) in MOVES if source is state)


def moved(state: State, move: Move, decisions: Iterable[str | None] = ()) -> State:
    """The state after a move; MoveRefused when the table has none, or when an item is undecided on `dispose`.

    `decisions` are the dispositions of all items so far; None is an undecided one.
    """
    target = MOVES.get((state, move))
    if target is None:
        raise MoveRefused(state=str(state), move=str(move), allowed=tuple(map(str, allowed_moves(state))), undecided=0)
    undecided = sum(decision is None for decision in decisions) if move is Move.DISPOSE else 0
    if undecided:
        raise MoveRefused(state=str(state), move=str(move), allowed=(str(Move.EXTEND),), undecided=undecided)
    return target
