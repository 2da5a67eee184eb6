"""The answer for a person (short enough for a telephone) and for a machine."""

from __future__ import annotations

import datetime as dt
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

from pipeline.policy import rules
from pipeline.policy.judgement import Answer, State, Verdict, answer, clear, open_facts
from pipeline.policy.rules import Channel

WIDTH, LINES = 60, 25  # of a telephone
UNSURE = "NOT YET KNOWN, so no"
FIRST = 3  # open questions that are named in the short answer
WAY_OUT = "casereport new CASE --from FILES"
WAY_OUT_SAYS = (
    "starts a case report with these pictures: de-identified, with the patient's consent, for a journal."
)
VIEW_ONCE = (
    "View Once does not stop a second telephone, a changed app or a linked computer from keeping it, "
    "nor anyone from telling what they saw."
)


def to_text(
    channel: Channel,
    verdicts: Sequence[Verdict],
    mode: str,
    seen: Iterable[str] = (),
    *,
    whole: bool = False,
    in_a_case: bool = False,
) -> str:
    """The answer, the rules in plain words, and the way out. `whole` tells every rule with all its dates."""
    head = [*_wrapped(f"{_said(verdicts)}: {channel.words}{_how(verdicts)}"), *_files(seen)]
    way = _way_out(channel, answer(verdicts), in_a_case)
    tail = [*_open(verdicts, whole), *_later(verdicts), *way, *_small_print(mode)]
    worst = [v for v in verdicts if whole or _worth_telling(v, _told(verdicts))]
    body: list[str] = []
    shown = 0
    for verdict in worst:
        lines = _rule(verdict, whole)
        if not whole and len(head) + len(body) + len(lines) + len(tail) + 1 > LINES:
            break
        body += lines
        shown += 1
    left = len(verdicts) - shown
    more = [f"({left} other rules: --all)"] if left else []
    return "\n".join([*head, *body, *more, *tail])


def to_json(channel: Channel, verdicts: Sequence[Verdict], mode: str) -> dict[str, Any]:
    """The same for a machine."""
    as_of, review_by = rules.status_as_of()
    return {
        "channel": channel.id,
        "mode": mode,
        "answer": str(answer(verdicts)),
        "certain": forbidden(verdicts) or not open_facts(verdicts),  # nothing still unknown would change it
        "clear": clear(verdicts),
        "missing": [{"fact": name, "ask": rules.told()[name]} for name in open_facts(verdicts)],
        "rules": [row(verdict) for verdict in verdicts],
        "as_of": as_of.isoformat(),
        "review_by": review_by.isoformat(),
        "way_out": WAY_OUT,
    }


def forbidden(verdicts: Iterable[Verdict]) -> bool:
    """Whether some rule forbids it, whatever else may be learned."""
    return any(verdict.state is State.STOP for verdict in verdicts)


def row(verdict: Verdict) -> dict[str, Any]:
    """One verdict: rule, clause, status, source and words."""
    rule = verdict.rule
    return {
        "id": rule.id,
        "state": str(verdict.state),
        "verdict": rule.verdict,
        "words": rule.message,
        "clause": rule.cited,
        "jurisdiction": rule.jurisdiction,
        "status": rule.status,
        "standing": rule.standing,
        "source": rule.source,
        "certainty": rule.certainty,
        "box1": rule.box1,
        "missing": list(verdict.missing),
        "unmet": list(verdict.unmet),
        "checked_by": rule.in_a_case if verdict.state is State.LATER else "",
        "demoted": verdict.demoted,
        "next": rule.next,
    }


def _said(verdicts: Sequence[Verdict]) -> str:
    """The answer; a NO for want of knowledge does not look like one that is sure."""
    said = answer(verdicts)
    return UNSURE if said is Answer.NO and not forbidden(verdicts) else str(said)


def _how(verdicts: Sequence[Verdict]) -> str:
    """What stands behind the answer, in a few words."""
    kept = answer(verdicts) is Answer.ONLY_IF and clear(verdicts)
    return ", as long as what you said stays so" if kept else ""


def _told(verdicts: Sequence[Verdict]) -> set[State]:
    """What the short answer tells: where something is forbidden, nothing else would make it right."""
    if answer(verdicts) is Answer.NO:
        return {State.STOP}
    return {State.NEEDS, State.MET, State.WARN}


def _worth_telling(verdict: Verdict, states: set[State]) -> bool:
    """What is asked and is so need not be told again, unless it is a rule of others; what would forbid is."""
    if verdict.demoted and verdict.rule.verdict == "forbid":
        return True
    return verdict.state in states and not (verdict.state is State.MET and verdict.rule.status == "pipeline")


def _rule(verdict: Verdict, whole: bool) -> list[str]:
    rule = verdict.rule
    words = {State.WARN: "Know: ", State.UNKNOWN: "Not decided: ", State.LATER: "Later: "}.get(
        verdict.state, ""
    )
    lines = _wrapped(f"- {words}{rule.message}")
    for name in verdict.unmet:
        lines += _wrapped(f"[ ] {rules.words(name)}", 2)
    if verdict.state is State.MET:
        lines += [line for name in rule.needs for line in _wrapped(f"[x] {rules.words(name)}", 2)]
    standing = rule.standing if whole else rule.since
    certainty = f"; {rule.certainty}" if rule.certainty else ""
    cited = rule.cited if rule.cited == standing else f"{rule.cited} ({standing}{certainty})"
    lines += _wrapped(cited, 2)
    if whole:
        lines += _wrapped(f"{rule.id}{_of_box1(rule.box1)}", 2)
        lines += _wrapped(f"not known: {', '.join(verdict.missing)}", 2) if verdict.missing else []
        if verdict.state is State.LATER:
            lines += _wrapped(f"checked by casereport on the way to the journal ({rule.in_a_case})", 2)
    if whole or verdict.state is State.NEEDS or verdict.state is State.STOP:
        lines += _wrapped(f"next: {rule.next}", 2)
    return lines


def _of_box1(item: int | None) -> str:
    return f" (Box 1, item {item})" if item else ""


def _open(verdicts: Sequence[Verdict], whole: bool) -> list[str]:
    """What is not known. Where a rule already forbids, knowing it would not help."""
    missing = open_facts(verdicts)
    if not missing or (not whole and forbidden(verdicts)):
        return []
    named = missing if whole else missing[:FIRST]
    more = len(missing) - len(named)
    lines = _wrapped("Not known, and what is not known counts against:")
    for name in named:
        lines += _wrapped(f"? {rules.told()[name]} ({name})", 2)
    return [
        *lines,
        *([f"  ? and {more} more"] if more else []),
        *_wrapped("Answer in a terminal, or: --fact NAME=yes|no (a number for age_years)"),
    ]


def _later(verdicts: Sequence[Verdict]) -> list[str]:
    rooms = dict.fromkeys(rules.room(v.rule) for v in verdicts if v.state is State.LATER)
    if not rooms or forbidden(verdicts):
        return []
    count = sum(v.state is State.LATER for v in verdicts)
    return _wrapped(f"{count} of them are checked on the way to the journal ({', '.join(sorted(rooms))}).")


def _way_out(channel: Channel, said: Answer, in_a_case: bool) -> list[str]:
    lead = (
        "The way there" if channel.kind == "journal" else "Instead" if said is Answer.NO else "Better still"
    )
    if in_a_case:
        return [f"{lead}: casereport submit CASE"]
    return [f"{lead}: {WAY_OUT}", *_wrapped(WAY_OUT_SAYS, 2)]


def _files(seen: Iterable[str]) -> list[str]:
    return [line for words in seen for line in _wrapped(words)]


def _small_print(mode: str) -> list[str]:
    as_of, review_by = rules.status_as_of()
    old = f" They were to be looked at again by {rules.day(review_by)}: ask for newer ones." * _past(
        review_by
    )
    kept = "" if mode == rules.MODES[0] else "drafts and rules in abeyance only warn (--mode legal); "
    return _wrapped(f"{kept}rules as of {rules.day(as_of)}; not legal advice.{old}")


def _past(day: dt.date) -> bool:
    return dt.date.today() > day  # noqa: DTZ011 - the reader's own calendar day is meant


def _wrapped(text: str, indent: int = 0) -> list[str]:
    """Lines of a telephone's width; those that follow stand under the first word."""
    hang = " " * (indent + (2 if text[:2] in {"- ", "? "} else 4 if text[:1] == "[" else 0))
    return textwrap.wrap(text, WIDTH, initial_indent=" " * indent, subsequent_indent=hang)
