"""Made-up sentences and where the made-up names in them are, for make_tagger.py."""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from faker import Faker

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

from pipeline.identify import tagger  # noqa: E402

SEED = 20260712
Piece = tuple[str, str]  # text, label ("" for none)


def load(name: str) -> Any:
    return yaml.safe_load((HERE / "tagger" / name).read_text(encoding="utf-8"))


def split(items: list[Any], *, heldout: bool, every: int = 4) -> list[Any]:
    """Every n-th item is for the held-out texts, if there are enough of them."""
    if len(items) < 3 * every:
        return items
    return [item for i, item in enumerate(items) if (i % every == every - 1) == heldout]


class Names:
    """People and places nobody has."""

    def __init__(self, rng: random.Random, *, heldout: bool) -> None:
        self.rng, self.heldout = rng, heldout
        data = load("names.yaml")
        self.people = data["people"]
        self.places = data["places"]
        self.orgs = {k: self._split(v) for k, v in data["hospitals"].items()}
        self.works = {k: self._split(v) for k, v in data["employers"].items()}
        self.groups = list(self.people)
        self.weights = [self.people[g]["weight"] for g in self.groups]
        self.fill = load("fill.yaml")
        cities: set[str] = set()
        self.faker: list[tuple[list[str], list[str]]] = []
        for locale in data["locales"]:
            fake = Faker(locale)
            fake.seed_instance(SEED)
            first = sorted({fake.first_name() for _ in range(250)} - {""})
            last = sorted({fake.last_name() for _ in range(250)} - {""})
            if locale in {"en_US", "en_GB", "en_IN"}:
                cities |= {fake.city() for _ in range(250)}
            self.faker.append((split(first, heldout=heldout), split(last, heldout=heldout)))
        self.cities = split(sorted(cities), heldout=heldout)
        self.cache: dict[int, list[str]] = {}

    def _split(self, text: str) -> list[str]:
        return split([x.replace("_", " ") for x in text.split()], heldout=self.heldout)

    def _pick(self, text: str) -> str:
        parts = self.cache.get(id(text))
        if parts is None:
            parts = self.cache[id(text)] = split(text.split(), heldout=self.heldout)
        return self.rng.choice(parts)

    def syllables(self, parts: dict[str, str], middle: float = 0.35) -> str:
        word = self._pick(parts["start"])
        if "middle" in parts and self.rng.random() < middle:
            word += self._pick(parts["middle"])
        return (word + self._pick(parts["end"])).replace("'s", "'S")

    def first(self, group: str | None = None) -> str:
        if group is None and self.rng.random() < 0.22:
            return self.rng.choice(self.rng.choice(self.faker)[0]).split()[-1]
        people = self.people[group or self.rng.choices(self.groups, self.weights)[0]]
        kinds = [k for k in ("male", "female", "both") if k in people]
        return self.syllables(people[self.rng.choice(kinds)])

    def last(self, group: str | None = None) -> str:
        if group is None and self.rng.random() < 0.22:
            return self.rng.choice(self.rng.choice(self.faker)[1])
        people = self.people[group or self.rng.choices(self.groups, self.weights)[0]]
        if "real" in people and self.rng.random() < 0.3:
            return self._pick(people["real"])
        return self.syllables(people["last"])

    def initials(self, most: int = 2) -> str:
        letters = [self.rng.choice("ABCDGHJKLMNPRSTV") for _ in range(self.rng.randint(1, most))]
        style = self.rng.random()
        if style < 0.5:
            return "".join(f"{x}." for x in letters) + self.rng.choice([" ", " ", ""])
        return (". ".join(letters) + ". ") if style < 0.75 else " ".join(letters) + " "

    def full(self) -> str:
        if self.rng.random() < 0.22:
            first, last = self.rng.choice(self.faker)
            return f"{self.rng.choice(first)} {self.rng.choice(last)}"
        group = self.rng.choices(self.groups, self.weights)[0]
        first, last, dice = self.first(group), self.last(group), self.rng.random()
        if group == "chinese" and dice < 0.5:
            return f"{last} {first}"
        if dice < 0.06:
            return f"{first} {self.first(group)} {last}"
        if dice < 0.10:
            return f"{last} {first}"
        if dice < 0.14:
            return f"{first} {last}-{self.last(group)}"
        if dice < 0.18:
            return f"{first} {self.rng.choice('ABGKMNPRSV')}. {last}"
        if dice < 0.21:
            return f"{last}, {first}"
        return f"{first} {last}"

    def name(self) -> str:
        dice = self.rng.random()
        if dice < 0.15:
            return self.initials() + self.rng.choice([self.last, self.first])()
        if dice < 0.19:
            return f"{self.first()} {self.rng.choice('ABGKMNPRSV')}"
        return self.first() if dice < 0.34 else self.full()

    def doctor(self) -> str:
        dice = self.rng.random()
        if dice < 0.4:
            return self.initials() + self.last()
        return self.last() if dice < 0.6 else self.full()

    def village(self) -> str:
        word = self.syllables(self.places["village"], 0.4)
        dice = self.rng.random()
        if dice < 0.16:
            return f"{self._pick(self.places['village']['before'])} {word}"
        if dice < 0.28:
            return f"{word} {self._pick(self.places['village']['after'])}"
        if dice < 0.32:
            return f"{word}-{self.syllables(self.places['village'])}"
        return f"{word} {self.syllables(self.places['village'])}" if dice < 0.34 else word

    def town(self) -> str:
        if self.rng.random() < 0.2 and not self.heldout:
            return self.rng.choice(self.fill["cities"])
        return self.syllables(self.places["town"])

    def british(self) -> str:
        if self.rng.random() < 0.3 and not self.heldout:
            return self.rng.choice(self.fill["british"])
        word = self.syllables(self.places["britain"])
        if self.rng.random() < 0.15:
            return self.rng.choice(["Great ", "Little ", "Upper ", "North ", "East "]) + word
        return word + (
            self.rng.choice(["-on-Sea", " upon Avon", "-le-Dale"]) if self.rng.random() < 0.07 else ""
        )

    def world(self) -> str:
        if self.rng.random() < 0.4 and not self.heldout:
            return self.rng.choice(self.fill["worldcities"])
        if self.rng.random() < 0.4:
            return self.rng.choice(self.cities)
        return self.syllables(self.places["world"])

    def street(self) -> str:
        pick, number = self.rng.choice, self.rng.randint(1, 250)
        word = pick([self.last, self.first, self.town, self.british])()
        if self.rng.random() < 0.4:
            plain = pick(
                ["Church", "Station", "Mill", "Park", "High", "Victoria", "Queen", "Chestnut", "Bridge", "MG"]
            )
            return f"{number} {pick([word, plain])} {pick(split(self.fill['roads'], heldout=self.heldout))}"
        block = pick([word, f"{pick(self.orgs['brand'])} {pick(self.orgs['brand'])}"])
        first = pick([f"Flat {number}, ", f"H.No. {number}, ", f"House No {number}, ", f"#{number}, ", ""])
        block += pick(
            [" Apartments", " Nagar", " Colony", " Enclave", " Residency", " Layout", " Vihar", " Towers"]
        )
        tail = pick(["", "", f", {word} Road", f", Sector {number}", ", MG Road", f", {number} Cross"])
        return first + block + tail

    def place(self) -> str:
        return self.rng.choices([self.village, self.town, self.british, self.world], [5, 5, 1, 1])[0]()

    def hospital(self) -> str:
        pick, rng, orgs = self.rng.choice, self.rng, self.orgs
        head, dice = pick(orgs["head"]), rng.random()
        if rng.random() < 0.12:
            form = pick(
                ["Institute of {}", "Centre for {}", "{} Clinic", "{} Centre", "{} Hospital", "College of {}"]
            )
            head = form.format(pick(split(self.fill["dept"], heldout=self.heldout)))
        kind = f"{pick(orgs['kind'])} " if rng.random() < 0.4 else ""
        if dice < 0.17:
            body = (
                f"{pick(orgs['saint'])} {pick([pick(orgs['deity']), self.first(), self.full()])} {kind}{head}"
            )
        elif dice < 0.34:
            title = pick(["", "", "Dr. ", "Dr ", "Sardar ", "Lala ", "Smt. ", "Seth ", "Pt. ", "Sir "])
            who = pick([self.full(), self.full(), self.last(), self.initials() + self.last()])
            body = f"{title}{who} {kind}{head}"
        elif dice < 0.55:
            brands = " ".join(dict.fromkeys(pick(orgs["brand"]) for _ in range(rng.randint(1, 2))))
            body = f"{brands} {kind}{head}"
        elif dice < 0.72:
            body = f"{self.place()} {kind}{head}"
        elif dice < 0.84:
            body = f"{pick(orgs['govt'])} {pick(orgs['govthead'])}, {self.place()}"
            return body if rng.random() < 0.7 else f"{pick(orgs['govthead'])}, {self.place()}"
        elif dice < 0.9:
            joint = pick([" ", ", "])
            return (
                f"{pick(orgs['acronym'])}{joint}{self.place()}"
                if rng.random() < 0.7
                else pick(orgs["acronym"])
            )
        elif dice < 0.94:
            return (
                f"St. {pick(orgs['deity'])}'s" if rng.random() < 0.5 else f"St {pick(orgs['deity'])}'s {head}"
            )
        else:
            body = f"{self.first()} {head}"
        where = pick([self.place(), self.town(), f"{self.village()}, {self.town()}"])
        return body + (f", {where}" if rng.random() < 0.35 else "")

    def employer(self) -> str:
        pick, works = self.rng.choice, self.works
        tail = f", {self.place()}" if self.rng.random() < 0.3 else ""
        dice = self.rng.random()
        if dice < 0.45:
            school = pick(works["school"])
            if school.startswith(("Govt", "Kendriya", "Jawahar", "Zilla", "ITI", "Saraswati")):
                return f"{school}{pick([', ', ' '])}{self.place()}"
            who = pick(
                [
                    f"{pick(self.orgs['saint'])} {pick(self.orgs['deity'])}",
                    self.place(),
                    self.last(),
                    self.full(),
                ]
            )
            who = who + ("'s" if who.startswith("St.") and self.rng.random() < 0.5 else "")
            return f"{who} {school}{tail}"
        if dice < 0.9:
            kind = f"{pick(works['kind'])} " if self.rng.random() < 0.25 else ""
            who = pick([self.first(), self.last(), self.last(), self.place(), pick(self.orgs["brand"])])
            return f"{who} {kind}{pick(works['works'])}{tail}"
        return f"{pick(works['public'])}, {self.place()}"


class Writer:
    """Fills sentences."""

    def __init__(self, seed: int, *, heldout: bool) -> None:
        self.rng = random.Random(seed)
        self.names = Names(self.rng, heldout=heldout)
        self.heldout = heldout
        self.lists = {k: split(v, heldout=heldout, every=6) for k, v in load("fill.yaml").items()}
        listed: dict[str, list[str]] = {}
        for word, letter in tagger.lists().items():
            if word.isalpha() and len(word) > 2:
                listed.setdefault(letter, []).append(word)
        hidden = set(tagger.cues())
        self.plain = [w for w in sorted(listed["p"] + listed["t"]) if w not in hidden]
        self.deeds = [w for w in self.plain if w.endswith(("ed", "ew", "ought")) and len(w) > 4]
        self.eponyms = split(sorted(listed["e"]), heldout=heldout)
        self.slots: dict[str, Callable[[], str]] = {name: self._drawn(name) for name in self.lists}
        self.between = ""
        for name in (
            "age",
            "date",
            "dose",
            "dur",
            "id",
            "phone",
            "pin",
            "postcode",
            "time",
            "year",
            "size",
            "roman",
            "cite",
        ):
            self.slots[name] = getattr(self, name)
        names = self.names
        self.slots |= {
            "n": lambda: str(self.rng.choice([self.rng.randint(1, 30), self.rng.randint(1, 999)])),
            "last": self.author,
            "author": self.author,
            "did": lambda: self.rng.choice(self.deeds),
            "sep": self.separator,
            "eponym": self.eponym,
            "brand": self.brand,
            "maker": self.maker,
            "organism": self.organism,
            "words": lambda: " ".join(self.rng.choice(self.plain) for _ in range(self.rng.randint(1, 2))),
            "refs": self.refs,
            "placeeponym": lambda: self.rng.choice([self.slots["placeepo"](), names.town(), names.british()]),
            "gene": self.gene,
            "TRIAL": self._drawn("trial"),
        }
        self.labelled: dict[str, tuple[Callable[[], str], str]] = {
            "name": (names.name, "name"),
            "full": (names.full, "name"),
            "first": (names.first, "name"),
            "doc": (names.doctor, "name"),
            "surname": (names.last, "name"),
            "low": (lambda: names.name().lower(), "name"),
            "NAME": (lambda: names.name().upper(), "name"),
            "village": (names.village, "place"),
            "town": (names.town, "place"),
            "place": (names.place, "place"),
            "world": (names.world, "place"),
            "street": (names.street, "place"),
            "british": (names.british, "place"),
            "lowplace": (lambda: names.place().lower(), "place"),
            "PLACE": (lambda: names.place().upper(), "place"),
            "hospital": (names.hospital, "hospital"),
            "HOSPITAL": (lambda: names.hospital().upper(), "hospital"),
            "employer": (names.employer, "employer"),
        }

    def _drawn(self, name: str) -> Callable[[], str]:
        return lambda: str(self.rng.choice(self.lists[name]))

    def separator(self) -> str:
        """What stands between the cells of one row: the same all along."""
        return self.between

    def age(self) -> str:
        return str(self.rng.randint(1, 94))

    def year(self) -> str:
        return str(self.rng.randint(1899, 2026))

    def date(self) -> str:
        d, m, y = self.rng.randint(1, 28), self.rng.randint(1, 12), self.rng.randint(1998, 2026)
        month = self.names.fill["months"][m - 1]
        forms = [
            f"{d}/{m}/{y}",
            f"{d:02}-{m:02}-{y}",
            f"{d} {month} {y}",
            f"{month} {d}, {y}",
            f"{d}.{m}.{y % 100:02}",
        ]
        return self.rng.choice(
            [*forms, f"{d} {month[:3]} {y}", f"{y}-{m:02}-{d:02}", f"{month} {y}", f"{d} {month}"]
        )

    def time(self) -> str:
        return f"{self.rng.randint(0, 23)}:{self.rng.randint(0, 59):02}"

    def dur(self) -> str:
        number = self.rng.choice(
            [str(self.rng.randint(2, 20)), "two", "three", "four", "six", "several", "ten"]
        )
        return f"{number} {self.rng.choice(['days', 'weeks', 'months', 'years', 'hours'])}"

    def dose(self) -> str:
        unit = self.rng.choice(["mg", "g", "mcg", "ml"])
        return f"{self.rng.choice([5, 10, 20, 40, 100, 250, 500, 1000])} {unit}"

    def id(self) -> str:
        return self.rng.choice(["", "H-", "S/", "20", "KMC/"]) + str(self.rng.randint(100, 999_999_999))

    def phone(self) -> str:
        return self.rng.choice(["+91 ", "0", ""]) + str(self.rng.randint(6_000_000_000, 9_999_999_999))

    def pin(self) -> str:
        return str(self.rng.randint(110_001, 855_999))

    def postcode(self) -> str:
        if self.rng.random() < 0.5:
            return str(self.rng.randint(10_001, 99_950))
        a, b, c, d = self.rng.choices("ABCDEGHLNPRSTW", k=4)
        return f"{a}{b}{self.rng.randint(1, 29)} {self.rng.randint(1, 9)}{c}{d}"

    def size(self) -> str:
        return f"{self.rng.randint(1, 9)} x {self.rng.randint(1, 9)} cm"

    def roman(self) -> str:
        return self.rng.choice(["I", "II", "III", "IV", "V", "A", "B", "C", "1", "2", "3"])

    def cite(self) -> str:
        n = self.rng.randint(1, 60)
        return self.rng.choice([f"[{n}]", f"[{n},{n + 1}]", f"({n})", f"({self.year()})", f"[{n}-{n + 2}]"])

    def author(self) -> str:
        """A surname as eponyms and citations have it: the same names patients have."""
        if self.rng.random() < 0.45:
            return self.rng.choice(self.eponyms).capitalize()
        return self.names.last() if self.rng.random() < 0.8 else self.names.last("chinese")

    def eponym(self) -> str:
        head, one = self.slots["head"](), self.author()
        dice = self.rng.random()
        if dice < 0.25:
            return f"{one}'s {head}"
        if dice < 0.4:
            return f"{one}{self.rng.choice('-–')}{self.author()} {head}"
        if dice < 0.44:
            return f"{one}-{self.author()}-{self.author()} {head}"
        return f"{one} {head}"

    def brand(self) -> str:
        if self.rng.random() < 0.4:
            return self.slots["trade"]()
        word = "".join(self.slots["bits"]() for _ in range(self.rng.randint(2, 3))).capitalize()
        return word + self.rng.choice(["", "", "", "-D", " Plus", " 625", "-SR", " 3T", " Forte", "Pro"])

    def maker(self) -> str:
        who = self.rng.choice(
            [self.slots["makers"](), self.author(), self.brand(), f"{self.author()} {self.brand()}"]
        )
        who += self.rng.choice(
            ["", " Inc.", " Ltd", " GmbH", " Pharmaceuticals", " Medical", " Corp.", " Laboratories"]
        )
        where = self.slots["makercity"]().split(" ")
        if self.rng.random() < 0.5:
            where[0] = self.names.world()
        return f"{who}, {', '.join(where)}" if self.rng.random() < 0.75 else who

    def organism(self) -> str:
        if self.rng.random() < 0.15:
            return self.slots["virus"]()
        genus = self.slots["genus"]()
        if self.rng.random() < 0.25:
            endings = [
                "ella",
                "ia",
                "bacter",
                "coccus",
                "myces",
                "bacillus",
                "monas",
                "phyton",
                "nema",
                "virus",
                "oides",
            ]
            genus = self.author().split()[0][:5].capitalize() + self.rng.choice(endings)
        species = self.slots["species"]()
        if self.rng.random() < 0.3:
            species = self.author().lower().replace(" ", "")[:6] + self.rng.choice(
                ["ii", "ensis", "osum", "ica", "um"]
            )
        dice = self.rng.random()
        if dice < 0.15:
            return f"{genus[0]}. {species}"
        return f"{genus} species" if dice < 0.22 else (genus if dice < 0.3 else f"{genus} {species}")

    def gene(self) -> str:
        if self.rng.random() < 0.6:
            return str(self.rng.choice(self.lists["gene"]))
        letters = "".join(self.rng.choice("ABCDEFGHKLMNPRSTXYZ") for _ in range(self.rng.randint(2, 5)))
        return letters + self.rng.choice(["", "1", "2", "3A", "-1", "12", "L4"])

    def refs(self) -> str:
        def one() -> str:
            letters = "".join(self.rng.choice("ABCDEGHJKLMNPRSTVY") for _ in range(self.rng.randint(1, 3)))
            return self.author() + self.rng.choice([" ", " ", ", "]) + letters

        return ", ".join(one() for _ in range(self.rng.randint(1, 5)))

    def sentence(self, template: str) -> list[Piece]:
        """Pieces of one filled sentence."""
        choice = re.compile(r"\[([^\[\]]*)\]")
        while found := choice.search(template):
            template = (
                template[: found.start()]
                + self.rng.choice(found.group(1).split("|"))
                + template[found.end() :]
            )
        self.between = self.rng.choice([" | ", " / ", "/", ", ", "; ", "\t", " - ", "  ", " : ", "|"])
        pieces: list[Piece] = []
        for i, part in enumerate(re.split(r"\{(\w+)\}", template)):
            if i % 2 == 0:
                pieces.append((part, ""))
            elif part in self.labelled:
                make, label = self.labelled[part]
                pieces.append((make(), label))
            else:
                pieces.append((self.filled(part), ""))
        return [p for p in pieces if p[0]]

    def filled(self, slot: str) -> str:
        """{drug} as it is, {Drug} capitalised, {DRUG} in capitals; {Words} with every word capitalised."""
        if slot in self.slots:
            return self.slots[slot]()
        words = self.slots[slot.lower()]()
        if slot.isupper():
            return words.upper()
        if slot == "Words" or self.rng.random() < 0.4:
            return " ".join(w[:1].upper() + w[1:] for w in words.split(" "))
        return words[:1].upper() + words[1:]

    def noisy(self, pieces: list[Piece]) -> list[Piece]:
        """Capitals, small letters or scanner's errors, now and then."""
        dice = self.rng.random()
        if dice < 0.05:
            return [(t.upper(), label) for t, label in pieces]
        if dice < 0.08:
            return [(t.title() if not label else t, label) for t, label in pieces]
        if dice < 0.12:
            swap = {
                "l": "1",
                "o": "0",
                "i": "l",
                "e": "c",
                "m": "rn",
                "s": "5",
                "O": "0",
                "I": "l",
                "h": "b",
                "a": "o",
            }
            return [
                ("".join(swap.get(c, c) if self.rng.random() < 0.06 else c for c in t), label)
                for t, label in pieces
            ]
        if dice < 0.15:
            return [(re.sub(r"[.,;:]", "", t) if not label else t, label) for t, label in pieces]
        return pieces
