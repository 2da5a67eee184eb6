"""A slow rule looked for only where something it cannot do without stands."""

from __future__ import annotations

import re
from collections.abc import Iterator


def near(
    rule: re.Pattern[str], text: str, anchor: re.Pattern[str], before: int, after: int
) -> Iterator[re.Match[str]]:
    """Matches of `rule` that begin at most `before` characters before an `anchor` and end at most `after` behind it."""
    start = end = 0
    for hit in anchor.finditer(text):
        if hit.start() - before > end:
            if end > start:
                yield from rule.finditer(text, start, end)
            start = max(0, hit.start() - before)
        end = min(len(text), hit.end() + after)
    if end > start:
        yield from rule.finditer(text, start, end)
