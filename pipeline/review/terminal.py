"""Words that may identify someone, decided one by one on a terminal: the same rows as on the page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pipeline.core import decided, decisions
from pipeline.core.errors import NotReady
from pipeline.core.model import Case
from pipeline.core.proposal import Query
from pipeline.core.tell import plain
from pipeline.review import wording
from pipeline.review.deeds import line, word_row
from pipeline.review.signoff import unanswered

KEYS = "a replace · k keep · e other words · s same everywhere, then a or k · u undo · q stop"


def open_queries(case: Case, queries: Sequence[Query]) -> list[Query]:
    """The questions about words that nobody has decided yet, replaced ones aside.

    Raises what decisions.read raises.
    """
    book = decisions.read(case.folder)
    replaced = {str(row.get("id")) for row in book.words if row.get("decision") == decided.REPLACE}
    everywhere = {
        str(row.get("found"))
        for row in book.words
        if row.get("decision") == decided.REPLACE and str(row.get("everywhere")) in decided.YES
    }
    left = unanswered(queries, book)
    return [query for query in left if query.id not in replaced and query.found not in everywhere]


def listed(queries: Sequence[Query]) -> list[dict[str, Any]]:
    """The questions for a machine. They hold what may identify someone, as they do on the page."""
    return [
        {
            "id": query.id,
            "place": f"{query.place[0]}:{query.place[1]}",
            "sentence": query.sentence,
            "found": query.found,
            "label": query.label,
            "replacement": query.replacement,
            "why": query.why,
        }
        for query in queries
    ]


def shown(query: Query) -> str:
    """One question as text: where it is, the sentence with the words in brackets, what is proposed."""
    before, after = query.sentence[: query.start], query.sentence[query.end :]
    into = f"“{query.replacement}”" if query.replacement else "nothing"
    place = f"{query.place[0]}:{query.place[1]}"
    told = f"{before}[{query.found}]{after}"
    return plain(f"{place}  {query.label}: {query.why}\n  {told}\n  proposed instead: {into}")


def ask(
    case: Case, queries: Sequence[Query], by: str, answer: Callable[[str], str], say: Callable[[str], None]
) -> int:
    """Ask about every open question until none is left or the person stops. Returns how many are left.

    `answer` reads a line for a prompt (EOFError stops), `say` prints. Each answer is written down at once.
    """
    if open_queries(case, queries):
        say(KEYS)
    while left := open_queries(case, queries):
        say(f"\n{len(left)} open · {shown(left[0])}")
        if not _one(case, left[0], by, answer, say):
            break
    return len(open_queries(case, queries))


def _may(
    case: Case, query: Query, words: str, answer: Callable[[str], str], say: Callable[[str], None]
) -> bool:
    """Whether these words may be put there; before nothing is, the person sees the sentence."""
    try:
        wording.check(case, query, words)
    except wording.Sure as e:
        return answer(plain(f"{e.what} · y to do that > ")).strip().lower() == "y"
    except NotReady as e:
        say(plain(f"not kept: {e.what}; {e.fix}"))
        return False
    return True


def _one(case: Case, query: Query, by: str, answer: Callable[[str], str], say: Callable[[str], None]) -> bool:
    """One question. False when the person stops."""
    everywhere, words = False, query.replacement
    while True:
        try:
            key = answer("a k e s u q > ").strip().lower()
            if key == "e":
                words = line(answer("other words > "))
            if key in ("a", "e") and not _may(case, query, words, answer, say):
                words = query.replacement
                continue
        except EOFError:
            return False
        if key == "q":
            return False
        if key == "u":
            _, undone = decisions.undo(case.folder)
            say("taken back" if undone else "nothing to take back")
            return True
        if key == "s":
            everywhere = not everywhere
            say("the same words everywhere" if everywhere else "only here")
        if key in ("a", "e", "k"):
            do = decided.KEEP if key == "k" else decided.REPLACE
            part, row, stays = word_row(query, do, words, everywhere)
            decisions.put(case.folder, "words", [(part, row | ({"by": by} if by else {}), stays)])
            return True
        if key != "s":
            say(KEYS)
