"""Two complete languages: nothing is missing, nothing is left over, and a page in Chinese holds no English."""

import re
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from html import unescape
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from flask import Flask

from app.db import now_utc
from app.services import orders
from app.services.release import release
from tests.web.desk import Desk, plant_with_users

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "app" / "translations" / "zh_Hans"
WORDS = {
    "_": None, "_l": None, "N_": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2),
    "lazy_ngettext": (1, 2),
}  # fmt: skip
LETTERS = re.compile(r"[A-Za-z]{2}")
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
            if LETTERS.search(PLACE.sub("", text)) and not CHINESE.search(text) and ids(message)[0] not in SAME:
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


# What stays as it is on a Chinese page: names of master data and of the program, codes, units, zones.
KEPT = re.compile(
    r"Gongxu|UTC|\b(?:Ctrl K|EN|CSV|BOM|ZIP|Excel|YAML|API|Bearer|Authorization|MB|pcs|kg)\b|[A-Z]{1,8}-?\d[\w-]*"
    r"|\./gongxu [a-z-]+|\b[A-Z][A-Z0-9_-]+\b|[\w]+\.[\w.]+|items|boms|routings|\d\w+|/[\w/-]+"
)
NAMES = ("Fridge|Cabinet|Door|Compressor|Steel sheet|Foam|Bend|Press door|Assemble|Charge|Test|Pack|Mill|Floor|Line 1|"
         "admin|lead|operator|planner|quality|service|throttle|wall|Fan noise|Bad steel|Dent|Leak|Counted wrongly|"
         "Assy[12]|engineer")  # fmt: skip
SCANNED = ("/login", "/account", "/account/password",
           "/orders", "/orders?q=zzz", "/orders/new", "/orders/1", "/orders/1?view=materials",
           "/orders/1?view=reports", "/orders/1?view=history", "/orders/2", "/service", "/service/new",
           "/service/new?kind=maintenance", "/service/new?kind=rework", "/admin", "/admin/data", "/admin/data/items",
           "/admin/data/stations", "/admin/data/people", "/admin/data/lots", "/admin/data/stock", "/admin/data/shifts",
           "/admin/data/reasons", "/admin/data/boms", "/admin/data/routings", "/admin/boms/1", "/admin/routings/3",
           "/limits/new", "/limits/alarms", "/figures", "/engineering/boms",
           "/engineering/boms/1", "/engineering/boms/1/needs", "/engineering/boms/5/used",
           "/quality/inspections", "/quality/inspections?view=done", "/quality/inspection-plans",
           "/quality/instruments", "/quality/dwell",
           "/admin/users", "/admin/users/1", "/admin/users/new", "/admin/roles",
           "/admin/import", "/admin/log", "/health", "/nothing-here")  # fmt: skip


def english_of(page: str) -> list[str]:
    """What is left in Latin letters of the text of a page and of the attributes that are read out."""
    page = re.sub(r"(?s)<(script|style|template|code|datalist)\b.*?</\1>", " ", page)
    spoken = re.findall(r'(?:aria-label|title|placeholder|alt)="([^"]*)"', re.sub(r'<[^>]*lang="en"[^>]*>', "", page))
    texts = [unescape(text) for text in [*re.split(r"<[^>]*>", page), *spoken]]
    left = (re.sub(NAMES, "", KEPT.sub("", text)) for text in texts)
    return sorted({text.strip() for text in left if re.search(r"[A-Za-z]{3}", text)})


def test_pages_in_chinese_hold_no_english(app: Flask) -> None:
    with app.app_context():
        plant, now = plant_with_users(), now_utc()
        made = [orders.create_production(plant.site_id, "FRIDGE", Decimal(4), now, 3, "user:1", now) for _n in "ab"]
        release(plant.site_id, made[0], "user:1", now)
    desk = Desk(app)
    desk.sign_in("admin")
    desk.speak("zh_Hans")
    found = {path: english_of(desk.client.get(path).text) for path in SCANNED}
    assert {path: left for path, left in found.items() if left} == {}


def test_the_scan_sees_english() -> None:
    assert english_of('<p>工单 Cancel the order</p><a title="Open it">x</a>') == ["Open it", "工单 Cancel the order"]
    assert english_of("<p>工单 WO-00001 Fridge</p><code>topic here</code>") == []


def test_the_extractor_finds_messages_of_code_and_templates() -> None:
    found = messages()
    assert "You are not signed in. Sign in and try again." in found["words"]
    assert "Sign out" in found["kit"]
    assert "New order" in found["orders"]
    assert ("%(num)s order", "%(num)s orders") in found["orders"]


def test_a_missing_place_is_noticed() -> None:
    assert places("%(count)s of {name} %%") == {"count", "name"}
    assert places("%(count)s") != places("没有")
