"""The editor's check: with nothing but the zip, is this package what it says it is?

Every claim of the package is recomputed and comes out as intact, altered or cannot tell. Nothing in it is
trusted: sizes and names are judged before a byte is read, PDFs are opened in a capped child.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from pipeline.core import allowlist, files, worker
from pipeline.core.errors import Exit, InputError, UsageError
from pipeline.verify.container import MAX_TEXT, MAX_TOTAL, UNREADABLE, Zip, dangers, nothing_hidden

MAX_PDF = 200 << 20  # bytes
MANIFEST, SHEET, MECA = "manifest-sha256.txt", "package.json", "meca.zip"
ATTESTATION, DOSSIER = "editor-only/consent-attestation.json", "editor-only/consent-dossier.pdf"
REVIEW = "for-review/"
# Keys of a PDF that can carry a second document or start something (ISO 32000-2: 7.11.4, 12.6.4, 13.7).
ACTIVE = {
    "/EmbeddedFile": "a file attached",
    "/EmbeddedFiles": "a file attached",
    "/JavaScript": "JavaScript",
    "/JS": "JavaScript",
    "/Launch": "a program to start",
    "/RichMedia": "rich media",
    "/XFA": "an XFA form",
    "/SubmitForm": "a form that sends data",
}


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
class Verdict:
    """All claims, what the package states about people, and what no check of a zip can prove."""

    sha256: str
    claims: tuple[Claim, ...]
    stated: dict[str, str]
    cannot_prove: tuple[str, ...]
    leaks: int = 0

    @property
    def altered(self) -> tuple[Claim, ...]:
        """The claims that do not hold."""
        return tuple(c for c in self.claims if c.state is State.ALTERED)


def check(zip_path: Path, private: Path | None = None) -> Verdict:
    """Judge a package. With `private` (a private.yaml) the leak hunt runs over it as well.

    Raises UsageError when there is no such file, InputError when it is not a plain file of bearable size.
    """
    if not zip_path.is_file():
        raise UsageError("no such package", where=zip_path.name)
    if problem := files.unsafe(zip_path):
        raise InputError(f"not opened: it is {problem}", code="FILE001", where=zip_path.name)
    sha256 = files.sha256(zip_path)
    cannot_prove = tuple(allowlist.rules()["cannot_prove"])
    claims = [_seal(zip_path, sha256)]
    try:
        with zipfile.ZipFile(zip_path) as archive:
            unsafe = "; ".join(sorted(set(dangers(archive.infolist()))))
            claims.append(_claim("The zip is safe to unpack", unsafe))
            if unsafe:
                return Verdict(sha256, tuple(claims), {}, cannot_prove)
            package = Zip(archive, tuple(archive.namelist()))
            claims += [_hidden(archive, zip_path.stat().st_size), *_contents(package)]
            stated = _stated(package)
    except (*UNREADABLE, OSError, EOFError, NotImplementedError, RuntimeError):
        claims.append(_claim("The zip can be read", "it is damaged or not a zip"))
        return Verdict(sha256, tuple(claims), {}, cannot_prove)
    if private is None:
        return Verdict(sha256, tuple(claims), stated, cannot_prove)
    hunted, leaks = _hunt(zip_path, private)
    return Verdict(sha256, (*claims, hunted), stated, cannot_prove, leaks)


def exit_code(verdict: Verdict) -> Exit:
    """0 if no claim is broken, 4 if an identifier was found, 5 if anything was altered."""
    if verdict.leaks:
        return Exit.PRIVACY
    return Exit.INPUT if verdict.altered else Exit.OK


def to_json(verdict: Verdict) -> dict[str, Any]:
    """The verdict for programs."""
    return {**asdict(verdict), "altered": len(verdict.altered)}


def to_text(verdict: Verdict) -> str:
    """The verdict in plain words, one claim per line."""
    lines = [f"{c.state:<12}{c.claim}" + (f": {c.words}" if c.words else "") for c in verdict.claims]
    lines += ["", "The package states:", *(f"  {name}: {words}" for name, words in verdict.stated.items())]
    lines += ["", "No check of a zip can prove:", *(f"  - {words}" for words in verdict.cannot_prove)]
    count = len(verdict.altered)
    end = (
        f"ALTERED: {count} of {len(verdict.claims)} claims do not hold." if count else "Nothing was altered."
    )
    return "\n".join([*lines, "", f"SHA-256 {verdict.sha256}", end])


def _claim(claim: str, broken: str, words: str = "") -> Claim:
    return Claim(claim, State.ALTERED if broken else State.INTACT, broken or words)


def _seal(zip_path: Path, sha256: str) -> Claim:
    """The checksum file that lies beside a package, if it came along."""
    beside = zip_path.with_name(zip_path.name + ".sha256")
    claim = "The zip is the one its .sha256 file was written for"
    if not beside.is_file() or files.unsafe(beside):
        return Claim(
            claim, State.UNKNOWN, "the .sha256 file is not beside it; compare the sum below with the sender"
        )
    said = beside.read_bytes()[:64].decode("ascii", "replace")
    return _claim(claim, "" if said == sha256 else "the sums differ")


def _hidden(archive: zipfile.ZipFile, size: int) -> Claim:
    claim = "Nothing is hidden between or after its files"
    if nothing_hidden(archive, size):
        return _claim(claim, "")
    return Claim(claim, State.UNKNOWN, "it was packed again by another program; the files are judged below")


def _contents(package: Zip) -> Iterator[Claim]:
    """Every claim about what is in the zip."""
    yield _members(package)
    checks: tuple[tuple[str, Callable[[Zip], str]], ...] = (
        ("Every file has the hash its list of hashes gives", _hashes),
        ("package.json describes these files", _sheet),
        ("The consent attestation and package.json agree", _consent),
        ("The signed form lies only where package.json says", _dossier),
        ("meca.zip holds the same manuscript and nothing for the editor's eyes only", _meca),
        ("The PDFs open and carry no attachment and no program", _pdfs),
    )
    for claim, broken in checks:
        try:
            yield _claim(claim, broken(package))
        except KeyError:
            yield _claim(claim, "a file or a field that it needs is missing")
        except UNREADABLE:
            yield _claim(claim, "a file that it needs cannot be read")
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
    return _claim(
        "It holds what a package holds and nothing else", "; ".join(words), f"{len(package.names)} files"
    )


def _shape(name: str) -> str:
    """Where a strange file lies and how it ends; not its name, which may be a patient's."""
    known = next((f for f in ("for-review", "editor-only") if name.startswith(f"{f}/")), "another folder")
    place = known if "/" in name else "the top"
    suffix = re.search(r"\.[a-z0-9]{1,5}$", name.lower())
    return f"{suffix.group() if suffix else 'no ending'}, in {place}"


def _hashes(package: Zip) -> str:
    lines = package.read(MANIFEST, MAX_TEXT).decode("ascii").splitlines()
    listed = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    present = set(package.names) - {MANIFEST}
    changed = sorted(n for n in present & listed.keys() if package.sha256(n) != listed[n])
    known = [n for n in changed if allowlist.row("package", n)]
    problems = [f"changed: {', '.join(known)}"] * bool(known)
    for words, count in (
        ("changed and not on the list", len(changed) - len(known)),
        ("added", len(present - listed.keys())),
        ("removed", len(listed.keys() - present)),
    ):
        problems += [f"{words}: {count}"] * bool(count)
    return "; ".join(problems)


def _sheet(package: Zip) -> str:
    sheet = package.json(SHEET)
    described = sheet["files"]
    present = set(package.names) - {SHEET, MANIFEST, "index.html"}
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
    return ""


def _meca(package: Zip) -> str:
    """MECA marks nothing as confidential, so what is in it is read by everyone at the journal."""
    blinded = package.json(SHEET)["journal"]["blinded"] is not False
    content = package.read(MECA, MAX_TOTAL)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if unsafe := sorted(set(dangers(archive.infolist()))):
            return "; ".join(unsafe)
        inner = Zip(archive, tuple(archive.namelist()))
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


def _pdfs(package: Zip) -> str:
    names = sorted(n for n in package.names if n.endswith(".pdf") and allowlist.row("package", n))
    contents = [package.read(name, MAX_PDF) for name in names]
    try:
        found = worker.call(_inside_pdfs, contents, where="the PDFs")
    except InputError:
        return "one of them cannot be opened safely"
    return "; ".join(
        f"{name}: {words}" for name, carried in zip(names, found, strict=True) for words in carried
    )


def _inside_pdfs(contents: list[bytes]) -> list[list[str]]:
    """For each PDF what it carries besides pages, in words. Run in the worker."""
    import pikepdf

    found = []
    for content in contents:
        try:
            found.append(_inside_pdf(content))
        except (pikepdf.PdfError, pikepdf.PasswordError, RuntimeError, ValueError):
            found.append(["cannot be opened"])
    return found


def _inside_pdf(content: bytes) -> list[str]:
    """Looks into every object, not only where viewers look."""
    import pikepdf

    found: set[str] = set()

    def look(value: Any) -> None:
        if isinstance(value, pikepdf.Stream):
            value = value.stream_dict
        if isinstance(value, pikepdf.Dictionary):
            kinds = {
                str(value.get(k))
                for k in ("/S", "/Type", "/Subtype")
                if isinstance(value.get(k), pikepdf.Name)
            }
            found.update(ACTIVE[key] for key in {*value.keys(), *kinds} & ACTIVE.keys())
        if isinstance(value, (pikepdf.Dictionary, pikepdf.Array)):
            for child in (
                value.as_dict().values() if isinstance(value, pikepdf.Dictionary) else value.as_list()
            ):
                if isinstance(child, pikepdf.Object) and not child.is_indirect:
                    look(child)

    with pikepdf.open(io.BytesIO(content)) as pdf:
        if not len(pdf.pages):
            found.add("no page")
        for value in pdf.objects:
            look(value)
    return sorted(found)


def _looked_at(package: Zip) -> Claim:
    """Did a named person look? The package can only say so; unseen packages say that."""
    claim = "It names who looked at every picture"
    try:
        said = package.json(SHEET)["signed_off"]
        if said["unseen"] is not False:
            return Claim(
                claim, State.UNKNOWN, "ACCEPTED UNSEEN with --accept-all: a made-up case, nobody looked"
            )
        return _claim(claim, "" if all(said[field] for field in ("by", "role", "on")) else "it does not")
    except UNREADABLE:
        return _claim(claim, "it does not")


def _stated(package: Zip) -> dict[str, str]:
    """What the package says about people and checks, for the editor to weigh. Only short plain values."""
    try:
        sheet = package.json(SHEET)
        consent, review, checked = sheet["consent"], sheet["signed_off"], sheet["checked"]
        dossier = "in the editor's part" if consent["dossier"] else "not in this package"
        blinded = "blinded" if sheet["journal"]["blinded"] else "not blinded"
        signed_by = f"{review['by']}, {review['role']}, {review['on']}"
        hunted = f"{checked['identifiers']} identifiers in {checked['files']} files"
        stated = {
            "title": sheet["title"],
            "journal": f"{sheet['journal']['name']}, {blinded}",
            "consent": f"by the {consent['signed_by']} on form {consent['form']}; signed form {dossier}",
            "original kept by": consent["original"],
            "looked at by": review["words"] if review["unseen"] else signed_by,
            "hunted": f"{hunted}: {checked['found']} found",
            "patient": "made up" if sheet["made_up"] else "a real person",
            "made by": f"casereport {sheet['casereport']}",
        }
    except UNREADABLE:
        return {"nothing": "package.json is missing or cannot be read"}
    return {name: " ".join(str(words).split())[:300] for name, words in stated.items()}


def _hunt(zip_path: Path, private: Path) -> tuple[Claim, int]:
    """Hunt in the zip, sparing what the record beside `private` says the authors publish of themselves."""
    from pipeline.core import identity, yamltext
    from pipeline.verify import hunt, unpack

    listed, _ = yamltext.load(private.read_bytes(), private.name)
    beside = private.with_name("record.yaml")
    record = yamltext.load(beside.read_bytes(), beside.name)[0] if beside.is_file() else {}
    known = identity.outside_byline(
        (*identity.identifiers(listed), *identity.dates_of(record)), identity.byline_lines(record)
    )
    claim = f"None of {len(known)} known identifiers is in it"
    try:
        hard = [found for found in hunt.hunt(zip_path, known) if found.hard]
    except unpack.Unreadable:
        return Claim(claim, State.UNKNOWN, "a file in it could not be looked into"), 0
    where = ", ".join(sorted({f"{found.field} in {found.place}" for found in hard})[:5])
    return _claim(claim, f"{len(hard)} found: {where}" if hard else ""), len(hard)
