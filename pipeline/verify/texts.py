"""Text and what is hidden in it: tags, entities, escapes, base64, hexadecimal digits, mail, RTF."""

from __future__ import annotations

import base64
import binascii
import email
import email.policy
import html
import quopri
import re
import urllib.parse
from collections.abc import Iterator

from pipeline.verify import known
from pipeline.verify.pieces import Piece, Walk, runs

BASE64 = re.compile(rb"(?:[A-Za-z0-9+/]{4}[\r\n]{0,2}){6,}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
HEX = re.compile(rb"(?:[0-9a-fA-F]{2}){12,}")
# Cells and paragraphs stay apart, so that numbers in neighbouring cells do not make another number.
_APART = r"(?:w|a|text):(?:p|tc|h|br)|table:table-cell|td|th|p|div|li|br|h[1-6]|title|sec|caption|si|c|row"
BLOCK = re.compile(rf"</?(?:{_APART})\b[^<>]*>")
APART = "\n \n \n"
TAG = re.compile(r"<[^<>]*>")
ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")
PERCENT = re.compile(r"(?:%[0-9a-fA-F]{2}){2,}|%[0-9a-fA-F]{2}")
QUOTED = re.compile(rb"=(?:[0-9A-F]{2}|\r?\n)")
MAIL = re.compile(rb"\A(?:From [^\n]*\n)?(?:[A-Za-z][A-Za-z-]*:[^\n]*\n(?:[ \t][^\n]*\n)*)+", re.DOTALL)
MAIL_FIELDS = re.compile(
    rb"^(?:MIME-Version|Content-Type|Received|Message-ID|From|To|Subject):", re.MULTILINE | re.IGNORECASE
)
MARKS = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}


def read(data: bytes, place: str, walk: Walk, depth: int) -> Iterator[Piece]:
    """Text as it is, without tags, unescaped, and what is packed into it."""
    text = data.decode("utf-8", errors="replace")
    short = BASE64.sub(b"", data) if len(data) > 1 << 16 else data
    shown = short.decode("utf-8", errors="replace")
    yield Piece(place, shown)
    if "<" in text:
        yield Piece(f"{place} (without tags)", _plain(TAG.sub("", BLOCK.sub(APART, shown))))
    if walk.thorough:
        yield from _unescaped(shown, data, place)
        if data.startswith(b"{\\rtf"):
            yield from _rtf(data, place, walk, depth)
        elif (head := MAIL.match(data[: 1 << 16])) and len(MAIL_FIELDS.findall(head[0])) >= 2:
            yield from _mail(data, place, walk, depth)
    yield from _encoded(data, place, walk, depth)


def wide(data: bytes, place: str, walk: Walk, depth: int) -> Iterator[Piece]:
    """UTF-16 with its mark."""
    yield from read(
        data[2:].decode(MARKS[data[:2]], "replace").encode("utf-8", "replace"), place, walk, depth
    )


def _plain(text: str) -> str:
    return html.unescape(text) if "&" in text else text


def _unescaped(text: str, data: bytes, place: str) -> Iterator[Piece]:
    """Entities of HTML, code points of JSON, percent signs of addresses, quoted-printable (RFC 2045, 6.7)."""
    if "&" in text and (said := html.unescape(text)) != text:
        yield Piece(f"{place} (entities)", said)
    if "\\u" in text:
        yield Piece(f"{place} (escapes)", ESCAPED.sub(lambda m: chr(int(m[1], 16)), text))
    if PERCENT.search(text) and (said := urllib.parse.unquote(text)) != text:
        yield Piece(f"{place} (percent signs)", said.replace("+", " "))
    if len(QUOTED.findall(data[: 1 << 20])) > 2:
        said = quopri.decodestring(data).decode("utf-8", "replace")
        yield Piece(f"{place} (quoted-printable)", said)


def _mail(data: bytes, place: str, walk: Walk, depth: int) -> Iterator[Piece]:
    """Headers and parts of a message, decoded (RFC 5322, 2045 to 2047)."""
    message = email.message_from_bytes(data, policy=email.policy.compat32)
    for number, part in enumerate(message.walk()):
        here = f"{place} › part {number}"
        heads = [str(value) for value in part.values()]
        decoded = [email.header.make_header(email.header.decode_header(h)) for h in heads]
        yield Piece(f"{here} (header)", "\n".join([*map(str, decoded), str(part.get_filename() or "")]))
        payload = part.get_payload(decode=True)
        if isinstance(payload, bytes):
            charset = part.get_content_charset() or "utf-8"
            if part.get_content_maintype() == "text" and charset not in {"utf-8", "us-ascii"}:
                payload = payload.decode(_known(charset), "replace").encode()
            yield from walk.into(payload, here, depth + 1)


def _known(charset: str) -> str:
    try:
        "".encode(charset)
    except LookupError:
        return "latin-1"
    return charset


RTF_HIDDEN = re.compile(rb"\\'([0-9a-fA-F]{2})")
RTF_UNICODE = re.compile(r"\\u(-?\d{1,5}) ?(?:\\'[0-9a-fA-F]{2}|\?)?")
RTF_BREAK = re.compile(r"\\(?:par|line|cell|row|tab)\b ?")
RTF_WORD = re.compile(r"\\[a-z]+-?\d* ?|\\[^a-z]|[{}]|\r?\n")
RTF_HEX = re.compile(rb"(?:[0-9a-fA-F]{2}[\r\n]*){64,}")


def _rtf(data: bytes, place: str, walk: Walk, depth: int) -> Iterator[Piece]:
    """The words of an RTF file (Rich Text Format 1.9.1), and pictures and objects written as digits."""
    for found in RTF_HEX.finditer(data):
        digits = re.sub(rb"\s", b"", found[0])
        yield from walk.into(
            bytes.fromhex(digits[: len(digits) // 2 * 2].decode()), f"{place} › object", depth + 1
        )
    text = RTF_HEX.sub(b"", data).decode("latin-1")
    text = RTF_UNICODE.sub(lambda m: chr(int(m[1]) % 65536), text)
    text = re.sub(r"\\'([0-9a-fA-F]{2})", lambda m: bytes([int(m[1], 16)]).decode("cp1252", "replace"), text)
    yield Piece(f"{place} (words)", RTF_WORD.sub("", RTF_BREAK.sub("\n", text)))


def _encoded(data: bytes, place: str, walk: Walk, depth: int) -> Iterator[Piece]:
    """What is hidden as base64 (pictures in HTML, attachments) or as hexadecimal digits."""
    for found in BASE64.finditer(data):
        run = re.sub(rb"\s", b"", found.group())
        for shift in range(4 if len(run) < 1 << 12 else 1):  # a run may begin inside the letters before it
            part = run[shift:]
            try:
                decoded = base64.b64decode(part[: len(part) // 4 * 4])
            except binascii.Error:
                continue
            if shift == 0 and _something(decoded):
                yield from walk.into(decoded, f"{place} › base64", depth + 1)
            else:
                yield from runs(decoded, f"{place} › base64")
    for found in HEX.finditer(data):
        decoded = bytes.fromhex(found.group()[: len(found.group()) // 2 * 2].decode())
        if _something(decoded):
            yield from walk.into(decoded, f"{place} › hexadecimal", depth + 1)
        else:
            yield from runs(decoded, f"{place} › hexadecimal")


def _something(data: bytes) -> bool:
    return known.sniff(data) not in {"other", "dicom", "empty", "utf-16"}
