"""Keyed replacements: the same within a case, others in another case, not to be undone without the key.

An unkeyed hash of a patient number is no pseudonym: whoever knows the number computes it again. HMAC-SHA256
(RFC 2104) with the case's private key is; the key never leaves private.yaml.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac

SHIFT_DAYS = (365, 3650)  # dates in image headers move back by one to ten years


class Pseudonyms:
    """The replacements of one case. `key` is 64 hexadecimal characters."""

    def __init__(self, key: str) -> None:
        self._key = bytes.fromhex(key)
        low, high = SHIFT_DAYS
        self.days = -(low + self._number("dates", "") % (high - low + 1))

    def _number(self, purpose: str, value: str) -> int:
        seal = hmac.new(self._key, f"{purpose}:{value}".encode(), hashlib.sha256)
        return int.from_bytes(seal.digest()[:16])

    def uid(self, original: str) -> str:
        """A new UID under 2.25, the root for 128-bit numbers (PS3.5 B.2)."""
        return f"2.25.{self._number('uid', original)}"

    def patient(self, original: str) -> str:
        """A new patient number, also used as name: "P" and ten digits or letters A-F."""
        return f"P{self._number('patient', original) % 16**10:010X}"

    def date(self, original: str) -> str:
        """A DICOM date or date-time (PS3.5 6.2: DA, DT) moved by the case's number of days, time of day kept.

        "" when it holds no full date: a year alone cannot be moved by days.
        """
        value = original.strip()
        digits = value.replace(".", "", 2) if value[4:5] == "." else value  # 2025.03.14 is an older spelling
        if not digits[:8].isdigit():
            return ""
        try:
            moved = dt.date.fromisoformat(digits[:8]) + dt.timedelta(days=self.days)
        except (ValueError, OverflowError):
            return ""
        return f"{moved:%Y%m%d}{digits[8:]}"
