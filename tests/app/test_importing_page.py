"""docs/import.md names every file and column the importer knows, and which are needed."""

import re

from app.config import ROOT
from app.services.importing.sheets import SHEETS

PAGE = (ROOT / "docs" / "import.md").read_text(encoding="utf-8")


def _without_brackets(text: str) -> str:
    return re.sub(r"\([^()]*\)", "", text)


def test_the_page_names_every_column_and_what_is_needed():
    told = dict(re.findall(r"^\| (\w+) \| (.*) \|$", PAGE, re.MULTILINE))
    assert set(told) == {"file", *SHEETS}
    for name, sheet in SHEETS.items():
        columns = _without_brackets(told[name]).split(":")[0].split(",")
        found = {re.sub(r"[*\\ ]|→.*", "", column): column for column in columns}
        assert list(found) == [column.name for column in sheet.columns], name
        for column in sheet.columns:
            said = found[column.name]
            assert ("\\*" in said) == column.required, (name, column.name)
            assert ("**" in said) == (column.name in sheet.key), (name, column.name)
            assert (f"→ {column.ref}" in said) == bool(column.ref) or column.name == "lot", (name, column.name)
