"""The rules of consent/policy.yaml, read once: channels, questions, facts, rules, and the words for each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from pipeline.core import resources
from pipeline.core.conditions import names
from pipeline.core.errors import UsageError

POLICY = "consent/policy.yaml"
IN_HOUSE = "whatsapp-view-once"  # the one channel of the editorial's way-out
MODES = ("institutional", "legal")
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
DATES = (  # in this order, in words
    ("draft", "draft of {}"),
    ("notified", "notified {}"),
    ("from", "since {}"),
    ("begins", "begins {}"),
    ("until", "until {}"),
    ("abeyance", "in abeyance since {}"),
)


@dataclass(frozen=True, slots=True)
class Channel:
    """Where something would be posted, shown or published."""

    id: str
    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, as the register has it."""

    id: str
    source: str
    clause: str
    jurisdiction: str
    status: str
    verdict: str  # forbid, require, warn
    message: str
    next: str
    dates: Mapping[str, Any]
    when: Mapping[str, Any]
    channel: tuple[str, ...] = ()  # kinds; none: all
    content: tuple[str, ...] = ()  # facts; none: whatever it is
    needs: tuple[str, ...] = ()
    in_a_case: str = ""  # the room that proves it for a case on its way to a journal
    box1: int | None = None

    @property
    def binds(self) -> bool:
        """Whether it counts in legal mode: not while it is a draft, in abeyance or not yet begun."""
        return bool(_data()["statuses"][self.status]["binds"])

    @property
    def cited(self) -> str:
        """Source and clause: "IMC Regulations 2002, 7.17"."""
        row = _source(self.source)
        return f"{row.get('work', row['short'])}, {self.clause}" if self.clause else row["short"]

    @property
    def standing(self) -> str:
        """Its status with every date, in words."""
        status = _data()["statuses"][self.status]["words"]
        told = [words_.format(day(self.dates[name])) for name, words_ in DATES if name in self.dates]
        return ", ".join(dict.fromkeys([status, *told]))

    @property
    def since(self) -> str:
        """Its status with the date that matters, in few words."""
        names_ = {"in_force": "from", "in_abeyance": "abeyance", "not_yet_commenced": "begins"}
        words_ = str(_data()["statuses"][self.status]["words"])
        date = self.dates.get(names_.get(self.status, ""))
        first, _, rest = words_.partition(", ")
        if not date:
            return words_
        if self.status == "not_yet_commenced":
            return f"{words_}: begins {day(date)}"
        return ", ".join(filter(None, (f"{first} since {day(date)}", rest)))

    @property
    def certainty(self) -> str:
        """How well its source is known, where the wording was not read; else ""."""
        levels: dict[str, str] = _data()["levels"]
        return levels.get(_source(self.source)["level"], "")

    def about(self) -> Mapping[str, Any]:
        """The whole condition: its content and its own."""
        return {"all": [{"any": [{name: True} for name in self.content]} if self.content else {}, self.when]}


def rules() -> tuple[Rule, ...]:
    """Every rule of the register, in its order."""
    return _rules()


@cache
def _rules() -> tuple[Rule, ...]:
    lists = ("channel", "content", "needs")
    return tuple(
        Rule(**{"dates": {}, "when": {}, **row, **{name: tuple(row.get(name, ())) for name in lists}})
        for row in _data()["rules"]
    )


def channels() -> dict[str, Channel]:
    """Every channel by its name on the command line."""
    return {name: Channel(name, row["kind"], row["words"]) for name, row in _data()["channels"].items()}


def channel(name: str) -> Channel:
    """One channel. Raises UsageError when there is none of this name."""
    if name not in channels():
        raise UsageError(f"no channel is called '{name}'", fix=f"one of: {', '.join(channels())}")
    return channels()[name]


def questions() -> list[Mapping[str, Any]]:
    """What is asked, in order: a question with `ticks`, one `fact`, or one `number`."""
    asked: list[Mapping[str, Any]] = _data()["questions"]
    return asked


@cache
def derived() -> Mapping[str, Mapping[str, Any]]:
    """Facts that are worked out from others: name -> condition."""
    return {name: row["when"] for name, row in _data()["from"].items()}


def nowhere_else() -> Mapping[str, str]:
    """Facts that can be so in one kind of channel only: name -> kind."""
    found: Mapping[str, str] = _data()["only_in"]
    return found


def never_in_house() -> tuple[str, ...]:
    """Facts with which no picture is written for an urgent discussion inside the hospital."""
    return tuple(_data()["never_in_house"])


def words(name: str) -> str:
    """A fact in words, as something that is so."""
    if name in made_by():
        return f"established by casereport ({made_by()[name]}) on the way to the journal"
    return str(_data()["from"][name]["so"] if name in derived() else _data()["so"].get(name) or told()[name])


def made_by() -> Mapping[str, str]:
    """Facts that only this program can establish, when a package is made: name -> room."""
    found: Mapping[str, str] = _data()["by"]
    return found


@cache
def told() -> Mapping[str, str]:
    """Every fact that a person can tell, with the words it is asked with."""
    return dict(_told())


def _told() -> Iterator[tuple[str, str]]:
    for row in questions():
        yield from row.get("ticks", {}).items()
        for kind in ("fact", "number"):
            if kind in row:
                yield row[kind], row["ask"]


def room(rule: Rule) -> str:
    """The room of this program that establishes what a rule asks for."""
    facts = (*rule.needs, *names(rule.when))
    return rule.in_a_case or next((made_by()[name] for name in facts if name in made_by()), "")


def asked_for(name: str) -> tuple[str, ...]:
    """The facts a person is asked for to know the fact `name`."""
    if name in derived():
        return tuple(
            dict.fromkeys(base for inner in sorted(names(derived()[name])) for base in asked_for(inner))
        )
    return () if name in made_by() else (name,)


def status_as_of() -> tuple[dt.date, dt.date]:
    """The day for which the status of every rule was established, and the day to look again."""
    return _data()["as_of"], _data()["review_by"]


def day(value: Any) -> str:
    """A date in words: 24 August 2023, May 2027."""
    if isinstance(value, dt.date):
        return f"{value.day} {MONTHS[value.month - 1]} {value.year}"
    year, month = str(value).split("-")
    return f"{MONTHS[int(month) - 1]} {year}"


def _data() -> dict[str, Any]:
    whole: dict[str, Any] = resources.data(POLICY)
    return whole


def _source(key: str) -> dict[str, str]:
    row: dict[str, str] = resources.data("consent/sources.yaml")[key]
    return row
