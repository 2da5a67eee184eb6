"""Which bits of a container are the pixel (PS3.5 8.1.1), and whether the others hold a picture of their own.

Old overlays lie in unused bits (PS3.5 8.1.2, retired), and what can lie there with an overlay of the header
can lie there without one. Signs and padding lie there too, and values of writers that state too few bits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Significant:
    """`stored` bits of a container of `allocated`, up to bit `high`."""

    allocated: int
    stored: int
    high: int
    signed: bool

    def of(self, raw: Values) -> Values:
        """The pixel values of containers."""
        above, below = self.allocated - 1 - self.high, self.high + 1 - self.stored
        if self.allocated != 8 * raw.dtype.itemsize or not (above or below):
            return raw
        kind = f"{'i' if self.signed else 'u'}{raw.dtype.itemsize}"
        found: Values = (raw.view(kind) << above) >> (above + below)
        return found

    def extended(self, raw: Values) -> Values:
        """Containers with the sign of each number in the bits above it, where all of these are zero."""
        zero = self.stored < self.allocated and int(raw.min()) >= 0 and not int(raw.max()) >> self.stored
        return self.of(raw) if zero else raw

    def back(self, values: Values) -> Values:
        """Containers that hold pixel values and nothing else."""
        below = self.high + 1 - self.stored
        held: Values = values << below if below and self.allocated > 1 else values
        return held

    def cleared(self, raw: Values, padding: int | None) -> Values:
        """Containers with nothing outside of the pixel; the padding of the header stays as it is."""
        clean: Values = self.back(self.of(raw)).view(raw.dtype)
        return clean if padding is None else np.where(raw == padding, raw, clean)

    def strays(self, raw: Values) -> bool:
        """Whether bits above the pixel are set that are no sign: old overlays, or something hidden."""
        above = self.allocated - 1 - self.high
        if self.signed or not above or self.allocated != 8 * raw.dtype.itemsize:
            return False
        return bool(int(raw.max()) >> (self.high + 1))

    def hides(self, raw: Values, padding: int | None, *, seen: bool) -> bool:
        """Whether the other bits hold something drawn, which the pixel values do not need.

        No sign; not two values beyond all others, which are padding, or are `seen` like any text by whoever
        looks at the whole containers; and no greater values than the header knows of, which run on smoothly
        from those that it does.
        """
        if self.stored >= self.allocated or self._fits(raw):
            return False
        meant = np.ones(raw.shape, bool) if padding is None else raw != padding
        outside = self._outside(raw) & meant
        values = raw[outside]
        if not values.size or (seen and _at_the_ends(values, raw[~outside])):
            return False
        return self.high >= self.stored or _smoother(self.of(raw), raw, meant)

    def _fits(self, raw: Values) -> bool:
        """Whether all are numbers of as many bits as are stored, from the lowest bit on.

        Where the header says that they lie higher, it is wrong: the lowest bits are pixel.
        """
        least, most = (
            (-(1 << (self.stored - 1)), 1 << (self.stored - 1)) if self.signed else (0, 1 << self.stored)
        )
        return int(raw.max()) < most and (not self.signed or int(raw.min()) >= least)

    def _outside(self, raw: Values) -> Mask:
        """Where bits outside of the pixel are set that are no sign."""
        bits = raw.view(f"u{raw.dtype.itemsize}")
        window = ((1 << self.stored) - 1) << (self.high + 1 - self.stored)
        others = bits & bits.dtype.type((1 << self.allocated) - 1 - window)
        outside: Mask = others != 0
        if self.signed:
            above = (1 << self.allocated) - (1 << (self.high + 1))
            outside &= (others != above) | (bits >> self.high & 1 == 0)
        return outside


def _at_the_ends(values: Values, others: Values) -> bool:
    """Whether these are two values at most, beyond all others."""
    ends = int(values.min()), int(values.max())
    if np.any((values != ends[0]) & (values != ends[1])):
        return False
    return not others.size or all(end > int(others.max()) or end < int(others.min()) for end in ends)


def _smoother(one: Values, other: Values, where: Mask) -> bool:
    """Whether neighbours along rows differ less in one picture than in the other, more often than not."""
    steps = [np.abs(np.diff(values.astype(np.int64), axis=1)) for values in (one, other)]
    pairs = where[:, 1:] & where[:, :-1]
    less, more = (np.count_nonzero(found & pairs) for found in (steps[0] < steps[1], steps[0] > steps[1]))
    return int(less) > int(more)
