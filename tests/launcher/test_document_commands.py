"""The commands of the three documents a plant is set up by: every line is understood, and what is quick is done."""

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from flask import Flask

from tests.app.importing_folder import write
from tests.conftest import build, dispose
from tests.launcher.processes import ROOT

DOCUMENTS = ("install", "first-day", "backup")
# These do not end by themselves or want another engine; other tests start them. They are only read here.
READ_ONLY = {"serve", "grant"}
SAID = {"install": ["ann may sign in now.", "Certificate: ", "clean: "], "first-day": ["ann may sign in now."],
        "backup": ["backups/", "other/", "proved: ", "restored: "]}  # fmt: skip
SECRET = "a long password"
pytestmark = pytest.mark.parametrize("document", DOCUMENTS)


def commands(document: str) -> list[list[str]]:
    """The words behind ``gongxu`` in each command of a document, in its order."""
    text = (ROOT / "docs" / f"{document}.md").read_text()
    found = re.findall(r"(?:\./|=/opt/gongxu/)gongxu ([a-z][^`#\n]*)", text)
    return [shlex.split(words) for words in found]


def in_house(words: list[str], home: Path) -> list[str]:
    """The same with the words in capitals and the places of others replaced by what is there."""
    made = sorted((home / "backups").glob("*/"))
    folders = {"import": home / "files", "results": home / "out", "restore": made[-1] if made else home}
    there = {"NAME": "ann", "CODE": "NORTH", "ROLE": "plant", "/mnt/other": str(home / "other"),
             "FOLDER": str(folders.get(words[0], home))}  # fmt: skip
    return [there.get(word, word) for word in words]


def understood(app: Flask, words: list[str]) -> click.Context:
    """What the command makes of its words, without doing it; a wrong one is a ``UsageError``."""
    group: click.Command = app.cli
    words = list(words)
    while isinstance(group, click.Group):
        name = words.pop(0)
        assert name in group.commands, f"there is no command {name}"
        group = group.commands[name]
    with app.test_cli_runner().isolation(f"{SECRET}\n{SECRET}\n"):
        return group.make_context(name, words)


@pytest.fixture
def plant(tmp_path: Path, document: str, sqlite_template: Path) -> Iterator[Flask]:
    """A home as the document finds it: nothing at all for the installation, else a database."""
    if document != "install":
        shutil.copy(sqlite_template, tmp_path / "gongxu.db")
    write(tmp_path / "files")
    app = build(f"sqlite:///{tmp_path / 'gongxu.db'}", HOME=tmp_path, BACKUP_FOLDER=tmp_path / "backups")
    yield app
    dispose(app)


def test_every_command_is_understood(plant: Flask, tmp_path: Path, document: str) -> None:
    found = commands(document)
    assert len(found) >= 3
    for words in found:
        understood(plant, in_house(words, tmp_path))


def test_a_wrong_command_option_or_number_of_words_is_noticed(plant: Flask, tmp_path: Path, document: str) -> None:
    for words in commands(document):
        with pytest.raises(click.UsageError):
            understood(plant, [*in_house(words, tmp_path), "--no-such-thing"])
        with pytest.raises(click.UsageError):
            understood(plant, [*in_house(words, tmp_path), "one", "word", "too", "many"])
        with pytest.raises(AssertionError, match="there is no command"):
            understood(plant, ["no-such-thing", *words])


def test_no_other_shell_command_stands_there(document: str) -> None:
    text = (ROOT / "docs" / f"{document}.md").read_text()
    # What names no language is for the shell.
    lines = [line for block in text.split("```")[1::2] if block[0] == "\n" for line in block.strip().splitlines()]
    assert lines
    assert [line for line in lines if not re.match(r"\./gongxu |export GONGXU_[A-Z]+=", line)] == []


def test_one_after_the_other_they_do_what_the_document_says(plant: Flask, tmp_path: Path, document: str) -> None:
    said = ""
    for words in (words for words in commands(document) if words[0] not in READ_ONLY):
        told = plant.test_cli_runner().invoke(args=in_house(words, tmp_path), input=f"{SECRET}\n{SECRET}\n")
        assert told.exit_code == 0, (words, told.output, told.exception)
        said += told.output
    assert [words for words in SAID[document] if words not in said] == []
