"""Whatever stands in a cell: the import tells what is wrong or brings it in, and never breaks off."""

import csv
import io
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.services.importing import import_folder
from app.services.importing.words import place, sentence
from tests.app.importing_folder import FILES, NOW, write

TABLES = {name: list(csv.reader(io.StringIO(text))) for name, text in FILES.items() if name.endswith(".csv")}
WORDS = [
    *("", "0", "-1", "1", "10", "99999999999", "1e400", "NaN", "+1d", "-1d 08:00", "TOP", "SUB", "KIT", "STL", "join"),
    *("test", "PR", "AS", "A;A", "yes", "buy", "phantom", "rework", "alternate", "start_start", "是", "\u2028", "%s"),
]


@pytest.fixture
def context(app: Flask):
    with app.app_context():
        yield app


def _text(rows: list[list[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


@st.composite
def changes(draw: st.DrawFn) -> dict[str, str]:
    """Some cells replaced, some rows doubled, some columns renamed."""
    tables = {name: [list(row) for row in rows] for name, rows in TABLES.items()}
    for _ in range(draw(st.integers(1, 3))):
        rows = tables[draw(st.sampled_from(sorted(tables)))]
        row = draw(st.integers(0, len(rows) - 1))
        column = draw(st.integers(0, len(rows[row]) - 1))
        rows[row][column] = draw(st.sampled_from(WORDS) | st.text(max_size=8))
        if draw(st.booleans()):
            rows.append(list(rows[row]))
    return {name: _text(rows) for name, rows in tables.items() if rows != TABLES[name]}


@given(changes())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_cell_is_told_or_taken(context, tmp_path_factory, change):
    folder: Path = write(tmp_path_factory.mktemp("plant"), change)
    result = import_folder(folder, None, NOW, dry_run=True)
    assert not result.written
    assert all(place(problem) and sentence(problem) for problem in result.problems)
