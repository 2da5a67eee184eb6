"""What is worked out once more from other files: the first part of the pages, and whom reviewers see.

A forger who rewrites every hash is noticed where the pages, package.json and the files disagree. Run in the
worker.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import jinja2

from pipeline import __version__
from pipeline.core import front
from pipeline.verify import blind, unpack
from pipeline.verify.claims import AGREE, DOSSIER, PAGE, REVIEW, SHEET, Claim, State, claim
from pipeline.verify.container import UNREADABLE, BadMember, Zip
from pipeline.verify.pieces import Piece, Walk

TOP = "index.html says first, and of the consent, what package.json says, word for word"
NAMES = "No author of the manuscript with names is found in what reviewers receive"
SIGNED = "The signed form is the one that package.json and index.html were written for"
AUTHORS = "editor-only/manuscript-with-authors.xml"
REVIEW_PAGE = f"{REVIEW}index.html"
READ = (".html", ".xml", ".docx", ".pdf")
MAX_PAGE, MAX_FILE = 200 << 20, 200 << 20  # bytes
WRONG = (KeyError, TypeError, ValueError, AttributeError, jinja2.TemplateError)


def judge(package: Zip) -> Iterator[Claim]:
    """The claims of this module, as far as they are about this package."""
    for name, judged in ((TOP, _top), (SIGNED, _signed), (NAMES, _names)):
        yield from _judged(name, judged, package)


def _judged(name: str, judged: Callable[[Zip], Claim | None], package: Zip) -> Iterator[Claim]:
    try:
        found = judged(package)
    except BadMember as e:
        found = claim(name, f"{e} cannot be read")
    except (*UNREADABLE, *WRONG):
        found = claim(name, "a file or a field that it needs is missing")
    if found:
        yield found


def _top(package: Zip) -> Claim:
    """The pages begin, byte for byte, as this program writes them from package.json."""
    sheet = package.json(SHEET)
    if sheet["casereport"] != __version__ or not {"numbers", "policy"} <= set(sheet):
        words = "made by another version, which words it differently; single facts are compared above"
        return Claim(TOP, State.UNKNOWN, words)
    page = _text(package, PAGE)
    wrong = ["what it says first"] * (not page.startswith(front.top(sheet, editor=True)))
    wrong += ["the facts of the consent"] * (page.count(front.facts(sheet)) != 1)
    if REVIEW_PAGE in package.names:
        other = not _text(package, REVIEW_PAGE).startswith(front.top(sheet, editor=False))
        wrong += ["what the page for reviewers says first"] * other
    return claim(TOP, f"it is not what package.json says: {', '.join(wrong)}" if wrong else "", AGREE)


def _signed(package: Zip) -> Claim | None:
    said = package.json(SHEET)["consent"].get("dossier_sha256", "")
    if DOSSIER not in package.names:
        return claim(SIGNED, "it is named and absent") if said else None
    if not said:
        return Claim(SIGNED, State.UNKNOWN, "package.json does not say which one it was written for")
    fits = said == package.sha256(DOSSIER) and said in _text(package, PAGE)
    return claim(SIGNED, "" if fits else "another one", AGREE)


def _names(package: Zip) -> Claim | None:
    """Only where the journal blinds. The names are those that the editor's copy gives."""
    if package.json(SHEET)["journal"]["blinded"] is False:
        return None
    if AUTHORS not in package.names:
        return Claim(NAMES, State.UNKNOWN, "the manuscript with names is not in it: nobody to search for")
    record, cited = _people(package.read(AUTHORS, MAX_FILE))
    if not record["authors"]:
        return claim(NAMES, "the manuscript with names names nobody")
    closed: list[str] = []
    seen = blind.seen(_pieces(package, closed), blind.who(record), cited)
    if seen:
        files_ = sorted({place.partition(" ")[0] for place, _ in seen})
        return claim(NAMES, f"{len({what for _, what in seen})} details of authors, in {', '.join(files_)}")
    if closed:
        return Claim(NAMES, State.UNKNOWN, "a file could not be looked into")
    return claim(NAMES, "", f"{len(record['authors'])} authors; found as far as that copy names them all")


def _pieces(package: Zip, closed: list[str]) -> Iterator[Piece]:
    walk = Walk(unpack.inside, missed=closed)
    for name in package.names:
        if name.startswith(REVIEW) and name.endswith(READ):
            yield from walk.into(package.read(name, MAX_FILE), package.shown(name), 0)


def _people(content: bytes) -> tuple[dict[str, Any], str]:
    """Authors and affiliations of a JATS article as a record has them, and what its reference list says.

    Raises ValueError for what is no XML.
    """
    from lxml import etree

    try:
        tree = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as e:
        raise ValueError("not XML") from e

    def text(node: Any, path: str) -> str:
        return " ".join(" ".join(found.itertext()) for found in node.iterfind(path)).strip()

    authors = [
        {
            "given": text(one, ".//given-names"),
            "family": text(one, ".//surname"),
            "email": text(one, ".//email"),
            "orcid": text(one, "contrib-id").rpartition("/")[2],
        }
        for one in tree.iterfind(".//contrib[@contrib-type='author']")
    ]
    authors += [{"email": " ".join(mail.itertext())} for mail in tree.iterfind(".//author-notes//email")]
    places = {
        str(number): {
            "institution": text(one, "institution[last()]"),
            "city": text(one, "city"),
        }
        for number, one in enumerate(tree.iterfind(".//aff"), 1)
    }
    cited = "\n".join("\n".join(refs.itertext()) for refs in tree.iterfind(".//ref-list"))
    return {"authors": authors, "affiliations": places}, cited


def _text(package: Zip, name: str) -> str:
    return package.read(name, MAX_PAGE).decode("utf-8")
