"""The hunt for known identifiers, measured: make bench-hunt.

    python bench/hunt.py              recall on planted variants, false finds and seconds on 5 MB of English
    python bench/hunt.py --misses 20  and the first of what was missed in each family

100 made-up identifiers are written in every way of the tables below that fits their kind, each in a
sentence of its own. A variant counts as found when a find of the right entry overlaps it. False finds are
counted on 5 MB of English that names none of them: half is sentences made from templates and
templates/rules/medical-words.txt, with other people's names in them; half is the docs of this repository
and what English text this computer has (manuals, licences). Identifiers, variants and matcher have the
same author: real misspellings are harder.
"""

from __future__ import annotations

import argparse
import datetime as dt
import random
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from pipeline.core import resources  # noqa: E402
from pipeline.core.identity import Identifier, Kind  # noqa: E402
from pipeline.core.match import Matcher  # noqa: E402
from pipeline.core.near import NearMatcher  # noqa: E402

PLACES = [
    "Kot Surjan",
    "Sadhanwal",
    "Nawanpindi",
    "Jandali Khurd",
    "Bhamipura",
    "Rasulgarh",
    "Talwandi Kaler",
    "Dhodewal",
]
HOSPITALS = [
    "Jeevanjyot Nursing Home",
    "Surjeet Memorial Hospital",
    "Navkiran Diagnostics",
    "Bhalla Pathlabs",
]
ROMAN = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"]
Write = Callable[[random.Random, str], str]


def people(table: str) -> list[list[str]]:
    """The rows of one of the tables in names.txt."""
    text = (ROOT / "bench" / "names.txt").read_text(encoding="utf-8")
    return [row.split() for row in text.split(f"== {table}\n")[1].split("\n== ")[0].splitlines()]


def known() -> list[Identifier]:
    """100 identifiers, the same in every run."""
    rng = random.Random(6)
    given, family = people("given"), people("family")
    names = [f"{g[0]} {family[n % len(family)][0]}" for n, g in enumerate(given)]
    names[3], names[9], names[14] = "Rajinder Singh Toor", "Manpreet Kaur Bajwa", "Kamaljeet Singh Dhillon"
    kinds = [Kind.NAME] * 8 + [Kind.RELATIVE] * 8 + [Kind.DOCTOR] * 8
    out = [
        Identifier(kind, name, f"person.{n}") for n, (kind, name) in enumerate(zip(kinds, names, strict=True))
    ]
    out += [Identifier(Kind.PLACE, name, f"places.{n}") for n, name in enumerate(PLACES)]
    out += [Identifier(Kind.HOSPITAL, name, f"hospitals.{n}") for n, name in enumerate(HOSPITALS)]

    def digits(count: int) -> str:
        return str(rng.randint(2, 9)) + "".join(str(rng.randint(0, 9)) for _ in range(count - 1))

    out += [Identifier(Kind.PHONE, f"+91 9{digits(4)} {digits(5)}", f"phones.{n}") for n in range(14)]
    numbers = [f"UH-{digits(8)}" for _ in range(6)] + [f"CR/2025/{digits(7)}" for _ in range(6)]
    numbers += [f"{a[:4]} {a[4:8]} {a[8:]}" for a in (digits(12) for _ in range(8))]
    numbers += [digits(14) for _ in range(4)] + [digits(7) for _ in range(4)]
    out += [Identifier(Kind.NUMBER, value, f"numbers.{n}") for n, value in enumerate(numbers)]
    first = dt.date(2024, 1, 1)
    days = [first + dt.timedelta(days=rng.randrange(700)) for _ in range(14)]
    out += [Identifier(Kind.DATE, day.isoformat(), f"dates.{n}") for n, day in enumerate(days)]
    out += [
        Identifier(Kind.EMAIL, f"{g[0].lower()}.{n}{n + 3}@mail.example", f"emails.{n}")
        for n, g in enumerate(given[:4])
    ]
    out += [
        Identifier(
            Kind.ADDRESS,
            f"H.No. {digits(3)}, Gali {g[0]} Wali, {place}, Punjab {digits(6)}",
            f"addresses.{n}",
        )
        for n, (g, place) in enumerate(zip(given[4:8], PLACES, strict=False))
    ]
    return out


def in_script(name: str, column: int) -> str:
    """A name in Devanagari (1), Gurmukhi (2) or its other Latin spelling (3)."""
    table = {row[0]: row[column] for row in people("given") + people("family")}
    more = {1: {"Singh": "सिंह", "Kaur": "कौर"}, 2: {"Singh": "ਸਿੰਘ", "Kaur": "ਕੌਰ"}}.get(column, {})
    return " ".join((table | more).get(part, part) for part in name.split())


def slip(rng: random.Random, word: str) -> str:
    """One letter swapped, lost, doubled, or hit beside."""
    at = rng.randrange(1, len(word) - 1)
    return {
        0: word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        if word[at] != word[at + 1]
        else word[:at] + word[at + 1 :],
        1: word[:at] + word[at + 1 :],
        2: word[:at] + rng.choice("aeioutnrs") + word[at:],
        3: word[:at] + rng.choice("aeioutnrs") + word[at + 1 :],
    }[rng.randrange(4)]


def slipped(rng: random.Random, name: str, which: int) -> str:
    """One word of a name with a typing slip; of a short word another is taken."""
    parts = name.split()
    at = which if len(parts[which]) >= 5 else max(range(len(parts)), key=lambda n: len(parts[n]))
    parts[at] = slip(rng, parts[at])
    return " ".join(parts)


def scripted(digits: str, zero: int) -> str:
    return "".join(chr(zero + int(c)) if c.isdigit() else c for c in digits)


def bare(value: str) -> str:
    return re.sub(r"\D", "", value)


def local(value: str) -> str:
    return bare(value)[-10:]


def other_digit(rng: random.Random, digits: str) -> str:
    at = rng.randrange(1, len(digits))
    return digits[:at] + str((int(digits[at]) + rng.randint(1, 9)) % 10) + digits[at + 1 :]


def swapped(rng: random.Random, digits: str) -> str:
    at = next(n for n in rng.sample(range(1, len(digits) - 1), len(digits) - 2) if digits[n] != digits[n + 1])
    return digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :]


LOOKS = str.maketrans("aeopcxi", "аеорсхі")
WIDE = {ord(c): ord(c) + 0xFEE0 for c in "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"}
ACCENTS = str.maketrans("aeiou", "áèîöū")
NAME_WAYS: dict[str, Write] = {
    "as listed": lambda _, v: v,
    "capitals": lambda _, v: v.upper(),
    "small letters": lambda _, v: v.lower(),
    "family name first": lambda _, v: " ".join([*v.split()[1:], v.split()[0]]),
    "family, given": lambda _, v: f"{v.split()[-1]}, {v.split()[0]}",
    "DICOM": lambda _, v: f"{v.split()[-1].upper()}^{v.split()[0].upper()}",
    "title": lambda _, v: f"Smt. {v}",
    "initial and family name": lambda _, v: f"{v[0]}. {v.split()[-1]}",
    "family name and initial": lambda _, v: f"{v.split()[-1]} {v[0]}.",
    "inserted middle name": lambda _, v: f"{v.split()[0]} Devi {v.split()[-1]}",
    "nickname in quotes": lambda _, v: f'{v.split()[0]} "Bittu" {v.split()[-1]}',
    "CamelCase": lambda _, v: v.replace(" ", ""),
    "file name": lambda _, v: f"IMG_{v.replace(' ', '_').lower()}_knee2.jpg",
    "joined in small letters": lambda _, v: v.replace(" ", "").lower(),
    "no-break spaces": lambda _, v: v.replace(" ", "\u00a0"),
    "zero-width letters": lambda _, v: "\u200b".join(v),
    "soft hyphen": lambda _, v: f"{v[:3]}\u00ad{v[3:]}",
    "hyphen and new line": lambda _, v: f"{v[:-3]}-\n{v[-3:]}",
    "new line": lambda _, v: v.replace(" ", "\n"),
    "spaced letters": lambda _, v: " ".join(v.replace(" ", "")),
    "Cyrillic look-alikes": lambda _, v: v.translate(LOOKS),
    "full-width": lambda _, v: v.translate(WIDE),
    "accents": lambda _, v: v.translate(ACCENTS),
    "possessive": lambda _, v: f"{v}'s",
    "given name alone": lambda _, v: v.split()[0],
    "slip in the given name": lambda r, v: slipped(r, v, 0),
    "slip in the family name": lambda r, v: slipped(r, v, -1),
    "slips in both": lambda r, v: slipped(r, slipped(r, v, 0), -1),
    "slip, family name first": lambda r, v: ", ".join(reversed(slipped(r, v, 0).split())),
    "slip in CamelCase": lambda r, v: slipped(r, v, -1).replace(" ", ""),
    "slip in joined letters": lambda r, v: slipped(r, v, -1).replace(" ", "").lower(),
    "slip and inserted name": lambda r, v: slipped(r, v, 0).replace(" ", " Kumar ", 1),
    "other spelling": lambda _, v: in_script(v, 3),
    "other spelling, family name first": lambda _, v: " ".join(reversed(in_script(v, 3).split())),
    "other spelling of the given name": lambda _, v: f"{in_script(v.split()[0], 3)} {v.split()[-1]}",
    "ee and i": lambda _, v: v.replace("ee", "i") if "ee" in v else v.replace("i", "ee", 1),
    "oo and u": lambda _, v: v.replace("oo", "u") if "oo" in v else v.replace("u", "oo", 1),
    "w and v": lambda _, v: v.replace("w", "v") if "w" in v else v.replace("v", "w", 1),
    "sh and s": lambda _, v: v.replace("sh", "s", 1),
    "doubled letters": lambda _, v: re.sub(r"([ntlrm])(?=[aeiou])", r"\1\1", v, count=1),
    "Devanagari": lambda _, v: in_script(v, 1),
    "Gurmukhi": lambda _, v: in_script(v, 2),
    "Devanagari, family name first": lambda _, v: " ".join(reversed(in_script(v, 1).split())),
    "Devanagari given name alone": lambda _, v: in_script(v.split()[0], 1),
    "Gurmukhi given name alone": lambda _, v: in_script(v.split()[0], 2),
}
PLACE_WAYS: dict[str, Write] = {
    key: NAME_WAYS[key]
    for key in (
        "as listed",
        "capitals",
        "small letters",
        "no-break spaces",
        "hyphen and new line",
        "accents",
        "full-width",
    )
} | {
    "slip in a place": lambda r, v: slipped(r, v, 0),
    "place in brackets": lambda _, v: f"(vill. {v})",
}
DIGIT_WAYS: dict[str, Write] = {
    "number as listed": lambda _, v: v,
    "digits only": lambda _, v: bare(v),
    "spaced in fours": lambda _, v: re.sub(r"(\d{4})(?=\d)", r"\1 ", bare(v)),
    "dashes": lambda _, v: re.sub(r"(\d{4})(?=\d)", r"\1-", bare(v)),
    "dots": lambda _, v: re.sub(r"(\d{3})(?=\d)", r"\1.", bare(v)),
    "Devanagari digits": lambda _, v: scripted(bare(v), 0x966),
    "Gurmukhi digits": lambda _, v: scripted(bare(v), 0xA66),
    "full-width digits": lambda _, v: bare(v).translate(WIDE),
    "over two lines": lambda _, v: f"{bare(v)[:4]}\n{bare(v)[4:]}",
}
LONG_WAYS: dict[str, Write] = {
    "another digit": lambda r, v: other_digit(r, bare(v)),
    "two digits swapped": lambda r, v: swapped(r, bare(v)),
    "a digit lost": lambda _, v: bare(v)[:5] + bare(v)[6:],
    "stars before the last four": lambda _, v: "*" * (len(bare(v)) - 4) + bare(v)[-4:],
    "crosses before the last four": lambda _, v: "X" * (len(bare(v)) - 4) + bare(v)[-4:],
}
PHONE_WAYS: dict[str, Write] = {
    "ten digits": lambda _, v: local(v),
    "0 before": lambda _, v: f"0{local(v)}",
    "91 before": lambda _, v: f"91-{local(v)}",
    "0091 before": lambda _, v: f"0091 {local(v)}",
    "three groups": lambda _, v: f"{local(v)[:3]} {local(v)[3:6]} {local(v)[6:]}",
    "crosses in the middle": lambda _, v: f"{local(v)[:2]}XXXXXX{local(v)[-2:]}",
    "another digit of a phone": lambda r, v: other_digit(r, local(v)),
}


def of(style: str) -> Write:
    def write(_: random.Random, value: str) -> str:
        day = dt.date.fromisoformat(value)
        suffix = "th" if 10 <= day.day <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(day.day % 10, "th")
        return style.format(
            d=day,
            th=suffix,
            y=day.year % 100,
            hi=people("hindi months")[0][day.month - 1],
            roman=ROMAN[day.month - 1],
        )

    return write


DATE_WAYS: dict[str, Write] = {
    style: of(style)
    for style in (
        "{d:%Y-%m-%d}", "{d:%d/%m/%Y}", "{d.day}/{d.month}/{y:02d}", "{d:%m/%d/%Y}", "{d:%d.%m.%Y}",
        "{d:%d-%m-%y}", "{d.day} {d:%B} {d.year}",
        "{d.day}{th} {d:%B}, {d.year}", "{d:%B} {d.day}, {d.year}",
        "{d:%b} {d.day} {d.year}",
        "{d.day}-{d:%b}-{y:02d}", "{d:%Y%m%d}", "{d:%Y/%m/%d}", "{d.day} {hi} {d.year}", "{d.day} {d:%B}",
        "{d.day}-{roman}-{d.year}", "{d.day}{th} of {d:%B} {d.year}",
    )
}  # fmt: skip
MAIL_WAYS: dict[str, Write] = {
    "e-mail": lambda _, v: v,
    "E-MAIL": lambda _, v: v.upper(),
    "(at) and (dot)": lambda _, v: (
        v.replace("@", " (at) ").replace(".", " (dot) ").replace(" (dot) ", ".", 1)
    ),
    "mailto": lambda _, v: f"mailto:{v}?subject=x",
}
ADDRESS_WAYS: dict[str, Write] = {
    "address": lambda _, v: v,
    "address over lines": lambda _, v: v.replace(", ", "\n"),
    "house and street": lambda _, v: ", ".join(v.split(", ")[:2]),
    "pin code": lambda _, v: f"PIN {v.split()[-1][:3]} {v.split()[-1][3:]}",
}


def ways(one: Identifier) -> dict[str, Write]:
    """The families that fit one identifier."""
    if one.kind in {Kind.NAME, Kind.RELATIVE, Kind.DOCTOR}:
        return NAME_WAYS
    if one.kind in {Kind.PLACE, Kind.HOSPITAL}:
        return PLACE_WAYS
    if one.kind is Kind.PHONE:
        return DIGIT_WAYS | PHONE_WAYS
    if one.kind is Kind.NUMBER:
        return DIGIT_WAYS | (LONG_WAYS if len(bare(one.value)) >= 8 else {})
    return {Kind.DATE: DATE_WAYS, Kind.EMAIL: MAIL_WAYS, Kind.ADDRESS: ADDRESS_WAYS}[one.kind]


def planted(identifiers: list[Identifier]) -> Iterator[tuple[str, Identifier, str]]:
    """(family, identifier, how it is written)."""
    rng = random.Random(7)
    for one in identifiers:
        for family, write in ways(one).items():
            yield family, one, write(rng, one.value)


def sentence(rng: random.Random, written: str) -> tuple[str, int]:
    """A sentence with a variant in it, and where it stands."""
    before = rng.choice(["The report says ", "seen with (", "Then ", "file: ", "referred by/for "])
    return f"{before}{written}{rng.choice([' and left.', ').', ', on review.', '; nothing else.'])}", len(
        before
    )


def recall(matcher: Matcher, misses: int) -> None:
    rng, asked, hard, any_ = random.Random(8), Counter[str](), Counter[str](), Counter[str]()
    missed = defaultdict(list)
    for family, one, written in planted(list(matcher.identifiers)):
        text, at = sentence(rng, written)
        hits = [
            h
            for h in matcher.find(text)
            if h.start < at + len(written) and h.end > at and h.identifier == one
        ]
        asked[family] += 1
        any_[family] += bool(hits)
        hard[family] += any(h.hard for h in hits)
        if not hits:
            missed[family].append(written)
    total = sum(asked.values())
    print(f"{total} variants in {len(asked)} families of {len(matcher.identifiers)} identifiers")
    print(f"recall {sum(any_.values()) / total:.3f}; as proof that stops {sum(hard.values()) / total:.3f}")
    for family in sorted(missed, key=lambda f: any_[f] / asked[f]):
        print(
            f"  {family:36} {any_[family]:4} of {asked[family]:4}",
            *missed[family][:misses],
            sep="  " if misses else "",
        )


# --- English that names none of them --------------------------------------------------------------------

FRAMES = (
    "A {n}-year-old {who} presented with {w} and {w} for {n} {when}.",
    "On examination there was {w} {w} of the {w}, without {w}.",
    "{W} showed a {w} {w} measuring {n} x {n} mm in the {w} {w}.",
    "Haemoglobin was {n}.{n} g/dL, platelets {n},000/µL, and {w} was {n} U/L.",
    "{Name} et al. reported {n} cases of {w} {w} in {year} (PMID: {big}).",
    "The {w} was managed with {w} {n} mg twice daily and {w} was stopped on day {n}.",
    "{Name}, {I}. and {Name} {I}{I}. {W} {w} in {w} {w}: a review. J {W} {W}. {year};{n}({n}):{n}–{n}.",
    "Histology revealed {w} with {w} and {w}; {w} was negative. Contact: 0{big}, ref. {big}.",
    "The {who} was referred on {n} {month} {year} from a {w} unit, registration {big}.",
    "Follow-up at {n} {when} showed {w} of the {w} {w}, and the {who} remained {w}.",
)


def made_up(size: int) -> str:
    """Sentences of case reports about other people."""
    rng = random.Random(9)
    vocabulary = (
        resources.text("templates/rules/medical-words.txt").split("\n== plain\n")[1].split("\n== ")[0].split()
    )
    common = vocabulary[:: len(vocabulary) // 9000]
    months = [f"{dt.date(2024, n, 1):%B}" for n in range(1, 13)]
    others = [name for row in people("others") for name in row]
    out, length = [], 0
    while length < size:
        frame = rng.choice(FRAMES)
        said = re.sub(
            r"\{(\w+)\}",
            lambda m: {
                "w": lambda: rng.choice(common),
                "W": lambda: rng.choice(common).title(),
                "n": lambda: str(rng.randint(1, 99)),
                "big": lambda: str(rng.randint(10**6, 10 ** rng.randint(7, 12))),
                "year": lambda: str(rng.randint(1995, 2023)),
                "month": lambda: rng.choice(months),
                "who": lambda: rng.choice(["woman", "man", "boy", "girl", "patient"]),
                "when": lambda: rng.choice(["days", "weeks", "months", "years"]),
                "Name": lambda: rng.choice(others),
                "I": lambda: rng.choice("ABDEGHJKLMNPRSTV"),
            }[m[1]](),
            frame,
        )
        out.append(said)
        length += len(said) + 1
    return " ".join(out)


def natural(size: int) -> str:
    """What English this computer and this repository hold; less than `size` where they hold less."""
    kinds = (".txt", ".pod", ".md", "copyright")
    places = [ROOT, Path("/usr/share")]
    found = [
        p
        for place in places
        for p in sorted(place.rglob("*"))
        if p.name.endswith(kinds)
        and p.is_file()
        and "medical-words" not in p.name
        and not {"cases", "bench"} & set(p.parts)
    ]
    text, length = [], 0
    for path in found:
        said = path.read_text(encoding="utf-8", errors="ignore")[:200_000]
        text.append(said)
        length += len(said)
        if length >= size:
            break
    return "\n".join(text)[:size]


def false_finds(matcher: Matcher, misses: int) -> None:
    for name, text in (
        ("made-up case reports", made_up(2_500_000)),
        ("English of this computer", natural(2_500_000)),
    ):
        start = time.process_time()
        hits = matcher.find(text)
        seconds = time.process_time() - start
        hard = [h for h in hits if h.hard]
        soft = {text[h.start : h.end].casefold() for h in hits if not h.hard}
        size = len(text.encode()) / 1e6
        print(
            f"{name}: {size:.2f} MB in {seconds:.2f} s; hard {len(hard)}; "
            f"soft {len(hits) - len(hard)} ({len(soft)} different)"
        )
        for h in hard[:misses]:
            print(f"    hard {h.rule}: {text[h.start : h.end]!r} for {h.identifier.value!r}")
        for word, count in Counter(
            (text[h.start : h.end], h.rule, h.identifier.value) for h in hits if not h.hard
        ).most_common(misses):
            print(f"    soft {count:5} {word}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--misses", type=int, default=0, metavar="N", help="show N of each kind")
    args = parser.parse_args()
    identifiers = known()
    for name, make in (
        ("one pass (as the remover uses it)", Matcher),
        ("both passes (the audit)", NearMatcher),
    ):
        print(f"== {name}")
        matcher = make(identifiers)
        recall(matcher, args.misses)
        false_finds(make(identifiers), args.misses)


if __name__ == "__main__":
    main()
