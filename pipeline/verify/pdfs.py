"""The PDFs of a package: do they open, and do they carry more than pages? Run in the worker."""

from __future__ import annotations

from pipeline.core import allowlist, pdfs
from pipeline.verify.claims import DOSSIER, SHEET
from pipeline.verify.container import Zip

MAX_PDF = 200 << 20  # bytes


def carried(package: Zip) -> tuple[str, str]:
    """What the PDFs carry besides pages, in words; and the one that is locked, as package.json says.

    Raises BadMember for one that cannot be read.
    """
    import pikepdf

    found, locked = [], ""
    for name in sorted(n for n in package.names if n.endswith(".pdf") and allowlist.row("package", n)):
        content = package.read(name, MAX_PDF)
        try:
            more = pdfs.besides_pages(content)
        except pikepdf.PasswordError:
            locked = name if name == DOSSIER and _said_locked(package) else locked
            more = (
                [] if name == locked else ["cannot be opened: it is locked, and package.json does not say so"]
            )
        except (pikepdf.PdfError, RuntimeError, ValueError):
            more = ["cannot be opened"]
        found += [f"{name}: {words}" for words in more]
    return "; ".join(found), locked


def _said_locked(package: Zip) -> bool:
    try:
        return package.json(SHEET)["consent"]["dossier_locked"] is True
    except (KeyError, TypeError, ValueError):
        return False
