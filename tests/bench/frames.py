"""Synthetic camera frames: a printed label on a cluttered bench, under twelve conditions in equal shares.

Each frame comes from its number alone, so that two decoders see the same pictures. Nothing here is shared with the
decoder; symbols come from the writer of zxing-cpp. Sizes are in pixels of the frame, module = the narrowest bar.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import zxingcpp

WIDE, HIGH = 1280, 720
PER_MODULE = 8  # a label is drawn this large and then brought into the frame
SYMBOLOGIES = ("Code128", "Code39", "QRCode", "DataMatrix")
CONDITIONS = ("clean", "small", "noise", "rotated", "perspective", "dark", "glare", "jpeg", "occluded", "shop",
              "motion", "blur")  # fmt: skip
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
Picture = np.ndarray[Any, np.dtype[np.uint8]]


@dataclass(frozen=True)
class Frame:
    """One picture (720×1280, grey) and what is printed in it; symbology and text are "" when there is no code."""

    picture: Picture
    symbology: str
    text: str
    condition: str


def frames(rounds: int, first: int = 0) -> Iterator[Frame]:
    """``rounds`` × 12 conditions × 4 symbologies."""
    for number in range(first, first + rounds):
        for at, condition in enumerate(CONDITIONS):
            for kind, symbology in enumerate(SYMBOLOGIES):
                yield frame(symbology, condition, np.random.default_rng((number, at, kind)))


def empty(number: int) -> Frame:
    """The bench without a label."""
    draw = np.random.default_rng((number, 99))
    return Frame(_noisy(_bench(draw), draw, 3), "", "", "empty")


def frame(symbology: str, condition: str, draw: np.random.Generator) -> Frame:
    """One frame under a condition."""
    text = draw.choice(list("TWULB")) + "".join(draw.choice(list(ALPHABET), 9))
    module = {"small": draw.uniform(1.15, 1.8), "shop": draw.uniform(1.5, 2.6), "blur": draw.uniform(1.8, 2.6),
              "motion": draw.uniform(1.8, 2.6)}.get(condition, draw.uniform(1.9, 3.0))  # fmt: skip
    if symbology in ("QRCode", "DataMatrix"):
        module *= 1.3  # a square of few modules is held nearer to the lens
    label = _label(symbology, text, draw, condition)
    turn = draw.uniform(0, 360) if condition == "rotated" else draw.uniform(-4, 4)
    if condition == "shop":
        turn = draw.uniform(-25, 25)
    picture, middle = _placed(_bench(draw), label, module, turn, draw, _lean(condition, draw))
    return Frame(_spoiled(picture, condition, module, middle, draw), symbology, text, condition)


def _lean(condition: str, draw: np.random.Generator) -> float:
    return {"perspective": draw.uniform(0.12, 0.3), "shop": draw.uniform(0.03, 0.12)}.get(condition, 0.01)


def _bench(draw: np.random.Generator) -> Picture:
    """A grey bench with things on it: slow shading, boxes, rods, writing."""
    coarse = draw.uniform(70, 150, (5, 8)).astype(np.float32)
    bench = cv2.resize(coarse, (WIDE, HIGH), interpolation=cv2.INTER_CUBIC)
    for _ in range(int(draw.integers(14, 30))):
        x, y = int(draw.integers(0, WIDE)), int(draw.integers(0, HIGH))
        tone = float(draw.uniform(30, 220))
        shape = draw.integers(0, 4)
        if shape == 0:
            cv2.rectangle(bench, (x, y), (x + int(draw.integers(20, 220)), y + int(draw.integers(10, 150))), tone, -1)
        elif shape == 1:
            end = (int(draw.integers(0, WIDE)), int(draw.integers(0, HIGH)))
            cv2.line(bench, (x, y), end, tone, int(draw.integers(1, 9)))
        elif shape == 2:
            cv2.circle(bench, (x, y), int(draw.integers(6, 70)), tone, int(draw.integers(-1, 4)) or -1)
        else:
            word = "".join(draw.choice(list(ALPHABET), 8))
            _write(bench, word, x, y, tone, float(draw.uniform(0.4, 1.2)))
    return np.clip(bench, 0, 255).astype(np.uint8)


def _write(canvas: Any, word: str, x: int, y: int, tone: float, size: float) -> None:
    """Letters of the font on a picture of floats (the font itself wants bytes)."""
    mask = np.zeros(canvas.shape, np.uint8)
    cv2.putText(mask, word, (x, y), cv2.FONT_HERSHEY_SIMPLEX, size, 255, 2, cv2.LINE_AA)
    share = mask.astype(np.float32) / 255
    canvas[:] = canvas * (1 - share) + tone * share


def _label(symbology: str, text: str, draw: np.random.Generator, condition: str) -> Picture:
    barcode = zxingcpp.create_barcode(text, getattr(zxingcpp.BarcodeFormat, symbology))
    matrix = np.array(barcode.to_image(scale=1, add_quiet_zones=False))
    if matrix.shape[0] < 5 or matrix.shape[1] > 3 * matrix.shape[0]:  # bars, a seventh to a quarter as high as wide
        matrix = np.repeat(matrix[:1], max(14, int(matrix.shape[1] * draw.uniform(0.14, 0.24))), axis=0)
    high, wide = matrix.shape
    quiet, foot = 12, 14
    paper = np.full(((high + 2 * quiet + foot), wide + 2 * quiet), 235, np.uint8)
    paper[quiet : quiet + high, quiet : quiet + wide] = np.where(matrix > 0, 235, 28)
    paper = cv2.resize(paper, None, fx=PER_MODULE, fy=PER_MODULE, interpolation=cv2.INTER_NEAREST)
    if condition in ("occluded", "shop"):
        _scar(paper, quiet, high, wide, draw, 0.5 if condition == "shop" else 1.0)
    size = min(2.4, paper.shape[1] / 260)
    place = (quiet * PER_MODULE, paper.shape[0] - 5 * PER_MODULE)
    cv2.putText(paper, text, place, cv2.FONT_HERSHEY_SIMPLEX, size, 40, max(2, int(size * 2)), cv2.LINE_AA)
    return paper


def _scar(paper: Picture, quiet: int, high: int, wide: int, draw: np.random.Generator, strength: float) -> None:
    """Dirt or a torn edge over up to a third of a bar's height, or a tenth of a square's side."""
    bars = wide > 3 * high
    for _ in range(2 if bars else 1):
        deep = high * (draw.uniform(0.15, 0.35) if bars else draw.uniform(0.06, 0.13)) * strength
        long = wide * (draw.uniform(0.3, 1.0) if bars else draw.uniform(0.1, 0.3)) * strength
        x, y = quiet + draw.uniform(0, wide - long), quiet + draw.uniform(0, high - deep)
        start = (int(x * PER_MODULE), int(y * PER_MODULE))
        end = (int((x + long) * PER_MODULE), int((y + deep) * PER_MODULE))
        cv2.rectangle(paper, start, end, int(draw.choice([20, 120, 240])), -1)


def _placed(
    bench: Picture, label: Picture, module: float, turn: float, draw: np.random.Generator, lean: float
) -> tuple[Picture, Any]:  # fmt: skip
    """The label laid on the bench, scaled, turned, leaning away from the lens; and its middle."""
    high, wide = label.shape
    scale = module / PER_MODULE
    angle = np.deg2rad(turn)
    corners = np.array([[-wide, -high], [wide, -high], [wide, high], [-wide, high]]) / 2 * scale
    corners[:2] *= 1 - lean
    corners[:, 1] *= 1 - lean / 2
    about = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    corners = corners @ about.T
    span = np.abs(corners).max(axis=0) + 6
    spare = np.maximum([WIDE / 2 - span[0], HIGH / 2 - span[1]], 0)
    corners += [WIDE / 2 + draw.uniform(-1, 1) * spare[0], HIGH / 2 + draw.uniform(-1, 1) * spare[1]]
    source = np.array([[0, 0], [wide, 0], [wide, high], [0, high]], np.float32)
    there = cv2.getPerspectiveTransform(source, corners.astype(np.float32))
    soft = cv2.GaussianBlur(label, (0, 0), 0.42 / scale)  # what one pixel of a sensor gathers
    laid = cv2.warpPerspective(soft, there, (WIDE, HIGH), flags=cv2.INTER_LINEAR)
    mask = cv2.warpPerspective(np.full_like(label, 255), there, (WIDE, HIGH), flags=cv2.INTER_LINEAR)
    share = mask.astype(np.float32) / 255
    return (bench * (1 - share) + laid * share).astype(np.uint8), corners.mean(axis=0)


def _spoiled(picture: Picture, condition: str, module: float, middle: Any, draw: np.random.Generator) -> Picture:
    found = picture
    if condition == "blur":
        found = cv2.GaussianBlur(found, (0, 0), module * draw.uniform(0.5, 0.95))
    if condition in ("motion", "shop"):
        strong = draw.uniform(0.5, 2.2) if condition == "motion" else draw.uniform(0, 1)
        found = _moved(found, module * strong, draw)
    if condition == "shop":
        found = cv2.GaussianBlur(found, (0, 0), module * draw.uniform(0.1, 0.3))
    if condition in ("glare", "shop"):
        found = _glare(found, middle, draw, 0.6 if condition == "shop" else 1.0)
    if condition in ("dark", "shop"):
        share = draw.uniform(0.05, 0.2) if condition == "dark" else draw.uniform(0.3, 0.8)
        found = (found * share + 4).astype(np.uint8)
    noise = {"noise": draw.uniform(16, 34), "dark": 2.5, "shop": draw.uniform(3, 9)}.get(condition, 2.0)
    found = _noisy(found, draw, noise)
    if condition in ("jpeg", "shop"):
        quality = 20 if condition == "jpeg" else int(draw.integers(30, 70))
        found = cv2.imdecode(cv2.imencode(".jpg", found, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], 0)
    return found


def _moved(picture: Picture, far: float, draw: np.random.Generator) -> Picture:
    size = int(np.ceil(far)) * 2 + 3
    kernel = np.zeros((size * 8, size * 8), np.float32)
    angle, half = draw.uniform(0, np.pi), far * 4
    step = np.array([np.cos(angle), np.sin(angle)]) * half
    middle = np.array([size * 4, size * 4])
    start, end = (middle - step).astype(int), (middle + step).astype(int)
    cv2.line(kernel, tuple(map(int, start)), tuple(map(int, end)), 1.0, 8)
    kernel = cv2.resize(kernel, (size, size), interpolation=cv2.INTER_AREA)
    return cv2.filter2D(picture, -1, kernel / kernel.sum())


def _glare(picture: Picture, middle: Any, draw: np.random.Generator, strength: float) -> Picture:
    """A bright spot near the label, that may drown part of what is printed."""
    at_x, at_y = middle + draw.uniform(-90, 90, 2)
    x, y = np.meshgrid(np.arange(WIDE, dtype=np.float32), np.arange(HIGH, dtype=np.float32))
    wide, high = draw.uniform(60, 200), draw.uniform(40, 140)
    spot = np.exp(-(((x - at_x) / wide) ** 2) - ((y - at_y) / high) ** 2) * draw.uniform(150, 330) * strength
    return np.clip(picture + spot, 0, 255).astype(np.uint8)


def _noisy(picture: Picture, draw: np.random.Generator, strength: float) -> Picture:
    noise = draw.standard_normal(picture.shape, dtype=np.float32) * np.float32(strength)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)
