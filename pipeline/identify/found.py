"""What a rule finds, before all finds are joined."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

Action = Literal["remove", "ask"]
REMOVE: Action = "remove"
ASK: Action = "ask"


class Rank(IntEnum):
    """Where two finds overlap, the lower one keeps the words."""

    SHAPE = 0  # a number known by its shape or check digit
    DATE = 1
    LABELLED = 2  # a number known by the word before it
    ADDRESS = 3
    ORGANISATION = 4
    CONTEXT = 5  # a name or a place known by the words around it
    LISTED = 6  # known by a list
    RARE = 7
    LEFT = 8  # nothing explains the word
    TAGGED = 9  # a trained tagger takes it for a name or a place


PROOF = Rank.CONTEXT  # up to here a find may stand on words that are otherwise kept


@dataclass(frozen=True, slots=True)
class Find:
    """`page.text[start:end]` may identify someone."""

    start: int
    end: int
    label: str
    replacement: str
    action: Action
    rank: Rank
    why: str
