"""Eight-bit pictures of one frame in which text can be read, whatever value it was drawn with.

One window cannot show everything: text is often drawn at the greatest or least stored value, far outside of
the window that shows the anatomy. What lies above and below the window gets a picture of its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.deidentify.pictures.pixels import Stored
from pipeline.deidentify.pictures.reencode import Source
from pipeline.deidentify.pictures.significant import Significant

Values = npt.NDArray[Any]
Bytes = npt.NDArray[np.uint8]
PERCENTILES = (1.0, 99.0)
FEWEST, MOST = 40, 0.03  # pixels, and share of the frame, that strokes at an end of the values take
CLOSE = 0.05  # of the way from that end to the middle: text leaves it nearly empty
SHOWN = 0.2  # of the pixels a header's window must show some detail of, or the percentiles are better


def views(raw: Values, source: Source, stored: Stored) -> list[Bytes]:
    """Rows x columns (grey) or rows x columns x 3 (RGB), uint8; the plainest first."""
    if stored.bits_allocated == 1:
        return [np.where(raw > 0, np.uint8(255), np.uint8(0))]
    if raw.ndim == 3:
        return [_rgb(raw, source)]
    bits = bits_of(source, raw)
    values = bits.of(raw)
    if source.photometric == "PALETTE COLOR" and (coloured := palette(values, stored)) is not None:
        return [coloured]
    shown = _grey(values, stored, inverted=source.photometric == "MONOCHROME1")
    if bits.strays(raw):
        stray = raw.view(f"u{raw.dtype.itemsize}") >> (bits.high + 1)
        shown.append(_spread(stray, stray > 0))
    return shown


def bits_of(source: Source, raw: Values) -> Significant:
    """Which bits of the containers of `raw` are pixel; the lowest where the header cannot be right."""
    allocated = 8 * raw.dtype.itemsize
    stored = source.bits_stored if 0 < source.bits_stored <= allocated else allocated
    high = source.high_bit if stored <= source.high_bit + 1 <= allocated else stored - 1
    return Significant(allocated, stored, high, source.signed)


def _grey(values: Values, stored: Stored, *, inverted: bool) -> list[Bytes]:
    if values.dtype.itemsize == 1 and values.dtype.kind == "u" and stored.bits_stored == 8:
        whole = values.copy()
        low, high = np.percentile(values, PERCENTILES)
        pictures = [whole] if high - low >= 64 or high == low else [whole, _linear(values, low, high)]
    else:
        low, high = _window(values, stored)
        pictures = [_linear(values, low, high)]
        pictures += [_spread(values, outside) for outside in (values > high, values < low) if _drawn(outside)]
        least, most = float(values.min()), float(values.max())
        if (low, high) != (least, most) and most > least:
            pictures.append(_linear(values, least, most))
    return [255 - picture for picture in pictures] if inverted else pictures


def _window(values: Values, stored: Stored) -> tuple[float, float]:
    """Least and greatest stored value of the window: the header's if it shows anything, or percentiles."""
    if stored.window and stored.window[1] > 1 and stored.slope:
        centre, width = stored.window
        ends = sorted((centre + side * width / 2 - stored.intercept) / stored.slope for side in (-1, 1))
        inside = np.count_nonzero((values > ends[0]) & (values < ends[1]))
        if inside >= SHOWN * values.size:
            return ends[0], ends[1]
    kept = values if stored.padding is None else values[values != stored.padding]
    low, high = np.percentile(kept if kept.size else values, PERCENTILES)
    if high > low:
        return float(low), float(high)
    return float(values.min()), float(max(values.max(), values.min() + 1))


def _linear(values: Values, low: float, high: float) -> Bytes:
    scaled = (values.astype(np.float32) - np.float32(low)) * np.float32(255 / max(high - low, 1e-6))
    eight: Bytes = np.clip(scaled, 0, 255).astype(np.uint8)
    return eight


def _drawn(outside: npt.NDArray[np.bool_]) -> bool:
    """A few strokes at least; single hot pixels are no text."""
    return int(np.count_nonzero(outside)) >= 24


def _spread(values: Values, inside: npt.NDArray[np.bool_]) -> Bytes:
    """What is `inside`, half by its value and half by its rank, on black: one far value hides no other."""
    picture = np.zeros(values.shape, np.uint8)
    kept = values[inside].astype(np.float64)
    if kept.size:
        levels, rank = np.unique(kept, return_inverse=True)
        span = max(float(levels[-1] - levels[0]), 1.0)
        share = (kept - levels[0]) / span + rank / max(len(levels) - 1, 1)
        flipped = np.median(values[~inside]) > levels[-1] if kept.size < values.size else False
        picture[inside] = (96 + 159 * ((2 - share) if flipped else share) / 2).astype(np.uint8)
    return picture


def _rgb(raw: Values, source: Source) -> Bytes:
    """Three samples as RGB of 8 bits."""
    depth = min(source.bits_stored, 8 * raw.dtype.itemsize)
    eight = (raw >> (depth - 8)).astype(np.uint8) if depth > 8 else raw.astype(np.uint8)
    if depth < 8:
        eight <<= 8 - depth
    if not source.photometric.startswith("YBR"):
        return np.ascontiguousarray(eight)
    from PIL import Image

    # Full range as in JFIF; the partial range (PS3.3 C.7.6.3.1.2) only loses some contrast
    return np.asarray(Image.fromarray(np.ascontiguousarray(eight), "YCbCr").convert("RGB"))


def palette(values: Values, stored: Stored) -> Bytes | None:
    """Values through the colour tables of the header (PS3.3 C.7.6.3.1.5), or None without usable ones.

    `stored.palette`: the descriptor of red (entries, first value mapped, bits per entry), then the table data
    of red, green and blue; all as the file orders its bytes.
    """
    usable = tables(stored)
    if usable is None:
        return None
    colours, first = usable
    index = np.clip(values.astype(np.int64) - first, 0, len(colours) - 1)
    return np.ascontiguousarray(colours[index])


def tables(stored: Stored) -> tuple[Bytes, int] | None:
    """The colours of a palette, entries x 3 of 8 bits, and the value of the first; None if unusable."""
    if not stored.palette or len(stored.palette) < 4 or len(stored.palette[0]) < 6:
        return None
    word = ">u2" if stored.big_endian else "<u2"
    entries, first, bits = (int(n) for n in np.frombuffer(stored.palette[0][:6], word))
    entries = entries or 1 << 16
    if stored.signed:
        first -= (first & 0x8000) << 1
    columns = []
    for data in stored.palette[1:4]:
        wide = len(data) >= 2 * entries
        table = np.frombuffer(data[: entries * (2 if wide else 1)], word if wide else np.uint8)
        if len(table) != entries:
            return None
        high = wide and bits == 16 and table.max() > 255  # some writers say 16 bits and use 8
        columns.append((table >> 8 if high else table).astype(np.uint8))
    return np.stack(columns, axis=1), first


def black(raw: Values, source: Source, stored: Stored) -> Any:
    """What to fill with: the container value, or three, that is shown darkest in this frame.

    It lies within the frame's own range, so that the smallest and largest pixel values still hold.
    """
    if raw.ndim == 3:
        if not source.photometric.startswith("YBR"):
            return np.zeros(3, raw.dtype)
        middle = 1 << (min(source.bits_stored, 8 * raw.dtype.itemsize) - 1)
        return np.array([16 if "PARTIAL" in source.photometric else 0, middle, middle], raw.dtype)
    if stored.bits_allocated == 1:
        return raw.dtype.type(0)
    bits = bits_of(source, raw)
    values = bits.of(raw)
    if source.photometric == "PALETTE COLOR" and (known := tables(stored)) is not None:
        colours, first = known
        top = (1 << (source.bits_stored - int(source.signed))) - 1
        usable = colours[: max(top - first + 1, 1)].astype(np.int32).sum(axis=1)
        darkest = values.dtype.type(int(usable.argmin()) + first)
    else:
        choose: Callable[[Values], Any] = np.max if source.photometric == "MONOCHROME1" else np.min
        darkest = choose(values)
    return bits.back(np.asarray(darkest, values.dtype))


def strokes_at_an_end(raw: Values) -> bytes | None:
    """A digest of thin strokes of exactly the greatest or the least value of a grey frame, or None.

    Text is often drawn with a value that nothing else in the frame has. Tissue reaches its ends with single
    pixels and gradually; clipped tissue reaches them in areas, not in strokes.
    """
    if raw.ndim != 2:
        return None
    digest = b""
    for end in (raw.max(), raw.min()):
        at = raw == end
        count = int(np.count_nonzero(at))
        if FEWEST <= count <= MOST * raw.size and _alone(raw, float(end), count) and _thin(at, count):
            digest += hashlib.blake2b(np.packbits(at).tobytes(), digest_size=16).digest()
    return digest or None


def _alone(raw: Values, end: float, count: int) -> bool:
    """Whether few pixels are close to an end of the values beside the `count` that have it."""
    middle = float(np.median(raw[::8, ::8]))
    close = end + CLOSE * (middle - end)
    return 3 * (int(np.count_nonzero(raw >= close if end > middle else raw <= close)) - count) <= count


def _thin(at: npt.NDArray[np.bool_], count: int) -> bool:
    """Whether little is left of what is marked when two pixels are taken off all around."""
    left = np.pad(at, 2, constant_values=True)
    for _ in range(2):  # rows, then columns: five in a run
        pairs = left[1:] & left[:-1]
        left = (pairs[3:] & pairs[1:-2] & left[:-4]).T
    return 5 * int(np.count_nonzero(left)) <= count
