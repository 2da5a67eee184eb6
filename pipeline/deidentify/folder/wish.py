"""What a run of `casereport clean` is asked to do, from the words on the command line."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.core import worker, yamltext
from pipeline.core.errors import InputError, UsageError
from pipeline.core.identity import Identifier, identifiers
from pipeline.deidentify.folder import secret
from pipeline.deidentify.headers.rules import chosen


@dataclass(frozen=True, slots=True)
class Wish:
    """One run."""

    on: frozenset[str]  # options of PS3.15, see rules.chosen
    key: str = field(repr=False)  # 64 hexadecimal characters
    known: tuple[Identifier, ...] = field(default=(), repr=False)  # of private.yaml
    one_patient: bool = False  # the folder is one person's: all dates move by the same number of days
    faces_agreed: bool = False  # consent covers that the patient is recognisable
    jobs: int = 1
    digests: bool = False  # SHA-256 of every source, so that a report can be held against it


def read(
    options: str, private: Path | None, key: Path | None, faces_agreed: bool, jobs: int, digests: bool
) -> Wish:
    """The wish that these words express. Raises UsageError or InputError when one makes no sense."""
    on = chosen(word for word in options.replace(" ", ",").split(",") if word)
    if jobs < 0:
        raise UsageError("the number of workers cannot be negative")
    data: dict[str, Any] = {}
    if private is not None:
        if not private.is_file():
            raise UsageError("no such file", where=private.name)
        data, _ = yamltext.load(private.read_bytes(), private.name)
    secret_key = secret.read(key) if key else str(data.get("key") or "")
    if private is not None:
        _check_shape(data, private.name)
    if private is not None and not key and not secret.is_key(secret_key):
        raise InputError("has no key for pseudonyms", where=private.name, fix="name one with --key FILE")
    known = identifiers(data)
    if private is not None and not known:
        raise InputError("lists nobody to look for", where=private.name, fix="fill in at least the name")
    return Wish(
        on,
        secret_key or secret.kept(),
        known,
        private is not None,
        faces_agreed,
        jobs or worker.processors(),
        digests,
    )


def _check_shape(data: Any, name: str) -> None:
    """Raises InputError for fields that are not understood: whoever stands in them would not be looked for.

    What is missing is no error here: a folder of images needs no complete private.yaml.
    """
    from pydantic import ValidationError

    from pipeline.core.private import Private

    try:
        Private.model_validate(data)
    except ValidationError as e:
        wrong = {".".join(map(str, row["loc"])) for row in e.errors() if row["type"] != "missing"}
        wrong.discard("key")
        if wrong:
            listed = ", ".join(sorted(wrong))
            raise InputError(
                f"has fields that are not understood: {listed}",
                where=name,
                why="what is written there would not be looked for",
                fix="write them as in the private.yaml that `casereport new` makes",
            ) from None
