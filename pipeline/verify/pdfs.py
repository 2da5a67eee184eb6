"""The PDFs of a package: do they open, and do they carry more than pages? Run in the worker."""

from __future__ import annotations

from pipeline.core import allowlist, pdfs
from pipeline.verify.container import Zip

MAX_PDF = 200 << 20  # bytes


def carried(package: Zip) -> tuple[str, tuple[str, ...]]:
    """What the PDFs carry besides pages, in words, or ""; and which of them are locked with a password.

    Raises BadMember for one that cannot be read.
    """
    import pikepdf

    found, locked = [], []
    for name in sorted(n for n in package.names if n.endswith(".pdf") and allowlist.row("package", n)):
        content = package.read(name, MAX_PDF)
        try:
            more = pdfs.besides_pages(content)
        except pikepdf.PasswordError:
            row = allowlist.row("package", name)
            more = [] if row and row.lockable else ["is locked with a password"]
            locked += [name] * (not more)
        except (pikepdf.PdfError, RuntimeError, ValueError):
            more = ["cannot be opened"]
        found += [f"{name}: {words}" for words in more]
    return "; ".join(found), tuple(locked)
