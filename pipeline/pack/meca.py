"""meca.zip: the manuscript for systems that import MECA (NISO RP-30-2020).

MECA cannot mark a file as confidential, so consent never lies here, and the title page only where the journal
tells its reviewers the names. Shapes follow the manifest and transfer DTDs, version 1.0.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from pipeline.core import allowlist, findings
from pipeline.core.errors import PrivacyError
from pipeline.core.journal import Journal
from pipeline.pack import seal

MANIFEST = "https://manuscriptexchange.org/schema/manifest"
TRANSFER = "https://manuscriptexchange.org/schema/transfer"
XLINK = "http://www.w3.org/1999/xlink"
MEDIA = {
    "xml": "application/xml",
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "tif": "image/tiff",
    "png": "image/png",
    "jpg": "image/jpeg",
}
SUPPLEMENTS = ("-checklist.pdf", "/highlights.docx")
LINES = re.compile(r"for-review/figures/figure-\d+\.pdf")  # a drawn figure again, as lines
COMMENT = (
    "No signed consent form and no name of the patient is in this archive. "
    "Consent is attested in the editor's part of the package that this archive came in."
)


def build(members: dict[str, Path | bytes], journal: Journal, *, blinded: bool) -> bytes:
    """The archive as bytes, from the members of the package.

    Raises PrivacyError (PKG005) if a member is not on MECA's own allow-list.
    """
    items = [
        ("article-metadata", "article.xml", "for-review/manuscript.xml", "The article as JATS"),
        ("manuscript", "content/manuscript.docx", "for-review/manuscript.docx", "The manuscript"),
        (
            "manuscript-supporting-file",
            "content/manuscript.pdf",
            "for-review/manuscript.pdf",
            "The manuscript as PDF",
        ),
    ]
    if not blinded:
        title = (
            "manuscript-supporting-file",
            "content/title-page.docx",
            "editor-only/title-page.docx",
            "Title page",
        )
        items.append(title)
    for name in sorted(n for n in members if n.startswith("for-review/") and n.endswith(SUPPLEMENTS)):
        leaf = name.rpartition("/")[2]
        words = "Highlights" if leaf == "highlights.docx" else "Reporting checklist"
        items.append(("manuscript-supporting-file", f"supplement/{leaf}", name, words))
    pictures = (n for n in members if n.startswith("for-review/figures/") and not LINES.fullmatch(n))
    for name in sorted(pictures, key=_number):  # one file for each figure: the one the article names
        leaf = name.rpartition("/")[2]
        items.append(("article-supporting-file", f"figures/{leaf}", name, f"Figure {_number(name)[0]}"))
    inside: dict[str, Path | bytes] = {inner: members[outer] for _, inner, outer, _ in items}
    inside["transfer.xml"] = _transfer(journal)
    inside["manifest.xml"] = _manifest(
        [
            *((kind, name, words) for kind, name, _, words in items),
            ("transfer-metadata", "transfer.xml", "Transfer"),
        ]
    )
    for number, name in enumerate(sorted(inside), 1):
        if allowlist.row("meca", name) is None:
            raise findings.stop(
                PrivacyError, "PKG005", ("meca.zip", 0), number=number, step="meca", shape=Path(name).suffix
            )
    return seal.inner(inside)


def _number(name: str) -> tuple[int, str]:
    """Figure 10 comes after figure 9: sort by the number in the name, then by the name."""
    found = re.search(r"(\d+)", name.rpartition("/")[2])
    return int(found.group(1)) if found else 0, name


def _manifest(items: list[tuple[str, str, str]]) -> bytes:
    """manifest.xml: one item per file with its type, words, order, media type and address."""
    from lxml import etree

    root: Any = etree.Element(f"{{{MANIFEST}}}manifest", nsmap={None: MANIFEST, "xlink": XLINK})
    root.set("manifest-version", "1.0")
    for order, (kind, name, words) in enumerate(items, 1):
        item = etree.SubElement(root, f"{{{MANIFEST}}}item", {"id": f"item-{order}", "item-type": kind})
        etree.SubElement(item, f"{{{MANIFEST}}}item-description").text = words
        etree.SubElement(item, f"{{{MANIFEST}}}file-order").text = str(order)
        instance = etree.SubElement(
            item, f"{{{MANIFEST}}}instance", {"media-type": MEDIA[name.rpartition(".")[2]]}
        )
        instance.set(f"{{{XLINK}}}href", name)
    return _xml(
        root,
        '<!DOCTYPE manifest PUBLIC "-//MECA//DTD Manifest v1.0//en" "https://meca.zip/manifest-1.0.dtd">',
    )


def _transfer(journal: Journal) -> bytes:
    """transfer.xml: from the authors to the journal. No contact: under blinding it would name an author."""
    from lxml import etree

    def add(parent: Any, name: str, text: str = "", **attributes: str) -> Any:
        child = etree.SubElement(parent, f"{{{TRANSFER}}}{name}", attributes)
        child.text = text or None
        return child

    root: Any = etree.Element(f"{{{TRANSFER}}}transfer", nsmap={None: TRANSFER})
    root.set("transfer-version", "1.0")
    source = add(root, "transfer-source")
    add(add(source, "publication", type="authoring"), "publication-title", "case folder of the authors")
    destination = add(root, "destination")
    add(add(destination, "service-provider"), "provider-name", journal.name)
    add(add(destination, "publication", type="journal"), "publication-title", journal.name)
    add(add(root, "processing-instructions"), "processing-comments", COMMENT)
    return _xml(
        root,
        '<!DOCTYPE transfer PUBLIC "-//MECA//DTD Transfer v1.0//en" "https://meca.zip/transfer-1.0.dtd">',
    )


def _xml(root: Any, doctype: str) -> bytes:
    from lxml import etree

    text: bytes = etree.tostring(
        root, xml_declaration=True, encoding="UTF-8", doctype=doctype, pretty_print=True
    )
    return text
