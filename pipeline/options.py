"""What may be typed after a verb, where it is more than a case. No logic lives here."""

from __future__ import annotations

import argparse
from pathlib import Path

ROLES = ("doctor", "records-officer")
CONSENT = {  # one at a time; a form that is signed already has its language
    "--check": "check the signed form against the clean copies",
    "--addendum": "ask again for what was changed since it was signed",
    "--digital": "print the form for digital signatures, with the choices of the record",
    "--protect": "lock the dossier with a password, before it is signed",
}
SWITCHES = {
    "review": {"--no-browser": "print the link instead of opening it"},
    "render": {"--draft": "watermarked, before consent and sign-off"},
    "submit": {"--accept-all": "sign off unseen: for made-up cases only, and said in the package"},
}


def check(one: argparse.ArgumentParser) -> None:
    """What may be typed after `casereport check`."""
    help_ = "ask Crossref and PubMed about the cited references (sends their DOIs and PubMed numbers only)"
    one.add_argument("--online", action="store_true", help=help_)
    one.add_argument(
        "--online-at", metavar="URL", default="", help=argparse.SUPPRESS
    )  # a stand-in, for tests


def consent(one: argparse.ArgumentParser) -> None:
    """What may be typed after `casereport consent`."""
    what = one.add_mutually_exclusive_group()
    for switch, help_ in CONSENT.items():
        what.add_argument(switch, action="store_true", help=help_)
    help_ = "sign the dossier with a key (.p12); without one, make the places for a token to sign in"
    what.add_argument("--sign", metavar="KEY", type=Path, nargs="?", const=Path(), help=help_)
    what.add_argument("-l", "--language", metavar="LL", help="of the form to print: en, hi, pa …")
    one.add_argument("--large-print", action="store_true", help="18 point instead of 12")
    one.add_argument("--as", dest="role", choices=ROLES, default=ROLES[0], help="who signs (doctor)")
    one.add_argument("--tsa", metavar="URL", default="", help="ask this timestamp authority over the network")


def clean(one: argparse.ArgumentParser) -> None:
    """What may be typed after `casereport clean`."""
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
