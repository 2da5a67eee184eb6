"""The house rules, as tests. They keep pipeline/ from becoming a pile."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).parents[1]
ROOT = TOP / "pipeline"
MODULES = sorted(ROOT.rglob("*.py"))
ROOMS = [
    "intake",
    "check",
    "policy",
    "deidentify",
    "verify",
    "consent",
    "identify",
    "review",
    "render",
    "pack",
]
FRONT = {
    "__init__",
    "__main__",
    "cli",
    "verbs",
    "standalone",
    "options",
    "flow",
    "new",
    "journals",
    "status",
    "doctor",
}
FAMILIES = "CARE|CON|FILE|IMG|JRN|LEAK|PKG|POL|PRV|REC|REF|REN|REV"
IDS = [str(m.relative_to(ROOT)) for m in MODULES]


def imports(module: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "pipeline":
            found |= (
                {node.module} if node.module != "pipeline" else {f"pipeline.{a.name}" for a in node.names}
            )
        if isinstance(node, ast.Import):
            found |= {a.name for a in node.names if a.name.startswith("pipeline")}
    return found


def room_of(module: Path) -> str:
    return module.relative_to(ROOT).with_suffix("").parts[0]


@pytest.mark.parametrize("module", MODULES, ids=IDS)
def test_no_module_is_long(module):
    assert len(module.read_text().splitlines()) <= 400


@pytest.mark.parametrize("module", MODULES, ids=IDS)
def test_every_module_says_what_it_is_for(module):
    assert ast.get_docstring(ast.parse(module.read_text()))


@pytest.mark.parametrize("module", MODULES, ids=IDS)
def test_rooms_talk_only_to_core(module):
    here = room_of(module)
    for target in imports(module):
        there = target.split(".")[1] if "." in target else ""
        if here == "core":
            assert there == "core", f"core must not know {target}"
        elif here in ROOMS:
            assert there in {"core", here, "__version__"}, f"{here} must not import {target}"


@pytest.mark.parametrize("module", MODULES, ids=IDS)
def test_no_error_is_swallowed_whole(module):
    """`except …: pass` hides what went wrong; a reason or an answer is always possible."""
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.ExceptHandler):
            assert not all(isinstance(s, ast.Pass) for s in node.body), f"{module.name}:{node.lineno}"


def test_only_rooms_core_and_front_door():
    assert {room_of(m) for m in MODULES} == {*ROOMS, *FRONT, "core"}


def test_no_drawer_for_everything():
    assert not {m.stem for m in MODULES} & {"utils", "util", "helpers", "common", "misc", "base", "tools"}


def test_every_room_is_in_the_flow_once_and_in_order():
    tree = ast.parse((ROOT / "flow.py").read_text())
    body = next(n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == "submit").body
    names = [
        n for stmt in body for n in ast.walk(stmt) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)
    ]
    names.sort(key=lambda n: (n.lineno, n.col_offset))
    assert list(dict.fromkeys(n.id for n in names if n.id in ROOMS)) == ROOMS


def test_finding_codes_in_code_and_catalogue_agree():
    """Every code used is catalogued with why and fix; every catalogued code is used somewhere."""
    from pipeline.core import findings

    table = findings.catalogue()
    heads = [
        code
        for path in sorted((TOP / "templates/findings").glob("*.yaml"))
        for code in re.findall(r"^([A-Z]+\d+):", path.read_text(), re.MULTILINE)
    ]
    assert sorted(heads) == sorted(set(heads)), "a code is catalogued twice (YAML keeps the last)"
    rules = "".join(p.read_text() for p in (TOP / "templates" / "rules").glob("*.yaml"))
    used = set(re.findall(rf"\b((?:{FAMILIES})\d{{3}})\b", "".join(m.read_text() for m in MODULES) + rules))
    assert used <= set(table), f"not catalogued: {sorted(used - set(table))}"
    assert set(table) <= used, f"catalogued but never used: {sorted(set(table) - used)}"
    for code, row in table.items():
        assert row["message"], code
        assert row["why"], code
        assert row["fix"], code
        assert row["severity"] in {"error", "warning", "note"}, code


def test_the_front_door_is_light():
    """`--help` and `check` must not load image, PDF or document libraries."""
    code = (
        "import sys; from pipeline import cli; cli.parser();"
        "from pipeline import check, intake, flow;"
        "heavy = {'pydicom', 'PIL', 'numpy', 'matplotlib', "
        " 'reportlab', 'typst', 'lxml', 'starlette', 'jinja2'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=TOP)
    assert run.stdout.strip() == "[]"


def test_every_make_target_is_in_the_help():
    text = (TOP / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z][a-z-]*):", text, re.MULTILINE)) - {"force"}
    told = set(re.findall(r"^([a-z][a-z-]*):.*## ", text, re.MULTILINE))
    assert targets == told


def test_only_the_examples_are_under_cases():
    """A real case must never be committed: everything tracked under cases/ belongs to a made-up patient."""
    listed = subprocess.run(
        ["git", "ls-files", "cases"], cwd=TOP, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("not a git checkout: nothing is tracked")
    folders = {Path(name).parts[1] for name in listed.stdout.splitlines() if len(Path(name).parts) > 2}
    assert {"radiology-example", "dermatology-example"} <= folders
    for folder in folders:
        assert "synthetic: yes" in (TOP / "cases" / folder / "record.yaml").read_text()
