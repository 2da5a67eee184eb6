"""A slow rule looked for only where something it cannot do without stands."""

from __future__ import annotations

import re
from collections.abc import Iterator


def near(
    rule: re.Pattern[str], text: str, anchor: re.Pattern[str], before: int, after: int
) -> Iterator[re.Match[str]]:
    """Matches of `rule` that begin at most `before` characters before an `anchor` and end at most `after` behind it."""
    for start, end in windows(text, anchor, before, after):
        yield from rule.finditer(text, start, end)


def windows(text: str, anchor: re.Pattern[str], before: int, after: int) -> list[tuple[int, int]]:
    """The parts of `text` around every `anchor`, joined where they touch."""
    found: list[tuple[int, int]] = []
    for hit in anchor.finditer(text):
        start, end = max(0, hit.start() - before), min(len(text), hit.end() + after)
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found
