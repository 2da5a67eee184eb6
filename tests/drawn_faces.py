"""Faces that belong to nobody: drawn with shading, good enough for a detector; and pictures without any."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

Eyes = list[tuple[float, float]]
SKINS = ((224, 178, 148), (176, 122, 88), (120, 78, 54), (238, 200, 176), (150, 102, 72))
HAIRS = ((40, 28, 22), (24, 20, 20), (16, 14, 14), (120, 84, 44), (90, 90, 92))


def face(seed: int, size: int = 512) -> tuple[np.ndarray, Eyes, tuple[float, ...]]:
    """A head with shoulders on a plain ground: picture, eyes, and the box from forehead to chin."""
    draw_from = np.random.default_rng(seed)
    skin, hair = SKINS[seed % len(SKINS)], HAIRS[seed % len(HAIRS)]
    u = size / 512
    x, y = size / 2 + draw_from.uniform(-30, 30) * u, size * 0.42 + draw_from.uniform(-15, 15) * u
    wide, tall = 88 * u, 118 * u
    image = Image.new("RGB", (size, size), tuple(int(v) for v in draw_from.integers(90, 210, 3)))
    d = ImageDraw.Draw(image)

    def oval(cx: float, cy: float, rx: float, ry: float, colour: tuple[int, ...]) -> None:
        d.ellipse((cx - rx, cy - ry, cx + rx, cy + ry), fill=colour)

    def shade(colour: tuple[int, ...], by: float) -> tuple[int, ...]:
        return tuple(int(max(0, min(255, v * by))) for v in colour)

    oval(x, y - 12 * u, wide * 1.16, tall * 1.16, hair)
    d.rectangle((x - wide * 0.42, y + tall * 0.6, x + wide * 0.42, y + tall * 1.5), fill=shade(skin, 0.72))
    oval(x, y + tall * 2.2, wide * 2.1, tall * 0.95, tuple(int(v) for v in draw_from.integers(40, 160, 3)))
    for side in (-1, 1):
        oval(x + side * wide * 0.99, y + 8 * u, 13 * u, 26 * u, shade(skin, 0.85))
    oval(x, y, wide, tall, skin)
    image = _lit(image, x, y, wide, tall)
    d = ImageDraw.Draw(image)
    d.chord((x - wide, y - tall, x + wide, y + tall * 0.1), 195, 345, fill=hair)
    eye_y, eye_x = y - 12 * u, 36 * u
    for side in (-1, 1):
        ex = x + side * eye_x
        oval(ex, eye_y, 24 * u, 16 * u, shade(skin, 0.78))
        oval(ex, eye_y, 18 * u, 9 * u, (240, 238, 235))
        oval(ex, eye_y, 8.5 * u, 8.5 * u, (70, 48, 30))
        oval(ex, eye_y, 4 * u, 4 * u, (8, 8, 8))
        oval(ex + 3 * u, eye_y - 3 * u, 1.8 * u, 1.8 * u, (255, 255, 255))
        box = (ex - 20 * u, eye_y - 12 * u, ex + 20 * u, eye_y + 12 * u)
        d.arc(box, 200, 340, fill=shade(hair, 0.8), width=max(1, round(3 * u)))
        box = (ex - 27 * u, eye_y - 31 * u, ex + 27 * u, eye_y + 9 * u)
        d.arc(box, 212, 328, fill=hair, width=max(1, round(7 * u)))
    d.polygon([(x, eye_y + 4 * u), (x - 17 * u, y + 42 * u), (x + 17 * u, y + 42 * u)], fill=shade(skin, 0.9))
    oval(x, y + 38 * u, 14 * u, 9 * u, shade(skin, 1.06))
    for side in (-1, 1):
        oval(x + side * 10 * u, y + 43 * u, 4.5 * u, 3 * u, shade(skin, 0.4))
    oval(x, y + 70 * u, 31 * u, 9 * u, (168, 84, 82))
    oval(x, y + 75 * u, 24 * u, 6 * u, (190, 104, 100))
    d.line((x - 30 * u, y + 70 * u, x + 30 * u, y + 70 * u), fill=(96, 40, 40), width=max(1, round(2 * u)))
    soft = np.asarray(image.filter(ImageFilter.GaussianBlur(1.6 * u))).astype(np.float64)
    grain = draw_from.normal(0, 4, soft.shape)
    eyes = [(x - eye_x, eye_y), (x + eye_x, eye_y)]
    box = (x - wide, y - tall * 0.75, x + wide, y + tall)
    return (soft + grain).clip(0, 255).astype(np.uint8), eyes, box


def _lit(image: Image.Image, x: float, y: float, wide: float, tall: float) -> Image.Image:
    """Light from the upper left, darker towards the edge of the head."""
    rows, columns = np.mgrid[: image.height, : image.width]
    away = ((columns - x) / wide) ** 2 + ((rows - y) / tall) ** 2
    light = 1.08 - 0.34 * np.clip(away, 0, 1) ** 2 - 0.1 * (columns - x) / wide - 0.06 * (rows - y) / tall
    light[away > 1] = 1
    return Image.fromarray((np.asarray(image) * light[..., None]).clip(0, 255).astype(np.uint8))


def without() -> Iterator[tuple[str, np.ndarray]]:
    """Skin with a lesion, a forearm, a chest, tissue, a ruler, tiles, cloth, noise: nothing with a face."""
    draw_from = np.random.default_rng(11)
    y, x = np.mgrid[:480, :640]
    for n, skin in enumerate(SKINS):
        base = np.ones((480, 640, 3)) * skin
        base *= (1 + 0.12 * np.sin(x / 210 + n) * np.cos(y / 170))[..., None]
        spot = np.exp(-((((x - 330) / 90) ** 2 + ((y - 230) / 70) ** 2) ** 2))
        base += spot[..., None] * np.array([30, -50, -40])
        yield f"lesion {n}", (base + draw_from.normal(0, 5, base.shape)).clip(0, 255).astype(np.uint8)
    chest = Image.new("RGB", (640, 480), (96, 110, 120))
    d = ImageDraw.Draw(chest)
    d.rounded_rectangle((90, 0, 550, 480), 120, fill=SKINS[1])
    for side in (-1, 1):
        d.ellipse((320 + side * 110 - 16, 170, 320 + side * 110 + 16, 202), fill=(120, 66, 54))
    d.ellipse((310, 400, 330, 424), fill=(110, 66, 50))
    yield "torso", np.asarray(chest.filter(ImageFilter.GaussianBlur(4)))
    arm = Image.new("RGB", (640, 480), (200, 205, 210))
    ImageDraw.Draw(arm).line((40, 420, 600, 90), fill=SKINS[2], width=130)
    yield "forearm", np.asarray(arm.filter(ImageFilter.GaussianBlur(5)))
    cells = Image.new("RGB", (640, 480), (232, 206, 222))
    d = ImageDraw.Draw(cells)
    for cx, cy, r in zip(
        draw_from.integers(0, 640, 260),
        draw_from.integers(0, 480, 260),
        draw_from.integers(4, 11, 260),
        strict=True,
    ):
        d.ellipse((int(cx - r), int(cy - r), int(cx + r), int(cy + r)), fill=(110, 60, 140))
    yield "tissue", np.asarray(cells.filter(ImageFilter.GaussianBlur(1.5)))
    ruler = Image.new("RGB", (640, 480), (240, 236, 214))
    d = ImageDraw.Draw(ruler)
    for n in range(64):
        d.line((n * 10, 300, n * 10, 300 + (60 if n % 10 == 0 else 30)), fill=(20, 20, 20), width=2)
    yield "ruler", np.asarray(ruler)
    yield "tiles", np.repeat((((x // 40 + y // 40) % 2) * 180 + 40)[..., None], 3, 2).astype(np.uint8)
    yield (
        "cloth",
        (120 + 50 * np.sin(x / 3)[..., None] * np.sin(y / 3)[..., None] * np.ones(3)).astype(np.uint8),
    )
    yield "noise", draw_from.integers(0, 255, (480, 640, 3), dtype=np.uint8)
    yield "black", np.zeros((480, 640, 3), np.uint8)
    yield "white", np.full((480, 640, 3), 255, np.uint8)
