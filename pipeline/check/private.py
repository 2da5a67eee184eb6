"""How much private.yaml gives the audit to hunt for: an identifier that is not listed is not hunted."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

from pipeline.core import findings, resources
from pipeline.core.model import Case, Finding, Severity

RULES = "templates/rules/private-groups.yaml"


def check(case: Case) -> list[Finding]:
    """REC100: groups that are empty; REC101: no spelling of the name in the script of the consent form."""
    if not case.private:
        return []  # intake said so
    rules = resources.data(RULES)
    groups: dict[str, dict[str, Any]] = rules["groups"]
    empty = [name for name, row in groups.items() if not any(_said(case.private, f) for f in row["fields"])]
    found = []
    if empty:
        needed = any(groups[name]["needed"] for name in empty)
        found.append(
            findings.make(
                "REC100",
                case.where_private(),
                severity=Severity.WARNING if needed else Severity.NOTE,
                filled=len(groups) - len(empty),
                all=len(groups),
                empty=", ".join(empty),
            )
        )
    script = rules["scripts"].get(_language(case))
    names = [case.private.get("name"), *_list(case.private.get("aliases"))]
    if script and not any(_in_script(str(name), script) for name in names):
        found.append(findings.make("REC101", case.where_private("aliases"), script=script.title()))
    return found


def _said(private: Mapping[str, Any], field: str) -> bool:
    """Whether a field, or all of the block it is in, holds something or says "none"."""
    value: Any = private
    for part in field.split("."):
        if not isinstance(value, Mapping):
            break
        value = value.get(part)
    return bool(value)


def _language(case: Case) -> str:
    consent = case.record.get("consent")
    return str(consent.get("language", "")) if isinstance(consent, Mapping) else ""


def _in_script(text: str, script: str) -> bool:
    return any(unicodedata.name(char, "").startswith(script) for char in text)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
