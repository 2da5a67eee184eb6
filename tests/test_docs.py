"""Pages that are made from data say what the data say now."""

from __future__ import annotations

import runpy
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"


def test_the_page_on_deidentification_is_made_from_the_rules():
    made = runpy.run_path(str(DOCS / "make_deidentification.py"))["write"]()
    written = (DOCS / "deidentification.md").read_text(encoding="utf-8")
    assert written == made, "run: python docs/make_deidentification.py"


def test_the_table_for_ethics_committees_is_made_from_the_register():
    made = runpy.run_path(str(DOCS / "make_consent.py"))["write"]()
    written = (DOCS / "consent.md").read_text(encoding="utf-8")
    assert written == made, "run: python docs/make_consent.py"


def test_the_page_on_posting_is_made_from_the_rules():
    made = runpy.run_path(str(DOCS / "make_policy.py"))["write"]()
    written = (DOCS / "policy.md").read_text(encoding="utf-8")
    assert written == made, "run: python docs/make_policy.py"
