"""A mint of people who do not exist, their numbers, and sentences a radiologist could write about them."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass

_START = [
    "Khar",
    "Vand",
    "Bhul",
    "Chak",
    "Dhor",
    "Ghar",
    "Jhun",
    "Mand",
    "Narw",
    "Pathr",
    "Shirk",
    "Thak",
    "Zambr",
]
_MIDDLE = [
    "ava",
    "ire",
    "oli",
    "upa",
    "adhe",
    "ika",
    "ola",
    "ura",
    "eshi",
    "anko",
    "umba",
    "ethi",
    "orga",
    "ilwa",
]
_END = ["ndikar", "lkarni", "walia", "pathi", "murthy", "gaonkar", "chandani", "rajula", "shettar", "bhaiyan"]
_GIVEN = [
    "Zarish",
    "Yugank",
    "Oviyam",
    "Irnesh",
    "Uttkal",
    "Echhan",
    "Abhiroop",
    "Esharvi",
    "Ojasmit",
    "Indulek",
]
_GIVEN_END = ["a", "it", "vati", "esh", "ika", "raj", "mala", "deep", "ben", "bai"]

# Words a reader of the case needs, in sentences with places for what must go. {n} name, {p} phone, {d} date,
# {m} record number. Upper case words would be names to a naive cleaner.
SENTENCES = (
    (
        "CT brain plain of {n}: acute infarct in the left frontal lobe",
        "brain plain acute infarct left frontal lobe",
    ),
    (
        "Chest radiograph reviewed by Dr {n}, right pleural effusion",
        "chest radiograph right pleural effusion",
    ),
    ("Known case of hypertension, call {p} for follow up MRI spine", "hypertension MRI spine"),
    ("Abdomen ultrasound on {d}: liver enlarged, no ascites", "abdomen ultrasound liver enlarged ascites"),
    (
        "Hospital no {m}. Contrast enhanced CT abdomen, portal venous phase",
        "contrast enhanced abdomen portal venous",
    ),
    ("Mr {n} has a fracture of the distal radius", "fracture distal radius"),
    ("Post operative day 3 knee, patient {n}, joint effusion seen", "knee joint effusion"),
    (
        "MRI lumbar spine, sagittal T2, disc herniation; relative {n} on {p}",
        "lumbar spine sagittal disc herniation",
    ),
    ("Referred by Dr. {n} with fever and cough, suspected pneumonia", "fever cough suspected pneumonia"),
    ("Renal calculus, MRN {m}, hydronephrosis on the right", "renal calculus hydronephrosis right"),
    ("Mammogram, BIRADS 4 mass in the left breast, mother of {n}", "mammogram mass left breast"),
    (
        "Cardiac echo of {n}: mitral stenosis, dilated left atrium",
        "cardiac mitral stenosis dilated left atrium",
    ),
)
SHORT = (
    ("Brain {n}", "brain"),
    ("{n} chest", "chest"),
    ("knee {n}", "knee"),
    ("MRN {m}", ""),
    ("{p}", ""),
    ("liver {n}", "liver"),
)


@dataclass(frozen=True)
class Person:
    """One made-up patient."""

    family: str
    given: str
    number: str
    born: str
    accession: str

    @property
    def name(self) -> str:
        return f"{self.family}^{self.given}"


class Mint:
    """Makes things that occur once. The same seed makes the same things."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self._used: set[str] = set()
        self._n = 0

    def _once(self, make: object) -> str:
        while True:
            value = str(make())  # type: ignore[operator]
            if value not in self._used:
                self._used.add(value)
                return value

    def token(self, length: int = 9) -> str:
        """Letters and digits that are no word."""
        letters = "BCDFGHJKLMNPQRTVWX23456789"
        return self._once(lambda: "ZQ" + "".join(self.random.choices(letters, k=length - 2)))

    def family(self) -> str:
        pick = self.random.choice
        return self._once(lambda: pick(_START) + pick(_MIDDLE) + pick(_END))

    def given(self) -> str:
        pick = self.random.choice
        return self._once(lambda: pick(_GIVEN) + pick(_MIDDLE)[1:] + pick(_GIVEN_END))

    def number(self) -> str:
        return self._once(lambda: f"UHID{self.random.randrange(10**7, 10**8)}")

    def digits(self, length: int) -> str:
        low = 10 ** (length - 1)
        return self._once(lambda: self.random.randrange(low * 3, low * 9))

    def phone(self) -> str:
        """As written in India: +91 9xxxx xxxxx; none of these is meant to be in service."""
        return self._once(
            lambda: f"+91 9{self.random.randrange(1000, 9999)} {self.random.randrange(10000, 99999)}"
        )

    def aadhaar(self) -> str:
        """Twelve digits with a Verhoeff check digit."""
        return self._once(lambda: _verhoeff(f"{self.random.randrange(3 * 10**10, 9 * 10**10)}"))

    def email(self) -> str:
        return f"{self.given().lower()}@{self.token().lower()}.example"

    def uid(self) -> str:
        self._n += 1
        return f"1.2.826.0.1.3680043.9.7777.{self.random.randrange(10**8, 10**9)}.{self._n}"

    def person(self) -> Person:
        year, month, day = (
            self.random.randrange(1945, 2004),
            self.random.randrange(1, 13),
            self.random.randrange(1, 28),
        )
        number = self.number()
        return Person(
            self.family(), self.given(), number, f"{year}{month:02d}{day:02d}", f"ACC{self.digits(7)}"
        )

    def days(self) -> list[str]:
        """The days of 2024 in a random order: a file's dates are distinct and lie within one year."""
        days = [f"{dt.date(2024, 1, 1) + dt.timedelta(days=n):%Y%m%d}" for n in range(366)]
        self.random.shuffle(days)
        return days

    def sentence(self, day: str, longest: int = 10**6) -> tuple[str, list[str], tuple[str, ...]]:
        """(sentence, what must go, words that should stay), at most `longest` characters."""
        frame, words = self.random.choice(SENTENCES if longest >= 100 else SHORT)
        fill = {"n": "", "p": "", "d": "", "m": ""}
        needles = []
        if "{n}" in frame:
            fill["n"] = self.family() if longest < 100 else f"{self.given()} {self.family()}"
            needles += fill["n"].split()
        if "{p}" in frame:
            fill["p"] = self.phone()
            needles.append(fill["p"])
        if "{d}" in frame:
            fill["d"] = f"{day[6:]}/{day[4:6]}/{day[:4]}"
            needles.append(fill["d"])
        if "{m}" in frame:
            fill["m"] = self.number()
            needles.append(fill["m"])
        text = frame.format(**fill)
        if len(text) > longest:
            token = self.token(min(longest, 9))
            return token, [token], ()
        return text, needles, tuple(words.lower().split())


def _verhoeff(digits: str) -> str:
    turn = [0, 4, 3, 2, 1, 5, 6, 7, 8, 9]
    permuted = [list(range(10)), [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]]
    for n in range(2, 8):
        permuted.append([permuted[n - 1][permuted[1][k]] for k in range(10)])

    def times(a: int, b: int) -> int:  # the dihedral group of order 10
        if a < 5:
            return (a + b) % 5 if b < 5 else 5 + (a + b - 5) % 5
        return 5 + (a - 5 - b) % 5 if b < 5 else (a - b) % 5

    check = 0
    for place, digit in enumerate(reversed(digits), start=1):
        check = times(check, permuted[place % 8][int(digit)])
    number = digits + str(turn[check])
    return f"{number[:4]} {number[4:8]} {number[8:]}"
