"""Text values as the file spells them: Specific Character Set (PS3.3 C.12.1.1.2; PS3.5 6.1)."""

from __future__ import annotations

from functools import lru_cache

RESET = set(b"\\^=\r\n\t\f")  # after these an escape sequence no longer holds (PS3.5 6.1.2.5.3)
ESCAPE = b"\x1b"  # starts a code extension: such bytes look like ASCII and are not (ISO 2022)


@lru_cache(maxsize=64)
def encodings(stated: bytes) -> tuple[str, ...]:
    """Python's names for the value of (0008,0005); unknown terms count as the default repertoire."""
    if not stated.strip(b" \0"):
        return ("iso8859",)
    from pydicom.charset import python_encoding

    terms = [term.strip() for term in stated.decode("latin-1").strip(" \0").split("\\")]
    return tuple(python_encoding.get(term, "iso8859") for term in terms)


def decoded(value: bytes, stated: bytes) -> str:
    """The text of a value. What cannot be decoded becomes U+FFFD."""
    if value.isascii() and ESCAPE not in value:
        return value.decode("ascii")
    from pydicom.charset import decode_bytes

    try:
        return decode_bytes(value, list(encodings(stated)), RESET)
    except (LookupError, UnicodeError, AttributeError):
        return value.decode("ascii", errors="replace")


def encoded(text: str, stated: bytes) -> bytes:
    """`text` in the file's character set; characters that it lacks are left out."""
    if text.isascii():
        return text.encode("ascii")
    first = encodings(stated)[0]
    return text.encode("iso8859_1" if first == "iso8859" else first, errors="ignore")
