"""Boxes of several readings of one frame, or of several frames, put together."""

from __future__ import annotations

from dataclasses import replace

from pipeline.deidentify.pictures.boxes import Box, Do

SLACK = 0.3  # of the height of a mark: two views of it do not find quite the same edges


def joined(one: list[Box], two: list[Box]) -> list[Box]:
    """The boxes of two views of one frame. A mark that either view vouches for whole is kept, others go.

    Where one view sees more than the other, all of it goes: the mark may be the end of a name.
    """
    kept = [box for box in one + two if box.do is Do.KEEP]
    rest = [box for box in one + two if box.do is Do.FILL]
    rest = [box for box in rest if not any(inside(box, keep, SLACK) for keep in kept)]
    kept = [box for box in kept if not any(inside(box, fill, SLACK) for fill in rest)]
    together: list[Box] = []
    look = [box for box in one + two if box.do is Do.LOOK]
    look = [box for box in look if not any(inside(box, other, SLACK) for other in rest + kept)]
    for box in rest + kept + look:
        if not any(inside(box, other) and other.do is box.do for other in together):
            together.append(box)
    return together


def inside(inner: Box, outer: Box, slack: float = 0.0) -> bool:
    """Whether a box lies in another, or no further out than `slack` of the other's short side."""
    more = slack * min(outer.right - outer.left, outer.bottom - outer.top)
    across = outer.left - more <= inner.left and inner.right <= outer.right + more
    return across and outer.top - more <= inner.top and inner.bottom <= outer.bottom + more


def around(one: Box, two: Box) -> Box:
    """The first box, made large enough for both."""
    left, top = min(one.left, two.left), min(one.top, two.top)
    return replace(
        one, left=left, top=top, right=max(one.right, two.right), bottom=max(one.bottom, two.bottom)
    )
