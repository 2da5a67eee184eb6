"""What a package says of itself, recomputed from its members: one function per claim. Run in the worker."""

from __future__ import annotations

import io
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from pipeline.core import allowlist, resources
from pipeline.verify import layout
from pipeline.verify.container import MAX_TEXT, MAX_TOTAL, UNREADABLE, BadMember, Zip, dangers

MAX_PAGE = 200 << 20  # bytes of one page to read in a browser
PROGRAM = re.compile(rb"<script|javascript:|<[a-z][^<>]*\son[a-z]+\s*=")
MANIFEST, SHEET, MECA, PAGE = "manifest-sha256.txt", "package.json", "meca.zip", "index.html"
ATTESTATION, DOSSIER = "editor-only/consent-attestation.json", "editor-only/consent-dossier.pdf"
SIGNED = "editor-only/signed-consent-form.pdf"
REVIEW = "for-review/"
AGREE = "compared with each other only: whoever rewrites all of them alike is not noticed"
AS_LISTED, CHANGED, ADDED, REMOVED = "as listed", "changed", "added", "removed"


Check = tuple[str, Callable[[Zip], str]]  # a claim, and what finds out in words how it is broken


class State(StrEnum):
    """What the check found out about one claim."""

    INTACT = "intact"
    ALTERED = "altered"
    UNKNOWN = "cannot tell"


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing the package says of itself, and whether it holds."""

    claim: str
    state: State
    words: str


@dataclass(frozen=True, slots=True)
class Member:
    """One file of the package and what became of it since its hash was written."""

    name: str  # as the allow-list has it; of a stranger only where it lies and how it ends
    how: str  # AS_LISTED, CHANGED, ADDED or REMOVED
    listed: bool  # is a file of this name allowed in a package?
    described: bool = True  # does package.json describe these bytes?
    holds: str = ""  # another file's bytes: its name


def claim(name: str, broken: str, words: str = "") -> Claim:
    """A claim that is altered if there are words for what is broken, else intact."""
    return Claim(name, State.ALTERED if broken else State.INTACT, broken or words)


def judged(package: Zip, more: tuple[Check, ...] = ()) -> Iterator[Claim]:
    """Every claim about what is in the zip, but for its PDFs and pictures; `more` are judged likewise."""
    yield _members(package)
    checks: tuple[Check, ...] = (
        ("Every file has the hash its list of hashes gives", _hashes),
        ("package.json describes these files", _sheet),
        ("The consent attestation and package.json agree", _consent),
        ("The signed form lies only where package.json says", _dossier),
        ("meca.zip holds the same manuscript and nothing for the editor's eyes only", _meca),
        ("The pages to read in a browser run no program", _pages),
        *more,
    )
    for name, broken in checks:
        try:
            yield claim(name, broken(package), AGREE if broken in COMPARED or (name, broken) in more else "")
        except KeyError:
            yield claim(name, "a file or a field that it needs is missing")
        except BadMember as e:
            yield claim(name, f"{e} cannot be read")
        except UNREADABLE:
            yield claim(name, "a file that it needs does not hold what it should")
    yield _looked_at(package)


def _members(package: Zip) -> Claim:
    """No member that templates/rules/package.yaml does not list, none of the required ones missing."""
    strange = [
        f"entry {number} ({_shape(name)})"
        for number, name in enumerate(package.names, 1)
        if allowlist.row("package", name) is None
    ]
    gone = [
        name for name in (*allowlist.rules()["required"], SHEET, MANIFEST, MECA) if name not in package.names
    ]
    words = [f"not on the list: {', '.join(strange)}"] * bool(strange) + [
        f"missing: {', '.join(gone)}"
    ] * bool(gone)
    return claim(
        "It holds what a package holds and nothing else", "; ".join(words), f"{len(package.names)} files"
    )


def _shape(name: str) -> str:
    """Where a strange file lies and how it ends; not its name, which may be a patient's."""
    known = next((f for f in ("for-review", "editor-only") if name.startswith(f"{f}/")), "another folder")
    place = known if "/" in name else "the top"
    suffix = re.search(r"\.[a-z0-9]{1,5}$", name.lower())
    return f"{suffix.group() if suffix else 'no ending'}, in {place}"


def _hashes(package: Zip) -> str:
    found = members(package)
    changed = [member for member in found if member.how == CHANGED]
    known = [member.name for member in changed if member.listed]
    problems = [f"changed: {', '.join(known)}"] * bool(known)
    for words, count in (
        ("changed and not on the list", len(changed) - len(known)),
        ("added", sum(member.how == ADDED for member in found)),
        ("removed", sum(member.how == REMOVED for member in found)),
    ):
        problems += [f"{words}: {count}"] * bool(count)
    return "; ".join(problems)


def members(package: Zip) -> tuple[Member, ...]:
    """Every file that is in the zip or in its list of hashes, and what became of it.

    Raises KeyError or ValueError when there is no such list, BadMember for a file that cannot be read.
    """
    lines = package.read(MANIFEST, MAX_TEXT).decode("ascii").splitlines()
    listed = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    described = _described(package)
    whose = {digest: name for known in (listed, described) for name, digest in known.items()}
    found = []
    for number, name in enumerate(package.names, 1):
        if name == MANIFEST:
            continue
        digest = package.sha256(name)
        how = ADDED if name not in listed else AS_LISTED if digest == listed[name] else CHANGED
        known = allowlist.row("package", name) is not None
        fits = name == SHEET or name not in described or described[name] == digest
        moved = whose.get(digest, name) if how == CHANGED or not fits else name
        holds = moved if moved != name and allowlist.row("package", moved) else ""
        found.append(Member(name if known else f"entry {number} ({_shape(name)})", how, known, fits, holds))
    gone = sorted(set(listed) - set(package.names))
    known_gone = [name for name in gone if allowlist.row("package", name)]
    found += [Member(name, REMOVED, listed=True) for name in known_gone]
    found += [Member("a file of another name", REMOVED, listed=False)] * (len(gone) - len(known_gone))
    return tuple(found)


def _described(package: Zip) -> dict[str, str]:
    """The hash that package.json gives each file; nothing where it cannot be read: another claim says so."""
    try:
        return {name: str(row["sha256"]) for name, row in package.json(SHEET)["files"].items()}
    except UNREADABLE:
        return {}


def _sheet(package: Zip) -> str:
    described = package.json(SHEET)["files"]
    present = set(package.names) - {SHEET, MANIFEST}
    if PAGE not in described:  # packages made before the page was described
        present -= {PAGE}
    if set(described) != present:
        return f"{len(set(described) ^ present)} files are described and absent, or present and not described"
    differ = [
        name
        for name in sorted(present)
        if described[name]["sha256"] != package.sha256(name) or described[name]["bytes"] != package.size(name)
    ]
    return f"differ from their description: {len(differ)}" if differ else ""


def _consent(package: Zip) -> str:
    sheet, attested = package.json(SHEET), package.json(ATTESTATION)
    said, figures = sheet["consent"], attested["published"]["figures"]
    shown = {re.sub(r"\.\w+$", "", name) for name in package.names if name.startswith(f"{REVIEW}figures/")}
    shown -= {f"{REVIEW}figures/figure-{int(number)}" for number in sheet.get("drawn", [])}
    same = (
        ("form code", said["form"] == attested["form"]["code"]),
        ("figures agreed to", said["figures"] == figures and len(figures) == len(shown)),
        ("copies it was given for", sheet["clean"] == attested["clean"]),
        ("role of the signer", said["signed_by"] == attested["signed"]["by"]),
        ("withdrawal", said["withdrawn"] is attested["withdrawn"] is False),
    )
    return ", ".join(f"{what} differs" for what, fits in same if not fits)


def _dossier(package: Zip) -> str:
    said, there = package.json(SHEET)["consent"]["dossier"], DOSSIER in package.names
    if said is not there:
        return "said to be here, but it is not" if said else "here, although it is said not to be"
    if not said and SIGNED in package.names:
        return "its signed file is here, although it is said not to be"
    return ""


def _meca(package: Zip) -> str:
    """MECA marks nothing as confidential, so what is in it is read by everyone at the journal."""
    blinded = package.json(SHEET)["journal"]["blinded"] is not False
    content = io.BytesIO(package.read(MECA, MAX_TOTAL))
    try:
        archive = zipfile.ZipFile(content)
    except UNREADABLE as e:
        raise BadMember(MECA) from e
    with archive:
        if unsafe := sorted(set(dangers(archive.infolist()))):
            return "; ".join(unsafe)
        if hidden := layout.strays(archive, content):
            return hidden
        inner = Zip(archive, tuple(archive.namelist()), "meca")
        rows = [(name, allowlist.row("meca", name)) for name in inner.names]
        if strange := sum(row is None for _, row in rows):
            return f"files that are not on MECA's list: {strange}"
        if blinded and any(row and row.audience == "editor" for _, row in rows):
            return "names the authors although the journal blinds its review"
        twins = [(n, row.twin.format(leaf=n.rpartition("/")[2])) for n, row in rows if row and row.twin]
        wrong = [
            n for n, twin in twins if twin not in package.names or inner.sha256(n) != package.sha256(twin)
        ]
        return f"differ from the files beside it: {', '.join(wrong)}" if wrong else ""


def _pages(package: Zip) -> str:
    """Our pages hold no script; one that does was put there later."""
    pages = [name for name in package.names if name.endswith(".html") and allowlist.row("package", name)]
    found = [name for name in pages if PROGRAM.search(package.read(name, MAX_PAGE).lower())]
    return f"a program was put into {', '.join(found)}" if found else ""


COMPARED = {_hashes, _sheet, _consent, _dossier, _meca}


def _looked_at(package: Zip) -> Claim:
    """Did a named person look? The package can only say so; unseen packages say that."""
    name = "It names who looked at every picture"
    try:
        said = package.json(SHEET)["signed_off"]
        if said["unseen"] is not False:
            return Claim(
                name, State.UNKNOWN, "ACCEPTED UNSEEN with --accept-all: a made-up case, nobody looked"
            )
        return claim(name, "" if all(said[field] for field in ("by", "role", "on")) else "it does not")
    except UNREADABLE:
        return claim(name, "it does not")


def stated(package: Zip) -> dict[str, str]:
    """What the package says about people and checks, for the editor to weigh. Only short plain values."""
    try:
        sheet = package.json(SHEET)
        consent, review, checked = sheet["consent"], sheet["signed_off"], sheet["checked"]
        dossier = "in the editor's part" if consent["dossier"] else "not in this package"
        blinded = "blinded" if sheet["journal"]["blinded"] else "not blinded"
        signed_by = f"{review['by']}, {review['role']}, {review['on']}"
        hunted = f"{checked['identifiers']} identifiers in {checked['files']} files"
        facts = {
            "title": sheet["title"],
            "journal": f"{sheet['journal']['name']}, {blinded}",
            "consent": f"by the {consent['signed_by']} on form {consent['form']}; signed form {dossier}",
            "original kept by": consent["original"],
            "looked at by": review["words"] if review["unseen"] else signed_by,
            **_second(review.get("countersigned")),
            **_rules(sheet.get("policy")),
            "hunted": f"{hunted}: {checked['found']} found",
            "patient": "made up" if sheet["made_up"] else "a real person",
            "made by": f"casereport {sheet['casereport']}",
        }
    except UNREADABLE:
        return {"nothing": "package.json is missing or cannot be read"}
    return {name: " ".join(str(words).split())[:300] for name, words in facts.items()}


def _second(said: dict[str, str] | None) -> dict[str, str]:
    """Who else looked, if anybody did."""
    return {"countersigned by": f"{said['by']}, {said['role']}, {said['on']}"} if said else {}


def _rules(said: list[dict[str, str]] | None) -> dict[str, str]:
    """How many rules came out how, if any were judged."""
    words = resources.data("templates/package/verdicts.yaml")
    counted = Counter(words.get(row["verdict"], {"said": row["verdict"]})["said"] for row in said or ())
    listed = ", ".join(f"{count} {verdict}" for verdict, count in sorted(counted.items()))
    return {"policy": f"{counted.total()} rules: {listed}"} if counted else {}
