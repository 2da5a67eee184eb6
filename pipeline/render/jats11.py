"""The same article as JATS Journal Publishing 1.1 (ANSI/NISO Z39.96-2015), for older systems.

A projection of the 1.3 article, element by element, never written from the manuscript again: what 1.1 has no
place for is left out, and what it demands of every article is filled with "not yet published".
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

from lxml import etree

DOCTYPE = (
    '<!DOCTYPE article PUBLIC "-//NLM//DTD JATS (Z39.96) Journal Publishing DTD v1.1 20151215//EN" '
    '"JATS-journalpublishing1.dtd">'
)
NEWER = ("vocab", "vocab-identifier", "vocab-term", "vocab-term-identifier")  # attributes since 1.2
UNPUBLISHED = "not yet published"
NO_YEAR = "0000"  # pub-date must hold a year; this one cannot be taken for a date


def write(article: Any, issn: str, target: Path) -> None:
    """Write the projection of a 1.3 `article`. `issn` is the journal's, or "" when its profile has none."""
    older = copy.deepcopy(article)
    older.set("dtd-version", "1.1")
    for element in older.iter():
        for name in NEWER:
            element.attrib.pop(name, None)
    for note in older.iter("fn"):  # a closed list of types until 1.2; JATS4R accepts "conflict" for 1.1
        if note.get("fn-type") == "coi-statement":
            note.set("fn-type", "conflict")
    etree.SubElement(older.find("front/journal-meta"), "issn").text = issn or None  # required, may be empty
    unknown = older.find("front/article-meta/pub-date-not-available")
    date = etree.Element("pub-date", {"pub-type": "epub"})
    etree.SubElement(date, "season").text = UNPUBLISHED
    etree.SubElement(date, "year").text = NO_YEAR
    unknown.getparent().replace(unknown, date)
    text = etree.tostring(older, xml_declaration=True, encoding="UTF-8", doctype=DOCTYPE)
    target.write_bytes(text + b"\n")
