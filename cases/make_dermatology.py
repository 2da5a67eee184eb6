"""Draw the pictures of the made-up dermatology case.

Nobody was photographed: skin, lesion, ruler and cloth are computed from noise with a fixed seed. The
files carry on purpose what a real camera and a careless export leave behind (names, numbers, place,
thumbnail, rotation), taken from private.yaml, so that the de-identification has something to find.

    python cases/make_dermatology.py

needs numpy, Pillow and PyYAML. The HEIC picture needs an encoder, which the project does not depend on:
it is written when `pillow_heif` (pip install pillow-heif) can be imported, and otherwise the file that
is already there is kept.
"""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo

CASE = Path(__file__).resolve().parent / "dermatology-example"
SEED = 20250512
PX_PER_MM = 5.4  # scale of the two pictures of the whole leg

Array = Any  # of numpy: the shapes say more than the types
Colour = tuple[int, int, int]

SKIN: Colour = (193, 146, 113)
IVORY: Colour = (219, 190, 156)
BROWN: Colour = (121, 82, 62)
LILAC: Colour = (158, 104, 116)
TAN: Colour = (148, 104, 78)


# --- building blocks ---------------------------------------------------------------------------------


def noise(rng: np.random.Generator, height: int, width: int, scale: float, stretch: float = 1.0) -> Array:
    """Smooth noise, mean 0 and deviation 1; `scale` is the height of its blobs in pixels."""
    rows, cols = max(2, round(height / scale)), max(2, round(width / (scale * stretch)))
    grid = Image.fromarray(rng.standard_normal((rows, cols)).astype(np.float32))
    out = np.asarray(grid.resize((width, height), Image.Resampling.BICUBIC), dtype=np.float64)
    out = out - out.mean()
    return out / (out.std() + 1e-9)


def smooth(low: float, high: float, value: Array) -> Array:
    """0 at `low`, 1 at `high`, an S-shaped step between (`low` may be the larger of the two)."""
    t = np.clip((value - low) / (high - low), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def blur(field: Array, radius: float) -> Array:
    """Gaussian blur of one channel."""
    reach = int(radius * 3) + 1
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / radius) ** 2)
    kernel /= kernel.sum()
    for axis in (0, 1):
        length = field.shape[axis]
        padded = np.pad(field, [(reach, reach) if a == axis else (0, 0) for a in (0, 1)], mode="edge")
        field = sum(k * padded.take(range(i, i + length), axis) for i, k in enumerate(kernel))
    return field


def linear(colour: Colour) -> Array:
    """sRGB bytes to linear light (close enough: gamma 2.2)."""
    return (np.asarray(colour, dtype=np.float64) / 255.0) ** 2.2


def paint(canvas: Array, colour: Colour, alpha: Array) -> Array:
    """Lay `colour` over `canvas` (linear light) with the opacity `alpha`."""
    return canvas + alpha[..., None] * (linear(colour) - canvas)


def shade(canvas: Array, light: Array) -> Array:
    """Multiply by the light; skin turns redder, not greyer, where it gets darker."""
    light = np.clip(light, 0.02, 2.0)
    return canvas * np.stack([light**0.86, light**1.02, light**1.12], axis=-1)


def relief(height: Array, slope: float, light: tuple[float, float, float]) -> tuple[Array, Array]:
    """(diffuse, glossy) light of a surface given by its height in pixels."""
    dy, dx = np.gradient(height)
    normal = np.stack([-dx * slope, -dy * slope, np.ones_like(dx)], axis=-1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    towards = np.asarray(light) / np.linalg.norm(light)
    half = towards + np.array([0.0, 0.0, 1.0])
    half /= np.linalg.norm(half)
    return np.clip(normal @ towards, 0.0, 1.0), np.clip(normal @ half, 0.0, 1.0)


def finish(canvas: Array, rng: np.random.Generator, softness: float, grain: float) -> Image.Image:
    """Lens softness, vignette, sensor grain; linear light to an sRGB picture."""
    height, width = canvas.shape[:2]
    canvas = np.stack([blur(canvas[..., c], softness) for c in range(3)], axis=-1)
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    canvas = canvas * (1.0 - 0.16 * (x**2 + y**2) / 2.0)[..., None]
    out = np.clip(canvas, 0.0, 1.0) ** (1 / 2.2) * 255.0
    fine = blur(rng.standard_normal((height, width)), 0.7)
    out = out + grain * (fine / fine.std())[..., None]
    return Image.fromarray(np.clip(np.rint(out), 0, 255).astype(np.uint8))


def cells(rng: np.random.Generator, height: int, width: int, size: float) -> tuple[Array, Array]:
    """Distance to the nearest cell border, and one random value per cell (the fine polygons of skin)."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    x = x + size * 0.35 * noise(rng, height, width, size * 3)
    y = y + size * 0.35 * noise(rng, height, width, size * 3)
    rows, cols = int(height / size) + 8, int(width / size) + 8
    jitter = rng.uniform(0.08, 0.92, (rows, cols, 2))
    value = rng.standard_normal((rows, cols))
    gy, gx = np.floor(y / size).astype(int), np.floor(x / size).astype(int)
    first = np.full((height, width), np.inf)
    second = np.full((height, width), np.inf)
    owner = np.zeros((height, width))
    for oy in (-1, 0, 1):
        for ox in (-1, 0, 1):
            cy, cx = np.clip(gy + oy + 3, 0, rows - 1), np.clip(gx + ox + 3, 0, cols - 1)
            d = np.hypot((gy + oy + jitter[cy, cx, 0]) * size - y, (gx + ox + jitter[cy, cx, 1]) * size - x)
            nearer = d < first
            second = np.where(nearer, first, np.minimum(second, d))
            owner = np.where(nearer, value[cy, cx], owner)
            first = np.where(nearer, d, first)
    return (second - first) / size, owner


def ruler(canvas: Array, left: int, top: int, length: int, px_per_mm: float, tilt: float = 0.0) -> Array:
    """A white strip with millimetre strokes and no figures, with its shadow."""
    height, width = canvas.shape[:2]
    strip_w, scale = 62, 3
    strip = Image.new("L", (strip_w * scale, length * scale), 236)
    mask = Image.new("L", strip.size, 255)
    pen = ImageDraw.Draw(strip)
    for mm in range(int(length / px_per_mm)):
        y = (mm + 0.5) * px_per_mm * scale
        reach = 34 if mm % 10 == 0 else 24 if mm % 5 == 0 else 14
        pen.rectangle([0, y - 1.6, reach * scale, y + 1.6], fill=38)
        if mm % 20 < 10:
            block = px_per_mm * 1.5
            pen.rectangle([(strip_w - 12) * scale, y - block, strip_w * scale, y + block], fill=38)
    options: dict[str, Any] = {"expand": True, "resample": Image.Resampling.BICUBIC}
    strip, mask = strip.rotate(tilt, fillcolor=0, **options), mask.rotate(tilt, **options)
    size = (strip.width // scale, strip.height // scale)
    ink = np.asarray(strip.resize(size, Image.Resampling.LANCZOS), dtype=np.float64) / 255.0
    cover = np.asarray(mask.resize(size, Image.Resampling.LANCZOS), dtype=np.float64) / 255.0
    full_ink, full_cover = np.zeros((height, width)), np.zeros((height, width))
    h, w = min(size[1], height - top), min(size[0], width - left)
    full_ink[top : top + h, left : left + w] = ink[:h, :w]
    full_cover[top : top + h, left : left + w] = cover[:h, :w]
    shadow = np.roll(blur(full_cover, 5.0), (6, 6), axis=(0, 1))
    canvas = canvas * (1.0 - 0.45 * shadow * (1.0 - full_cover))[..., None]
    paper = np.clip(full_ink, 0.0, 1.0)[..., None] ** 2.2 * np.array([0.86, 0.85, 0.82])
    return canvas + full_cover[..., None] * (paper - canvas)


# --- the whole leg -----------------------------------------------------------------------------------

# Left leg from the front, knee above, ankle below: half-widths on the inner (left) and outer side.
SHAPE_AT = (0.0, 0.06, 0.13, 0.22, 0.32, 0.42, 0.54, 0.66, 0.76, 0.84, 0.90, 0.95, 1.0)
INNER = (258, 244, 232, 246, 264, 262, 232, 186, 150, 129, 126, 150, 136)
OUTER = (252, 236, 228, 244, 252, 240, 208, 168, 139, 121, 115, 128, 152)


def leg(rng: np.random.Generator, *, treated: bool) -> Image.Image:
    """The left leg on a blue cloth: a sclerotic band with a lilac border, or what six months left of it."""
    width, height = 1200, 1600
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    t = np.arange(height) / height
    kernel = np.hanning(141) / np.hanning(141).sum()

    def curve(values: tuple[int, ...]) -> Array:
        line = np.interp(t, SHAPE_AT, values)
        return np.convolve(np.pad(line, 70, mode="edge"), kernel, mode="valid")

    shift = -14 if treated else 0
    middle = 560 + shift + 26 * np.sin(t * 2.2 + 0.2)
    inner, outer = curve(INNER)[:, None], curve(OUTER)[:, None]
    offset = x - middle[:, None]
    u = np.where(offset < 0, offset / inner, offset / outer)  # -1 inner edge … +1 outer edge
    inside = smooth(1.006, 0.994, np.abs(u))
    half = inner + (outer - inner) * smooth(-150, 150, offset)
    depth = half * np.sqrt(np.clip(1.0 - np.abs(np.clip(u, -1, 1)) ** 2.15, 0.0, 1.0))

    # Bones: the crest of the shin, its tuberosity, the two malleoli.
    crest = -0.10 + 0.10 * np.cos(t * 3.0)[:, None]
    depth = depth + 9.0 * np.exp(-(((u - crest) / 0.11) ** 2)) * smooth(0.04, 0.2, y / height)
    depth = depth + 26.0 * np.exp(-(((u + 0.02) / 0.28) ** 2) - ((y - 60) / 75) ** 2)
    depth = depth + 20.0 * np.exp(-(((u + 0.72) / 0.30) ** 2) - ((y - 1500) / 62) ** 2)
    depth = depth + 20.0 * np.exp(-(((u - 0.74) / 0.30) ** 2) - ((y - 1552) / 62) ** 2)

    # The band: from a hand's breadth below the knee to above the ankle, a little outside the crest.
    wander = noise(rng, height, width, 70)
    ragged = 0.20 * wander + 0.09 * noise(rng, height, width, 30) + 0.03 * noise(rng, height, width, 12)
    start, end = 0.20, 0.855
    along = (y / height - start) / (end - start)
    path = 0.29 - 0.14 * along + 0.035 * np.sin(along * 7.0)
    wide = (0.235 + 0.055 * np.sin(along * 5.0 + 0.6)) * (0.90 if treated else 1.0)
    beyond = np.clip(np.abs(2.0 * along - 1.0) - 0.80, 0.0, None) / 0.22
    d = np.hypot(np.abs(u - path) / wide, beyond) + ragged
    d = np.where(u < -0.2, 4.0, np.minimum(d, 4.0))
    for cy, cx, r in ((0.882, 0.16, 0.045), (0.172, 0.33, 0.05)):  # new small patches beyond the two ends
        if not treated:
            island = np.hypot((u - cx) * 0.7, (y / height - cy) * 3.4) / r + 0.8 * ragged
            d = np.minimum(d, 0.72 + 0.42 * island)

    # Skin colour: large and small unevenness, then the lesion on top.
    canvas = np.broadcast_to(linear(SKIN), (height, width, 3)).copy()
    mottle = 0.045 * noise(rng, height, width, 150) + 0.03 * noise(rng, height, width, 38)
    mottle = mottle + 0.022 * noise(rng, height, width, 9) + 0.018 * noise(rng, height, width, 4)
    canvas = canvas * np.exp(mottle)[..., None]
    flush = 0.016 * noise(rng, height, width, 120)
    canvas = canvas * np.exp(np.stack([flush, -0.5 * flush, -0.4 * flush], axis=-1))
    knee = np.exp(-(((y - 40) / 140) ** 2) - (u / 0.6) ** 2)
    canvas = canvas * (1.0 - 0.10 * knee)[..., None]  # a little darker

    patchy = noise(rng, height, width, 34)
    ends = smooth(0.55, 1.0, np.abs(2.0 * along - 1.0))
    if treated:
        canvas = paint(canvas, TAN, 0.66 * smooth(1.45, 0.55, d) * (0.82 + 0.18 * np.clip(patchy, -1, 1)))
        canvas = paint(canvas, IVORY, 0.26 * smooth(0.60, 0.05, d + 0.16 * patchy))
        gloss, sink = 0.10, 4.0
    else:
        canvas = paint(canvas, LILAC, (0.30 + 0.34 * ends) * smooth(1.95, 1.05, d))
        canvas = paint(canvas, BROWN, 0.66 * smooth(1.34, 0.80, d) * (0.84 + 0.16 * np.clip(patchy, -1, 1)))
        mixed = 0.16 * patchy + 0.10 * noise(rng, height, width, 14)
        canvas = paint(canvas, IVORY, 0.78 * smooth(0.92, 0.05, d + mixed))
        specks = smooth(1.2, 2.3, noise(rng, height, width, 15))
        canvas = paint(canvas, BROWN, 0.30 * specks * smooth(0.9, 0.3, d))
        gloss, sink = 0.34, 7.0
    depth = depth - sink * blur(smooth(1.0, 0.35, d), 7.0)

    texture = 0.26 * noise(rng, height, width, 3.2) + 0.20 * noise(rng, height, width, 7)
    texture = texture + 0.22 * noise(rng, height, width, 4, stretch=2.5)  # cross lines of the skin
    calm = 1.0 - (0.3 if treated else 0.7) * smooth(0.8, 0.4, d)
    diffuse, shiny = relief(blur(depth, 2.5) + 0.55 * texture * calm, 0.72, (-0.42, -0.34, 0.84))
    light = 0.20 + 0.98 * diffuse
    light = light * (1.0 - 0.30 * smooth(0.80, 1.0, np.abs(u)))
    canvas = shade(canvas, light)
    core = smooth(0.8, 0.4, d)
    sheen = (0.055 + gloss * core) * shiny**26 + 0.05 * shiny**9
    canvas = canvas + sheen[..., None] * np.array([1.0, 0.97, 0.92])

    # The cloth: weave, folds, and the shadow of the leg.
    folds = noise(rng, height, width, 260) + 0.4 * noise(rng, height, width, 110, stretch=2.0)
    weave = np.sin(x * 1.9 + 0.6 * noise(rng, height, width, 30))
    weave = weave * np.sin(y * 1.9 + 0.6 * noise(rng, height, width, 30))
    cloth, _ = relief(9.0 * folds, 0.5, (-0.42, -0.34, 0.84))
    cloth = (0.30 + 0.72 * cloth) * (1.0 + 0.035 * weave + 0.03 * noise(rng, height, width, 3))
    shadow = np.roll(blur(inside[::4, ::4], 10.0).repeat(4, 0).repeat(4, 1), (14, 34), axis=(0, 1))
    shadow = blur(shadow, 4.0)
    behind = linear((92, 132, 152)) * (cloth * (1.0 - 0.62 * shadow))[..., None]
    behind = ruler(behind, 905 + shift, 420, 920, PX_PER_MM, tilt=-2.0 if treated else 1.5)
    canvas = behind + inside[..., None] * (canvas - behind)
    return finish(canvas * (1.04 if treated else 1.0), rng, 0.9, 1.5)


# --- close view of the edge --------------------------------------------------------------------------


def edge(rng: np.random.Generator) -> Image.Image:
    """The lower end of the band from near: ivory centre, brown rim, lilac border, no hair or skin lines."""
    width, height = 1400, 1050
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    wobble = 30 * noise(rng, height, width, 190) + 10 * noise(rng, height, width, 70)
    wobble = wobble + 3 * noise(rng, height, width, 26)
    # A tongue that comes in from the left and ends right of the middle.
    axis = 500 + 40 * np.sin(x / 330)
    radius = 205 - 20 * np.sin(x / 210)
    d = np.where(x < 700, np.abs(y - axis), np.hypot((x - 700) * 0.92, y - axis))
    d = d - radius + wobble  # below 0 inside the sclerosis, in pixels
    core, rim, halo = smooth(5, -165, d), smooth(62, -50, d), smooth(205, 20, d)

    canvas = np.broadcast_to(linear(SKIN), (height, width, 3)).copy()
    mottle = 0.05 * noise(rng, height, width, 190) + 0.03 * noise(rng, height, width, 60)
    canvas = canvas * np.exp(mottle + 0.02 * noise(rng, height, width, 6))[..., None]
    border, owner = cells(rng, height, width, 12.0)
    big_border, _ = cells(rng, height, width, 36.0)
    patchy = noise(rng, height, width, 60)
    canvas = canvas * np.exp(0.035 * owner * (1.0 - 0.8 * core))[..., None]
    canvas = paint(canvas, (160, 106, 108), 0.62 * halo * (0.85 + 0.15 * np.clip(patchy, -1, 1)))
    canvas = paint(canvas, BROWN, 0.66 * rim * (0.82 + 0.18 * np.clip(noise(rng, height, width, 28), -1, 1)))
    mixed = 0.09 * patchy + 0.06 * noise(rng, height, width, 24)
    canvas = paint(canvas, IVORY, 0.80 * smooth(0.0, 1.25, core + mixed * smooth(0.0, 0.3, core)))
    freckle = smooth(1.3, 2.6, noise(rng, height, width, 22)) * core
    canvas = paint(canvas, BROWN, 0.34 * freckle)

    lines = 1.0 - 0.88 * core - 0.25 * rim * (1.0 - core)
    height_map = lines * (0.62 * np.minimum(border, 0.30) / 0.30 + 0.50 * np.minimum(big_border, 0.14) / 0.14)
    height_map = blur(height_map, 1.3) + 0.07 * noise(rng, height, width, 3.0)
    bulge = 30 * np.sqrt(np.clip(1.2 - ((y - 480) / 900) ** 2, 0, None)) * 6 - 8.0 * blur(core, 26.0)
    bulge = bulge + 1.1 * noise(rng, height, width, 60) * core  # faint waves of the taut surface
    diffuse, shiny = relief(bulge + height_map, 1.0, (-0.30, -0.55, 0.78))
    canvas = shade(canvas, 0.22 + 0.98 * diffuse)
    wax = blur(core, 10.0)
    sheen = (0.03 + 0.07 * wax) * shiny**14 + 0.13 * wax * shiny**70
    canvas = canvas + sheen[..., None] * np.array([1.0, 0.98, 0.94])
    canvas = canvas + (0.035 * (1.0 - wax) * shiny**40)[..., None]

    down = Image.new("L", (width * 2, height * 2), 0)  # fine hair, absent where the skin is sclerotic
    pen = ImageDraw.Draw(down)
    for _ in range(170):
        px, py = rng.uniform(0, width), rng.uniform(0, height)
        turn, bend, length = rng.normal(0.85, 0.20), rng.normal(0.002, 0.004), rng.uniform(26, 70)
        if d[int(py), int(px)] < 45:
            continue
        points = []
        for _step in range(int(length)):
            points.append((px * 2, py * 2))
            px, py, turn = px + np.cos(turn), py + np.sin(turn), turn + bend
        pen.line(points, fill=int(rng.uniform(80, 170)), width=3)
    strands = np.asarray(down.resize((width, height), Image.Resampling.LANCZOS), dtype=np.float64) / 255.0
    canvas = canvas * (1.0 - 0.78 * strands * smooth(20, 70, d))[..., None]
    turned = np.rot90(canvas, 1).copy()  # the ruler lies along the lower margin
    canvas = np.rot90(ruler(turned, 972, 70, 1260, 26.0, tilt=0.4), -1)
    return finish(canvas, rng, 0.8, 1.4)


# --- dermoscopy --------------------------------------------------------------------------------------


def vessels(rng: np.random.Generator, size: int, where: Array, count: int) -> Array:
    """Opacity of `count` branching vessels that start where `where` is above one half."""
    big = Image.new("L", (size * 2, size * 2), 0)
    pen = ImageDraw.Draw(big)

    def grow(px: float, py: float, turn: float, girth: float, left: int, depth: int) -> None:
        for _ in range(left):
            nx, ny = px + 3.0 * np.cos(turn), py + 3.0 * np.sin(turn)
            if not (0 <= nx < size and 0 <= ny < size) or where[int(ny), int(nx)] < 0.25:
                return
            ink = int(np.clip(95 + 45 * girth, 60, 235))
            pen.line([(px * 2, py * 2), (nx * 2, ny * 2)], fill=ink, width=max(1, round(girth * 2)))
            px, py, turn, girth = nx, ny, turn + rng.normal(0, 0.20), max(0.7, girth * 0.99)
            if depth < 3 and rng.random() < 0.035:
                aside = turn + rng.choice([-1, 1]) * rng.uniform(0.5, 1.0)
                grow(px, py, aside, girth * 0.75, left // 2, depth + 1)

    made = 0
    while made < count:
        px, py = rng.uniform(0.05, 0.95, 2) * size
        if where[int(py), int(px)] > 0.5:
            grow(px, py, rng.uniform(0, 2 * np.pi), rng.uniform(1.3, 2.3), int(rng.uniform(22, 60)), 0)
            made += 1
    return np.asarray(big.resize((size, size), Image.Resampling.LANCZOS), dtype=np.float64) / 255.0


def dermoscopy(rng: np.random.Generator, *, treated: bool) -> Image.Image:
    """Round polarised close view: white beams and branching vessels, or the brown that remained."""
    size = 760
    y, x = np.mgrid[0:size, 0:size].astype(np.float64)
    r = np.hypot(x - size / 2, y - size / 2) / (size / 2 - 14)
    angle = 0.62
    across = (-(x - size / 2) * np.sin(angle) + (y - size / 2) * np.cos(angle)) / (size / 2)
    bend = 0.10 * noise(rng, size, size, 150) + 0.035 * noise(rng, size, size, 48)
    d = np.abs(across + 0.10 + bend)  # distance from the middle of the band
    core, halo = smooth(0.62, 0.34, d), smooth(1.02, 0.60, d)

    canvas = np.broadcast_to(linear((198, 150, 118)), (size, size, 3)).copy()
    mottle = 0.05 * noise(rng, size, size, 120) + 0.025 * noise(rng, size, size, 24)
    canvas = canvas * np.exp(mottle)[..., None]
    border, owner = cells(rng, size, size, 19.0)
    web = smooth(0.34, 0.05, blur(border, 1.0))  # pigment network of normal skin
    network = web * (1.0 - (0.5 if treated else 0.94) * core) * (0.55 + 0.12 * noise(rng, size, size, 90))
    canvas = paint(canvas, (134, 92, 68), np.clip(0.62 * network, 0, 1))
    canvas = canvas * np.exp(0.02 * owner)[..., None]

    brown = smooth(0.1, 1.3, noise(rng, size, size, 70) + 0.4 * noise(rng, size, size, 26))
    if treated:
        canvas = paint(canvas, (150, 106, 80), 0.55 * halo)
        canvas = paint(canvas, (120, 80, 60), 0.55 * brown * halo)
    else:
        canvas = paint(canvas, (186, 122, 126), 0.50 * halo * (1.0 - 0.5 * core))
        canvas = paint(canvas, (213, 170, 148), 0.55 * core)
        canvas = paint(canvas, (140, 96, 78), 0.42 * brown * (halo - 0.35 * core))

    # Fibrotic beams: blurred white bundles that run roughly along the band and cross one another.
    beams = np.zeros((size, size))
    for lean, weight in ((0.62, 1.0), (0.95, 0.8), (0.25, 0.7)):
        along = (x - size / 2) * np.cos(lean) + (y - size / 2) * np.sin(lean)
        side = -(x - size / 2) * np.sin(lean) + (y - size / 2) * np.cos(lean)
        warp = 16 * noise(rng, size, size, 90)
        bundle = noise(rng, size, size, 40)
        ridge = np.exp(-((np.sin((side + warp) / 46.0 + lean * 9) / 0.42) ** 2))
        beams = np.maximum(beams, weight * ridge * smooth(-0.2, 1.1, bundle + 0.3 * np.sin(along / 120)))
    beams = blur(beams, 4.0) * core
    canvas = paint(canvas, (238, 222, 205), np.clip((0.30 if treated else 0.80) * beams, 0, 0.9))

    room = np.clip(halo * (1.0 if not treated else 0.6), 0, 1)
    tree = blur(vessels(rng, size, room, 5 if treated else 26), 1.25)
    red = np.clip((0.55 if treated else 0.95) * tree, 0, 0.8) * (1.0 - 0.35 * beams)
    canvas = paint(canvas, (168, 62, 66), red)

    fine = 0.03 * noise(rng, size, size, 3) + 0.02 * noise(rng, size, size, 7)
    canvas = canvas * np.exp(fine)[..., None] * (1.04 - 0.20 * r**2)[..., None]
    if treated:
        for _ in range(4):  # a few hairs have come back
            canvas = _hair(canvas, rng, size)
    lens = smooth(1.006, 0.992, r)
    ticks = Image.new("L", (size * 2, size * 2), 0)
    pen = ImageDraw.Draw(ticks)
    for step in range(-20, 21):  # strokes of the dermatoscope's scale: half a millimetre, no figures
        a = np.pi / 2 + step * 0.028
        reach = (0.945, 0.985) if step % 5 else (0.915, 0.985)
        ends = [(size + k * (size - 28) * np.cos(a), size + k * (size - 28) * np.sin(a)) for k in reach]
        pen.line(ends, fill=190, width=3)
    ink = np.asarray(ticks.resize((size, size), Image.Resampling.LANCZOS), dtype=np.float64) / 255.0
    canvas = paint(canvas, (30, 26, 26), ink)
    canvas = canvas * lens[..., None] + linear((9, 8, 9)) * (1.0 - lens)[..., None]
    picture = finish(canvas, rng, 0.7, 0.0)
    return Image.composite(picture, Image.new("RGB", picture.size, (4, 4, 4)), _disc(size, 4))


def _hair(canvas: Array, rng: np.random.Generator, size: int) -> Array:
    """One dark hair across the field."""
    strand = Image.new("L", (size * 2, size * 2), 0)
    px, py, turn = rng.uniform(0.1, 0.9) * size, rng.uniform(0.1, 0.9) * size, rng.uniform(0.6, 1.2)
    points = []
    for _ in range(int(rng.uniform(160, 330))):
        points.append((px * 2, py * 2))
        px, py, turn = px + np.cos(turn), py + np.sin(turn), turn + rng.normal(0.001, 0.002)
    ImageDraw.Draw(strand).line(points, fill=220, width=5)
    ink = np.asarray(strand.resize((size, size), Image.Resampling.LANCZOS), dtype=np.float64) / 255.0
    return paint(canvas, (52, 36, 30), 0.8 * blur(ink, 0.8))


def _disc(size: int, margin: int) -> Image.Image:
    """A white disc on black, as a mask."""
    mask = Image.new("L", (size, size), 0)
    ImageDraw.Draw(mask).ellipse([margin, margin, size - margin, size - margin], fill=255)
    return mask


# --- what a camera writes into its files -------------------------------------------------------------

ASCII, SHORT, LONG, RATIONAL, UNDEFINED = 2, 3, 4, 5, 7
Entry = tuple[int, int, Any]


def _value(kind: int, value: Any) -> tuple[int, bytes]:
    """(count, bytes) of one TIFF value."""
    if kind == ASCII:
        data = value.encode("utf-8") + b"\0"
        return len(data), data
    if kind == UNDEFINED:
        return len(value), value
    values = value if isinstance(value, (list, tuple)) else [value]
    if kind == RATIONAL:
        return len(values), b"".join(struct.pack("<II", round(v * 10000), 10000) for v in values)
    return len(values), struct.pack("<" + {SHORT: "H", LONG: "I"}[kind] * len(values), *values)


def _directory(entries: list[Entry], offset: int, following: int) -> bytes:
    """One TIFF directory placed at `offset`, its long values right behind it."""
    room = offset + 2 + 12 * len(entries) + 4
    head, tail = struct.pack("<H", len(entries)), b""
    for tag, kind, value in sorted(entries, key=lambda entry: entry[0]):
        count, data = _value(kind, value)
        head += struct.pack("<HHI", tag, kind, count)
        if len(data) <= 4:
            head += data.ljust(4, b"\0")
        else:
            head += struct.pack("<I", room + len(tail))
            tail += data + b"\0" * (len(data) % 2)
    return head + struct.pack("<I", following) + tail


def exif(main: list[Entry], camera: list[Entry], place: list[Entry], thumbnail: bytes) -> bytes:
    """An Exif block (little-endian TIFF) with the directories 0, Exif, GPS and 1 (the thumbnail)."""

    def layout(exif_at: int, gps_at: int, second_at: int, thumb_at: int) -> list[bytes]:
        zero = [*main, (0x8769, LONG, exif_at), (0x8825, LONG, gps_at)]
        one: list[Entry] = [(0x0103, SHORT, 6), (0x0201, LONG, thumb_at), (0x0202, LONG, len(thumbnail))]
        return [
            _directory(zero, 8, second_at),
            _directory(camera, exif_at, 0),
            _directory(place, gps_at, 0),
            _directory(one, second_at, 0),
        ]

    ends = 8 + np.cumsum([len(part) for part in layout(0, 0, 0, 0)])
    parts = layout(*(int(end) for end in ends))
    return b"Exif\0\0" + b"II*\0" + struct.pack("<I", 8) + b"".join(parts) + thumbnail


def thumbnail(picture: Image.Image) -> bytes:
    """The small JPEG that cameras put into the Exif block, in the stored (unrotated) position."""
    small = picture.copy()
    small.thumbnail((160, 160))
    out = io.BytesIO()
    small.save(out, "JPEG", quality=70)
    return out.getvalue()


def camera_block(
    picture: Image.Image,
    who: dict[str, Any],
    *,
    make: str,
    model: str,
    when: str,
    orientation: int,
    place: tuple[float, float],
    aperture: float,
    focal: float,
) -> bytes:
    """Exif as a clinic's camera writes it, with the child's name typed into the comment."""
    number = who["numbers"]["hospital"][0]

    def angle(degrees: float) -> tuple[float, float, float]:
        minutes = (degrees % 1) * 60
        return int(degrees), int(minutes), round((minutes % 1) * 60, 2)

    main: list[Entry] = [
        (0x010E, ASCII, f"Left leg, {number}"),
        (0x010F, ASCII, make),
        (0x0110, ASCII, model),
        (0x0112, SHORT, orientation),
        (0x0132, ASCII, when),
        (0x013B, ASCII, who["doctors"][0]),
        (0x8298, ASCII, who["hospitals"][0]),
    ]
    camera: list[Entry] = [
        (0x829A, RATIONAL, 1 / 125),
        (0x829D, RATIONAL, aperture),
        (0x8827, SHORT, 200),
        (0x9000, UNDEFINED, b"0231"),
        (0x9003, ASCII, when),
        (0x9004, ASCII, when),
        (0x9286, UNDEFINED, b"ASCII\0\0\0" + f"{who['name']}, {number}".encode("ascii")),
        (0x920A, RATIONAL, focal),
        (0xA430, ASCII, who["doctors"][0]),
    ]
    if make == "Canon":
        camera.append((0xA431, ASCII, who["numbers"]["device"][0]))
    gps: list[Entry] = [
        (0x0001, ASCII, "N"),
        (0x0002, RATIONAL, angle(place[0])),
        (0x0003, ASCII, "E"),
        (0x0004, RATIONAL, angle(place[1])),
        (0x001D, ASCII, when[:10]),
    ]
    return exif(main, camera, gps, thumbnail(picture))


# --- the files ---------------------------------------------------------------------------------------


def main() -> None:
    """Draw everything into dermatology-example/images."""
    who = yaml.load((CASE / "private.yaml").read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    number, folder = who["numbers"]["hospital"][0], CASE / "images"
    folder.mkdir(exist_ok=True)
    spot = (30.5, 75.25)  # an arbitrary point, nobody's home
    macro: dict[str, Any] = {"place": spot, "aperture": 8.0, "focal": 60.0}

    def rng(which: int) -> np.random.Generator:
        return np.random.default_rng([SEED, which])

    # 1. Stored lying on its side, as cameras do; Orientation 6 says "turn me a quarter clockwise".
    before = leg(rng(1), treated=False).transpose(Image.Transpose.ROTATE_90)
    block = camera_block(
        before, who, make="Canon", model="EOS 1500D", when="2025:05:12 10:42:17", orientation=6, **macro
    )
    note = f"{who['name']} / {number} / {who['hospitals'][0]}".encode("ascii")
    extras: dict[str, Any] = {"comment": note, "dpi": (300, 300), "quality": 88}
    before.save(folder / "leg-before.jpg", "JPEG", exif=block, subsampling=0, **extras)

    # 2. A telephone picture of the last visit.
    after = leg(rng(1), treated=True)
    phone = camera_block(
        after,
        who,
        make="Apple",
        model="iPhone 13",
        when="2025:11:12 11:20:05",
        orientation=1,
        place=spot,
        aperture=1.6,
        focal=5.1,
    )
    try:
        import pillow_heif
    except ImportError:
        print("leg-after.heic kept as it is: pillow_heif is not installed")
    else:
        pillow_heif.from_pillow(after).save(folder / "leg-after.heic", quality=72, exif=phone)

    # 3. Close view and dermoscopy, with the text chunks of a careless export.
    close = edge(rng(2))
    block = camera_block(
        close, who, make="Canon", model="EOS 1500D", when="2025:05:12 10:47:50", orientation=1, **macro
    )
    close.save(folder / "edge.jpg", "JPEG", exif=block, **extras)
    for name, treated, taken in (("before", False, "2025-05-12"), ("after", True, "2025-11-12")):
        info = PngInfo()
        info.add_text("Title", f"{who['name']} {number}")
        info.add_text("Creation Time", taken)
        info.add_text("Author", who["doctors"][0], zip=True)
        info.add_itxt("Description", f"{who['aliases'][-1]}, {number}", lang="pa", tkey="Description")
        dermoscopy(rng(3), treated=treated).save(
            folder / f"dermoscopy-{name}.png", "PNG", pnginfo=info, optimize=True, dpi=(300, 300)
        )
    for path in sorted(folder.iterdir()):
        print(f"{path.name:24} {path.stat().st_size / 1000:7.0f} kB")


if __name__ == "__main__":
    main()
