"""May this be posted, shown or published? The rules of the editorial, of Indian law and of journals.

They are data (consent/policy.yaml). `judge` is pure. For a case on its way to a journal what other rooms
prove is left to them; what nobody else looks at (an earlier post, a rule no room knows) becomes findings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.core import findings
from pipeline.core.model import Case, Finding, Report, Severity
from pipeline.policy import facts, words
from pipeline.policy.judgement import State, Verdict, judge

if TYPE_CHECKING:
    from pipeline.core.journal import Journal

__all__ = ["check", "judge", "summary", "verdicts"]
CHANNEL = "journal"
POSTED = {  # what is missing after an earlier post
    "earlier_post_removed": "POL010",
    "editor_told": "POL011",
    "consent_covers_earlier_post": "POL012",
}
SAYS = {State.STOP: "POL001", State.UNKNOWN: "POL002", State.NEEDS: "POL003", State.WARN: "POL004"}


def check(case: Case, journal: Journal) -> Report:
    """What the rules say against sending this case to a journal, beside what other rooms will prove.

    The same for every journal: what one asks for beyond the rules is in its profile.
    """
    del journal
    found = [finding for verdict in _of(case) for finding in _findings(case, verdict)]
    if facts.contradicts_itself(case):
        found.append(findings.make("POL013", case.where(facts.POSTED)))
    return Report(tuple(dict.fromkeys(found)))


def verdicts(case: Case) -> list[dict[str, Any]]:
    """Every rule that is about this case, for the page an editor reads: id, clause, status, state, words."""
    return [words.row(verdict) for verdict in _of(case)]


def summary(report: Report) -> str:
    """A few words for the step line."""
    warnings = sum(finding.severity is Severity.WARNING for finding in report)
    return "nothing against a journal" + (f", {warnings} to know" if warnings else "")


def _of(case: Case) -> tuple[Verdict, ...]:
    return judge(facts.of_case(case, CHANNEL), CHANNEL, in_a_case=True)


def _findings(case: Case, verdict: Verdict) -> list[Finding]:
    rule = verdict.rule
    posted = [name for name in verdict.unmet if name in POSTED]
    if posted:
        return [findings.make(POSTED[name], facts.where(case, name)) for name in posted]
    if verdict.state not in SAYS:
        return []
    named = (*verdict.missing, *verdict.unmet, *sorted(facts.asked_by(rule)))
    place = facts.where(case, named[0]) if named else case.where()
    said: dict[str, Any] = {
        "rule": rule.id,
        "cited": rule.cited,
        "standing": rule.standing,
        "says": rule.message,
    }
    missing = ", ".join(verdict.missing or verdict.unmet)
    return [findings.make(SAYS[verdict.state], place, **said, next=rule.next, missing=missing)]
