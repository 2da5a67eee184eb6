"""Make tagger.crf.xz, the small model of pipeline/identify/tagger.py. Run by a developer; nothing is downloaded.

    pip install python-crfsuite==0.9.12 faker==40.63.0
    python templates/models/make_tagger.py              # makes text, trains, writes the model, measures
    python templates/models/make_tagger.py --measure    # measures the model that is there
    python templates/models/make_tagger.py --show 20    # prints made-up sentences

All text is made up: sentences from tagger/train.txt, names and villages put together from the syllables of
tagger/names.yaml (and name lists of Faker, MIT, so that European and African names occur too), words from
templates/rules/medical-words.txt, everything else from tagger/fill.yaml. Held-out texts use other sentences
(tagger/heldout.txt), and other syllables, names, drugs and eponyms.
"""

from __future__ import annotations

import argparse
import json
import lzma
import random
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pycrfsuite
import yaml
from faker import Faker

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

from pipeline.identify import tagger  # noqa: E402

SEED = 20260712
SENTENCES = 60_000
HELDOUT = 6_000
PARAMETERS = {"c1": 0.35, "c2": 0.02, "max_iterations": 110, "feature.minfreq": 3}
LOCALES = (
    "en_IN en_GB en_US de_DE fr_FR es_ES it_IT pl_PL nl_NL pt_BR sv_SE tr_TR id_ID vi_VN cs_CZ fi_FI "
    "en_NG yo_NG ig_NG ha_NG zu_ZA tw_GH en_PK en_KE ro_RO hr_HR"
).split()
Piece = tuple[str, str]  # text, label ("" for none)

ORGANISED = ("hospital", "employer")
MONTHS = "January February March April May June July August September October November December".split()


def load(name: str) -> Any:
    return yaml.safe_load((HERE / "tagger" / name).read_text(encoding="utf-8"))


def split(items: list[Any], *, heldout: bool, every: int = 4) -> list[Any]:
    """Every n-th item is for the held-out texts, if there are enough of them."""
    if len(items) < 3 * every:
        return items
    return [item for i, item in enumerate(items) if (i % every == every - 1) == heldout]


def templates(name: str) -> dict[str, list[str]]:
    """Section -> sentences."""
    found: dict[str, list[str]] = {}
    section = ""
    for line in (HERE / "tagger" / name).read_text(encoding="utf-8").splitlines():
        if line.startswith("== "):
            section = line[3:].strip()
        elif line.strip() and not line.startswith("#"):
            found.setdefault(section, []).append(line)
    return found


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
        self.faker: list[tuple[list[str], list[str]]] = []
        for locale in LOCALES:
            fake = Faker(locale)
            fake.seed_instance(SEED)
            first = sorted({fake.first_name() for _ in range(250)} - {""})
            last = sorted({fake.last_name() for _ in range(250)} - {""})
            self.faker.append((split(first, heldout=heldout), split(last, heldout=heldout)))
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
        if self.rng.random() < 0.2:
            return self.rng.choice(split(self.fill["cities"], heldout=self.heldout))
        return self.syllables(self.places["town"])

    def british(self) -> str:
        if self.rng.random() < 0.3:
            return self.rng.choice(split(self.fill["british"], heldout=self.heldout))
        word = self.syllables(self.places["britain"])
        if self.rng.random() < 0.15:
            return self.rng.choice(["Great ", "Little ", "Upper ", "North ", "East "]) + word
        return word + (self.rng.choice(["-on-Sea", " upon Avon", "-le-Dale"]) if self.rng.random() < 0.07 else "")

    def world(self) -> str:
        if self.rng.random() < 0.4:
            return self.rng.choice(split(self.fill["worldcities"], heldout=self.heldout))
        return self.syllables(self.places["world"])

    def place(self) -> str:
        return self.rng.choices([self.village, self.town, self.british, self.world], [5, 5, 1, 1])[0]()

    def hospital(self) -> str:
        pick, rng, orgs = self.rng.choice, self.rng, self.orgs
        head, dice = pick(orgs["head"]), rng.random()
        kind = f"{pick(orgs['kind'])} " if rng.random() < 0.4 else ""
        if dice < 0.17:
            body = f"{pick(orgs['saint'])} {pick([pick(orgs['deity']), self.first(), self.full()])} {kind}{head}"
        elif dice < 0.34:
            title = pick(["", "", "Dr. ", "Dr ", "Sardar ", "Lala ", "Smt. ", "Seth ", "Pt. ", "Sir "])
            body = f"{title}{pick([self.full(), self.full(), self.last(), self.initials() + self.last()])} {kind}{head}"
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
            return f"{pick(orgs['acronym'])}{joint}{self.place()}" if rng.random() < 0.7 else pick(orgs["acronym"])
        elif dice < 0.94:
            return f"St. {pick(orgs['deity'])}'s" if rng.random() < 0.5 else f"St {pick(orgs['deity'])}'s {head}"
        else:
            body = f"{self.first()} {head}"
        return body + (f", {self.place()}" if rng.random() < 0.22 else "")

    def employer(self) -> str:
        pick, works = self.rng.choice, self.works
        tail = f", {self.place()}" if self.rng.random() < 0.3 else ""
        dice = self.rng.random()
        if dice < 0.45:
            school = pick(works["school"])
            if school.startswith(("Govt", "Kendriya", "Jawahar", "Zilla", "ITI", "Saraswati")):
                return f"{school}{pick([', ', ' '])}{self.place()}"
            who = pick([f"{pick(self.orgs['saint'])} {pick(self.orgs['deity'])}", self.place(), self.last(), self.full()])
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
        self.rng = random.Random(seed)  # noqa: S311 - text, not secrets
        self.names = Names(self.rng, heldout=heldout)
        self.heldout = heldout
        self.lists = {k: split(v, heldout=heldout, every=6) for k, v in load("fill.yaml").items()}
        listed: dict[str, list[str]] = {}
        for word, letter in tagger._lists().items():  # noqa: SLF001 - the same lists
            if word.isalpha() and len(word) > 2:
                listed.setdefault(letter, []).append(word)
        hidden = set(tagger._cues())  # noqa: SLF001
        self.plain = [w for w in sorted(listed["p"] + listed["t"]) if w not in hidden]
        self.common = [w for w in self.plain if len(w) < 9]
        self.eponyms = split(sorted(listed["e"]), heldout=heldout)
        self.slots: dict[str, Callable[[], str]] = {name: self._drawn(name) for name in self.lists}
        for name in ("age", "date", "dose", "dur", "id", "phone", "pin", "time", "year", "size", "roman", "cite"):
            self.slots[name] = getattr(self, name)
        names = self.names
        self.slots |= {
            "n": lambda: str(self.rng.choice([self.rng.randint(1, 30), self.rng.randint(1, 999)])),
            "last": self.author,
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
            "low": (lambda: names.name().lower(), "name"),
            "NAME": (lambda: names.name().upper(), "name"),
            "village": (names.village, "place"),
            "town": (names.town, "place"),
            "place": (names.place, "place"),
            "world": (names.world, "place"),
            "british": (names.british, "place"),
            "lowplace": (lambda: names.place().lower(), "place"),
            "PLACE": (lambda: names.place().upper(), "place"),
            "hospital": (names.hospital, "hospital"),
            "HOSPITAL": (lambda: names.hospital().upper(), "hospital"),
            "employer": (names.employer, "employer"),
        }

    def _drawn(self, name: str) -> Callable[[], str]:
        return lambda: str(self.rng.choice(self.lists[name]))

    def age(self) -> str:
        return str(self.rng.randint(1, 94))

    def year(self) -> str:
        return str(self.rng.randint(1899, 2026))

    def date(self) -> str:
        d, m, y = self.rng.randint(1, 28), self.rng.randint(1, 12), self.rng.randint(1998, 2026)
        month = MONTHS[m - 1]
        forms = [f"{d}/{m}/{y}", f"{d:02}-{m:02}-{y}", f"{d} {month} {y}", f"{month} {d}, {y}", f"{d}.{m}.{y % 100:02}"]
        return self.rng.choice([*forms, f"{d} {month[:3]} {y}", f"{y}-{m:02}-{d:02}", f"{month} {y}", f"{d} {month}"])

    def time(self) -> str:
        return f"{self.rng.randint(0, 23)}:{self.rng.randint(0, 59):02}"

    def dur(self) -> str:
        number = self.rng.choice([str(self.rng.randint(2, 20)), "two", "three", "four", "six", "several", "ten"])
        return f"{number} {self.rng.choice(['days', 'weeks', 'months', 'years', 'hours'])}"

    def dose(self) -> str:
        return f"{self.rng.choice([5, 10, 20, 40, 100, 250, 500, 1000])} {self.rng.choice(['mg', 'g', 'mcg', 'ml'])}"

    def id(self) -> str:
        return self.rng.choice(["", "H-", "S/", "20", "KMC/"]) + str(self.rng.randint(100, 999_999_999))

    def phone(self) -> str:
        return self.rng.choice(["+91 ", "0", ""]) + str(self.rng.randint(6_000_000_000, 9_999_999_999))

    def pin(self) -> str:
        return str(self.rng.randint(110_001, 855_999))

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
        bits = "zo vel cef ox ta dra pan lu mo xi ra ri ti bi flo nex ome car glo nor am cip lev so max pro ter dex zy"
        word = "".join(self.rng.choice(bits.split()) for _ in range(self.rng.randint(2, 3))).capitalize()
        return word + self.rng.choice(["", "", "", "-D", " Plus", " 625", "-SR", " 3T", " Forte", "Pro"])

    def maker(self) -> str:
        who = self.rng.choice([self.slots["makers"](), self.author(), self.brand(), f"{self.author()} {self.brand()}"])
        who += self.rng.choice(["", " Inc.", " Ltd", " GmbH", " Pharmaceuticals", " Medical", " Corp.", " Laboratories"])
        where = self.slots["makercity"]().split(" ")
        if self.rng.random() < 0.5:
            where[0] = self.names.world()
        return f"{who}, {', '.join(where)}" if self.rng.random() < 0.75 else who

    def organism(self) -> str:
        if self.rng.random() < 0.15:
            return self.slots["virus"]()
        genus = self.slots["genus"]()
        if self.rng.random() < 0.25:
            endings = ["ella", "ia", "bacter", "coccus", "myces", "bacillus", "monas", "phyton", "nema", "virus", "oides"]
            genus = self.author().split()[0][:5].capitalize() + self.rng.choice(endings)
        species = self.slots["species"]()
        if self.rng.random() < 0.3:
            species = self.author().lower().replace(" ", "")[:6] + self.rng.choice(["ii", "ensis", "osum", "ica", "um"])
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
            template = template[: found.start()] + self.rng.choice(found.group(1).split("|")) + template[found.end() :]
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
            swap = {"l": "1", "o": "0", "i": "l", "e": "c", "m": "rn", "s": "5", "O": "0", "I": "l", "h": "b", "a": "o"}
            return [
                ("".join(swap.get(c, c) if self.rng.random() < 0.06 else c for c in t), label) for t, label in pieces
            ]
        if dice < 0.15:
            return [(re.sub(r"[.,;:]", "", t) if not label else t, label) for t, label in pieces]
        return pieces


Row = tuple[str, list[tuple[int, int, str]]]


def texts(writer: Writer, sections: dict[str, list[str]], count: int) -> Iterator[Row]:
    """Texts with spans of characters: negatives about half, every section's sentences equally likely."""
    good = [t for s, ts in sections.items() if not s.startswith("negative") for t in ts]
    bad = [t for s, ts in sections.items() if s.startswith("negative") for t in ts]
    for _ in range(count):
        template = writer.rng.choice(good if writer.rng.random() < 0.55 else bad)
        text, found = "", []
        for piece, label in writer.noisy(writer.sentence(template)):
            if label:
                found.append((len(text), len(text) + len(piece), label))
            text += piece
        yield text, found


def examples(rows: Iterator[Row], rng: random.Random) -> Iterator[tuple[list[list[str]], list[str]]]:
    """Features and labels; now and then a word is hidden from the word lists, so that context counts."""
    for text, found in rows:
        for sentence in tagger.sentences(text):
            words = [tagger.word(t.text, known=rng.random() > 0.04) for t in sentence]
            labels = ["O"] * len(sentence)
            for start, end, label in found:
                for i, token in enumerate(sentence):
                    if start <= token.start < end:
                        labels[i] = label
            yield tagger.features(sentence, words), labels


def train() -> None:
    """Make the text, train, write the model."""
    began = time.time()
    writer = Writer(SEED, heldout=False)
    trainer = pycrfsuite.Trainer(algorithm="lbfgs", verbose=False)
    trainer.set_params(PARAMETERS)
    tokens = 0
    for features, labels in examples(texts(writer, templates("train.txt"), SENTENCES), writer.rng):
        trainer.append(features, labels)
        tokens += len(labels)
    print(f"made {SENTENCES} texts, {tokens} tokens, {time.time() - began:.0f} s", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder) / "model"
        trainer.train(str(raw))
        plain = raw.read_bytes()
    packed = lzma.compress(plain, preset=9)
    (HERE / "tagger.crf.xz").write_bytes(packed)
    print(f"trained in {time.time() - began:.0f} s; {len(plain)} bytes, packed {len(packed)}")


def found_in(text: str, gold: list[tuple[int, int, str]], threshold: float) -> tuple[Counter[str], list[str]]:
    """Full-cover recall a label, and how many proposals touch nothing."""
    spans = tagger.spans(text, threshold)
    covered = {i for s in spans for i in range(s.start, s.end)}
    count: Counter[str] = Counter(spans=len(spans))
    missed = []
    for start, end, label in gold:
        letters = [i for i in range(start, end) if text[i].isalnum()]
        count[f"{label} all"] += 1
        hit = all(i in covered for i in letters)
        count[f"{label} full"] += hit
        count[f"{label} any"] += any(i in covered for i in letters)
        count[f"{label} right"] += any(s.label == label and s.start <= start and s.end >= end for s in spans)
        if not hit:
            missed.append(f"MISS {label}: {text[start:end]!r} in {text!r}")
    for s in spans:
        if not any(s.start < end and start < s.end for start, end, _ in gold):
            count["false"] += 1
            missed.append(f"FALSE {s.label} {s.score}: {text[s.start : s.end]!r} in {text!r}")
    return count, missed


def table(rows: list[Row], title: str, thresholds: list[float]) -> None:
    """Print recall, precision and false proposals for thresholds."""
    words = sum(len(text.split()) for text, _ in rows)
    print(f"{title}: {len(rows)} texts, {words} words")
    for threshold in thresholds:
        total: Counter[str] = Counter()
        for text, gold in rows:
            total += found_in(text, gold, threshold)[0]
        said = [f"  {threshold:.2f}"]
        for label in tagger.LABELS:
            if total[f"{label} all"]:
                n = total[f"{label} all"]
                said.append(f"{label} {total[f'{label} full'] / n:.3f} (any {total[f'{label} any'] / n:.3f}, n={n})")
        right = 1 - total["false"] / max(1, total["spans"])
        said.append(f"precision {right:.3f}, false/1000 words {1000 * total['false'] / words:.1f}")
        print("; ".join(said), flush=True)


def measure(thresholds: list[float], dev: Path | None, show: int) -> None:
    """Held-out sentences, ordinary text, and a file of lines {text, phi} if given."""
    writer = Writer(SEED + 1, heldout=True)
    table(list(texts(writer, templates("heldout.txt"), HELDOUT)), "held-out sentences and syllables", thresholds)
    ordinary = (HERE.parents[1] / "bench/text/ordinary.txt").read_text(encoding="utf-8")
    table([(ordinary, [])], "ordinary case reports", thresholds)
    if dev:
        kinds = {"NAME": "name", "LOC_": "place", "HOSP": "hospital", "EMPL": "employer"}
        rows = []
        for line in dev.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            gold = [(p["start"], p["end"], kinds.get(p["label"][:4], "")) for p in row["phi"]]
            rows.append((row["text"], [g for g in gold if g[2]]))
        table(rows, "development corpus (other labels count as false)", thresholds)
    text = ordinary * 5
    tagger.spans(text)
    began = time.perf_counter()
    tagger.spans(text)
    print(f"{1e6 * (time.perf_counter() - began) / len(text.split()):.1f} ms per 1,000 words")
    shown = 0
    writer = Writer(SEED + 2, heldout=True)
    for row in [(ordinary, []), *texts(writer, templates("heldout.txt"), 50 * show)] if show else []:
        for line in found_in(*row, tagger.THRESHOLD)[1]:
            print(line[:60] if row[0] is ordinary else line)
            shown += 1
        if shown >= show and row[0] is not ordinary:
            break


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--measure", action="store_true")
    parser.add_argument("--show", type=int, default=0)
    parser.add_argument("--misses", type=int, default=0)
    parser.add_argument("--dev", type=Path)
    parser.add_argument("--thresholds", type=float, nargs="+", default=[0.2, 0.3, 0.4, 0.5, 0.6, 0.7])
    a = parser.parse_args()
    if a.show:
        for text, _ in texts(Writer(SEED, heldout=False), templates("train.txt"), a.show):
            print(text)
        return
    if not a.measure:
        train()
    measure(a.thresholds, a.dev, a.misses)


if __name__ == "__main__":
    main()
