"""Hospitals whose name has no word for one: "Cedar Hollow Children's", "St Mary's", "Mass General"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.identify.found import ASK, Find, Rank
from pipeline.identify.page import Page
from pipeline.identify.words import NAME, Trait, traits

_W = r"(?:[A-Z][\w'-]+|St\.?|of|the)"
_KINDS = (
    "Children's|General|Memorial|Methodist|Baptist|Presbyterian|Regional|Royal|Royal Infirmary|Medical|Lutheran|Adventist|Mercy|Veterans|Women's|Maternity|Nursing|"
    "Rural|Civil|Cottage|Hospice|Cancer|Heart|Ortho|Eye|Neuro|Kidney|Skin|Dental|Trauma|Emergency|Multispeciality|Superspeciality|Speciality|Specialty|County|Health|Healthcare|Oncology|Orthopaedics|Orthopedics|Ophthalmology|Pediatrics|Paediatrics|Dermatology|Cardiology|Radiology|Pathology|Dialysis|Fertility|IVF|Physio|Physiotherapy|Sonography|Scans|X-Ray|Ultrasound|Rugnalaya|Davakhana|Dawakhana|Arogya|Chikitsa|Medical Hall|Pharmacy|Chemist|Surgery"
)
_BEFORE = r"(?:(?:[Aa]t|[Tt]o|[Ff]rom|[Ii]n|[Bb]y|[Vv]ia|[Nn]ear|(?:ED|ER|ICU|NICU|PICU|OPD|ward|casualty|staff|emergency|department|nurse|doctor|transfer|gates?) of|[Rr]ef(?:erred)?\.? (?:by|to|from)|[Rr]ef:?)\s(?:the\s)?)"
NAMED = re.compile(
    rf"\b{_BEFORE}(?P<v>(?:{_W}\s){{1,4}}(?:{_KINDS})\b(?:,\s[A-Z][a-z]+)?)(?!\s(?:Council|Association|Act|Journal|Assembly|Secretary))"
)
SAINT = re.compile(
    r"\b(?:[Aa]t|[Tt]o|[Ff]rom|[Ii]n|[Vv]ia|[Oo]f)\s(?P<v>(?:St\.?|Saint|Our Lady of|Holy|Sacred|Good)\s(?:[A-Z][\w'-]+\s?){1,3}(?:'s)?)(?=[\s,.;)]|$)"
)
OWNED = re.compile(
    r"\b(?:[Aa]t|[Tt]o|[Ff]rom|[Ii]n|[Vv]ia|[Oo]f|[Cc]linic|[Rr]ef:?)\s(?P<v>(?:(?:St\.?|Saint|Dr\.?|Guy's and St)\s)?[A-Z][a-z]+(?:\s[A-Z][a-z]+)?(?:'s|s'))(?=\s?[,.;)]|\s(?:on|in|with|for|and|the|by|where|who|after|at|when|but|he|she|last|for)\b|\s?$)"
)
CARE = re.compile(
    r"\b(?P<v>(?:[A-Z][\w'-]+\s){1,3}(?:Eye|Dental|Skin|Heart|Kidney|Child|Women's|Mother|Baby|Ortho|Health|Critical|Home|Nursing|Cancer|Pain|Day|Bone|Joint|Family|Medical|Life|Wellness|Speech|Hearing|Hair|Cosmetic|Physio|Fertility|Blood|Scan)\s(?:Care|Point|World|Wellness|Hub|House|Zone|Plus|Bank|Lab|Labs|Studio|Spa|Home|Hospice|Collection)|(?:[A-Z][\w'-]+\s){1,3}(?:Women|Mother|Maa|Mom)(?:'s)?\s(?:&|and)\s(?:Child|Baby)(?:ren)?(?:'s)?)\b"
)
NATIONAL = re.compile(
    r"\b(?P<v>(?:National|State|Regional|Central|Apex|Zonal|Provincial) (?:Centre|Center|Institute|Laboratory|Agency|Reference Laboratory|Bureau) (?:for|of) (?:[A-Z][\w-]+ ?(?:and |of |for )?){1,5})(?<! )"
)
ROYAL = re.compile(
    r"\b[Tt]he\s(?P<v>Royal\s(?!College|Society|Colleges|Family|Free\sHospital)[A-Z]\w+(?:\s[A-Z]\w+)?)"
)
ADMITTED = re.compile(
    r"\b(?:admitted|shifted|transferred|referred|taken|rushed|brought|moved|sent|airlifted|presented|attended|delivered|operated(?:\son)?|treated|born|seen|reviewed|followed(?:\sup)?|discharged|hospitali[sz]ed|died|investigated|dialy[sz]ed|transfused|biopsied|scanned|imaged)\s(?:\w+\s){0,3}?(?:to|at|in|from|via|by)\s(?:the\s)?(?P<v>[A-Z][\w'-]{3,}(?:\s[A-Z][\w'-]+){1,4})"
)


def find(page: Page) -> Iterator[Find]:
    """Every name of this kind; a person decides."""
    for rule in (NAMED, SAINT, OWNED, CARE, NATIONAL, ROYAL, ADMITTED):
        for hit in rule.finditer(page.text):
            start, end = hit.span("v")
            words = [traits(w.lower()) for w in re.findall(r"[A-Za-z'-]{2,}", page.text[start:end])]
            if rule is ADMITTED and all(t & (Trait.WORD | Trait.KEEP) and not t & NAME for t in words):
                continue  # "transferred to the Intensive Care Unit"
            if rule is SAINT or page.kept.find(0, start, end) >= 0:
                yield Find(
                    start, end, "hospital", "a hospital", ASK, Rank.RARE, "may be the name of a hospital"
                )
