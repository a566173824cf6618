"""The room's manual runs, every refusal has a code of its own, and the room stands alone."""

from __future__ import annotations

import doctest
import subprocess
import sys
from pathlib import Path

import bom
from bom import errors


def kinds(of: type[errors.BomError] = errors.BomError) -> list[type[errors.BomError]]:
    return [kind for below in of.__subclasses__() for kind in (below, *kinds(below))]


def test_the_manual_runs() -> None:
    result = doctest.testmod(bom)
    assert result.attempted > 5
    assert result.failed == 0


def test_every_final_refusal_has_its_own_code_and_stands_in_the_tree() -> None:
    final = [kind for kind in kinds() if not kind.__subclasses__()]
    assert len({kind.code for kind in final}) == len(final) > 15
    tree = errors.__doc__ or ""
    assert all(kind.__name__ in tree and kind.code in tree for kind in final)


def test_the_room_needs_only_the_standard_library() -> None:
    told = (
        "import sys, bom, bom.cli; print([n for n in ('flask', 'sqlalchemy', 'networkx', 'app') if n in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", told], capture_output=True, text=True, cwd=Path(__file__).parents[2], check=True
    )
    assert done.stdout.strip() == "[]"
