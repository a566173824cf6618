"""What is vendored is what the manifest says, and nothing on a page needs a policy weaker than 'self'."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "static"
TEMPLATES = ROOT / "app" / "templates"
MANIFEST = json.loads((STATIC / "vendor" / "MANIFEST.json").read_text(encoding="utf-8"))
FILES = [(path, sums) for package in MANIFEST["packages"] for path, sums in package["files"].items()]


def refused(path: str, sums: dict[str, str | int]) -> list[str]:
    """Return which of size, sha256 and sha384 of a vendored file differ from the manifest."""
    content = (STATIC / path).read_bytes()
    sri = "sha384-" + base64.b64encode(hashlib.sha384(content).digest()).decode()
    real = {"size": len(content), "sha256": hashlib.sha256(content).hexdigest(), "sha384": sri}
    return [key for key, value in real.items() if sums[key] != value]


@pytest.mark.parametrize(("path", "sums"), FILES, ids=[path for path, _ in FILES])
def test_vendored_file_is_the_one_of_the_manifest(path: str, sums: dict[str, str | int]) -> None:
    assert refused(path, sums) == []


def test_a_changed_sum_is_noticed() -> None:
    path, sums = FILES[0]
    assert refused(path, {**sums, "sha256": "0" * 64}) == ["sha256"]


def test_nothing_lies_in_vendor_that_the_manifest_does_not_know() -> None:
    present = {f"vendor/{p.relative_to(STATIC / 'vendor')}" for p in (STATIC / "vendor").rglob("*") if p.is_file()}
    assert present - {"vendor/MANIFEST.json"} == {path for path, _ in FILES if path.startswith("vendor/")}


@pytest.mark.parametrize("package", MANIFEST["packages"], ids=lambda package: package["name"])
def test_every_package_brings_its_licence(package: dict[str, str]) -> None:
    assert package["licence"] in {"0BSD", "MIT"}
    assert "permission" in (STATIC / package["licence_file"]).read_text(encoding="utf-8").lower()


def test_templates_hold_no_inline_script_or_style() -> None:
    forbidden = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=\"|javascript:|https?://", re.I)
    found = [
        f"{page.relative_to(TEMPLATES)}: {hit.group()}"
        for page in sorted(TEMPLATES.rglob("_*.html"))
        for hit in forbidden.finditer(page.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_the_inline_check_sees_an_inline_style() -> None:
    assert re.search(r"\sstyle=", '<i style="color:red">')


def test_every_icon_a_template_names_is_in_the_sprite() -> None:
    sprite = (STATIC / "icons" / "sprite.svg").read_text(encoding="utf-8")
    symbols = set(re.findall(r'id="icon-([\w-]+)"', sprite))
    named = {
        name
        for page in TEMPLATES.rglob("*.html")
        for name in re.findall(r"\bicon\('([\w-]+)'", page.read_text(encoding="utf-8"))
    }
    assert named <= symbols


def test_no_icon_is_in_the_sprite_twice_by_the_same_name() -> None:
    names = re.findall(r'id="([\w-]+)"', (STATIC / "icons" / "sprite.svg").read_text(encoding="utf-8"))
    assert len(names) == len(set(names))


def test_every_place_of_the_rail_has_its_icon() -> None:
    from app.web.shell import RAIL

    sprite = (STATIC / "icons" / "sprite.svg").read_text(encoding="utf-8")
    assert [place.icon for place in RAIL if f'id="icon-{place.icon}"' not in sprite] == []


def test_every_state_has_a_glyph_in_the_sprite() -> None:
    sprite = (STATIC / "icons" / "sprite.svg").read_text(encoding="utf-8")
    symbols = set(re.findall(r'id="state-([\w-]+)"', sprite))
    table = (TEMPLATES / "_states.html").read_text(encoding="utf-8")
    rows = re.findall(r"'(\w+)': \('(\w+)', '(\w*)', '([^']+)'\)", table)
    assert len(rows) > 40
    assert {shape for _, shape, _, _ in rows} <= symbols
    assert {word for *_, word in rows} <= set(re.findall(r"_\('([^']+)'\)", table))


def test_css_names_no_address_outside() -> None:
    sheets = sorted((STATIC / "css").glob("*.css"))
    assert sheets
    assert [s.name for s in sheets if re.search(r"@import|https?://|url\(", s.read_text(encoding="utf-8"))] == []
