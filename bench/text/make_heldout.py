"""Write heldout.jsonl from heldout_source.txt: paragraphs with known identifiers, to measure what is missed.

`python bench/text/make_heldout.py` writes the file; `--check` says whether it is the one the source makes.
Every row holds id, split, kind, region, text, phi and keep, where a span is {start, end, label, text[, iso]}.
The paragraphs were written without looking at the rules they measure: do not tune on them; report the score.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import re
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SOURCE, OUT = HERE / "heldout_source.txt", HERE / "heldout.jsonl"
MARK = re.compile(
    r"\[\[(?P<phi>[A-Z0-9_]+)(?:=(?P<iso>[^:]+))?:(?P<a>.+?)\]\]|\{\{(?P<keep>\w+):(?P<b>.+?)\}\}", re.DOTALL
)
PHI = [
    "NAME_PAT",
    "NAME_REL",
    "NAME_DOC",
    "HOSPITAL",
    "EMPLOYER",
    "LOC_VILLAGE",
    "LOC_TEHSIL",
    "LOC_DISTRICT",
    "LOC_CITY",
    "ADDRESS",
    "PIN_ZIP",
    "DATE_FULL",
    "DATE_PART",
    "DATE_FEST",
    "AGE_90",
    "PHONE",
    "EMAIL",
    "URL",
    "IP",
    "AADHAAR",
    "PAN",
    "GOVID",
    "ABHA",
    "MRN",
    "INSURANCE",
    "ACCOUNT",
    "LICENCE",
    "VEHICLE",
    "DEVICE",
    "BIOMETRIC",
    "ACCESSION",
    "OTHER_ID",
    "OCC",
]
KEEP = [
    "eponym",
    "drug",
    "score",
    "reltime",
    "lab",
    "gene",
    "study",
    "citation",
    "geo_ok",
    "guideline",
    "year",
    "staging",
    "organism",
    "anatomy",
    "model",
    "refid",
    "version",
]
LEAST = 6  # of every class of identifier
DIHEDRAL = [[(i + j) % 5 if j < 5 else 5 + (i + j) % 5 for j in range(10)] for i in range(5)] + [
    [5 + (i - j) % 5 if j < 5 else (i - j) % 5 for j in range(10)] for i in range(5)
]
TURN = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)


def read(source: str) -> list[dict[str, Any]]:
    """The paragraphs of the source, with their spans."""
    rows = []
    for number, part in enumerate(re.split(r"^@@ ", source, flags=re.MULTILINE)[1:], 1):
        head, body = part.split("\n", 1)
        kind, region = head.split()
        text, phi, keep = unmark(body.strip("\n"))
        rows.append(
            {
                "id": f"H{number:03d}",
                "split": "heldout",
                "kind": kind,
                "region": region,
                "text": text,
                "phi": phi,
                "keep": keep,
            }
        )
    return rows


def unmark(marked: str) -> tuple[str, list[dict[str, Any]], list[dict[str, Any]]]:
    """Text without its marks, and the spans of identifiers and of words to keep."""
    text, at = "", 0
    phi: list[dict[str, Any]] = []
    keep: list[dict[str, Any]] = []
    for mark in MARK.finditer(marked):
        text += marked[at : mark.start()]
        words = mark["a"] or mark["b"]
        span: dict[str, Any] = {
            "start": len(text),
            "end": len(text) + len(words),
            "label": mark["phi"] or mark["keep"],
            "text": words,
        }
        if mark["iso"]:
            span["iso"] = mark["iso"]
        (phi if mark["phi"] else keep).append(span)
        text, at = text + words, mark.end()
    return text + marked[at:], phi, keep


def verhoeff(digits: str) -> bool:
    """Whether the check digit of an Aadhaar number is right."""
    check = 0
    for n, digit in enumerate(reversed(digits)):
        value = int(digit)
        for _ in range(n % 8):
            value = TURN[value]
        check = DIHEDRAL[check][value]
    return check == 0


def luhn(digits: str) -> bool:
    doubled = [int(d) * (1 + n % 2) for n, d in enumerate(reversed(digits))]
    return sum(d - 9 * (d > 9) for d in doubled) % 10 == 0


def nhs(digits: str) -> bool:
    return (11 - sum((10 - n) * int(d) for n, d in enumerate(digits[:9])) % 11) % 11 == int(digits[9])


def gstin(number: str) -> bool:
    signs = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    values = [signs.index(c) * (1 + n % 2) for n, c in enumerate(number[:14])]
    return signs[-sum(v // 36 + v % 36 for v in values) % 36] == number[14]


def faults(rows: list[dict[str, Any]]) -> list[str]:
    """What is wrong with the corpus: spans, labels, check digits, dates, too few of a class."""
    found = []
    for row in rows:
        spans = sorted(row["phi"] + row["keep"], key=lambda s: s["start"])
        for one, two in pairwise(spans):
            if one["end"] > two["start"]:
                found.append(f"{row['id']}: {one['text']!r} and {two['text']!r} overlap")
        found += [
            f"{row['id']}: {s['text']!r} is not at its place" for s in spans if not at_its_place(row, s)
        ]
        found += [f"{row['id']}: label {s['label']}" for s in row["phi"] if s["label"] not in PHI]
        found += [f"{row['id']}: label {s['label']}" for s in row["keep"] if s["label"] not in KEEP]
        if re.search(r"\[\[|\]\]|\{\{|\}\}", row["text"]):
            found.append(f"{row['id']}: a mark is left")
        for span in row["phi"]:
            found += [f"{row['id']}: {span['text']!r}: {fault}" for fault in wrong_number(span)]
    many = Counter(s["label"] for row in rows for s in row["phi"])
    return found + [f"only {many[label]} of {label}" for label in PHI if many[label] < LEAST]


def at_its_place(row: dict[str, Any], span: dict[str, Any]) -> bool:
    return bool(row["text"][span["start"] : span["end"]] == span["text"])


def wrong_number(span: dict[str, Any]) -> list[str]:
    """What is wrong with one number or date: its check digit, its form."""
    label, text = span["label"], span["text"]
    digits = "".join(str(int(c)) for c in text if c.isdigit())
    said = []
    if label == "AADHAAR" and not text.startswith("X") and not (len(digits) == 12 and verhoeff(digits)):
        said.append("check digit of Aadhaar")
    if label == "ABHA" and "@" not in text and not (len(digits) == 14 and luhn(digits)):
        said.append("form of ABHA")
    if label == "PAN" and not re.fullmatch(r"[A-Z]{5}\d{4}[A-Z]", text.upper()):
        said.append("form of PAN")
    if label == "GOVID" and re.fullmatch(r"9\d{9}", digits) and len(text) <= 12 and not nhs(digits):
        said.append("check digit of NHS number")
    if label == "ACCOUNT" and re.fullmatch(r"\d\d[A-Z]{5}\d{4}[A-Z]\dZ.", text) and not gstin(text):
        said.append("check digit of GSTIN")
    if (label == "DATE_FULL") != ("iso" in span):
        said.append("date without or other words with an ISO date")
    elif label == "DATE_FULL":
        dt.date.fromisoformat(span["iso"])
    return said


def main() -> int:
    """Make or check heldout.jsonl; exit 1 when the source or the file is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="write nothing; fail when the file is out of date"
    )
    parser.add_argument("--counts", action="store_true", help="show how many spans of each label there are")
    given = parser.parse_args()
    rows = read(SOURCE.read_text(encoding="utf-8"))
    wrong = faults(rows)
    made = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    if given.check and OUT.read_text(encoding="utf-8") != made:
        wrong.append("heldout.jsonl is not what the source makes")
    if not given.check and not wrong:
        OUT.write_text(made, encoding="utf-8")
    words = sum(len(row["text"].split()) for row in rows)
    phi = Counter(s["label"] for row in rows for s in row["phi"])
    keep = Counter(s["label"] for row in rows for s in row["keep"])
    print(f"{len(rows)} paragraphs, {words} words, {phi.total()} identifiers, {keep.total()} words to keep")
    if given.counts:
        print(dict(phi.most_common()), dict(keep.most_common()), sep="\n")
    print("\n".join(wrong), file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
