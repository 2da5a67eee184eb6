"""Which file goes where. The rows of templates/rules/package.yaml decide; an unknown file stops us."""

from __future__ import annotations

import re
from pathlib import Path

from pipeline.core import allowlist, files, findings, journal, words
from pipeline.core.errors import PrivacyError
from pipeline.core.model import CleanCase, Grant, Manuscript, Proof, SignOff
from pipeline.pack import facts, howto, meca, page, submission

Member = Path | bytes
Members = dict[str, Member]


def gather(
    clean: CleanCase,
    paper: Manuscript,
    grant: Grant,
    signoff: SignOff,
    proof: Proof,
    policy: facts.Policy = (),
) -> tuple[Members, submission.Plan]:
    """Every member of the package except its manifest, and the plan for handing them in.

    A member is a name and a file on disk or bytes made here; `policy` as in facts.collect. Raises
    PrivacyError PKG005 (a file nobody listed), PKG006 (a part is missing), PKG007 (one name twice), and as
    submission.plan does.
    """
    target = journal.load(paper.journal)
    dossier = facts.dossier_travels(grant, target)
    members = _taken("paper", paper.folder, set())
    for step, folder in (("consent", grant.folder), ("clean", clean.folder)):
        for name, path in _taken(step, folder, {"dossier"} if dossier else set()).items():
            if name in members:
                raise findings.stop(PrivacyError, "PKG007", name=name)
            members[name] = path
    required = [*allowlist.rules()["required"], *(["editor-only/consent-dossier.pdf"] if dossier else [])]
    for name in required:
        if name not in members:
            raise findings.stop(PrivacyError, "PKG006", name=name)
    members["meca.zip"] = meca.build(members, target, blinded=paper.blinded)
    plan = submission.plan(target, set(members), blinded=paper.blinded)
    title = words.plain(clean.record["title"], paper.numbers)
    members[f"editor-only/{submission.PAGE}"] = howto.build(
        plan, target, title, blinded=paper.blinded, dossier=dossier
    )
    members |= page.pictures(members)
    here = page.shown(clean, paper, members)
    sheet = facts.collect(clean, paper, grant, signoff, proof, target, members, policy)
    members[page.REVIEWERS] = page.for_reviewers(here, sheet)
    sheet["files"][page.REVIEWERS] = facts.describe(page.REVIEWERS, members[page.REVIEWERS])
    members[page.EDITORS] = page.for_editor(here, sheet, clean, paper, grant)
    sheet["files"][page.EDITORS] = facts.describe(page.EDITORS, members[page.EDITORS])
    members["package.json"] = facts.to_bytes(sheet)
    for number, name in enumerate(members, 1):
        if allowlist.row("package", name) is None:
            raise findings.stop(PrivacyError, "PKG005", number=number, step="pack", shape=shape(name))
    return members, plan


def shape(name: str) -> str:
    """What kind of file, without its name: a name may hold a patient's."""
    suffix = Path(name).suffix.lower()
    return f"a {suffix} file" if re.fullmatch(r"\.[a-z0-9]{1,5}", suffix) else "no known ending"


def _taken(step: str, folder: Path, agreed: set[str]) -> Members:
    """The files of one step under the names they travel by. `agreed` are the conditions (`only`) that hold.

    Of the clean copies only the listed files are looked at; everywhere else each file needs a row.
    """
    rows = [(re.compile(row["file"]), row) for row in allowlist.rules()["taken"][step]]
    found: Members = {}
    for number, path in enumerate(files.plain_files(folder), 1):
        inside = path.relative_to(folder).as_posix()
        if inside == files.RECEIPT:
            continue
        fits = next(((m, row) for pattern, row in rows if (m := pattern.fullmatch(inside))), None)
        if fits is None and step == "clean":
            continue
        if fits is None:
            raise findings.stop(
                PrivacyError, "PKG005", (folder.name, 0), number=number, step=step, shape=shape(inside)
            )
        match, row = fits
        if "to" in row and row.get("only", "") in {"", *agreed}:
            found[match.expand(row["to"])] = path
    return found
