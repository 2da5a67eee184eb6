"""Words that may identify someone, before a person has decided about them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from pipeline.core.model import Place


@dataclass(frozen=True, slots=True)
class Proposal:
    """`text[start:end]` may identify someone; `replacement` could stand there instead ("" = nothing)."""

    start: int  # characters, from 0
    end: int
    label: str  # what it may be: "name", "village", "date", "aadhaar" …
    replacement: str
    action: Literal["remove", "ask"]  # remove: sure enough to take out unasked where no person is there
    why: str  # in plain words, for the person who decides


@dataclass(frozen=True, slots=True)
class Query:
    """One question about words of a case, as the review page and the terminal ask it. Identifying: never
    logged, never written outside the case folder.
    """

    id: str  # core.decided.ident of the words in their sentence: an edited sentence is a new question
    place: Place  # where the author typed it
    part: str  # "text.presentation", "figures.0.legend"
    sentence: str = field(repr=False)
    start: int  # of the words, in `sentence`
    end: int
    label: str
    replacement: str = field(repr=False)
    action: str
    why: str
    known: bool = False  # a soft find of a listed identifier ("is this the patient?"), not a proposal

    @property
    def found(self) -> str:
        """The words asked about."""
        return self.sentence[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Open:
    """A question that is still open, without its words: what a result may keep of a Query."""

    id: str
    place: Place
    found: str = ""  # not kept
