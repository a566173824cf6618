"""Pictures from strangers: measured by their header, unpacked in a process that cannot take more than its share."""

import io
import struct
import zlib
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image
from test_vision import TEXT, bench, symbol

from devices.vision import PictureError, Sandbox
from devices.vision.picture import MOST_PIXELS, check, grey, size


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """One process for all tests of this file."""
    kept = Sandbox()
    yield kept
    kept.close()


def saved(form: str, wide: int = 321, high: int = 123, mode: str = "L", **options: object) -> bytes:
    out = io.BytesIO()
    Image.new(mode, (wide, high), 200 if mode == "L" else "red").save(out, form, **options)
    return out.getvalue()


def bomb(wide: int, high: int) -> bytes:
    """A PNG of a few kilobytes that says it is, and unpacks to, a picture of this size in 16-bit RGBA."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    packer, body = zlib.compressobj(9), b""
    for _ in range(high):
        body += packer.compress(b"\0" * (1 + wide * 8))
    head = struct.pack(">IIBBBBB", wide, high, 16, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body + packer.flush()) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "data",
    [saved("PNG"), saved("JPEG"), saved("JPEG", progressive=True), saved("WEBP"), saved("WEBP", lossless=True),
     saved("WEBP", mode="RGBA", lossless=True), saved("BMP"), saved("JPEG", comment=b"x" * 3000)],
)  # fmt: skip
def test_the_header_tells_the_size(data: bytes) -> None:
    assert size(data) == (321, 123)


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xd8", b"\xff\xd8\xff\xd9", b"RIFF1234WEBP", b"GIF89a", b"<svg/>", saved("GIF")]
)
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(PictureError) as refused:
        check(data)
    assert refused.value.code == "picture.unreadable"


def test_a_picture_cut_short_is_refused() -> None:
    with pytest.raises(PictureError) as refused:
        grey(saved("JPEG")[:300])
    assert refused.value.code == "picture.unreadable"


def test_25_megapixels_are_the_most() -> None:
    check(saved("BMP", 5000, 100)[:18] + struct.pack("<ii", 5000, 5000) + b"\0" * 100)
    with pytest.raises(PictureError) as refused:
        check(saved("BMP")[:18] + struct.pack("<ii", 5000, 5001) + b"\0" * 100)
    assert refused.value.code == "picture.too_large"
    assert refused.value.values["most"] == MOST_PIXELS


def test_what_is_transparent_is_white() -> None:
    out = io.BytesIO()
    ink = np.zeros((4, 4, 4), np.uint8)
    ink[:2, :, 3] = 255
    Image.fromarray(ink, "RGBA").save(out, "PNG")
    assert grey(out.getvalue())[:, 0].tolist() == [0, 0, 255, 255]


def test_a_picture_is_read_in_the_sandbox(sandbox: Sandbox) -> None:
    out = io.BytesIO()
    Image.fromarray(bench(symbol("Code128"))).save(out, "PNG")
    for _ in range(2):
        assert [read.text for read in sandbox.decode(out.getvalue()).reads] == [TEXT]
    assert sandbox.decode(saved("PNG")).reads == ()


def test_a_small_file_that_is_huge_inside_is_refused_and_the_next_is_read(sandbox: Sandbox) -> None:
    with pytest.raises(PictureError) as refused:
        sandbox.decode(bomb(30_000, 30))  # within the cap: unpacked
        sandbox.decode(bomb(6000, 5000))
    assert refused.value.code == "picture.too_large"
    out = io.BytesIO()
    Image.fromarray(bench(symbol("QRCode"))).save(out, "PNG")
    assert [read.text for read in sandbox.decode(out.getvalue()).reads] == [TEXT]


def test_a_picture_that_takes_too_long_ends_its_process_alone() -> None:
    hasty = Sandbox(seconds=0.0)
    out = io.BytesIO()
    Image.fromarray(bench(symbol("Code128"))).save(out, "PNG")
    with pytest.raises(PictureError) as refused:
        hasty.decode(out.getvalue())
    assert refused.value.code == "picture.too_costly"
    assert hasty._process is None


def test_memory_is_limited_in_the_process(sandbox: Sandbox) -> None:
    sandbox.decode(saved("PNG"))
    assert sandbox._process is not None
    with open(f"/proc/{sandbox._process.pid}/limits", encoding="ascii") as file:
        line = next(line for line in file if line.startswith("Max address space"))
    assert int(line.split()[3]) < 8 << 30
