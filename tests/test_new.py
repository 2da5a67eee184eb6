"""The scaffold: annotated, complete, private, and understood by editors."""

from __future__ import annotations

import json
import re
import shutil
import stat
import subprocess
from pathlib import Path

import jsonschema
import pytest
import yaml

from pipeline import new
from pipeline.core import resources, yamltext
from pipeline.core.private import Private
from pipeline.core.record import Record

TOP = Path(__file__).parents[1]


def fields(model, path="") -> set[str]:
    """Every field of a model as fields.yaml names it: authors[].given."""
    found = set()

    def walk(schema, node, here):
        if "$ref" in node:
            node = schema["$defs"][node["$ref"].rpartition("/")[2]]
        for name, child in node.get("properties", {}).items():
            mine = f"{here}.{name}" if here else name
            found.add(mine)
            walk(schema, child, mine)
        for branch in node.get("anyOf", []):
            walk(schema, branch, here)
        for inner in (
            node.get("items"),
            node.get("additionalProperties"),
            *node.get("patternProperties", {}).values(),
        ):
            if isinstance(inner, dict) and "$ref" in inner:
                walk(schema, inner, f"{here}[]")

    schema = model.model_json_schema()
    walk(schema, schema, path)
    return found


def test_every_field_has_a_meaning_and_no_meaning_is_left_over():
    meanings = resources.data("templates/rules/fields.yaml")
    assert set(meanings["record"]) == fields(Record)
    assert set(meanings["private"]) == fields(Private)


def test_every_field_is_shown_in_the_template():
    for name, model in (("record", Record), ("private", Private)):
        template = resources.text(f"templates/case/{name}.yaml")
        for field in fields(model) - {"synthetic", "article_type"}:
            assert re.search(rf"\b{field.rpartition('.')[2]}\b", template), field


def test_new_makes_a_private_folder_and_never_overwrites(tmp_path, run):
    ran = run("new", tmp_path / "cases" / "my-case", real=True)
    folder = tmp_path / "cases" / "my-case"
    assert ran.code == 0
    assert "next:" in ran.err
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {"images", "text", "consent"} <= {p.name for p in folder.iterdir()}
    key = yaml.safe_load((folder / "private.yaml").read_text())["key"]
    assert re.fullmatch("[0-9a-f]{64}", key)
    before = (folder / "record.yaml").read_bytes()
    again = run("new", folder)
    assert again.code == 2
    assert (folder / "record.yaml").read_bytes() == before
    assert not list(folder.parent.glob(".*.part"))
    other = run("new", tmp_path / "cases" / "other")
    assert other.code == 0
    assert yaml.safe_load((folder.parent / "other" / "private.yaml").read_text())["key"] != key


def test_git_will_not_take_a_new_case(tmp_path):
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    new.make(tmp_path / "cases" / "my-case")
    status = ["git", "-C", str(tmp_path), "status", "--porcelain", "--untracked-files=all"]
    assert subprocess.run(status, capture_output=True, text=True, check=True).stdout == ""


def test_a_fresh_case_is_told_what_is_missing_once_per_line(tmp_path, run):
    run("new", tmp_path / "my-case")
    ran = run("check", tmp_path / "my-case", "--json")
    assert ran.code == 1
    places = [(f["path"], f["line"], f["code"]) for f in ran.json["findings"]]
    assert len(places) > 50
    assert not [f for f in ran.json["findings"] if f["line"] == 0 and f["severity"] == "error"]


def as_an_editor_reads(value):
    """Numbers as numbers: our own reader gives every scalar as text."""
    if isinstance(value, dict):
        return {key: as_an_editor_reads(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [as_an_editor_reads(inner) for inner in value]
    try:
        return json.loads(value)
    except ValueError:
        return value


def test_schema_agrees_with_the_model_about_the_examples():
    made = new.schemas()
    for example in ("radiology-example", "dermatology-example"):
        for name in ("record", "private"):
            text = (TOP / "cases" / example / f"{name}.yaml").read_text()
            value, _ = yamltext.load(text.encode(), name)
            if name == "record" and "text" not in value:
                value["text"] = (
                    dict.fromkeys(("introduction", "patient_information", "clinical_findings"), "x")
                    | dict.fromkeys(("diagnostic_assessment", "therapeutic_intervention", "follow_up"), "x")
                    | {"discussion": "x", "conclusion": "x"}
                )
            numbers = json.loads(json.dumps(value))
            if name == "record":
                numbers["patient"]["age_years"] = int(numbers["patient"]["age_years"])
                for figure in numbers["figures"]:
                    figure["panels"] = as_an_editor_reads(figure["panels"])
            jsonschema.validate(numbers, made[f"{name}.schema.json"])


def test_schema_underlines_what_the_model_refuses():
    schema = new.schemas()["record.schema.json"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"titel": "x"}, schema)


def test_schemas_beside_the_examples_are_current():
    for name, schema in new.schemas().items():
        assert json.loads((TOP / "cases" / name).read_text()) == schema, "run: python cases/make_schemas.py"


@pytest.mark.skipif(not shutil.which("make"), reason="needs make")
def test_plain_make_inside_a_case_calls_the_front_door(tmp_path):
    folder = TOP / "cases" / "pytest-scratch-case"
    shutil.rmtree(folder, ignore_errors=True)
    try:
        new.make(folder)
        ran = subprocess.run(["make", "-n", "check"], cwd=folder, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stderr
        assert f"check {folder}" in ran.stdout
    finally:
        shutil.rmtree(folder, ignore_errors=True)
