"""A person looks at every picture and at the words that would leave, and signs for them.

`gate` answers whether that has happened; `serve` opens the page on which it happens.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pipeline.core.model import Case, CleanCase, Mark
from pipeline.core.proposal import Query
from pipeline.core.tell import Tell
from pipeline.review.bound import Held
from pipeline.review.signoff import gate, summary

__all__ = ["gate", "serve", "summary"]


def serve(
    case: Case,
    clean: CleanCase,
    tell: Tell,
    marks: Sequence[Mark] = (),
    points: Sequence[str] = (),
    queries: Sequence[Query] = (),
    again: Callable[[], tuple[CleanCase, Sequence[Mark], Sequence[str], Sequence[Query]]] | None = None,
    *,
    held: Held | None = None,
    browser: bool = True,
) -> bool:
    """Show the review page until someone has signed, it is idle for 15 minutes, or Ctrl-C. True if signed.

    `marks` are the boxes of the signed consent form, `points` what else a person must confirm about it,
    `queries` words that may identify someone. `again` makes the clean copies anew with what was decided.
    `held` tells what is against the consent of clean copies, so that a decision that voids it says so.

    Listens on this machine only; `tell` gets the one-time link. Raises OutputError if no port can be opened.
    """
    from pipeline.review import server

    return server.serve(case, clean, tell, marks, points, queries, again, held=held, browser=browser)
