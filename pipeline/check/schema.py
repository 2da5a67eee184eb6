"""record.yaml against core/record.py: every mistake at once, each with its line, in words a doctor uses."""

from __future__ import annotations

import difflib
import re
import secrets
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from pipeline.core import findings, resources
from pipeline.core.fold import letters
from pipeline.core.model import Case, Finding, Path_, Place
from pipeline.core.private import Private
from pipeline.core.record import Record

ALONE = ("novelty", "highlights", "learning_points")  # read without the article: in letters, boxes, lists
SHORTEST_NAME = 4  # letters; a shorter name would be found inside every other word


@dataclass(frozen=True, slots=True)
class Form:
    """The parts of a record that could be read. A part with mistakes is absent, so later rules skip it."""

    parts: Mapping[str, Any] = field(repr=False)
    private: Private | None = None

    def get(self, name: str) -> Any:
        """A part by its name in the record, or None when it is missing or wrong."""
        return self.parts.get(name)

    def items(self, name: str) -> Iterator[tuple[int, Any]]:
        """The readable entries of a list part with their position in the record."""
        yield from self.parts.get(name) or []

    def prose(self) -> Iterator[tuple[Path_, str]]:
        """Every narrative section that could be read, with its path, in the order of the article."""
        for section, text in (self.parts.get("text") or {}).items():
            yield ("text", section), text


def apart(form: Form) -> Iterator[tuple[Path_, str]]:
    """Prose outside the narrative: the parts of the abstract and the legends, which may refer to things; then
    `ALONE`, which may not.
    """
    if abstract := form.get("abstract"):
        for name, text in abstract.model_dump().items():
            yield ("abstract", name), text
    for i, figure in form.items("figures"):
        yield ("figures", i, "legend"), figure.legend
    for name in ALONE:
        texts = form.get(name) or []
        if isinstance(texts, str):
            yield (name,), texts
        else:
            yield from (((name, i), text) for i, text in enumerate(texts))


def called(path: Path_) -> str:
    """What a finding calls the place of a text: its own name, or with its number ("highlights 2")."""
    return str(path[-1]) if isinstance(path[-1], str) else _name(path)


def spot(case: Case, path: Path_, down: int) -> Place:
    """Where a line of a long text stands, counted from 0: right behind its name, or in the block below it."""
    typed: Any = case.record
    for step in path:
        typed = typed[step]
    return case.where_in(path, down) if "\n" in typed else case.where(*path)


def read(case: Case) -> tuple[Form, list[Finding]]:
    """The readable parts of the record, and a finding for every mistake in it."""
    found: list[Finding] = []
    try:
        record = Record.model_validate(case.record)
        parts = {name: _whole(name, getattr(record, name)) for name in Record.model_fields}
    except ValidationError as e:
        found = [
            _finding(error, Record, case.where) for error in e.errors(include_input=True, include_url=False)
        ]
        parts = {name: _part(name, case.record[name]) for name in Record.model_fields if name in case.record}
    found += _control_characters(case)
    known = _read(TypeAdapter(Private), case.private)  # private() reports what is wrong with it
    return Form({k: v for k, v in parts.items() if v is not None}, known), found


def private(case: Case) -> list[Finding]:
    """private.yaml: its mistakes (how much it gives the audit to hunt for: see private.py)."""
    if not case.private and not case.used_as("private"):
        return []  # intake said so
    found = []
    try:
        known = Private.model_validate(case.private)
    except ValidationError as e:
        for error in e.errors(include_input=True, include_url=False):
            if error["loc"] == ("key",) and error["type"] == "missing":
                found.append(findings.make("PRV003", case.where_private(), fresh=secrets.token_hex(32)))
            else:
                found.append(_finding(error, Private, case.where_private))
        return found
    if len(letters(known.name)) < SHORTEST_NAME:
        found.append(findings.make("PRV004", case.where_private("name"), least=SHORTEST_NAME))
    return found


def _whole(name: str, value: Any) -> Any:
    """One part of a record without mistakes, in the shape that `_part` gives."""
    if name == "text":
        return {section: prose for section, prose in value if prose}
    return list(enumerate(value)) if name in LISTS else value


def _part(name: str, value: Any) -> Any:
    """One top-level part, read by itself; lists and the narrative keep their readable entries."""
    annotation = Record.model_fields[name].rebuild_annotation()
    if name == "text" and isinstance(value, dict):
        return {k: v.strip() for k, v in value.items() if isinstance(v, str) and v.strip()}
    if name in LISTS and isinstance(value, list):
        entry = TypeAdapter(_entry_type(annotation))
        return [(i, read) for i, item in enumerate(value) if (read := _read(entry, item)) is not None]
    return _read(TypeAdapter(annotation), value)


def _read(adapter: TypeAdapter[Any], value: Any) -> Any:
    try:
        return adapter.validate_python(value)
    except ValidationError:
        return None


def _entry_type(annotation: Any) -> Any:
    inner = (
        typing.get_args(annotation)[0] if typing.get_origin(annotation) is typing.Annotated else annotation
    )
    return typing.get_args(inner)[0]


LISTS = {"figures", "tables", "timeline", "authors"}  # whose entries are judged one by one
BAD_CHARACTERS = {chr(c) for c in range(32) if chr(c) not in "\n\t"} | set(
    "\x7f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufffe\uffff"
)
PROBLEMS = {
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_parsing": "must be a number",
    "bool_parsing": "must be yes or no",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "greater_than": "must be more than {gt}",
    "literal_error": "must be one of: {expected}",
    "string_too_long": "is too long (at most {max_length} characters)",
    "too_long": "has too many entries (at most {max_length})",
    "too_short": "needs at least {min_length} entry",
    "list_type": "must be a list (lines that begin with '- ')",
    "dict_type": "must be 'name: value' lines",
    "model_type": "must be 'name: value' lines",
    "string_type": "must be text, not a list",
}


SHAPES = {  # how a pattern of core/record.py begins -> how the value is written
    r"^\d{4}-\d{2}-\d{2}$": "must be written year-month-day: 2026-03-14",
    r"^\d{4}-\d{2}(-\d{2})?$": "must be written 2026-03-14, or 2026-03 when only the month is known",
    r"^\d{4}-\d{4}": "must be an ORCID iD: 0000-0000-0000-0000",
    "^[a-z][a-z0-9-]": "must begin with a small letter and hold only small letters, digits and hyphens",
    r"^[^@\s]+@": "must be an e-mail address",
    "^[A-Z]{2}$": "must be two capital letters: IN",
    "^[a-z]{2}$": "must be two small letters: en",
    "^[0-9a-f]{16}$": "must be the 16 characters printed on the form, without spaces",
    "^[^\\n]*$": "must be on one line",
}
FIELD_NAME = re.compile(r"[a-z][a-z0-9_-]{1,30}")


def _shape(pattern: str) -> str:
    return next(
        (words for start, words in SHAPES.items() if pattern.startswith(start)), "is not written as asked"
    )


def _finding(error: Any, model: type[BaseModel], where: Any) -> Finding:
    """One pydantic error in our own words. Its `input` and `msg` may quote the record and are never shown."""
    loc = tuple(part for part in error["loc"] if part != "[key]")
    name, kind, place = _name(loc), error["type"], where(*loc)
    meaning = _meaning(model, loc)
    if kind == "missing":
        return findings.make("REC001", place, field=name, meaning=meaning)
    if kind == "extra_forbidden":
        known = _fields(model, loc[:-1])
        near = difflib.get_close_matches(str(loc[-1]), known, 1)
        hint = f"; did you mean '{near[0]}'?" if near else ""
        return findings.make("REC002", place, field=_unknown(loc, model), hint=hint)
    if error.get("input") in ("", [], {}) or kind == "string_too_short":
        return findings.make("REC004", place, field=name, meaning=meaning)
    if kind == "value_error":
        problem = str(error["ctx"]["error"])  # our own validators' words
    elif kind == "string_pattern_mismatch":
        problem = _shape(error["ctx"]["pattern"])
    else:
        problem = PROBLEMS.get(kind, "has a value of the wrong kind").format(**error.get("ctx", {}))
    return findings.make("REC003", place, field=name, problem=problem, meaning=meaning)


def _unknown(loc: Path_, model: type[BaseModel]) -> str:
    """An unknown field's name, unless it may be a person's: private.yaml is never repeated."""
    plain = model is Record and FIELD_NAME.fullmatch(str(loc[-1]))
    return _name(loc) if plain else _name((*loc[:-1], "…"))


def _name(loc: Path_) -> str:
    """('figures', 0, 'legend') -> 'figures 1 legend': as a person would say it."""
    return " ".join(str(part + 1) if isinstance(part, int) else part for part in loc) or "the record"


def _descend(model: Any, loc: Path_) -> Any:
    """The annotation at the end of a path, through Optional, Annotated, lists and dicts; else None."""
    here: Any = model
    for part in loc:
        here = _unwrap(here)
        if isinstance(here, type) and issubclass(here, BaseModel):
            info = here.model_fields.get(str(part))
            here = info.rebuild_annotation() if info else None
        elif typing.get_origin(here) in (list, dict):
            here = typing.get_args(here)[-1]
        else:
            return None
    return here


def _unwrap(annotation: Any) -> Any:
    while True:
        origin = typing.get_origin(annotation)
        if origin is typing.Annotated:
            annotation = typing.get_args(annotation)[0]
        elif origin in (typing.Union, types.UnionType):
            annotation = next(a for a in typing.get_args(annotation) if a is not type(None))
        else:
            return annotation


def _fields(model: Any, loc: Path_) -> list[str]:
    here = _unwrap(_descend(model, loc))
    return list(here.model_fields) if isinstance(here, type) and issubclass(here, BaseModel) else []


def _meaning(model: type[BaseModel], loc: Path_) -> str:
    """What a field is for (templates/rules/fields.yaml), looked up from the innermost name outwards."""
    meanings = resources.data("templates/rules/fields.yaml")[model.__name__.lower()]
    path = ""
    known = "templates/case/record.yaml shows every field with an explanation"
    for part in loc:
        chosen_key = f"{path}[]" in meanings or _has_keys_below(meanings, path)
        step = "[]" if isinstance(part, int) or chosen_key else f".{part}"
        path = f"{path}{step}".lstrip(".")
        known = meanings.get(path, known)
    return str(known)


def _has_keys_below(meanings: dict[str, str], path: str) -> bool:
    """Is `path` a table whose keys the author chooses (affiliations, results)?"""
    return bool(path) and any(name.startswith(f"{path}[].") for name in meanings)


def _control_characters(case: Case) -> list[Finding]:
    """Control and bidirectional-override characters in prose (Unicode UAX #9; "Trojan source")."""
    found = []

    def walk(value: Any, path: Path_) -> None:
        if isinstance(value, dict):
            for k, v in value.items():
                walk(v, (*path, k))
        elif isinstance(value, list):
            for i, v in enumerate(value):
                walk(v, (*path, i))
        elif isinstance(value, str) and not BAD_CHARACTERS.isdisjoint(value):
            down = next(n for n, row in enumerate(value.split("\n")) if not BAD_CHARACTERS.isdisjoint(row))
            found.append(findings.make("REC013", case.where_in(path, down), field=_name(path)))

    walk(case.record, ())
    return found
