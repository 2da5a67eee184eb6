"""Names of people: by title, relation or label, by age and sex behind them, and by lists of names."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.identify import runs, small
from pipeline.identify.found import ASK, REMOVE, Find, Rank
from pipeline.identify.nameparts import GAP, LONGEST, STOP, grown, made, plain, strength
from pipeline.identify.page import Page
from pipeline.identify.words import KNOWN, NAME, Trait, group, traits

_AFTER_TITLE = re.compile(r"\.?\s{0,2}|\.?\s?\(|\.?\)\s?|\.?\s?:\s?|\.?\(")
_AFTER_RELATION = re.compile(
    r"\s|'s?\s|\s?[:,(-]\s?|,?\s(?:named|called|namely|is|was|as)\s|'s name (?:is|was)\s|\sname\s?[:-]?\s|\s-\s|\s?\((?:named|called)\s"
)
LABEL = re.compile(
    r"(?<![\w-])(?:(?:(?:patient|pt|child|baby|mother|father|husband|wife|guardian|attendant|relative|witness|doctor|consultant|informant|nominee|spouse|subject|donor|full|first|last|sur|family|given|maiden|pet|client|person|investigator|surgeon|kin)(?:'s)?\s)?(?:sur)?names?|naam|mera naam|iska naam|patients?|pt|client|case\s\d{1,2}|informant|guardian|witness(?:\s?\d)?|nominee|consultant(?:\sin\scharge)?|surgeons?|operating surgeon|anaesthetist|anesthetist|"
    r"anaesthesiologist|assistants?|(?:reported|verified|signed|reviewed|seen|examined|checked|referred|ref|ref\.|operated|treated|prepared|typed|dictated|authenticated|validated|approved|counselled|performed|done|collected|issued|attested|witnessed|written|submitted|interpreted|managed|followed|given|obtained|explained|translated|accompanied|brought|drawn|taken|photographed)\s(?:up\s)?by|reporting (?:doctor|radiologist|pathologist)|referring (?:doctor|physician|clinician|dr)|"
    r"radiologist|pathologist|technician|technologist|attending(?:\sphysician)?|physician|doctor|registrar|resident|sonologist|nurse|gp|contact(?:\sperson)?|next of kin|nok|emergency contact|signature(?:\sof\s(?:the\s)?(?:patient|parent|guardian|witness|doctor))?|signed|dear|regards|sincerely|yours truly|thanks|cc|from|to|attn|c\/o|s\/o|d\/o|w\/o|h\/o|b\/o|f\/o|m\/o|r\/o|g\/o|so|do|wo|alias|@|aka|a\.k\.a\.?|known as|named|called|call|nicknamed|addressed as|goes by|introduced (?:her|him)self as|born to|"
    r"(?:baby|infant|newborn|child|son|daughter|wife|husband|mother|father|widow|brother|sister|care|ward|twins?|mrs|family|daughters|sons|case|name|body|remains)\s(?:girl |boy )?of|"
    r"(?:radiographs?|ct|mri|mr|ecg|ekg|eeg|photographs?|photos?|pictures?|images?|scans?|x-?rays?|ultrasound|usg|echo(?:cardiogram)?|mammogram|slides?|biopsy|specimen|sample|reports?|records|chart|consent|angiogram|smear|films?|pedigree|video|impression|fundus|face|hand|thumb print)\s(?:of|from|for))"
    r"(?P<sign>\s{0,2}(?:[:=,;-]|:-|\()?\s{0,3}(?:is\s|was\s)?[\"']?)(?=[A-Z])",
    re.IGNORECASE,
)
LONGEST_LABEL = 5  # words
_FILLERS = frozenset(
    "the her him up self full first last maiden operating referring reporting next goes yours born s d b w c f m r g h x sin girl boy".split()
)
_ENDS = (
    frozenset(re.findall(r"[a-z]+", LABEL.pattern))
    | {"assistant", "image", "record", "report", "signature"} - _FILLERS
)
_SURE_LABEL = re.compile(
    r"(?i:.*(?:name|naam|[sdwcbfmg]/o|\bso|\bdo|\bwo|alias|named|known as|nicknamed|surname|dear|(?:son|daughter|wife|husband|mother|father|widow|baby|infant|newborn)\s(?:girl |boy )?of|(?:reported|verified|signed|referred|operated|seen|reviewed|treated)\s(?:up\s)?by|surgeon|consultant|anaesthetist|witness\s?\d?|guardian|informant|nominee))"
)
_DOCTOR_LABEL = re.compile(
    r"(?i:.*(?:surgeon|consultant|an(?:a)?esthe|radiolog|patholog|by|doctor|physician|registrar|resident|technic|technol|sonolog|dr|gp|attending))"
)
_COLON = re.compile(r"[:=]|:-")
AGE_SEX = re.compile(
    r"\s*[,;:(/\[-]?\s*(?:aged?\s*(?:about\s)?[:-]?\s*)?(?:(?:a|an)\s+)?(?:\d{1,3}\s*[-/]?\s*(?:years?|yrs?|yr|y/o|yo|y\b|months?|mths?|days?|weeks?|M\b|F\b|male|female)|\d{1,3}\s*[,/-]?\s*(?:M|F|male|female|m|f)\b|[MF]\s?[,/]\s?\d{1,3}|(?:male|female)\s?,\s?\d{1,3}|\d{1,3}\s?[,)])"
)
_HINGLISH = re.compile(
    r"(?<!\w)(?:(?:mera|meri|iska|uska|mareez ka|patient ka|bacche ka|bachche ka|pati ka|pita ka|maa ka|beti ka|bete ka)\s+naam|naam|ka naam|nam)\s*(?:hai|is|:|-|tha|he)?\s*(?P<v>(?:[A-Za-z][a-z]+)(?:\s(?!hai\b|he\b|hain\b|tha\b|thi\b|ka\b|ki\b|ke\b|ko\b|aur\b|mein\b|se\b|and\b|was\b|is\b|umar\b|age\b|jo\b|ji\b|ne\b|likha\b|par\b)[A-Za-z][a-z]+){0,2})",
    re.IGNORECASE,
)
_DICOM = re.compile(r"(?<!\w)[A-Za-z][A-Za-z'-]+(?:\^[A-Za-z'.-]*){1,4}(?!\w)")
# "KUMAR, RAVI  MRN 1188"
_TURNED = re.compile(
    r"(?:^|[:|(\t]\s{0,3})(?P<v>(?P<one>[A-Z][A-Za-z'-]+), (?P<two>[A-Z][A-Za-z'-]+)(?: [A-Z]\.?)?)(?=\s*(?:[(|,;)]|MRN|DOB|UHID|NHS|Age|\d|$))",
    re.MULTILINE,
)
_INITIALS_CASE = re.compile(
    r"(?:\b(?:[Pp]atient|[Cc]ase \d{1,2}|[Ss]ubject|[Pp]t\.?|[Mm]r\.?|[Mm]rs\.?|[Mm]s\.?|[Ss]mt\.?|[Mm]aster|[Bb]aby|[Ii]nitials?)[:,]?\s+\(?)(?P<v>(?:[A-Z]\.\s?){2,4}|[A-Z] ?[A-Z] ?[A-Z]?(?=,? \(?(?:aged? )?\d{1,3}\b|, [MF]\b|\b, a \d))"
)
_INITIALS_AGE = re.compile(
    r"(?<![\w.])(?P<v>(?:[A-Z]\. ?){2,4}|[A-Z](?: [A-Z]){1,2}(?=,? ?\(?\d{1,3} ?(?:/ ?[MF]\b|[MF]\b|-?y)))(?=,? ?(?:\(|aged? |a |an )?\d{1,3}\b|,? ?[MF],? ?\d|, (?:a|an|male|female)\b)"
)


def find(page: Page) -> Iterator[Find]:
    """Every name of a person."""
    spans: list[Find] = [*_by_title(page), *_by_label(page), *_written_otherwise(page)]
    spans += _by_age(page)
    spans += small.find(page)
    yield from spans
    yield from runs.find(page, runs.remembered(page, spans))


# --- by the words before ----------------------------------------------------------------------------------------


def _by_title(page: Page) -> Iterator[Find]:
    tokens, titles, unsure, relations = (
        page.tokens,
        group("titles"),
        group("unsure_titles"),
        group("relations"),
    )
    doctors = group("doctor_titles")
    for i, token in enumerate(tokens[:-1]):
        low, gap = token.low, page.gap(i + 1)
        title = low in titles and (token.capital or low in ("dr", "smt", "mr", "mrs", "shri", "sri"))
        if title and page.kept[token.start] and page.kept[tokens[i + 1].start]:
            continue  # "Sri Lanka"
        if (
            title
            and token.shape == "U"
            and gap == ". "
            and plain(tokens[i + 1])
            and tokens[i + 1].shape == "C"
        ):
            continue  # "raised on MRS. Findings …"
        if (
            title
            and _AFTER_TITLE.fullmatch(gap)
            and not (":" in gap and low in ("adv", "er", "pt", "bhai", "rev"))
        ):
            sure = True
        elif low in unsure and _AFTER_TITLE.fullmatch(gap) and (gap == " " or token.capital):
            sure = False
            title = True
        elif low in relations and _AFTER_RELATION.fullmatch(gap):
            sure = False
        else:
            if (
                low in relations
                and i + 2 < len(tokens)
                and tokens[i + 1].low in ("named", "called", "namely", "is", "was")
                and gap == " "
            ):
                hit = _related(page, i + 2)
                if hit:
                    yield hit
            continue
        j = i + 1
        while (
            j < min(len(tokens) - 1, i + 4)
            and tokens[j].low in titles | {"late"}
            and _AFTER_TITLE.fullmatch(page.gap(j + 1))
            and tokens[j].capital
            and low not in relations
        ):
            j += 1
        if not title:
            hit = _related(page, j)
            if hit:
                yield hit
            continue
        first = tokens[j]
        if not sure and (
            not first.capital
            or (strength(first) < 2 and (first.has(KNOWN) or first.shape == "U" and len(first.text) < 5))
        ):
            continue
        if not sure and gap == ". ":
            continue
        end = grown(page, j, sure=sure)
        if end == j:
            continue
        doctor = low in doctors
        said = "the doctor" if doctor else "the patient"
        action = REMOVE if sure or max(strength(t) for t in tokens[j:end]) > 1 else ASK
        yield made(
            page, i, end, "doctor" if doctor else "name", said, action, Rank.CONTEXT, "a name behind a title"
        )


def _related(page: Page, j: int) -> Find | None:
    tokens = page.tokens
    first = tokens[j]
    if (
        not first.capital
        or plain(first)
        or first.low in group("titles")
        or (first.opens and strength(first) < 2)
    ):
        return None
    if (
        first.shape == "U"
        and (len(first.text) < 4 or strength(first) < 2)
        or (first.has(Trait.EPONYM) and page.kept[first.start])
    ):
        return None
    if first.shape == "I" and (j + 1 >= len(tokens) or not tokens[j + 1].capital):
        return None
    if first.has(Trait.WORD) and strength(first) < 2:
        if first.shape != "C" or page.gap(j) != " " or first.has(Trait.KEEP | Trait.REGION):
            return None
        return made(
            page, j, j + 1, "name", "a relative", ASK, Rank.RARE, "a name behind a relation, or a word?"
        )
    end = grown(page, j, sure=False)
    if end == j:
        return None
    return made(page, j, end, "name", "a relative", REMOVE, Rank.CONTEXT, "a name behind a relation")


def _labels(page: Page) -> Iterator[re.Match[str]]:
    """Matches of LABEL, looked for only before a capitalised word behind a word a label can end with."""
    text, tokens = page.text, page.tokens
    for j in range(1, len(tokens)):
        before, at = tokens[j - 1], tokens[j].start
        sign = text.find("@", before.end, at)
        ends = before.low in _ENDS or before.shape == "n" or sign >= 0
        if not (ends and "A" <= text[at] <= "Z" and at - before.end < 10):
            continue
        starts = [t.start for t in tokens[max(0, j - LONGEST_LABEL) : j]] + [sign] * (sign >= 0)
        for start in starts:
            hit = LABEL.match(text, start, at + 1)
            if hit and hit.end() == at:
                yield hit
                break


def _by_label(page: Page) -> Iterator[Find]:
    tokens = page.tokens
    starts = {t.start: k for k, t in enumerate(tokens)}
    for hit in _labels(page):
        j = starts.get(hit.end())
        if j is None:
            continue
        label = hit[0][: len(hit[0]) - len(hit["sign"])]
        colon = bool(_COLON.search(hit["sign"]))
        sure = bool(_SURE_LABEL.match(label)) and (colon or label.lower() not in ("from", "to"))
        if label.lower() in ("from", "to", "cc", "so", "do", "wo", "call", "called", "@") and not colon:
            if label.lower() not in ("call", "called", "@") or strength(tokens[j]) < 2:
                continue
        last = min(len(tokens), j + 5)
        while (
            j + 1 < last
            and tokens[j].low in group("titles") | {"late"}
            and _AFTER_TITLE.fullmatch(page.gap(j + 1))
        ):
            j += 1
        first = tokens[j]
        end = grown(
            page,
            j,
            sure=(sure or colon)
            and not first.has(Trait.WORD)
            or bool(re.search(r"(?i:name|naam)", label))
            and colon,
        )
        if end == j:
            continue
        run = tokens[j:end]
        best = max(strength(t) for t in run)
        if page.kept[first.start] and not colon and (first.has(Trait.EPONYM) or not first.has(NAME)):
            continue
        if label.lower().startswith(("history", "h/o")) and best < 3:
            continue
        short = all(t.shape == "U" and len(t.text) < 5 and strength(t) < 3 for t in run)
        if (
            short
            and not (colon and re.search(r"(?i:name|naam)", label))
            or (best < 2 and first.opens and not (sure or colon))
        ):
            continue
        doctor = bool(_DOCTOR_LABEL.match(label))
        action = REMOVE if best > 1 or sure else ASK
        if best < 2 and not sure and any(t.has(Trait.WORD | Trait.PLACE | Trait.PLACELIKE) for t in run):
            action = ASK
        yield made(
            page,
            j,
            end,
            "doctor" if doctor else "name",
            "the doctor" if doctor else "the patient",
            action,
            Rank.CONTEXT,
            "a name behind a label",
        )
    for hit in _HINGLISH.finditer(page.text):
        yield Find(*hit.span("v"), "name", "the patient", REMOVE, Rank.CONTEXT, "a name behind “naam”")


def _written_otherwise(page: Page) -> Iterator[Find]:
    for hit in _DICOM.finditer(page.text):
        if not re.search(r"\^\d", hit[0]):
            yield Find(
                *hit.span(), "name", "the patient", REMOVE, Rank.CONTEXT, "a name as image headers write it"
            )
    for hit in _TURNED.finditer(page.text):
        if all(traits(hit[n].lower()) & NAME for n in ("one", "two")):
            yield Find(*hit.span("v"), "name", "the patient", REMOVE, Rank.CONTEXT, "a surname and a name")
    for rule in (_INITIALS_CASE, _INITIALS_AGE):
        for hit in rule.finditer(page.text):
            end = hit.end("v") - (hit["v"][-1] == " ")
            yield Find(
                hit.start("v"), end, "name", "the patient", REMOVE, Rank.CONTEXT, "initials of a patient"
            )


def _by_age(page: Page) -> list[Find]:
    """A name right before an age and a sex: "MUKESH PRASAD, 61/M"."""
    tokens, found = page.tokens, []
    for i, token in enumerate(tokens):
        if not token.capital or (
            i + 1 < len(tokens) and tokens[i + 1].capital and GAP.fullmatch(page.gap(i + 1))
        ):
            continue
        if not AGE_SEX.match(page.text, token.end):
            continue
        j = i + 1
        while (
            j
            and i - j < LONGEST
            and tokens[j - 1].capital
            and (j == i + 1 or GAP.fullmatch(page.gap(j)))
            and tokens[j - 1].low not in STOP
            and not plain(tokens[j - 1])
        ):
            j -= 1
        run = tokens[j : i + 1]
        if not run or all(t.shape == "I" for t in run):
            continue
        best = max(strength(t) for t in run)
        strict = re.match(
            r"\s*[,(/-]?\s*\(?(?:aged?|\d{1,3}\s?[-/]?\s?(?:y|M\b|F\b|male|female|years?))",
            page.text[token.end : token.end + 24],
        )
        if not strict or (
            best < 2
            and (any(t.has(KNOWN) for t in run) or all(t.shape == "U" and len(t.text) < 5 for t in run))
        ):
            continue
        if any(t.has(Trait.PLACE) and not t.has(NAME) for t in run):
            continue
        found.append(
            made(page, j, i + 1, "name", "the patient", REMOVE, Rank.CONTEXT, "a name before an age")
        )
    return found
