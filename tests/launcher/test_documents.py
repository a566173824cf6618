"""What the documents name is there: commands, options, files, tables and variables."""

import re
from pathlib import Path

import pytest
from flask import Flask

from app import models
from tests.launcher.processes import ROOT

DOCUMENTS = [ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")]
DOCUMENTS += sorted((ROOT / "docs").glob("*.md")) + sorted((ROOT / "docs" / "decisions").glob("*.md"))
IDS = [str(path.relative_to(ROOT)) for path in DOCUMENTS]
OURS = "app|bom|scheduling|devices|quality|tests|docs|static|migrations|instance"
# Made when the program runs, or by hand when it is released.
MADE = {"instance/"}
LAUNCHER = set(re.findall(r"^    ([a-z |-]+)\)$", (ROOT / "gongxu").read_text(), re.M))


def launcher_words() -> set[str]:
    return {word for line in LAUNCHER for word in re.split(r" \| ", line)}


@pytest.mark.parametrize("document", DOCUMENTS, ids=IDS)
def test_commands_and_their_options_exist(document: Path, app: Flask) -> None:
    for line in document.read_text().splitlines():
        for name, rest in re.findall(r"\./gongxu ([a-z][a-z-]*)([^`#]*)", line):
            if name in launcher_words():
                continue
            assert name in app.cli.commands, f"{document.name}: ./gongxu {name}"
            known = {option for one in app.cli.commands[name].params for option in one.opts}
            assert set(re.findall(r"(?<!\S)--[a-z-]+", rest)) <= known, f"{document.name}: {line}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=IDS)
def test_links_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", document.read_text()):
        if target.startswith("docs/pictures/") and not (ROOT / "docs" / "pictures").is_dir():
            continue
        assert (document.parent / target).exists(), f"{document.name}: {target}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=IDS)
def test_paths_exist(document: Path) -> None:
    for path in re.findall(rf"`((?:{OURS})/[\w./-]*|[\w-]+\.(?:toml|py))`", document.read_text()):
        found = (ROOT / path).exists() or path in MADE or any(ROOT.glob(f"*/{path}"))
        assert found or "/" not in path, f"{document.name}: {path}"


def test_the_tables_of_the_standard_exist() -> None:
    text = (ROOT / "docs" / "isa95.md").read_text()
    cells = [row.split("|")[2] for row in text.split("## States")[0].splitlines() if row.startswith("| ")]
    named = {name for cell in cells for name in re.findall(r"`([a-z_]+)`", cell)}
    known = {table.name for table in models.WorkOrder.metadata.tables.values()}
    assert len(named) > 30
    assert named <= known, named - known


def test_the_tables_of_the_glossary_exist() -> None:
    rows = [row.split("|") for row in (ROOT / "docs" / "glossary.md").read_text().splitlines() if row.startswith("| ")]
    classes = {name for row in rows for name in re.findall(r"`([A-Z][a-z]+[A-Za-z]*)[`.]", row[3])}
    assert len(classes) > 20
    assert classes <= set(models.__all__), classes - set(models.__all__)


def test_every_claim_of_the_readme_names_a_test() -> None:
    text = (ROOT / "README.md").read_text()
    claims = text.split("## What works")[1].split("\n## ")[0]
    rows = [row for row in claims.splitlines() if row.startswith("| ")][1:]
    assert len(rows) > 10
    assert all(re.search(r"\(tests/[\w/]+\.py\) \|$", row) for row in rows)
    assert len(text.splitlines()) <= 120


def test_settings_named_are_read() -> None:
    source = "".join(path.read_text() for path in (ROOT / "app").rglob("*.py"))
    for name in re.findall(r"^\| `([A-Z_]+)` ", (ROOT / "docs" / "install.md").read_text(), re.M):
        assert f'"{name}"' in source, name


def test_decisions_have_numbers_of_their_own_and_their_parts() -> None:
    found = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert len({path.name[:4] for path in found}) == len(found)
    for path in found:
        assert re.fullmatch(r"\d{4}-[a-z0-9-]+\.md", path.name)
        assert re.match(rf"# 0*{int(path.name[:4])}[. ]", path.read_text())


def test_the_register_map_of_the_document_is_right() -> None:
    from devices import tagmap

    text = (ROOT / "docs" / "devices.md").read_text()
    example = text.split("```yaml\n")[1].split("```")[0]
    assert tagmap.lint(example) == ()
    named = set(re.findall(r"^\| ([a-z_, ]+) \|", text, re.M))
    known = {word for line in named for word in line.split(", ")}
    tag = tagmap.parse(example)[0].tags[0]
    assert set(tag.__dataclass_fields__) <= known
