"""What may be typed after a verb. No logic lives here."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

DEFAULT_JOURNAL = "aujmsr"
ROLES = ("doctor", "records-officer")
MODES = ("institutional", "legal")  # policy/rules.py has them too: it is not loaded for every command
CONSENT = {  # one at a time; a form that is signed already has its language
    "--check": "check the signed form against the clean copies",
    "--addendum": "ask again for what was changed since it was signed",
    "--digital": "print the form for digital signatures, with the choices of the record",
    "--protect": "lock the dossier with a password, before it is signed",
}


def add(verb: str, one: argparse.ArgumentParser) -> None:
    """Everything that may be typed after `verb`."""
    _OWN.get(verb, _case)(one)
    if verb != "clean":  # its report may go to a file
        one.add_argument("--json", action="store_true", help="one JSON object on stdout")


def _case(one: argparse.ArgumentParser, help_: str = "the case folder", more: str = "") -> None:
    """A case, a journal, and where results go: what most verbs take."""
    one.add_argument("case", type=Path, help=help_)
    _journal_and_out(one, more)


def _journal_and_out(one: argparse.ArgumentParser, more: str = "") -> None:
    help_ = f"journal profile ({DEFAULT_JOURNAL}){more}"
    one.add_argument("-j", "--journal", default=DEFAULT_JOURNAL, help=help_)
    one.add_argument("-o", "--out", type=Path, default=Path("build"), help="where results go (build/)")


def _new(one: argparse.ArgumentParser) -> None:
    one.add_argument("case", type=Path, nargs="?", help="the folder to make")
    one.add_argument("-j", "--journal", metavar="ID", help="a profile for a journal of your own")
    help_ = "pictures to start with, or folders of a DICOM series; they are copied"
    one.add_argument("--from", dest="pictures", metavar="FILE", type=Path, nargs="+", default=[], help=help_)


def _check(one: argparse.ArgumentParser) -> None:
    _case(one, more="; all: a table of all journals")
    help_ = "ask Crossref and PubMed about the cited references (sends their DOIs and PubMed numbers only)"
    one.add_argument("--online", action="store_true", help=help_)
    one.add_argument(
        "--online-at", metavar="URL", default="", help=argparse.SUPPRESS
    )  # a stand-in, for tests


def _consent(one: argparse.ArgumentParser) -> None:
    _case(one)
    what = one.add_mutually_exclusive_group()
    for switch, help_ in CONSENT.items():
        what.add_argument(switch, action="store_true", help=help_)
    help_ = "sign the dossier with a key (.p12); without one, make the places for a token to sign in"
    what.add_argument("--sign", metavar="KEY", type=Path, nargs="?", const=Path(), help=help_)
    what.add_argument("-l", "--language", metavar="LL", help="of the form to print: en, hi, pa …")
    one.add_argument("--large-print", action="store_true", help="18 point instead of 12")
    one.add_argument("--as", dest="role", choices=ROLES, default=ROLES[0], help="who signs (doctor)")
    one.add_argument("--tsa", metavar="URL", default="", help="ask this timestamp authority over the network")


def _review(one: argparse.ArgumentParser) -> None:
    _case(one)
    one.add_argument("--no-browser", action="store_true", help="print the link instead of opening it")


def _words(one: argparse.ArgumentParser) -> None:
    _case(one)
    one.add_argument("--by", metavar="NAME", default="", help="who decides; else whoever signs")


def _render(one: argparse.ArgumentParser) -> None:
    _case(one)
    one.add_argument("--draft", action="store_true", help="watermarked, before consent and sign-off")


def _submit(one: argparse.ArgumentParser) -> None:
    _case(one)
    help_ = "sign off unseen: for made-up cases only, and said in the package"
    one.add_argument("--accept-all", action="store_true", help=help_)


def _verify(one: argparse.ArgumentParser) -> None:
    _case(one, "the case folder or package.zip")
    one.add_argument("--private", type=Path, help="also hunt for the identifiers in this private.yaml")
    _open(one, "show the verdict on a package as a page")


def _audit(one: argparse.ArgumentParser) -> None:
    one.add_argument("target", type=Path, metavar="FILE", help="any file or folder; it is not changed")
    one.add_argument("--private", type=Path, help="a private.yaml: whom to look for")


def _status(one: argparse.ArgumentParser) -> None:
    help_ = "a case, or a folder of cases"
    one.add_argument("case", type=Path, nargs="?", default=Path("cases"), help=help_)
    _journal_and_out(one, "; left out: whatever it is packed for")
    one.set_defaults(journal="")
    _open(one, "show a page of all cases, with the journals each is ready for")


def _open(one: argparse.ArgumentParser, help_: str) -> None:
    one.add_argument("--open", action="store_true", help=help_)
    one.add_argument("--no-browser", action="store_true", help="with --open: say where the page is instead")


def _journals(one: argparse.ArgumentParser) -> None:
    help_ = "nothing: the list; compare A B [CASE]: what changes from A to B"
    one.add_argument("what", nargs="*", metavar="compare A B [CASE]", help=help_)


def _explain(one: argparse.ArgumentParser) -> None:
    one.add_argument("code", help="for example REC003")


def _doctor(one: argparse.ArgumentParser) -> None:
    """Nothing."""


def _clean(one: argparse.ArgumentParser) -> None:
    one.add_argument("source", type=Path, metavar="IN", help="a folder of images; it is not changed")
    one.add_argument("clean_copies", type=Path, metavar="OUT", help="a new folder for the copies")
    one.add_argument(
        "--private", type=Path, help="a private.yaml: whom to look for, and the key of pseudonyms"
    )
    one.add_argument("--key", type=Path, help="a file with the key of pseudonyms (64 hexadecimal characters)")
    one.add_argument(
        "--options",
        default="",
        metavar="A,no-B",
        help="PS3.15 options: device, institution, uids, full-dates; no-pixels, no-descriptors, no-private …",
    )
    one.add_argument("--faces-agreed", action="store_true", help="consent covers that the face is seen")
    one.add_argument("-j", "--jobs", type=int, default=0, metavar="N", help="workers (one per processor)")
    one.add_argument(
        "--names", action="store_true", help="show which file is which: the names may name the patient"
    )
    one.add_argument("--json", metavar="REPORT", help="write the report to this file; - for stdout")


def _may_i_post(one: argparse.ArgumentParser) -> None:
    one.add_argument("-c", "--channel", help="where: facebook, class-group, journal … (left out: the list)")
    one.add_argument(
        "-f", "--files", type=Path, nargs="+", default=[], metavar="FILE", help="what would be sent"
    )
    one.add_argument("--case", type=Path, help="read the facts from this case folder")
    help_ = "a fact, so that it is not asked: identifiable=no, age_years=34 …"
    one.add_argument("--fact", action="append", default=[], metavar="NAME=yes|no", help=help_)
    help_ = "legal: drafts and rules in abeyance only warn (institutional)"
    one.add_argument("--mode", choices=MODES, default=MODES[0], help=help_)
    one.add_argument("--all", action="store_true", help="every rule, with its dates")
    help_ = "it is an urgent discussion inside the hospital, to be sent with View Once"
    one.add_argument("--urgent-in-house", action="store_true", help=help_)
    help_ = "with --urgent-in-house: the one picture of --files, cleaned and marked, as a new PNG"
    one.add_argument("--write", metavar="OUT.png", type=Path, help=help_)


def _find_identifiers(one: argparse.ArgumentParser) -> None:
    one.add_argument(
        "text", type=Path, nargs="?", metavar="FILE", help="a text or Markdown file; - for stdin"
    )
    help_ = 'lines {"id","text"} in, a line for each proposal out; - for stdin and stdout'
    one.add_argument("--jsonl", type=Path, nargs=2, metavar=("IN", "OUT"), help=help_)
    help_ = "where the text is from (IN); the rules of all three are tried on every text"
    one.add_argument("--region", choices=("IN", "UK", "US"), default="IN", help=help_)


_OWN: dict[str, Callable[[argparse.ArgumentParser], None]] = {
    "audit": _audit,
    "new": _new,
    "check": _check,
    "clean": _clean,
    "consent": _consent,
    "review": _review,
    "words": _words,
    "render": _render,
    "submit": _submit,
    "verify": _verify,
    "journals": _journals,
    "status": _status,
    "may-i-post": _may_i_post,
    "find-identifiers": _find_identifiers,
    "explain": _explain,
    "doctor": _doctor,
}
