"""Two complete languages: nothing is missing, nothing is left over, and a page in Chinese holds no English."""

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "app" / "translations" / "zh_Hans"
WORDS = {"_": None, "N_": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2), "lazy_ngettext": (1, 2)}
CHINESE = re.compile(r"[\u4e00-\u9fff]")
PLACE = re.compile(r"%\((\w+)\)[a-z]|\{(\w*)\}|%%")
# Short words that are the same in Chinese: units, names, abbreviations.
SAME = {"OK", "BOM", "CSV", "API", "OEE", "FPY", "Cpk", "MTTR", "MTBF", "PDF", "Excel", "OpenAPI", "Gongxu",
        "%(count)s min", "%(count)s h", "%(count)s d", "Pp", "Ppk", "Cp", "CL", "UCL", "LCL", "R"}  # fmt: skip

Key = str | tuple[str, ...]


@cache
def messages() -> dict[str, dict[Key, str]]:
    """All messages of code and templates: area → message → where it stands."""
    found: dict[str, dict[Key, str]] = defaultdict(dict)
    for path in sorted((ROOT / "app").rglob("*")):
        kind = {".py": "python", ".html": "jinja2.ext.babel_extract"}.get(path.suffix)
        if kind is None or "translations" in path.parts:
            continue
        with path.open("rb") as file:
            for line, message, _comments, _context in extract(kind, file, WORDS, options={"encoding": "utf-8"}):
                key = tuple(part for part in message if part) if isinstance(message, tuple) else message
                if key:
                    found[area_of(path)].setdefault(key, f"{path.relative_to(ROOT)}:{line}")
    return found


def area_of(path: Path) -> str:
    """Who looks after the words of a file: the page's name, words, shell, kit or the room of the service."""
    parts = path.relative_to(ROOT / "app").with_suffix("").parts
    if parts[0] == "templates":
        return "kit" if len(parts) == 2 and parts[1].startswith("_") else parts[1]
    if parts[0] == "web":
        return {"problems": "shell", "entry": "shell", "telling": "shell"}.get(parts[1], parts[1])
    if parts[0] in ("words", "auth"):
        return "words"
    return parts[1] if len(parts) > 1 else parts[0]


def pot_areas() -> list[str]:
    return sorted(messages())


@cache
def catalogs() -> dict[str, list[Message]]:
    found = {}
    for path in sorted(FOLDER.glob("*.po")):
        with path.open("rb") as file:
            catalog = read_po(file, locale="zh_Hans", abort_invalid=True)
        found[path.name] = [message for message in catalog if message.id]
    return found


def everything() -> Iterator[tuple[str, Message]]:
    return ((name, message) for name, rows in catalogs().items() for message in rows)


def known() -> set[Key]:
    return {tuple(message.id) if isinstance(message.id, list | tuple) else message.id
            for _name, message in everything() if all(texts(message))}  # fmt: skip


def texts(message: Message) -> list[str]:
    return list(message.string) if isinstance(message.string, list | tuple) else [message.string]


def ids(message: Message) -> list[str]:
    return list(message.id) if isinstance(message.id, list | tuple) else [message.id]


def places(text: str) -> set[str]:
    return {hit[0] or hit[1] for hit in PLACE.findall(text)} - {""}


@pytest.mark.parametrize("area", pot_areas())
def test_no_message_is_missing_in_chinese(area: str) -> None:
    missing = [f"{where}: {key!r}" for key, where in messages()[area].items() if key not in known()]
    assert missing == [], f"{len(missing)} messages of {area}"


@pytest.mark.parametrize("name", sorted(catalogs()))
def test_every_translation_is_whole(name: str) -> None:
    wrong = []
    for message in catalogs()[name]:
        if "fuzzy" in message.flags:
            wrong.append(("fuzzy", message.id))
        for text in texts(message):
            wanted = set().union(*(places(part) for part in ids(message)))
            if places(text) != wanted:
                wrong.append(("places", message.id))
            if not CHINESE.search(text) and ids(message)[0] not in SAME:
                wrong.append(("not Chinese", message.id))
    assert wrong == []


@pytest.mark.parametrize("name", sorted(catalogs()))
def test_nothing_is_left_over(name: str) -> None:
    used = {key for rows in messages().values() for key in rows}
    left = [message.id for message in catalogs()[name]
            if (tuple(message.id) if isinstance(message.id, list | tuple) else message.id) not in used]  # fmt: skip
    assert left == []
    assert "\n#~" not in (FOLDER / name).read_text(encoding="utf-8")


def test_the_catalogs_do_not_contradict_each_other() -> None:
    said: dict[Key, dict[str, str]] = defaultdict(dict)
    for name, message in everything():
        said[ids(message)[0]][texts(message)[0]] = name
    assert {key: found for key, found in said.items() if len(found) > 1} == {}


def test_the_extractor_finds_messages_of_code_and_templates() -> None:
    found = messages()
    assert "You are not signed in. Sign in and try again." in found["words"]
    assert "Sign out" in found["kit"]
    assert "New order" in found["orders"]
    assert ("%(num)s order", "%(num)s orders") in found["orders"]


def test_a_missing_place_is_noticed() -> None:
    assert places("%(count)s of {name} %%") == {"count", "name"}
    assert places("%(count)s") != places("没有")
