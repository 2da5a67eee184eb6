"""What a sign-off was about, part by part, so that after a change only what differs is asked again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pipeline.core import decided, files
from pipeline.core.decisions import Book, Row

APPROVE = "approve"
SHORT = 10  # hexadecimal digits of a digest of a sentence


def sentences(paragraphs: Iterable[str]) -> list[tuple[str, str]]:
    """Every sentence that would leave, with its digest."""
    return [
        (part[start:end], files.digest(" ".join(part[start:end].split()))[:SHORT])
        for part in paragraphs
        for start, end in decided.sentences(part)
    ]


def approved(book: Book) -> dict[tuple[str, str, str], Row]:
    """Pictures approved in the last sign-off, by figure, panel and pixels."""
    rows = book.signoffs[-1].get("pictures", []) if book.signoffs else []
    keys = ("figure", "panel", "pixels")
    found: dict[tuple[str, str, str], Row] = {}
    for row in rows:
        if row.get("decision") == APPROVE:
            found[str(row.get(keys[0])), str(row.get(keys[1])), str(row.get(keys[2]))] = row
    return found


def last(book: Book) -> dict[str, Any]:
    """The last sign-off, or nothing."""
    return book.signoffs[-1] if book.signoffs else {}


def known_sentences(book: Book) -> frozenset[str] | None:
    """Digests of the sentences of the last sign-off; None when it did not keep them."""
    kept = last(book).get("sentences")
    return frozenset(kept.split()) if isinstance(kept, str) else None


def new(paragraphs: Iterable[str], known: frozenset[str] | None) -> Iterator[str]:
    """The sentences that were not there when the last person signed."""
    if known is not None:
        yield from (said for said, digest in sentences(paragraphs) if digest not in known)
