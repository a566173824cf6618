"""Rebuild static/vendor and the icon sprite from npm tarballs; a developer's tool, never needed to run Gongxu.

Use: `npm pack htmx.org@4.0.1 uplot@1.6.32 @dagrejs/dagre@3.1.3 @tabler/icons@3.51.0 zxing-wasm@3.1.4`
in an empty folder, then `python docs/vendoring.py THAT_FOLDER`.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

STATIC = Path(__file__).resolve().parent.parent / "static"


@dataclass(frozen=True)
class Package:
    """What we take of one npm package: files as {path in the tarball: name in our folder}."""

    name: str
    version: str
    licence: str
    folder: str
    files: dict[str, str]

    @property
    def tarball(self) -> str:
        """Return the file name `npm pack` gives this package."""
        return f"{self.name.removeprefix('@').replace('/', '-')}-{self.version}.tgz"


ICONS = Package("@tabler/icons", "3.51.0", "MIT", "tabler-icons", {"LICENSE": "LICENSE"})
PACKAGES = (
    Package("htmx.org", "4.0.1", "0BSD", "htmx", {"dist/htmx.min.js": "htmx.min.js", "LICENSE": "LICENSE"}),
    Package(
        "uplot",
        "1.6.32",
        "MIT",
        "uplot",
        {"dist/uPlot.iife.min.js": "uPlot.iife.min.js", "dist/uPlot.min.css": "uPlot.min.css", "LICENSE": "LICENSE"},
    ),
    Package(
        "@dagrejs/dagre",
        "3.1.3",
        "MIT",
        "dagre",
        {"dist/dagre.esm.js": "dagre.esm.js", "LICENSE": "LICENSE"},
    ),
    Package(
        "zxing-wasm",
        "3.1.4",
        "MIT",
        "zxing-wasm",
        {
            "dist/es/reader/index.js": "reader/index.js",
            "dist/es/share.js": "share.js",
            "dist/reader/zxing_reader.wasm": "zxing_reader.wasm",
            "LICENSE": "LICENSE",
        },
    ),
    ICONS,
)


def member(tarball: Path, path: str) -> bytes:
    """Return the bytes of one file of an npm tarball; KeyError when it is not in it."""
    with tarfile.open(tarball) as tar:
        stream = tar.extractfile(f"package/{path}")
        if stream is None:
            raise KeyError(path)
        return stream.read()


def checksums(content: bytes) -> dict[str, str | int]:
    """Return size in bytes, sha256 in hex and the sha384 in the form of subresource integrity."""
    sri = base64.b64encode(hashlib.sha384(content).digest()).decode()
    return {"size": len(content), "sha256": hashlib.sha256(content).hexdigest(), "sha384": f"sha384-{sri}"}


def take(package: Package, source: Path) -> dict[str, object]:
    """Write the files of one package below static/vendor and return its entry of the manifest."""
    folder = STATIC / "vendor" / package.folder
    folder.mkdir(parents=True, exist_ok=True)
    files = {}
    for path, name in package.files.items():
        content = member(source / package.tarball, path)
        # a source map is not shipped, and a reference to a missing one is a 404 in every console
        content = re.sub(rb"\n?//# sourceMappingURL=\S+\s*$", b"\n", content)
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
        files[f"vendor/{package.folder}/{name}"] = checksums(content)
    return {
        "name": package.name,
        "version": package.version,
        "licence": package.licence,
        "licence_file": f"vendor/{package.folder}/LICENSE",
        "source": package.tarball,
        "files": files,
    }


def symbol(name: str, svg: str) -> str:
    """Return one <symbol> of the sprite from a Tabler SVG, without its invisible frame."""
    body = svg[svg.index(">") + 1 : svg.rindex("</svg>")]
    body = re.sub(r'<path stroke="none" d="M0 0h24v24H0z" fill="none" ?/>', "", body)
    shapes = " ".join(body.split())
    return f'  <symbol id="icon-{name}" viewBox="0 0 24 24">{shapes}</symbol>'


def sprite(source: Path) -> str:
    """Return the whole sprite: our state glyphs first, then the picked icons in the order of icons.txt."""
    states = (STATIC / "icons" / "states.svg").read_text(encoding="utf-8")
    lines = [line.strip() for line in states.splitlines() if "<symbol" in line]
    wanted = (STATIC / "icons" / "icons.txt").read_text(encoding="utf-8").splitlines()
    for ours, theirs in (line.split() for line in wanted if line and not line.startswith("#")):
        path = f"icons/{theirs}.svg" if "/" in theirs else f"icons/outline/{theirs}.svg"
        lines.append(symbol(ours, member(source / ICONS.tarball, path).decode()).strip())
    return '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(lines) + "\n</svg>\n"


def main(source: Path) -> None:
    """Rebuild everything from the tarballs in `source` and write the manifest."""
    manifest = [take(package, source) for package in PACKAGES]
    content = sprite(source).encode()
    (STATIC / "icons" / "sprite.svg").write_bytes(content)
    manifest[-1]["files"]["icons/sprite.svg"] = checksums(content)  # type: ignore[index]
    text = json.dumps({"packages": manifest}, indent=2) + "\n"
    (STATIC / "vendor" / "MANIFEST.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
