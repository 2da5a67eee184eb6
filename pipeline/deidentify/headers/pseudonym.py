"""Keyed replacements: the same within a case, others in another case, not to be undone without the key.

An unkeyed hash of a patient number is no pseudonym: whoever knows the number computes it again. HMAC-SHA256
(RFC 2104) with the case's private key is; the key never leaves private.yaml.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re

from pipeline.deidentify.headers.patients import Patients

_DATE = re.compile(r"(\d{4})\.?(\d\d)\.?(\d\d)")  # 2025.03.14 is an older spelling
_TIME = re.compile(r"(\d\d(?:\d\d(?:\d\d(?:\.\d{1,6})?)?)?)?(?:[+-]\d{4})?")
SHIFT_DAYS = (365, 3650)  # dates in image headers move back by one to ten years


class Pseudonyms:
    """The replacements of one case. `key` is 64 hexadecimal characters.

    All dates move by one number of days. With `per_patient` each patient of a folder has a number of their
    own. `patients` knows who has several numbers.
    """

    def __init__(self, key: str, *, per_patient: bool = False, patients: Patients | None = None) -> None:
        self.patients = Patients() if patients is None else patients
        self._key = bytes.fromhex(key)
        self._per_patient = per_patient
        self._days: dict[str, int] = {}

    def _number(self, purpose: str, value: str) -> int:
        return int.from_bytes(hmac.digest(self._key, f"{purpose}:{value}".encode(), hashlib.sha256)[:16])

    def uid(self, original: str) -> str:
        """A new UID under 2.25, the root for 128-bit numbers (PS3.5 B.2)."""
        return f"2.25.{self._number('uid', original)}"

    def patient(self, original: str) -> str:
        """A new patient number, also used as name: "P" and ten digits or letters A-F."""
        return f"P{self._number('patient', self.patients.number(original)) % 16**10:010X}"

    def days(self, patient: str = "") -> int:
        """By how many days the dates of `patient` (a pseudonym) move; always back."""
        whose = patient if self._per_patient else ""
        if whose not in self._days:
            low, high = SHIFT_DAYS
            self._days[whose] = -(low + self._number("dates", whose) % (high - low + 1))
        return self._days[whose]

    def date(self, original: str, patient: str = "") -> str:
        """A DICOM date or date-time (PS3.5 6.2: DA, DT) moved by a patient's number of days, time of day
        kept.

        "" when it is not just a full date: a year alone cannot be moved by days. An offset from UTC goes.
        """
        value = original.strip(" \0")
        date = _DATE.match(value) if value.isascii() else None
        time = _TIME.fullmatch(value, date.end()) if date else None
        if date is None or time is None:
            return ""
        try:
            moved = dt.date(*map(int, date.groups())) + dt.timedelta(days=self.days(patient))
        except (ValueError, OverflowError):
            return ""
        return f"{moved.year:04d}{moved:%m%d}{time[1] or ''}"

    def seal(self, content: bytes) -> str:
        """A keyed mark over what we wrote, 32 characters: by it a copy of ours is known again."""
        return hmac.digest(self._key, b"seal:" + content, hashlib.sha256).hex()[:32]
