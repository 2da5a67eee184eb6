"""The front door: verbs, exit codes, help, JSON, and words for people who mistype."""

from __future__ import annotations

import functools
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline import cli
from pipeline.core.errors import Exit
from tests.conftest import ROOT, casereport, edit

TOP = Path(__file__).parents[1]
VERBS = [
    "new",
    "check",
    "deidentify",
    "consent",
    "review",
    "render",
    "submit",
    "verify",
    "status",
    "explain",
    "doctor",
]


@pytest.fixture
def run():
    """Here every command is started as a user starts it."""
    return functools.partial(casereport, real=True)


def test_help_lists_every_verb_and_exit_code(run):
    ran = run("--help")
    assert ran.code == 0
    for verb in VERBS:
        assert re.search(rf"^\s+{verb}\s+\w", ran.out, re.MULTILINE), verb
    for code in Exit:
        assert f"{code.value} {code.name.lower().replace('_', ' ')}" in re.sub(r"\s+", " ", ran.out)


def test_the_readme_names_every_verb():
    text = (TOP / "README.md").read_text() + "".join(p.read_text() for p in (TOP / "docs").glob("*.md"))
    for verb in VERBS:
        assert f"casereport {verb}" in text, verb


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [(["chek", "x"], "did you mean 'casereport check'"), ([], "--help"), (["check"], "--help")],
)
def test_mistyped_commands_get_a_hint_and_exit_2(run, arguments, hint):
    ran = run(*arguments)
    assert ran.code == 2
    assert hint in ran.err
    assert ran.out == ""


def test_unknown_journal_and_missing_folder(run, case, tmp_path):
    ran = run("check", case, "--journal", "aujmrs")
    assert ran.code == 2
    assert "did you mean 'aujmsr'" in ran.err
    for verb in ("submit", "deidentify", "consent", "review", "render", "verify"):
        ran = run(verb, tmp_path / "nowhere")
        assert ran.code == 2, verb
        assert "Traceback" not in ran.everything


def test_results_never_go_inside_the_case(run, case):
    ran = run("submit", case, "--out", case / "build")
    assert ran.code == 2
    assert not (case / "build").exists()


def test_check_tells_place_rule_and_next_step(run, case):
    line = edit(case, "sex: female", "sex: lady")
    ran = run("check", case)
    assert ran.code == 1
    assert f"record.yaml:{line}: error REC003 patient sex: must be one of" in ran.out
    assert "   why: female, male, intersex or undisclosed" in ran.out
    assert "  next: " in ran.out
    as_json = run("check", case, "--json").json
    assert as_json["version"] == 1
    assert as_json["exit"] == 1
    assert as_json["ready"] is False
    assert {"code", "severity", "message", "path", "line", "why", "fix"} <= set(as_json["findings"][0])
    assert len(as_json["care"]) == 30


def test_a_stop_is_json_too(run, tmp_path):
    ran = run("check", tmp_path, "--json")
    assert ran.code == 5
    assert json.loads(ran.out)["error"]["code"] == "FILE005"


def test_explain_every_code_and_guess_a_wrong_one(run):
    ran = run("explain", "ref001")
    assert ran.code == 0
    assert "why:" in ran.out
    assert "next:" in ran.out
    wrong = run("explain", "REF999")
    assert wrong.code == 2
    assert "REF" in wrong.err


def test_doctor_renders_something_real(run):
    ran = run("doctor", "--json")
    assert ran.code == 0
    rows = {row["what"]: row for row in ran.json["rows"]}
    assert rows["pandoc"]["well"]
    assert rows["typst"]["well"]


def test_an_unexpected_error_shows_its_kind_and_nothing_else(monkeypatch, capsys, case):
    name = " ".join(["Meera", "Testwala"])  # debug output shows source lines; those are ours

    def broken(*_):
        raise RuntimeError(name)

    monkeypatch.setitem(cli.VERBS, "check", ("", broken))
    for arguments in (["check", str(case)], ["check", str(case), "--json"], ["check", str(case), "--debug"]):
        assert cli.main(arguments) == Exit.BUG
        shown = "".join(capsys.readouterr())
        assert "RuntimeError" in shown
        assert "Testwala" not in shown


def test_interrupt_and_disk_errors_have_their_codes(monkeypatch, capsys, case):
    def stop(error):
        def run_(*_):
            raise error

        return run_

    monkeypatch.setitem(cli.VERBS, "check", ("", stop(KeyboardInterrupt())))
    assert cli.main(["check", str(case)]) == 130
    monkeypatch.setitem(cli.VERBS, "check", ("", stop(OSError(28, "No space left on device"))))
    assert cli.main(["check", str(case)]) == 6
    assert "Nothing was published" in capsys.readouterr().err


def test_status_says_where_each_case_stands(run, case, tmp_path):
    bad = tmp_path / "other-case"
    bad.mkdir()
    (bad / "record.yaml").write_text("title: x\n")
    ran = run("status", tmp_path, "--out", tmp_path / "build", "--json")
    rows = {row["case"]: row for row in ran.json["cases"]}
    assert rows["ring-case"]["stage"] == "record complete"
    assert "consent" in rows["ring-case"]["next"]
    assert "to fix" in rows["other-case"]["stage"]
    assert not (tmp_path / "build").exists()
    assert run("status", tmp_path).out.count("next:") == 2


def test_make_all_takes_every_case():
    """A dry run: one submit per case under cases/."""
    ran = subprocess.run(["make", "-n", "all"], cwd=TOP, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    for case in ("radiology-example", "dermatology-example"):
        assert f"submit cases/{case} " in ran.stdout


def test_advice_can_be_typed_as_it_stands(run, case):
    ran = run("submit", case, "--out", case.parent / "b")
    assert f"casereport consent {case}" in ran.err or f"make consent CASE={case}" in ran.err


def test_a_reader_that_has_seen_enough_is_no_error(case):
    """`casereport check … --json | head -1` ends without a word on stderr."""
    command = f"'{sys.executable}' -m pipeline check '{case}' --json | head -c 5"
    run = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (run.stdout[:1], run.stderr) == ("{", "")
