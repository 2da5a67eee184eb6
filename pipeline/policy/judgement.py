"""The judgement: facts and a channel in, a verdict for each rule out. Pure: no file, no clock, no question.

A fact is True, False, a number, or None when nobody told it. Unknown is against: a rule that may forbid stops
until the fact is known, and what must be so is not so until somebody says it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from pipeline.core.conditions import truth, unknown
from pipeline.policy import rules
from pipeline.policy.rules import Rule

Facts = Mapping[str, Any]


class State(StrEnum):
    """What a rule says, worst first."""

    STOP = "stop"  # it forbids this
    UNKNOWN = "unknown"  # it may forbid this: a fact is missing
    NEEDS = "needs"  # it allows this once the missing facts are so
    LATER = "later"  # this program establishes it on the way to the journal
    MET = "met"  # it allows this, and what it asks for is so
    WARN = "warn"  # to be known


class Answer(StrEnum):
    """What a person is told."""

    NO = "NO"
    ONLY_IF = "ONLY IF"
    YES = "YES"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one rule says about these facts."""

    rule: Rule
    state: State
    missing: tuple[str, ...] = ()  # facts that a person has not told yet
    unmet: tuple[str, ...] = ()  # what must be so and is not, or not known to be
    demoted: bool = False  # it would stop, but it does not bind in this mode


ORDER = {state: n for n, state in enumerate(State)}
WEIGHT = ("in_force", "in_abeyance", "draft", "not_yet_commenced", "journal_policy", "guideline")


def judge(
    facts: Facts, channel: str, mode: str = rules.MODES[0], *, in_a_case: bool = False
) -> tuple[Verdict, ...]:
    """The verdict of every rule that is, or may be, about these facts in this channel; the worst first.

    In legal mode drafts, rules in abeyance and those not yet begun only warn. `in_a_case`: what other rooms
    prove on the way to a journal is left to them. Raises UsageError for a channel, KeyError for a fact, that
    does not exist.
    """
    kind = rules.channel(channel).kind
    known = complete({**facts, **impossible(channel)})
    found = []
    for rule in rules.rules():
        if rule.channel and kind not in rule.channel:
            continue
        if said := _say(rule, known):
            if in_a_case and kind == "journal" and rule.in_a_case and said.state is not State.WARN:
                said = Verdict(rule, State.LATER)
            if mode == "legal" and not rule.binds and said.state is not State.MET:
                if said.state is State.UNKNOWN:  # what may not even be so is no warning
                    continue
                said = replace(said, state=State.WARN, missing=(), demoted=True)
            found.append(said)
    return tuple(sorted(found, key=_rank))


def impossible(channel: str) -> dict[str, bool]:
    """Facts that cannot be so in this channel, whatever anyone says: View Once is no part of a group.

    Raises UsageError for a channel that does not exist.
    """
    kind = rules.channel(channel).kind
    return {name: False for name, only in rules.nowhere_else().items() if kind != only}


def complete(facts: Facts) -> dict[str, Any]:
    """Every fact there is: those told, those worked out, and None for the others.

    Raises KeyError for a fact that does not exist.
    """
    known: dict[str, Any] = dict.fromkeys((*rules.told(), *rules.made_by()))
    if strange := set(facts) - set(known):
        raise KeyError(f"no such facts: {sorted(strange)}")
    known.update(facts)
    for name, condition in rules.derived().items():
        known[name] = truth(condition, known)
    return known


def answer(verdicts: Iterable[Verdict]) -> Answer:
    """The worst of all verdicts. YES only where nothing is forbidden, unknown or conditional."""
    states = {verdict.state for verdict in verdicts}
    if states & {State.STOP, State.UNKNOWN}:
        return Answer.NO
    return Answer.ONLY_IF if states & {State.NEEDS, State.LATER, State.MET} else Answer.YES


def clear(verdicts: Iterable[Verdict]) -> bool:
    """Whether it may be done as things stand: nothing is forbidden, unknown or still to do."""
    return not {v.state for v in verdicts} & {State.STOP, State.UNKNOWN, State.NEEDS, State.LATER}


def open_facts(verdicts: Iterable[Verdict]) -> tuple[str, ...]:
    """Facts that nobody told yet and that could change the answer, in the order of the questions."""
    missing = {name for verdict in verdicts for name in verdict.missing}
    return tuple(name for name in rules.told() if name in missing)


def _say(rule: Rule, known: Facts) -> Verdict | None:
    """What one rule says; None where it is not about these facts."""
    applies = truth(rule.about(), known)
    if applies is False:
        return None
    if rule.verdict == "warn":
        return Verdict(rule, State.WARN) if applies else None  # what may not even be so is no warning
    if applies is None:
        missing = _untold(unknown(rule.about(), known), known)
        return Verdict(rule, State.UNKNOWN if missing else State.LATER, missing)
    if rule.verdict == "forbid":
        return Verdict(rule, State.STOP)
    unmet = tuple(name for name in rule.needs if known[name] is not True)
    if not unmet:
        return Verdict(rule, State.MET)
    later = all(name in rules.made_by() for name in unmet)
    return Verdict(rule, State.LATER if later else State.NEEDS, _untold(unmet, known), unmet)


def _untold(asked: Iterable[str], known: Facts) -> tuple[str, ...]:
    """The facts that a person would have to tell."""
    base = dict.fromkeys(name for wanted in asked for name in rules.asked_for(wanted) if known[name] is None)
    return tuple(name for name in rules.told() if name in base)


def _rank(verdict: Verdict) -> tuple[int, bool, int]:
    status = verdict.rule.status
    return (
        ORDER[verdict.state],
        not verdict.demoted,
        WEIGHT.index(status) if status in WEIGHT else len(WEIGHT),
    )
