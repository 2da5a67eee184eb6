"""A journal's profile.yaml, read strictly: a misspelt or missing key is told with its line, never ignored.

Values are typed as a person would; templates/journals/_layout.yaml fills in what a profile leaves out.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from pipeline.core import findings
from pipeline.core.errors import InputError
from pipeline.core.layout import RULES, Layout, Rule
from pipeline.core.model import Path_, Place

PARTS = ("name", "rules", "layout")

GROUPS = ("page", "figure", "people", "timeline", "laboratory")  # filled in key by key


def read(
    raw: Mapping[str, Any], layout: Mapping[str, Any], places: Mapping[Path_, Place]
) -> tuple[str, dict[str, dict[str, Any]], dict[str, Any]]:
    """A profile as typed -> its name, its rules and its layout with the defaults filled in, kinds converted.

    `raw` holds text only (core/yamltext.py), `layout` the defaults. Raises InputError (JRN010) with every
    mistake and its line.
    """
    problems: list[tuple[Path_, str]] = [((), f"'{n}' is missing") for n in PARTS if n not in raw]
    problems += [((n,), "is not a part of a profile") for n in raw if n not in PARTS]
    problems += [((n,), "holds no keys") for n in ("rules", "layout") if not isinstance(raw.get(n, {}), dict)]
    rules: dict[str, dict[str, Any]] = {}
    typed = raw.get("rules")
    for name, row in (typed if isinstance(typed, dict) else {}).items():
        rules[name] = _rule(name, row, problems)
    own = raw.get("layout")
    whole: dict[str, Any] = {}
    try:
        said = _over(layout, own if isinstance(own, dict) else {})
        whole = Layout.model_validate(said).model_dump(by_alias=True, exclude_none=True)
    except ValidationError as e:
        problems += _told(e, ("layout",))
    if whole:
        problems += _contradictions(rules, whole)
    if problems:
        raise _stop(problems, places)
    return str(raw["name"]), rules, whole


def _over(layout: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """The defaults with a profile's own keys over them; groups key by key (`page: {font_pt: 11}`)."""
    groups = {k: {**layout[k], **v} for k, v in own.items() if k in GROUPS and isinstance(v, dict)}
    return {**layout, **own, **groups}


def _contradictions(
    rules: Mapping[str, Mapping[str, Any]], layout: Mapping[str, Any]
) -> Iterator[tuple[Path_, str]]:
    """Where the layout does not do what the rules say."""

    def asked(rule: str) -> Any:
        return rules.get(rule, {}).get("value")

    if asked("blinding") == "double" and not layout["blinded"]:
        yield ("layout", "blinded"), "is no, and the rule 'blinding' says double"
    if (asked("abstract") or {}).get("structured") and not layout["abstract"].get("labels"):
        yield ("layout", "abstract"), "has no labels, and the rule 'abstract' asks for headings"
    style = (asked("references") or {}).get("style")
    if style and style != layout["csl"]:
        yield ("layout", "csl"), f"is not the style that the rule 'references' names ({style})"
    parts = {row["part"] for section in layout["sections"] for row in section["parts"]}
    if asked("learning_points") and "learning_points" not in parts:
        yield ("layout", "sections"), "has no place for learning_points, which the rules ask for"
    if asked("highlights") and not layout["highlights"]:
        yield ("layout", "highlights"), "is no, and the rules ask for highlights"


def _rule(name: str, row: Any, problems: list[tuple[Path_, str]]) -> dict[str, Any]:
    """One rule, its value and its working default converted to their kind; mistakes go to `problems`."""
    here = ("rules", name)
    near = difflib.get_close_matches(name, RULES, 1, 0.84) if name not in RULES else []
    if near:
        problems.append((here, f"is not a rule that is checked (did you mean '{near[0]}'?)"))
    if not isinstance(row, dict):
        problems.append((here, "needs value, source and status"))
        return {}
    row = {k: (None if v in ("null", "~", "") else v) for k, v in row.items()}
    try:
        made = Rule.model_validate(row).model_dump(exclude_unset=True)
    except ValidationError as e:
        problems += _told(e, here)
        return {}
    for key in ("value", "working_default"):
        if made.get(key) is not None and name in RULES:
            try:
                found = RULES[name].validate_python(_nulls(made[key]))
            except ValidationError as e:
                problems += _told(e, (*here, key))
                continue
            made[key] = RULES[name].dump_python(found, exclude_none=True)
    return made


def _nulls(value: Any) -> Any:
    """What is typed as null inside a group of values is no value."""
    if isinstance(value, dict):
        return {k: _nulls(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_nulls(v) for v in value]
    return None if value in ("null", "~") else value


def _told(error: ValidationError, where: Path_) -> list[tuple[Path_, str]]:
    """What is wrong, in our own words where pydantic's are a programmer's."""
    said = {
        "missing": "is missing",
        "extra_forbidden": "is not a key of a profile (a misspelling?)",
    }
    return [
        ((*where, *_plain(e["loc"])), said.get(e["type"], str(e["msg"]).removeprefix("Value error, ")))
        for e in error.errors(include_url=False, include_input=False)
    ]


def _plain(where: tuple[int | str, ...]) -> Path_:
    """A place without the names that pydantic gives to kinds of values."""
    return tuple(step for step in where if isinstance(step, int) or step.replace("_", "").isalnum())


def _stop(problems: list[tuple[Path_, str]], places: Mapping[Path_, Place]) -> InputError:
    told = []
    for path, what in problems:
        known = next((path[:n] for n in range(len(path), -1, -1) if path[:n] in places), ())
        name, line = places.get(known, ("profile.yaml", 1))
        field = ".".join(str(p) for p in path)
        told.append((f"{name}:{line}", f"{field} {what}".strip()))
    (where, first), *others = told
    more = "".join(f"\n        {place}: {what}" for place, what in others)
    said = findings.make("JRN010", count=len(told))
    what, fix = f"{said.message}: {first}", said.fix + more
    return InputError(what, code="JRN010", where=where, why=said.why, fix=fix)


def schema() -> dict[str, Any]:
    """The JSON Schema of profile.yaml, for editors that complete and underline while one types."""
    layout = Layout.model_json_schema(by_alias=True)
    layout.pop("required", None)  # what is left out comes from _layout.yaml
    rule = Rule.model_json_schema()
    definitions = {**layout.pop("$defs", {}), "Rule": rule}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "casereport profile.yaml",
        "type": "object",
        "additionalProperties": False,
        "required": ["name", "rules", "layout"],
        "properties": {
            "name": {"type": "string"},
            "rules": {"type": "object", "additionalProperties": {"$ref": "#/$defs/Rule"}},
            "layout": layout,
        },
        "$defs": definitions,
    }
