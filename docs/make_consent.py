"""Write the table of docs/consent.md from the register of elements, so that it says what the form says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.consent import elements
from pipeline.core import resources

PAGE = Path(__file__).with_name("consent.md")
START, END = "<!-- from here: docs/make_consent.py -->\n", "<!-- to here -->\n"
STANDS = {
    "statement": "statement",
    "box": "box",
    "signature": "signature",
    "line": "line",
    "page": "every page",
}
WORDS = {  # conditions that have a shorter name than their own
    "content.figures": "any picture",
    "content.recognisable_image": "a recognisable picture",
    "jurisdiction.IN": "authors in India",
    "jurisdiction.US": "authors in the United States",
    "jurisdiction.EU_UK": "authors in the EEA or the UK",
    "patient.deceased": "the patient has died",
    "patient.can_decide": "the patient can decide",
    "patient.reads_form_language": "the signer reads the form",
}
NOT = {
    "patient.deceased": "the patient is alive",
    "patient.can_decide": "the patient cannot decide",
    "patient.reads_form_language": "the signer cannot read the form",
}
THAN = {"lt": "under", "ge": "from", "gt": "over", "le": "up to"}


def write() -> str:
    """The whole page with its table made anew."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(START)
    after = rest.partition(END)[2]
    return f"{before}{START}{table()}{END}{after}"


def table() -> str:
    """Every element: on paper, in the record, in the package, or what stops."""
    register = elements.register()
    head = (
        "| | The form, or the record … | When | Where | Checked by | Sources |\n|---|---|---|---|---|---|\n"
    )
    rows = [
        f"| {row['id']} | {row['asks']} | {when(row.get('when', {}))} | {_where(row)} |"
        f" {', '.join(row['checked'])} | {_sources(row)} |\n"
        for row in register["elements"]
    ]
    stops = [
        f"| {key} | {row['why']} | where it is so | the case stops ({row['finding']}) | record |"
        f" {_sources(row)} |\n"
        for key, row in register["not_yet"].items()
    ]
    return head + "".join(rows + stops)


def when(condition: Mapping[str, Any]) -> str:
    """A condition of the register in words."""
    return " and ".join(_line(name, wanted) for name, wanted in condition.items()) or "always"


def _line(name: str, wanted: Any) -> str:
    if name == "any":
        return " or ".join(when(part) for part in wanted)
    if isinstance(wanted, Mapping):
        if name == "content.figures":
            return WORDS[name]
        limits = " and ".join(f"{THAN[how]} {limit}" for how, limit in wanted.items())
        return f"age {limits}"
    if wanted is False:
        return NOT[name]
    return WORDS.get(name, name.partition(".")[2].replace("_", " "))


def _where(row: Mapping[str, Any]) -> str:
    if "as" not in row:
        return f"`{row['kept']}`"
    return STANDS[row["as"]] + (f", “{_title(row['section'])}”" if "section" in row else "")


def _title(section: str) -> str:
    return str(elements.wording("en")["sections"][section])


def _sources(row: Mapping[str, Any]) -> str:
    short = resources.data("consent/sources.yaml")
    return "; ".join(short[key]["short"] for key in row["sources"])


if __name__ == "__main__":
    PAGE.write_text(write(), encoding="utf-8")
