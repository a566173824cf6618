"""Every cell of the table of moves of a nonconformance."""

import pytest

from quality.errors import MoveRefused
from quality.nonconformance import MOVES, Move, State, allowed_moves, moved


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("move", Move)
def test_every_cell_of_the_table(state: State, move: Move) -> None:
    if (state, move) in MOVES:
        assert moved(state, move) is MOVES[state, move]
        return
    with pytest.raises(MoveRefused) as refused:
        moved(state, move)
    assert refused.value.values["allowed"] == tuple(map(str, allowed_moves(state)))


def test_the_straight_way() -> None:
    state = State.OPEN
    for move in (Move.CONTAIN, Move.DISPOSE, Move.CLOSE):
        state = moved(state, move, ["scrap"])
    assert state is State.CLOSED


def test_an_undecided_item_refuses_the_disposition() -> None:
    with pytest.raises(MoveRefused) as refused:
        moved(State.CONTAINED, Move.DISPOSE, ["scrap", None, None])
    assert refused.value.values["undecided"] == 2
    assert "dispose" in str(refused.value)
