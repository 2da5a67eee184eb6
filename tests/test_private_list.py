"""What private.yaml lists: said to be complete or not, with the reason, and "none" is an answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.core import resources
from pipeline.core.identity import LISTS, identifiers
from pipeline.core.private import Numbers, Private
from tests.conftest import casereport, edit

GROUPS = resources.data("templates/rules/private-groups.yaml")["groups"]


def test_every_field_that_is_asked_for_is_in_a_group_and_hunted():
    fields = {f for row in GROUPS.values() for f in row["fields"]}
    numbers = {f"numbers.{name}" for name in Numbers.model_fields}
    assert fields | {"key", "name"} == numbers | (Private.model_fields.keys() - {"numbers"})
    private = {"name": "A B", "numbers": {name: [f"NUM-{n}"] for n, name in enumerate(Numbers.model_fields)}}
    private |= {name: [f"value{n}"] for n, name in enumerate(LISTS)}
    asked = {i.field.rpartition(".")[0] or i.field for i in identifiers(private)}
    assert asked >= numbers | LISTS.keys()


def test_none_is_an_answer_and_never_hunted():
    said = dict.fromkeys((*LISTS, "numbers", "aliases", "relatives"), "none")
    known = Private.model_validate({"key": "0" * 64, "name": "Meera Testwala", **said})
    assert known.phones == [] == known.numbers.uhid == known.posts
    assert [i.field for i in identifiers({"name": "Meera Testwala", **said})] == ["name"]


@pytest.mark.parametrize(
    ("removed", "severity"), [('phones: ["+91 98000 00001"]', "warning"), ("aliases: [मीरा टेस्टवाला]", "note")]
)
def test_check_says_how_complete_the_list_is(case: Path, removed: str, severity: str):
    edit(case, removed, removed.partition(":")[0] + ": []", "private.yaml")
    found = [f for f in casereport("check", case, "--json").json["findings"] if f["code"] == "REC100"]
    assert [f["severity"] for f in found] == [severity]
    assert f"of {len(GROUPS)} groups" in found[0]["message"]
    assert removed.partition(":")[0] in found[0]["message"]
    assert "not hunted" in found[0]["why"]


def test_nothing_is_said_when_every_group_is_answered(case: Path):
    with (case / "private.yaml").open("a", encoding="utf-8") as f:
        f.write("addresses: none\nemployers: none\nposts: none\n")
    edit(case, "numbers:\n", "numbers:\n  national: none\n  other: none\n", "private.yaml")
    assert not [f for f in casereport("check", case, "--json").json["findings"] if f["code"] == "REC100"]


def test_a_name_without_the_script_of_the_consent_form_is_said(case: Path):
    with (case / "record.yaml").open("a", encoding="utf-8") as f:
        f.write("consent:\n  language: pa\n")
    found = [
        f["message"] for f in casereport("check", case, "--json").json["findings"] if f["code"] == "REC101"
    ]
    assert len(found) == 1
    assert "Gurmukhi" in found[0]
