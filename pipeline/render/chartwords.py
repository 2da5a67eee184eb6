"""What is said about a figure drawn from the record: its legend, and a description made of what it shows."""

from __future__ import annotations

from typing import Any

from pipeline.core import ranges
from pipeline.render import markdown, tree, wording
from pipeline.render.tree import Nodes

MANY = 8  # results of one test that are read out; of more, the first, last, lowest and highest


def ours() -> dict[str, Any]:
    """Our words about figures."""
    said: dict[str, Any] = wording.ours()["figures"]
    return said


def legend(record: dict[str, Any], name: str, kind: str, data: dict[str, Any]) -> Nodes:
    """The author's legend, or ours."""
    own = record.get("legends", {}).get(name)
    if own:
        return markdown.inline(" ".join(own.split()))
    words = ours()[kind]
    values = {key: markdown.inline(str(data[key]).rstrip(".")) for key in words["names"]}
    keys = [key for key, there in _signs(kind, data).items() if there]
    out = wording.fill(words["legend"] if all(data[k] for k in words["names"]) else words["bare"], values)
    for key in keys:
        out += [tree.SPACE, *wording.fill(words["signs"][key], values)]
    return out


def _signs(kind: str, data: dict[str, Any]) -> dict[str, bool]:
    """Which signs of the figure need a word."""
    if kind == "timeline":
        return {"about": any(not event["exact"] for event in data["events"])}
    if kind == "plot":
        results = [(text, test["reference"]) for test in data["tests"] for _, text in test["results"]]
        spans = [ranges.result(text) for text, _ in results]
        return {
            "band": any(ranges.reference(test["reference"]) for test in data["tests"]),
            "outside": any(ranges.flag(*pair) for pair in results),
            "unjudged": not all(ranges.reference(test["reference"]) for test in data["tests"]),
            "bound": any(span.low != span.high for span in spans if span),
        }
    people = data["people"]
    return {
        "proband": any(person["proband"] for person in people),
        "deceased": any(person["deceased"] for person in people),
        "unknown": any(person["sex"] == "unknown" for person in people),
        "related": bool(data["related"]),
    }


def alt(kind: str, data: dict[str, Any]) -> str:
    """The figure in words, for readers who cannot see it."""
    words = ours()[kind]["alt"]
    told = {"timeline": _events, "plot": _tests, "pedigree": _people}[kind](data, words)
    return " ".join([words["begin"].format(count=len(told)), *told])


def _events(data: dict[str, Any], words: dict[str, str]) -> list[str]:
    said = [words["event"].format(**event).rstrip(".") for event in data["events"]]
    return [f"{text[:1].upper()}{text[1:]}." for text in said]


def _tests(data: dict[str, Any], words: dict[str, str]) -> list[str]:
    out = []
    for test in data["tests"]:
        results = test["results"]
        said = [_result(day, text, test["reference"], words) for day, text in results]
        if len(said) > MANY:
            ranked = sorted(results, key=lambda r: _middle(r[1]))
            low, high = (
                _result(day, text, test["reference"], words) for day, text in (ranked[0], ranked[-1])
            )
            said = [
                words["many"].format(count=len(results), first=said[0], last=said[-1], low=low, high=high)
            ]
        out.append(words["test"].format(**test | {"results": "; ".join(said)}))
    return out


def _result(day: int, text: str, reference: str, words: dict[str, str]) -> str:
    flag = ranges.flag(text, reference)
    return words["result"].format(day=day, value=text) + (f" ({words[flag]})" if flag else "")


def _middle(text: str) -> float:
    span = ranges.result(text)
    return next((v for v in (span.high, span.low) if v is not None), 0.0) if span else 0.0


def _people(data: dict[str, Any], words: dict[str, str]) -> list[str]:
    out = []
    names = data["names"]
    for person in [p for row in data["order"] for p in row]:
        known = data["people"][person]
        facts = [words[known["sex"]]]
        facts += [words[key] for key in ("affected", "proband", "deceased") if known[key]]
        if known["parents"]:
            facts.append(words["child"].format(*(names[parent] for parent in known["parents"])))
        out.append(f"{names[person]}: {', '.join(facts)}.")
    return [*out, *(words["related"].format(*(names[p] for p in pair)) for pair in data["related"])]
