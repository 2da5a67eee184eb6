"""Is every picture that a figure names there, and is it a picture? Decodes nothing."""

from __future__ import annotations

import difflib
from pathlib import PurePosixPath

from pipeline.check.schema import Form
from pipeline.core import findings
from pipeline.core.model import Case, Finding


def check(case: Case, form: Form) -> list[Finding]:
    """Findings about the panels' files and folders, and a note on pictures nobody uses."""
    found: list[Finding] = []
    pictures = {s.path: s for s in case.used_as("image")}
    folders = {p.rpartition("/")[0] for p in pictures}
    used: set[str] = set()
    for i, figure in form.items("figures"):
        for j, panel in enumerate(figure.panels):
            place = case.where("figures", i, "panels", j, "image")
            who = {"id": figure.id, "letter": chr(ord("A") + j)}
            name = PurePosixPath(panel.image).as_posix()
            series = [source.path for source in case.pictures(panel.image)]
            used.update(series)
            if name in series:
                continue
            if series:
                if panel.slice is None and len(series) > 1:
                    found.append(findings.make("IMG003", place, count=len(series), **who))
                elif (panel.slice or 1) > len(series):
                    found.append(findings.make("IMG004", place, slice=panel.slice, count=len(series), **who))
            elif name in folders or (case.folder / name).is_dir():
                found.append(findings.make("IMG005", place, **who))
            elif any(s.path == name for s in case.ledger):
                found.append(findings.make("IMG002", place, **who))
            else:
                near = difflib.get_close_matches(name, [*pictures, *folders], 1)
                hint = f"; did you mean '{near[0]}'?" if near else ""
                found.append(findings.make("IMG001", place, hint=hint, **who))
    idle = [p for p in pictures if p not in used]
    if idle and form.get("figures") is not None:
        found.append(findings.make("IMG006", ("images", 0), count=len(idle)))
    return found
