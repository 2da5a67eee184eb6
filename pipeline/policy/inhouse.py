"""May the marked picture for an urgent discussion inside the hospital be written, and who answers for it?

Urgency excuses what is not known yet; a person vouches for that. It excuses nothing that is known to be
against it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.policy import rules
from pipeline.policy.judgement import State, Verdict, complete, open_facts


def refusals(verdicts: Sequence[Verdict], facts: Mapping[str, Any]) -> list[str]:
    """Why it is not written, in words; none: it may be.

    A rule that stops, a special law that is said to apply, a permission that was withdrawn (`never_in_house`
    of the register), and what must be so and is said not to be.
    """
    known = complete(facts)
    stops = [verdict.rule.id for verdict in verdicts if verdict.state is State.STOP]
    against = [rules.words(name) for name in rules.never_in_house() if known[name] is True]
    unmet = {
        name: None for v in verdicts if v.state is State.NEEDS for name in v.unmet if known[name] is False
    }
    return [
        *(["forbidden by " + ", ".join(stops)] if stops else []),
        *against,
        *(f"not so: {rules.words(name)}" for name in unmet),
    ]


def vouched(verdicts: Sequence[Verdict]) -> str:
    """What is not known, for which the person who sends the picture answers; "" where all is known."""
    unknown = open_facts(verdicts)
    if not unknown:
        return ""
    return (
        f"not known: {', '.join(unknown)}. Whoever sends the picture vouches that none of it is against this."
    )
