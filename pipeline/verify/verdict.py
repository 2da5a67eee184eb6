"""The verdict on a package as a page: one sentence, then every claim and every file. No script in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline.core import pages
from pipeline.verify.claims import AS_LISTED, Member, State
from pipeline.verify.package import Verdict

TEMPLATE, STYLE = "templates/package/verdict.html.j2", "templates/package/index.css"
SIGNS = {State.INTACT: "✓", State.ALTERED: "✗", State.UNKNOWN: "?"}
ORDER = (State.ALTERED, State.UNKNOWN, State.INTACT)  # what an editor must see comes first
NEXT = {
    State.INTACT: "Nothing has to be done. What no check can prove stands at the end of this page.",
    State.UNKNOWN: "Nothing speaks against it. What could not be judged is listed first, with the reason.",
    State.ALTERED: (
        "Do not use these files. Ask the authors for the package again, by another way if you can, and "
        "compare its SHA-256 with theirs."
    ),
}


def save(verdict: Verdict, folder: Path) -> Path:
    """Write the page into `folder`, named by the hash of the package. Raises OutputError."""
    path = folder / f"verdict-{verdict.sha256[:16]}.html"
    pages.save(path, page(verdict))
    return path


def page(verdict: Verdict) -> str:
    """The page. Words of the package reach it as escaped values only."""
    state = _overall(verdict)
    claims = sorted(verdict.claims, key=lambda one: ORDER.index(one.state))
    members = [_shown(member) for member in verdict.members]
    html: str = pages.template(TEMPLATE).render(
        style=pages.own(STYLE),
        state=state.value,
        sign=SIGNS[state],
        sentence=_sentence(verdict, state),
        advice=NEXT[state],
        claims=[{"state": one.state.value, "sign": SIGNS[one.state], "claim": one} for one in claims],
        tally=[(s.value, sum(one.state is s for one in claims)) for s in ORDER],
        members=sorted(members, key=lambda row: row["state"] != State.ALTERED.value),
        wrong=sum(row["state"] == State.ALTERED.value for row in members),
        stated=list(verdict.stated.items()),
        cannot_prove=verdict.cannot_prove,
        sha256=verdict.sha256,
    )
    return html


def _overall(verdict: Verdict) -> State:
    found = {one.state for one in verdict.claims}
    return next(state for state in ORDER if state in found)


def _sentence(verdict: Verdict, state: State) -> str:
    """What came out, in one sentence."""
    count, altered = len(verdict.claims), len(verdict.altered)
    do = "does" if altered == 1 else "do"
    if verdict.leaks:
        return f"An identifier of the patient was found in it: {verdict.leaks} in all."
    if state is State.ALTERED:
        return f"This package was altered: {altered} of {count} claims {do} not hold."
    if state is State.UNKNOWN:
        unsure = sum(one.state is State.UNKNOWN for one in verdict.claims)
        return f"Nothing was altered as far as can be told; {unsure} of {count} claims cannot be judged."
    return f"Nothing was altered: all {count} claims hold."


def _shown(member: Member) -> dict[str, Any]:
    """One file as a row: its state and what became of it."""
    words = [member.how] if member.how != AS_LISTED else []
    words += [f"it holds what {member.holds} held"] * bool(member.holds)
    words += ["no such file belongs into a package"] * (not member.listed)
    words += ["not the bytes that package.json describes"] * (not member.described)
    state = State.ALTERED if words else State.INTACT
    return {
        "name": member.name,
        "state": state.value,
        "sign": SIGNS[state],
        "words": "; ".join(words) or AS_LISTED,
    }
