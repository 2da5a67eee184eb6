"""Write the tables of docs/policy.md from the register of rules, so that it says what the program says."""

from __future__ import annotations

from pathlib import Path

from pipeline.core import resources
from pipeline.policy import rules

PAGE = Path(__file__).with_name("policy.md")
START, END = "<!-- from here: docs/make_policy.py -->\n", "<!-- to here -->\n"
DOES = {"forbid": "no", "require": "only if", "warn": "know"}


def write() -> str:
    """The whole page with its tables made anew."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(START)
    after = rest.partition(END)[2]
    return f"{before}{START}{table()}\n{sources()}{END}{after}"


def table() -> str:
    """Every rule: what it says, where, for what, since when, from where."""
    head = "| | Rule | Where | Answer | Clause | Status |\n|---|---|---|---|---|---|\n"
    return head + "".join(
        f"| {rule.id} | {rule.message} | {_where(rule)} | {_does(rule)} | {rule.cited} | {rule.standing} |\n"
        for rule in rules.rules()
    )


def sources() -> str:
    """Every source the rules cite, and how well it was read."""
    register = resources.data("consent/sources.yaml")
    cited = dict.fromkeys(rule.source for rule in rules.rules())
    as_of, review_by = rules.status_as_of()
    told = (
        f"- {register[key]['title']}: {register[key]['level']}"
        f"{'; ' + register[key]['note'] if 'note' in register[key] else ''}\n"
        for key in cited
    )
    return (
        f"## Sources\n\nStatus of every rule as of {rules.day(as_of)}; to be looked at again by "
        f"{rules.day(review_by)}.\n\n{''.join(told)}"
    )


def _where(rule: rules.Rule) -> str:
    return ", ".join(kind.replace("_", " ") for kind in rule.channel) or "everywhere"


def _does(rule: rules.Rule) -> str:
    needs = "; ".join(rules.words(name) for name in rule.needs)
    return f"{DOES[rule.verdict]} {needs}".strip()


if __name__ == "__main__":
    PAGE.write_text(write(), encoding="utf-8")
