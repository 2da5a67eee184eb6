"""Numbers and addresses of the net that are known by their shape, most of them by a check digit too."""

from __future__ import annotations

import re
from collections.abc import Callable

from pipeline.identify import checksums

STATES = "AN|AP|AR|AS|BR|CG|CH|DD|DL|DN|GA|GJ|HP|HR|JH|JK|KA|KL|LA|LD|MH|ML|MN|MP|MZ|NL|OD|OR|PB|PY|RJ|SK|TN|TR|TS|TG|UK|UP|UA|WB"
_D = r"[0-9OoIl]"  # digits as OCR reads them
_S = r"[ .-]?"
_NOT_MORE = r"(?![\w@]|[.,-]\d)"

Check = Callable[[str], bool]


def _digits(value: str) -> str:
    return re.sub(r"\D", "", value.translate(str.maketrans("OoIl", "0011")))


def _genuine(value: str) -> bool:
    """Mostly real digits."""
    return sum(c.isdigit() for c in value) * 3 >= 2 * sum(c.isalnum() for c in value)


def _aadhaar(value: str) -> bool:
    digits = _digits(value)
    spaced = bool(re.search(r"[ .-]", value))
    return (
        _genuine(value)
        and len(digits) == 12
        and digits[0] not in "01"
        and (spaced or checksums.verhoeff(digits))
    )


def _ip(value: str) -> bool:
    """Four octets; four small ones are rather a version ("4.4.0.0") than an address."""
    parts = [int(part) for part in value.split(".")]
    return all(part < 256 for part in parts) and (parts[0] == 10 or (max(parts) > 20 and parts.count(0) < 2))


def _ssn(value: str) -> bool:
    return value[:3] not in ("000", "666") and value[-4:] != "0000"


def _spaced_nhs(value: str) -> bool:
    return checksums.nhs(_digits(value)) and bool(re.search(r"[ -]", value))


SHAPES: tuple[tuple[str, str, str, str, Check | None], ...] = (
    (
        "email",
        "[e-mail address]",
        "an e-mail address",
        r"[\w.+%-]+\s?(?:\[at\]|\(at\)|@)\s?[\w-]+(?:\s?(?:\[dot\]|\(dot\)| dot )\s?[\w-]+)+|[\w.+%-]+\s?(?:@|\(at\)|\[at\]| at (?=[\w-]+\.(?:com|in|org|net|co|edu)\b))\s?[\w-]+(?:\.[\w-]+)+(?<![.-])",
        None,
    ),
    ("ABHA address", "[ABHA address]", "an ABHA address", r"[\w.-]{3,}@(?:abdm|sbx|ndhm)\b", None),
    (
        "UPI",
        "[UPI address]",
        "a UPI address",
        r"[\w.-]{2,}@[a-z][a-z0-9-]{1,24}(?<!-)(?![\w-]|\.\w)",
        None,
    ),
    (
        "URL",
        "[web address]",
        "a web address",
        r"(?:(?:https?|ftps?|sftp|s3|gs|smb|file|git|ssh|rtsp|dicom|hxxps?)://|www\.)[^\s<>\"')\]]+(?<![.,;:])|(?<![\w@.])(?:[a-z0-9-]+\.)+(?:com|org|net|in|co|uk|edu|gov|info|io|me|health|hospital|care|app|site|online|nhs)(?:/[^\s<>\"')\]]*(?<![.,;:]))?(?![\w@-])|(?<![\w@.])(?:[a-z0-9-]+\.)+(?:be|ly|gl|tv|us|dev|ai|xyz|page|link|me|cc|to|eu|de|fr|au|ca|np|lk|bd|pk|world|news|live|video|blog|gle)/[^\s<>\"')\]]+(?<![.,;:])|\\\\[\w.-]+(?:\\[\w.$ -]+)+\\?|(?<![\w/])(?:[A-Z]:\\|/(?:home|data|mnt|users?|srv|var|media|export|archive|pacs)/)[^\s<>\"')\]]+",
        None,
    ),
    (
        "social media",
        "[account name]",
        "an account of social media",
        r"(?<![\w.@])@[A-Za-z_][\w.]{2,}(?<!\.)(?!\s*\{)",
        None,
    ),
    (
        "IP address",
        "[network address]",
        "an address of a computer",
        r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.]\d)",
        _ip,
    ),
    (
        "IP address",
        "[network address]",
        "an address of a computer",
        r"\b(?:[0-9A-Fa-f]{1,4}:){3,7}(?::?[0-9A-Fa-f]{1,4}){1,5}\b|\b[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4}){1,6}::(?:[0-9A-Fa-f]{1,4})?",
        None,
    ),
    (
        "MAC address",
        "[device address]",
        "an address of a device",
        r"\b[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}\b",
        None,
    ),
    ("GSTIN", "[GSTIN]", "a tax number (GSTIN)", r"\b\d{2}[A-Z]{5}\d{4}[A-Z][0-9A-Z]Z[0-9A-Z]\b", None),
    ("PAN", "[PAN]", "an income-tax number (PAN)", r"\b[A-Z]{3}[ -]?[A-Z]{2}[ -]?\d{4}[ -]?[A-Z]\b", None),
    (
        "IFSC",
        "[IFSC]",
        "the code of a bank's branch",
        r"\b[A-Z]{4}0[A-Z0-9]{6}\b(?<=\d\w\w|\w\d\w|\w\w\d)",
        None,
    ),
    ("voter id", "[voter id]", "a voter id (EPIC)", r"\b[A-Z]{3}[ /]?\d{7}\b", None),
    (
        "account",
        "[card number]",
        "the number of a bank card",
        r"(?<![\w-])\d{4}(?:[ -]\d{4}){3}(?![\w-])|(?<![\w-])3[47]\d\d[ -]\d{6}[ -]\d{5}(?![\w-])",
        None,
    ),
    (
        "ABHA",
        "[ABHA number]",
        "an ABHA number (14 digits)",
        rf"(?<![\w-]){_D}{{2}}[ .-]{_D}{{4}}[ .-]{_D}{{4}}[ .-]{_D}{{4}}(?!\w)|(?<![\w-]){_D}{{4}}[ .-]{_D}{{4}}[ .-]{_D}{{4}}[ .-]{_D}{{2}}(?!\w)|(?<![\w.-])\d{{14}}(?![\w.])",
        _genuine,
    ),
    (
        "aadhaar",
        "[Aadhaar number]",
        "an Aadhaar number",
        rf"(?<![\w.-]){_D}{{4}}[ .-]{{0,3}}{_D}{{4}}[ .-]{{0,3}}{_D}{{4}}(?![\w-]|\.\d)",
        _aadhaar,
    ),
    (
        "aadhaar",
        "[Aadhaar number]",
        "a masked Aadhaar number",
        r"(?<!\w)(?:[Xx*•#]{4}[ -]?){2}\d{4}(?!\w)|(?<!\w)\d{4}[ -]?(?:[Xx*•#]{4}[ -]?)\d{4}(?!\w)",
        None,
    ),
    (
        "SSN",
        "[identity number]",
        "a US social security number",
        r"(?<![\w-])\d{3}[ -]\d{2}[ -]\d{4}(?![\w-])|(?<!\w)(?:XXX|\*\*\*|xxx)-(?:XX|\*\*|xx)-\d{4}(?!\w)",
        _ssn,
    ),
    (
        "NHS number",
        "[NHS number]",
        "an NHS number",
        r"(?<![\w-])\d{3}[ -]\d{3}[ -]\d{4}(?![\w-])",
        _spaced_nhs,
    ),
    (
        "NI number",
        "[identity number]",
        "a National Insurance number",
        r"\b(?:QQ ?\d{2} ?\d{2} ?\d{2} ?[A-D]\b)|\b(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]\b",
        None,
    ),
    (
        "driving licence",
        "[licence number]",
        "a driving licence",
        rf"\b(?:{STATES})[ -]?\d{{2}}[ /-]?(?:19|20)\d\d[ /-]?\d{{7}}\b|\b[A-Z9]{{5}}\d{{6}}[A-Z9]{{2}}\d[A-Z]{{2}}\b",
        None,
    ),
    (
        "vehicle",
        "[number plate]",
        "a number plate",
        rf"\b(?:{STATES})[ .-]{{0,3}}[0-9O]{{1,2}}[ .-]{{0,3}}[A-Z]{{1,3}}[ .-]{{0,3}}[0-9O]{{3,4}}\b|\b\d{{2}}[ -]?BH[ -]?\d{{4}}[ -]?[A-Z]{{1,2}}\b|\b(?:{STATES})[ -]\d{{1,2}}[ -]\d{{4}}\b",
        None,
    ),
    (
        "vehicle",
        "[number plate]",
        "a number plate",
        r"\b[A-HJ-PR-Y][A-HJ-PR-Y]\d{2} ?[A-HJ-PR-Z]{3}\b|\b[A-HJ-NPR-TV-Y]\d{1,3} [A-HJ-PR-Y]{3}\b",
        None,
    ),
    (
        "postcode",
        "[postcode]",
        "a British postcode",
        r"\b(?:GIR ?0AA|[A-PR-UWYZ](?:\d{1,2}|[A-HK-Y]\d{1,2}|\d[A-HJKPS-UW]|[A-HK-Y]\d[ABEHMNPRV-Y]) \d[ABD-HJLNP-UW-Z]{2}|[A-PR-UWYZ][A-HK-Y]?\d{1,2}\d[ABD-HJLNP-UW-Z]{2})\b",
        None,
    ),
    ("postcode", "[postcode]", "a ZIP code", r"(?<![\w-])\d{5}-\d{4}(?![\w-])", None),
    (
        "phone",
        "[phone number]",
        "a phone number",
        rf"(?<![\w.])(?:\(?(?:\+|00) ?91\)?[ -]?|0|91[ -])?\(?[6-9O]\d\)?(?:[ .-]?{_D}){{8}}{_NOT_MORE}",
        lambda v: _genuine(v) and len(_digits(v)) >= 10,
    ),
    (
        "phone",
        "[phone number]",
        "a phone number",
        rf"(?<![\w.])\+ ?\d{{1,3}}[ .-]?(?:\(0?\d{{1,4}}\)[ .-]?)?\d{{1,4}}(?:[ .-]?\d{{2,4}}){{1,4}}{_NOT_MORE}",
        lambda v: 9 <= len(_digits(v)) <= 15,
    ),
    (
        "phone",
        "[phone number]",
        "a phone number",
        rf"(?<![\w.-])\(?0\d{{2,4}}\)?[ -]{{1,2}}\d{{3,4}}[ -]?\d{{3,4}}{_NOT_MORE}|(?<![\w.-])\(?0\d{{2,4}}\)?[ -]{{0,2}}\d{{6,8}}{_NOT_MORE}|(?<![\w.-])0[127]\d{{3}} ?\d{{3}} ?\d{{3}}{_NOT_MORE}",
        lambda v: 9 <= len(_digits(v)) <= 12,
    ),
    (
        "phone",
        "[phone number]",
        "a phone number",
        rf"(?<![\w.-])(?:1[ .-])?(?:\([2-9]\d\d\) ?[1-9O]|[2-9]\d\d[ .-][2-9O])\d\d[ .-]\d{{4}}(?: ?(?:x|ext\.?) ?\d{{1,5}})?{_NOT_MORE}",
        None,
    ),
    ("phone", "[phone number]", "a phone number", rf"(?<![\w./-])[1-9]\d{{2,3}}-\d{{6,7}}{_NOT_MORE}", None),
    (
        "phone",
        "[phone number]",
        "a phone number",
        rf"(?<![\w.-])18[06]0[ -]?\d{{2,3}}[ -]?\d{{3,4}}(?:[ -]?\d{{2,3}})?{_NOT_MORE}|(?<![\w./-])[2-9]\d\d-\d{{4}}(?![\w/-]|[.,]\d|\s?(?:-|to)\s?\d)",
        None,
    ),
    (
        "PIN code",
        "[PIN code]",
        "a postal code",
        r"(?<=[a-z]-)[1-9]\d{2} \d{3}(?!\w|[.,]\d)|(?<=[a-z)] - )[1-9]\d{2} ?\d{3}(?!\w|\.\d)|(?<=[a-z)]-)[1-9]\d{2} ?\d{3}(?!\w|\.\d)|(?<=[a-z)] )[1-9]\d{5}(?=\s*(?:[,.;)]|$))",
        None,
    ),
)
WORDY = 5  # of the shapes, those that may begin with any letter
