"""The editor's check: with nothing but the zip, is this package what it says it is?

Every claim of the package is recomputed and comes out as intact, altered or cannot tell. Nothing in it is
trusted: sizes and names are judged before a byte is read, and every byte is read in a capped child.
"""

from __future__ import annotations

import importlib
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipeline.core import allowlist, files, trust, worker
from pipeline.core.errors import Exit, InputError, ToolError, UsageError
from pipeline.core.near import NearMatcher
from pipeline.verify import again, audit, claims, hunt, layout, leaves, pdfs, seals, shown, thorough
from pipeline.verify.claims import MANIFEST, SHEET, Claim, Member, State, claim
from pipeline.verify.container import UNREADABLE, BadMember, Zip, dangers

PDFS = "The PDFs open and carry no attachment and no program"
SECONDS = 600.0  # for one pass over the whole zip, which may hold 2 GB
SHOWN = 5  # finds that are named
NOT_READ = ("editor-only/", "for-review/pages/")  # who signed; pictures drawn from a PDF that is searched
CLOSED = "a file in it could not be looked into"
READERS = (
    "pikepdf",
    "pypdfium2",
    "PIL.PngImagePlugin",
)  # loaded before the child starts, which could not say they lack


@dataclass(frozen=True, slots=True)
class Verdict:
    """All claims, what the package states about people, and what no check of a zip can prove."""

    sha256: str
    claims: tuple[Claim, ...]
    stated: dict[str, str]
    cannot_prove: tuple[str, ...]
    leaks: int = 0
    members: tuple[Member, ...] = ()

    @property
    def altered(self) -> tuple[Claim, ...]:
        """The claims that do not hold."""
        return tuple(c for c in self.claims if c.state is State.ALTERED)


def check(zip_path: Path, private: Path | None = None) -> Verdict:
    """Judge a package. With `private` (a private.yaml) the leak hunt runs over it as well.

    Raises UsageError when there is no such file, InputError when it is not a plain file of bearable size or a
    zip of something else, ToolError when a library that reads the files is not installed.
    """
    if not zip_path.is_file():
        raise UsageError("no such package", where=zip_path.name)
    if problem := files.unsafe(zip_path):
        raise InputError(f"not opened: it is {problem}", code="FILE001", where=zip_path.name)
    try:
        for reader in READERS:
            importlib.import_module(reader)
        return _check(zip_path, private)
    except ImportError as e:
        raise ToolError(
            "a library that reads the files of a package is not installed",
            where=zip_path.name,
            fix="install casereport again, then check the package again",
        ) from e


def _check(zip_path: Path, private: Path | None) -> Verdict:
    sha256 = files.sha256(zip_path)
    cannot_prove = tuple(allowlist.rules()["cannot_prove"])
    sealed = _seal(zip_path, sha256)
    try:
        found, stated, members, sealed_by = _apart(_judge, zip_path)
    except InputError:  # of the worker: the words are about a case's own file
        found = [claim("The zip can be read", "it is damaged, or needs more memory than is safe")]
        stated, members, sealed_by = {}, (), False
    if found is None:
        raise InputError(
            "this is not a casereport package",
            where=zip_path.name,
            why=f"it is a zip without {SHEET} and {MANIFEST}",
            fix="give the zip file that `casereport submit` made",
        )
    if not stated:
        return Verdict(sha256, (sealed, *found), {}, cannot_prove)
    found += _documents(zip_path)
    if sealed_by:
        found += _seals(zip_path)
    if private is None:
        return Verdict(sha256, (sealed, *found), stated, cannot_prove, members=members)
    hunted, leaks = _hunt(zip_path, private)
    return Verdict(sha256, (sealed, *found, hunted), stated, cannot_prove, leaks, members)


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
    count, sealed = len(verdict.altered), verdict.claims[0].state is State.INTACT
    if count:
        end = f"ALTERED: {count} of {len(verdict.claims)} claims do not hold."
    elif sealed:
        end = "Nothing was altered since the .sha256 file was written."
    else:
        end = "The files agree with each other; compare the sum above with the sender's to know the rest."
    return "\n".join([*lines, "", f"SHA-256 {verdict.sha256}", end])


def _apart(function: Any, zip_path: Path, *args: Any, memory: int = worker.MEMORY) -> Any:
    """`function(zip_path, …)` in a child that may use little more memory than the zip has bytes.

    Raises InputError when it asks for more, takes too long or crashes.
    """
    memory += 2 * zip_path.stat().st_size
    return worker.call(function, zip_path, *args, where=zip_path.name, memory=memory, seconds=SECONDS)


def _judge(zip_path: Path) -> tuple[list[Claim] | None, dict[str, str], tuple[Member, ...], bool]:
    """The claims, what is stated, the files, and whether there are digital signatures to judge.

    No claims (None) when it is another zip; nothing stated when it was not read.

    Run in the worker.
    """
    try:
        with zipfile.ZipFile(zip_path) as archive, zip_path.open("rb") as f:
            names, hidden = tuple(archive.namelist()), layout.strays(archive, f)
            foreign = not {SHEET, MANIFEST} & set(names)
            if foreign and layout.AROUND in hidden:  # cut off: this is the directory of a zip within it
                raise zipfile.BadZipFile("its own directory is missing")
            unsafe = "; ".join(sorted(set(dangers(archive.infolist()))))
            found = [claim("The zip is safe to unpack", unsafe)]
            if unsafe:
                return found, {}, (), False
            if foreign and any(words in hidden for words in layout.DAMAGE):  # names were eaten up
                raise zipfile.BadZipFile("its directory is not a whole one")
            if foreign:
                return None, {}, (), False
            package = Zip(archive, names)
            more = ((shown.EDITORS, shown.to_editors), (shown.REVIEWERS, shown.to_reviewers))
            found += [_hidden(archive, hidden), *claims.judged(package, more), *again.judge(package)]
            return found, claims.stated(package), _members(package), _signed(package)
    except UNREADABLE:
        return [claim("The zip can be read", "it is damaged or not a zip")], {}, (), False


def _members(package: Zip) -> tuple[Member, ...]:
    """What became of each file; nothing where one of them cannot be read, which a claim says."""
    try:
        return claims.members(package)
    except UNREADABLE:
        return ()


def _signed(package: Zip) -> bool:
    try:
        return seals.present(package)
    except BadMember:
        return True  # then judged, and said to be unreadable


def _hidden(archive: zipfile.ZipFile, hidden: str) -> Claim:
    name = "Nothing is hidden between or after its files"
    if hidden or layout.stored(archive):
        return claim(name, hidden)
    return Claim(name, State.UNKNOWN, "it was packed again by another program; the files are judged below")


def _seal(zip_path: Path, sha256: str) -> Claim:
    """The checksum file that lies beside a package, if it came along."""
    beside = zip_path.with_name(zip_path.name + ".sha256")
    name = "The zip is the one its .sha256 file was written for"
    if not beside.is_file() or files.unsafe(beside):
        return Claim(
            name, State.UNKNOWN, "the .sha256 file is not beside it; compare the sum below with the sender"
        )
    said = beside.read_bytes()[:64].decode("ascii", "replace")
    return claim(name, "" if said == sha256 else "the sums differ")


def _documents(zip_path: Path) -> list[Claim]:
    """The PDFs and the pictures of pages, in one child.

    If that fails, each in a child of its own: a file that crashes its reader breaks one claim and no other.
    """
    try:
        carried, pictured = _apart(_in_documents, zip_path)
    except InputError:
        return [_pdfs(zip_path), *_leaves(zip_path)]
    return [_about_pdfs(*carried), *([pictured] if pictured else [])]


def _in_documents(zip_path: Path) -> tuple[tuple[str, str], Claim | None]:
    """Run in the worker."""
    return _in_pdfs(zip_path), _in_leaves(zip_path)


def _pdfs(zip_path: Path) -> Claim:
    try:
        return _about_pdfs(*_apart(_in_pdfs, zip_path))
    except InputError:
        return claim(PDFS, "one of them cannot be opened safely")


def _about_pdfs(broken: str, locked: str) -> Claim:
    if locked and not broken:
        words = f"{locked} is locked with a password; without it nobody can tell what is in it"
        return Claim(PDFS, State.UNKNOWN, words)
    return claim(PDFS, broken)


def _in_pdfs(zip_path: Path) -> tuple[str, str]:
    """Run in the worker."""
    with zipfile.ZipFile(zip_path) as archive:
        try:
            return pdfs.carried(Zip(archive, tuple(archive.namelist())))
        except BadMember as e:
            return f"{e} cannot be read", ""


def _leaves(zip_path: Path) -> list[Claim]:
    try:
        found = _apart(_in_leaves, zip_path)
    except InputError:
        return [claim(leaves.NAME, "the manuscript or one of the pictures cannot be opened safely")]
    return [found] if found else []


def _in_leaves(zip_path: Path) -> Claim | None:
    """Run in the worker."""
    with zipfile.ZipFile(zip_path) as archive:
        try:
            return leaves.judge(Zip(archive, tuple(archive.namelist())))
        except UNREADABLE:  # also pypdfium2.PdfiumError, a RuntimeError
            return claim(leaves.NAME, "the manuscript or one of the pictures cannot be read")


def _seals(zip_path: Path) -> list[Claim]:
    """Raises UsageError for a folder of roots that cannot be used."""
    importlib.import_module("pyhanko.sign.validation")
    try:
        return [_apart(_in_seals, zip_path, trust.read())]
    except InputError:
        return [claim(seals.NAME, "a signed file cannot be opened safely")]


def _in_seals(zip_path: Path, trusted: trust.Trust) -> Claim:
    """Run in the worker."""
    with zipfile.ZipFile(zip_path) as archive:
        try:
            return seals.judge(Zip(archive, tuple(archive.namelist())), trusted)
        except UNREADABLE:
            return claim(seals.NAME, "a signed file or package.json cannot be read")


def _hunt(zip_path: Path, private: Path) -> tuple[Claim, int]:
    """Hunt in the zip, sparing what the record beside `private` says the authors publish of themselves."""
    listed = audit.whom(private)
    name = f"None of {len(listed.anywhere)} known identifiers is in it"
    audit.preload()
    try:
        looked = _apart(_look, zip_path, listed, memory=worker.READING)
    except InputError:
        return Claim(name, State.UNKNOWN, CLOSED), 0
    hard = [f"{one.field} in {one.place}" for one in looked.found if one.hard]
    soft = sorted({f"{one.field} in {one.place}" for one in looked.found} - set(hard))
    if hard:
        return claim(name, f"{len(hard)} found: {', '.join(sorted(set(hard))[:SHOWN])}"), len(hard)
    if looked.closed:
        return Claim(name, State.UNKNOWN, CLOSED), 0
    words = f"{len(soft)} single words to look at: {', '.join(soft[:SHOWN])}" if soft else ""
    return Claim(name, State.INTACT, words), 0


def _look(zip_path: Path, listed: audit.Listed) -> thorough.Looked:
    """As the audit looks, but not at the pixels of the signed form, which names who signed. In the worker."""
    anywhere, letter = NearMatcher(listed.anywhere), NearMatcher(listed.in_letter)
    return thorough.look(
        zip_path,
        zip_path.name,
        lambda place: letter if hunt.in_letter(place) else anywhere,
        pictures=lambda place: not any(part in place for part in NOT_READ),
    )
