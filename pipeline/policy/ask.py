"""The questions: only those that could still change the judgement, and none once it is a sure NO."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pipeline.core.errors import UsageError
from pipeline.policy import rules
from pipeline.policy.judgement import State, judge, open_facts

YES, NO = {"yes", "y", "true"}, {"no", "n", "false"}
OLDEST = 130  # years


def typed(pairs: Iterable[str]) -> dict[str, Any]:
    """The facts of `--fact NAME=yes|no|NUMBER`. Raises UsageError for what is no fact or no answer,
    or contradicts itself.
    """
    facts: dict[str, Any] = {}
    numbers = {row["number"] for row in rules.questions() if "number" in row}
    for pair in pairs:
        name, _, text = pair.partition("=")
        if name not in rules.told():
            near = difflib.get_close_matches(name, rules.told(), 3)
            hint = f"did you mean {', '.join(near)}?" if near else f"one of: {', '.join(rules.told())}"
            raise UsageError(f"no fact is called '{name}'", fix=hint)
        value = _number(text) if name in numbers else _yes_or_no(text)
        if value is None:
            wanted = "a number" if name in numbers else "yes or no"
            example = "34" if name in numbers else "no"
            raise UsageError(f"--fact {name} needs {wanted}", fix=f"for example: --fact {name}={example}")
        if facts.setdefault(name, value) != value:
            raise UsageError(f"--fact {name} is there twice and says two things", fix="leave one out")
    return facts


def agreed(found: Mapping[str, Any], certain: Mapping[str, str], stated: Mapping[str, Any]) -> dict[str, Any]:
    """What was found and what was stated, together. Words win only over what is not `certain` (fact -> why).

    Raises UsageError where they contradict each other: one of them is wrong, and that is not ours to choose.
    """
    for name, why in certain.items():
        if name in stated and stated[name] != found[name]:
            said = "yes" if stated[name] else "no"
            fix = f"leave out --fact {name}, or take the file out of --files"
            raise UsageError(f"--fact {name}={said} contradicts what was found: {why}", fix=fix)
    return {**found, **stated}


def on_terminal(
    facts: Mapping[str, Any],
    channel: str,
    mode: str,
    say: Callable[[str], None],
    read: Callable[[], str],
    *,
    in_a_case: bool = False,
) -> dict[str, Any]:
    """`facts` and what a person answered. An empty answer is "I do not know"; the end of input ends it."""
    known = dict(facts)
    try:
        for question in rules.questions():
            verdicts = judge(known, channel, mode, in_a_case=in_a_case)
            if any(verdict.state is State.STOP for verdict in verdicts):
                break
            if wanted := [name for name in open_facts(verdicts) if name in _about(question)]:
                known |= _asked(question, wanted, say, read)
    except EOFError:
        say("")
    return known


def _about(question: Mapping[str, Any]) -> set[str]:
    return {*question.get("ticks", ()), question.get("fact"), question.get("number")}


def _asked(
    question: Mapping[str, Any], wanted: list[str], say: Callable[[str], None], read: Callable[[], str]
) -> dict[str, Any]:
    """Ask until the answer is understood."""
    say(f"\n{question['ask']}")
    for number, name in enumerate(wanted, 1):
        if "ticks" in question:
            say(f" {number:2} {question['ticks'][name]}")
    say(_hint(question))
    while True:
        text = read().strip().lower()
        if not text:
            return {}
        answer = _understood(question, wanted, text)
        if answer is not None:
            return answer
        say(f"Not understood. {_hint(question)}")


def _hint(question: Mapping[str, Any]) -> str:
    if "ticks" in question:
        return "Numbers of all that are so, 0 for none; Enter if unknown:"
    return f"{'A number' if 'number' in question else 'yes or no'}; Enter if unknown:"


def _understood(question: Mapping[str, Any], wanted: list[str], text: str) -> dict[str, Any] | None:
    if "ticks" not in question:
        value = _number(text) if "number" in question else _yes_or_no(text)
        return None if value is None else {wanted[0]: value}
    words = text.replace(",", " ").split()
    if text in NO:
        words = ["0"]
    if not all(word.isdecimal() and int(word) <= len(wanted) for word in words):
        return None
    ticked = {int(word) for word in words} - {0}
    if ticked and "0" in words:
        return None
    return {name: number in ticked for number, name in enumerate(wanted, 1)}


def _yes_or_no(text: str) -> bool | None:
    text = text.strip().lower()
    return True if text in YES else False if text in NO else None


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and int(text) <= OLDEST else None
