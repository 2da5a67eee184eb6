"""What stays: citations and reference lists (locked), and words that look like names and are no one's (kept).

Author names in a reference list are printed on purpose (ICMJE Recommendations, IV.A.3.g), so nothing is proposed
there. Diseases, signs and instruments named after people, organisms, makers and places larger than a district
identify nobody (45 CFR 164.514(b)(2)(i)(B) allows the state).
"""

from __future__ import annotations

import re
from functools import cache

from pipeline.identify.near import near
from pipeline.identify.page import Page, Token
from pipeline.identify.references import lock_references
from pipeline.identify.words import NAME, Trait, alternation, group, traits

_NAME = r"(?:(?:[Vv]an|[Vv]on|[Dd]e|[Dd]el|[Aa]l|[Dd]i|[Ll]e)[ -](?:der |den )?)?(?:O'|Mc|Mac)?[A-Z][^\W\d_]+(?:[-'][A-Z]?[^\W\d_]+)?"
_AUTHOR = rf"{_NAME}(?: [A-Z]{{1,3}}(?![\w.]))?"
_INITIALLED = rf"(?:(?:[A-Z]\. ?){{1,3}})?{_AUTHOR}"
_AUTHORS = rf"{_INITIALLED}(?:(?:, ?(?:and |& ?)?| and | & ){_INITIALLED}){{0,6}}"
_YEAR = r"(?:19|20)\d\d[a-z]?"
_TAIL = rf"(?:[,.]?\s*(?:[\[(]\s*{_YEAR}(?:[,;]\s*{_YEAR})*[^\[\]()\n]{{0,40}}[\])]|{_YEAR}|\[\d[\d,\s-]*\]|\^\d[\d,-]*\^))?"
_ET_AL = re.compile(
    rf"{_AUTHORS},?\s+(?:et\.?\s?al(?![A-Za-z])\.?|and (?:colleagues|co-?workers|associates|others)\b)(?:'s)?{_TAIL}"
)
_DATED = re.compile(
    rf"(?<![\w-])(?P<who>{_AUTHORS})(?:'s)?,?\s*(?:[(\[]\s*{_YEAR}(?:\s*[,;:]\s*(?:{_YEAR}|pp?\.? ?\d[\d-]*))*\s*[)\]]|\[\d[\d,\s-]*\]|\^\d[\d,-]*\^)"
)
_CITE = rf"(?:{_AUTHORS}(?:,? et al\.?)?(?:'s)?,? ?{_YEAR}(?:, ?{_YEAR})*)"
_BRACKETS = re.compile(rf"[(\[](?:see |e\.g\.,? |cf\.? |reviewed in |as in )?{_CITE}(?:[;,] ?{_CITE})*[)\]]")
_WORK = re.compile(
    rf"\b(?:(?:stud(?:y|ies)|series|review|meta-analysis|cohort|trials?|work|paper|article|experience|classification|criteria|textbook)"
    rf" (?:of|by|from)|(?:first |originally |initially |previously |also )?(?:described|proposed|popularised|popularized|introduced|coined|"
    rf"published|hypothesised|hypothesized|postulated) (?:in {_YEAR} )?by|[Aa]ccording to) (?P<who>{_AUTHORS})"
)
_OWN_WORK = re.compile(
    rf"{_AUTHORS}'s? (?:\w+ )?(?:review|study|series|report|paper|work|article|cohort|meta-analysis|survey|analysis|case|cases|description|observation|classification|criteria)(?:{_TAIL}| (?:of|in|from) {_YEAR})"
    rf"|(?<=\()(?:{_AUTHOR}(?: et al\.?)?,? {_YEAR}[;,)])|\b(?:and|&) {_AUTHOR}(?:,| in) {_YEAR}\b|\b{_AUTHOR} and {_AUTHOR},? (?:in )?{_YEAR}\b"
)
_CODES = re.compile(
    r"https?://(?:[\w-]+\.)*(?:ncbi\.nlm\.nih\.gov|europepmc\.org|clinicaltrials\.gov|ctri\.nic\.in|orcid\.org|who\.int)/[^\s\"<>]*[^\s\"<>.,;)\]]"
    r"|\brefs?\.? \d{1,3}(?:(?:, ?|/|-| and )\d{1,3})*(?![\w/])"
    r"|\[@[^\]\n]{1,200}\]|\b(?:doi\s*:?\s*)?(?:https?://(?:dx\.)?doi\.org/)?10\.\d{4,9}/[^\s\"<>]*[^\s\"<>.,;)\]]"
    r"|\b(?:PMID|PMCID|PubMed(?: ID)?|ISBN(?:-1[03])?|ISSN|e-?ISSN|arXiv|CAS|RRID|OMIM|MIM|ORPHA|UniProt|dbSNP|ClinVar|SNOMED|LOINC|"
    r"ICD-?(?:10|11|O)?(?:-CM)?|EudraCT|GenBank(?: accession)?|SRA|BioProject|GEO|PDB)\b(?: (?:no\.?|number|ID|accession|code))?\s*[:#]?\s*[A-Z]{0,6}[_:-]?\d[\w.:-]*(?<![.:])"
    r"|\bPMC\d{4,9}\b|\bCTRI[/ ]\d{4}[/ ]\d{2,3}[/ ]\d{4,8}|\bREF[/ ]\d{4}[/ ]\d{2}[/ ]\d{6}\b|\bNCT ?\d{8}\b|\bISRCTN ?\d{8}\b|\b(?:ATCC|MTCC|NCTC|DSMZ?|CBS|NCIM|NCCLS|CLSI|ISO|EN|ASTM|IEC) ?[A-Z]{0,3}-?\d[\d.:-]*\b|\bChiCTR[\w-]+|\bCRD ?\d{8,12}\b|\bACTRN\d+|\bJPRN[\w-]+"
    r"|\b(?:N[CGMPRTWZ]|X[MP])_\d{6,9}(?:\.\d+)?(?:\([A-Z0-9]+\))?(?::[cpg]\.\S*[\w)])?|\brs\d{3,10}\b|\b(?:MN|OP|OQ|MT|MW|KY|KX|KU|LC|AB|EU|GQ|HM|JX|KC|KF|KJ|KM|KP|KR|KT|MF|MG|MH|MK|ON|OR|PP)\d{6}(?:\.\d)?\b"
    r"|\b[cpgm]\.(?:\(?[A-Z][a-z]{2}\d+\S*|[\d*_+-]+\S*)"
)
_REGION = re.compile(rf"\b(?:{alternation(group('region_phrases'))})\b", re.IGNORECASE)
_PHRASE = re.compile(
    rf"\b(?:{alternation(p for p in group('eponym_phrases') if ' ' in p)})s?\b",
    re.IGNORECASE,
)
# "Pt Harjit Singh (2021)" came to the hospital; he wrote no paper.
_TITLE = re.compile(
    r"\b(?:Dr|Drs|Mr|Mrs|Ms|Smt|Shri|Sri|Prof|Km|Sh|Mst|Miss|[Pp]atients?|[Pp]ts?|Master|Baby|[Hh]usband|[Ww]ife|[Ss]on"
    r"|[Dd]aughter|[Ff]ather|[Mm]other|[Bb]rother|[Ss]ister)\b\.?,?\s*(?:[A-Z][^\W\d_]+\s+){0,3}$"
)
MODEL = re.compile(
    r"[A-Z][A-Za-z]*\d[\w-]*|[A-Z][a-z]+[A-Z]\w*|[A-Z]{2,}(?:-\w+)?|\d+(?:\.\d+)?T?|[A-Z]|II|III|IV|AS\+|Pro|Plus|Max|Go"
)
MODEL_WORDS = 4


_DESCRIBED = re.compile(
    rf"(?P<who>{_INITIALLED}(?:, {_INITIALLED}){{0,3}},? (?:and|&) {_INITIALLED}) (?:first |originally |later |also |have |had )?(?:described|reported|proposed|showed|found|coined|introduced|suggested|defined|noted|published|observed)\b"
    rf"|\b(?:revised|modified|refined|described|introduced|proposed|updated|coined|named|reported|published|defined) (?:first )?in {_YEAR} by (?P<by>{_AUTHORS})"
)
_OF_HEADS = (
    "line lines sign node nodes triangle fascia canal foramen ligament duct ampulla sphincter circle pouch space tubercle crypts islets islet loop bundle "
    "gland glands valve valves organ bodies body corpuscles angle fold folds band membrane nucleus law triad pentad tetrad disease syndrome atrophoderma poroma "
    "tumour tumor chorea contracture phenomenon operation classification criteria epithelioma dermatosis lymphadenosis melanosis naevus nevus angina haemangioma"
)
_OF = re.compile(rf"\b(?:{'|'.join(_OF_HEADS.split())}) of (?:the )?(?P<v>{_NAME}(?:(?:-| and )[A-Z]\w+)?)")
_MADE_BY = re.compile(
    r"\((?=[^()]*\b(?:Inc|Ltd|Limited|Corp|Corporation|GmbH|AG|Co|LLC|Pharma|Pharmaceuticals?|Healthcare|Healthineers|Diagnostics|Systems|Laboratories|Medical|Biotech|"
    r"Instruments|Technologies|Biosystems|Surgical|Scientific|Therapeutics|USA|Germany|Japan|Switzerland|France|China|Italy|Korea|Israel|Denmark|Sweden|Netherlands|Austria|UK)\b)"
    r"[^()\n]{3,90},[^()\n]{2,40}\)"
)
_SURNAME = rf"{_NAME}(?: [A-Z]{{1,3}}(?![\w.]))?"
_YEARED = re.compile(
    rf"(?<![\w.'-])(?<![a-z] [A-Z]\. )(?P<who>{_SURNAME}(?:(?:,| and| &|, and|, &) {_SURNAME}){{0,3}},? {_YEAR})(?![\w/-]|\.\d)"
    rf"|(?P<journal>\b(?:[A-Z][a-z]+\.? ){{0,2}}(?:J|Ann|Arch|Clin|Rev|Bull|Acta|Int J|Eur J|Am J|Br J)\.? (?:[A-Z][a-z]+\.? ?){{1,5}},? ?{_YEAR})"
)
_SAYS = re.compile(
    rf"\b(?:[Aa]s|[Ww]hile|[Ww]hereas|[Ll]ike|[Uu]nlike) (?P<said>{_SURNAME}(?:(?:,| and| &) {_SURNAME})* (?:had |have |has |first |later |also |once )?(?:shown?|showed|reported|described|confirmed|found|proposed|noted|observed|argued|suggested|demonstrated|pointed out|put it)[^.\n]{{0,60}})"
    rf"|\b(?:reported|described|shown|noted|observed|coined|proposed|published)\b[^.\n]{{0,40}} by (?P<by>{_SURNAME}(?:(?:,| and| &) {_SURNAME})*(?: in {_YEAR}|[,.]? ?(?:\[\d|\^\d|[\u2070-\u2079\u00b2\u00b3\u00b9])))"
)
_FIRST = re.compile(
    rf"(?P<first>{_SURNAME}) (?:first|originally) (?:reported|described|proposed|coined|named|noted|defined)\b|(?P<personal>{_INITIALLED}) \(personal communication[^)\n]{{0,30}}\)"
    rf"|(?P<group>{_SURNAME}(?:'s)? (?:group|team|colleagues)) [^.\n]{{0,80}}\[\d"
)
# "Deshmukh P, Kulkarni S. Letter. BMJ 2012."
_LISTED = re.compile(
    rf"{_NAME} [A-Z]{{1,3}}(?:, {_NAME} [A-Z]{{1,3}})+(?:,? et al)?\. [^\n]{{3,160}}?{_YEAR}\b|^{_NAME} [A-Z]{{1,3}}\. [A-Z][^\n]{{8,160}}(?:[Tt]hesis|[Dd]issertation|Press|University|Lancet|BMJ|Proc|Report)[^\n]{{0,60}}{_YEAR}\b",
    re.MULTILINE,
)
# Bodies that publish guidelines: "American College of Rheumatology", "UK Cancer Genetics Group".
_BODIES = re.compile(
    r"\b(?:The )?(?:American|European|British|Indian|World|International|Global|Asian|Asia-Pacific|Asia Pacific|Latin American|Canadian|Australian|Japanese|Korean|Chinese|German|French|Italian|Scandinavian|Nordic|Scottish|UK|US|U\.S\.|National|Royal|Pan-?\w+) (?:[A-Z][\w-]+ |(?:and|of|for) ){0,5}?"
    r"(?:(?:College|Society|Association|Academy|Federation|League|Federations|Societies|Colleges|Board|Committee|Commission|Organi[sz]ation|Union|Congress) (?:of|for|on|against) (?:the )?[A-Z][\w-]+(?:,? (?:and |& |of |the )*[A-Z][\w-]+){0,6}"
    r"|(?:Society|Association|Federation|League|Organi[sz]ation|Consensus|Task Force|Working Group|Working Party|Study Group|Collaborative Group|Consortium|Collaboration|Network|Registry|Guidelines?|Taskforce|Initiative|Alliance|Programme|Genetics Group|Research Group|Oncology Group|Cooperative Group|Heart Association|Formulary|Pharmacopoeia))\b"
)
_PERSON = re.compile(r"\b(?:Dr|Mr|Mrs|Ms|Smt|Shri|MRN|UHID|aged|years?|DOB|village|Hospital|[MF])\b")


# What a slow rule cannot do without, and how far before and behind it the rule may reach.
_ANY_YEAR = re.compile(r"(?:19|20)\d\d")
_ET = re.compile(r"\bet\.?\s?al|\band (?:colleagues|co-?workers|associates|others)\b")
_OWNED = re.compile(
    r"'s? (?:\w+ )?(?:review|study|series|report|paper|work|article|cohort|meta-an|survey|analysis|case|descr|observ|classif|criteria)|(?:19|20)\d\d"
)
_BRACKETED = re.compile(r"[(\[^]\s*\d")
_TOLD = re.compile(
    r"described|reported|proposed|showed|found|coined|introduced|suggested|defined|noted|published|observed|revised|modified|refined|updated|named"
)
_ORIGIN = re.compile(r" (?:first|originally) [a-z]|\(personal|\b(?:group|team|colleagues) ")
_CODED = re.compile(
    r"\[@|http|\brefs?\b|10\.\d{4}|doi|PM|Pub|ISBN|ISSN|ISSN|arXiv|CAS|RRID|OMIM|MIM|ORPHA|Uni|db|Clin|SNOMED|LOINC|ICD|Eudra|GenBank|SRA|Bio|GEO|PDB|CTRI|REF|NCT|ISRCTN|ATCC|MTCC|DSM|CBS|NCIM|NCCLS|CLSI|ISO|EN|ASTM|IEC|Chi|CRD|ACTRN|JPRN|[NX][CGMPRTWZ]_|rs\d|[A-Z]{2}\d{6}|[cpgm]\.[\d*_+(A-Z-]"
)
_LOCKS = (
    (_ET_AL, _ET, 200, 80),
    (_BRACKETS, re.compile(r"[(\[]"), 1, 300),
    (_OWN_WORK, _OWNED, 160, 90),
    (_LISTED, _ANY_YEAR, 400, 1),
)


def mark(page: Page) -> None:
    """Fill `page.locked` and `page.kept`."""
    text = page.text
    lock_references(page)
    for found in near(_CODES, text, _CODED, 30, 200):
        _set(page.locked, *_trimmed(text, *found.span()))
    for rule, anchor, before, after in _LOCKS:
        for found in near(rule, text, anchor, before, after):
            if rule is _BRACKETS and _is_place(found[0]):
                continue
            if rule is not _ET_AL or not _titled(text, found.start()):
                _set(page.locked, *_trimmed(text, *found.span()))
    for found in (*near(_DATED, text, _BRACKETED, 200, 60), *_WORK.finditer(text)):
        if not _titled(text, found.start("who")) and not _is_place(found["who"]):
            _set(page.locked, *_trimmed(text, found.start("who"), found.end()))
    for rule in (_REGION, _PHRASE):
        for found in rule.finditer(text):
            _set(page.kept, *found.span())
    for found in near(_DESCRIBED, text, _TOLD, 110, 60):
        _set(page.locked, *_trimmed(text, *found.span("who" if found["who"] else "by")))
    for found in _OF.finditer(text):
        first = traits(re.split(r"[- ]", found["v"])[0].lower())
        if not first & (Trait.PLACE | Trait.GIVEN):
            _set(page.kept, *found.span("v"))
    for found in _MADE_BY.finditer(text):
        if not _PERSON.search(found[0]):
            _set(page.locked, *found.span())
    for found in (
        *near(_YEARED, text, _ANY_YEAR, 120, 3),
        *near(_FIRST, text, _ORIGIN, 60, 140),
        *_SAYS.finditer(text),
    ):
        span = found.span(found.lastgroup or 0)
        if not _titled(text, span[0]) and _is_author(text[slice(*span)]):
            _set(page.kept, *_trimmed(text, *span))
    for found in _BODIES.finditer(text):
        _set(page.locked, *found.span())
    _eponyms(page)
    _products(page)


def _titled(text: str, at: int) -> bool:
    return bool(_TITLE.search(text, max(0, at - 60), at))


def _set(mask: bytearray, start: int, end: int) -> None:
    mask[start:end] = b"\1" * (end - start)


_LEAD = re.compile(
    r"(?:The|In|As|By|And|But|However|While|Similarly|Recently|Although|A|An|Both|Our|This|These|Since|When|Unlike|Like|After|Figure|Table|Case|Patient)[, ]+"
)


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Without the word that only begins the sentence."""
    found = _LEAD.match(text, start, end)
    return (found.end() if found else start), end


def _is_author(words: str) -> bool:
    """Whether no month, season or place stands where the author of a dated work would."""
    low = [traits(w.lower()) for w in re.findall(r"[A-Z][^\W\d_]{2,}", words)]
    return not any(t & (Trait.KEEP | Trait.PLACE | Trait.PLACELIKE) and not t & NAME for t in low)


def _is_place(words: str) -> bool:
    """Whether the first name of what looks like a citation is a place or the name of a month."""
    names = [traits(w.lower()) for w in re.findall(r"[^\W\d_]{3,}", words)[:2]]
    return bool(names) and all(t & (Trait.PLACE | Trait.REGION | Trait.KEEP) and not t & NAME for t in names)


# --- eponyms ------------------------------------------------------------------------------------------------


def _eponyms(page: Page) -> None:
    tokens, heads, plain_heads = page.tokens, group("heads"), group("plain_heads")
    for i, token in enumerate(tokens):
        if token.low in _MEASURES and i > 1:
            _before_measure(page, i)
        if token.low == "block" and i and tokens[i - 1].has(Trait.PLACE | Trait.PLACELIKE):
            continue
        if token.low in heads and i and (token.shape in "lC" or token.low in plain_heads):
            _before_head(page, i)
        elif token.capital and token.has(Trait.EPONYM) and not token.has(Trait.GIVEN & ~Trait.EPONYM):
            if _alone(page, i):
                _set(page.kept, token.start, token.end)


_MEASURES = frozenset(
    "score scores scale scales criteria index classification grade grading variant questionnaire inventory staging system stage".split()
)


def _before_measure(page: Page, i: int) -> None:
    """Keep the name in "Bush-Francis Catatonia Rating Scale": one or two plain words stand between."""
    tokens = page.tokens
    for j in range(i - 1, max(-1, i - 4), -1):
        token = tokens[j]
        if page.gap(j + 1) not in (" ", "-"):
            return
        if token.capital and not token.has(Trait.WORD | Trait.KEEP):
            if not (j and _introduces(tokens[j - 1])) and not token.has(Trait.PLACE):
                _set(page.kept, token.start, token.end)
            continue
        if not token.has(Trait.WORD) or token.low in ("of", "the", "and", "with", "was", "had", "in", "a"):
            return


def _before_head(page: Page, i: int) -> None:
    """Keep the capitalised words right before a head: at most three, none of them clearly a whole person's name."""
    tokens = page.tokens
    j = i
    while j and i - j < 3:
        before, gap = tokens[j - 1], page.gap(j)
        joint = re.fullmatch(r"(?:'s?|s')?[ -]|(?:'s?)? ?[-/] ?", gap)
        if not joint or not (
            before.shape in "CUI" or (before.low in ("de", "von", "van", "and", "du") and j > 1 and i > j)
        ):
            break
        if before.low in ("de", "von", "van", "and", "du") and not tokens[j - 2].capital:
            break
        if (
            before.has(Trait.WORD)
            and not before.has(NAME | Trait.EPONYM | Trait.NAMESAKE)
            and before.shape == "C"
        ):
            if i - j:
                break
            return
        j -= 1
    run = tokens[j:i]
    if not run:
        return
    names = [t for t in run if t.has(NAME) and not t.has(Trait.EPONYM)]
    spaced = len(run) > 1 and page.text[run[0].end : run[-1].start].strip("-/") != ""
    if (len(names) > 1 and spaced and run[0].has(Trait.GIVEN)) or (j and _introduces(tokens[j - 1])):
        return
    if len(run) > 1 and spaced and run[0].opens and tokens[j].has(Trait.WORD):
        run = run[1:]
    _set(page.kept, run[0].start, run[-1].end)


def _introduces(token: Token) -> bool:
    return token.low in group("titles") or (token.low in group("relations") and token.shape == "l")


def _alone(page: Page, i: int) -> bool:
    """Whether no neighbour makes the word part of somebody's name."""
    tokens = page.tokens
    for j, gap in ((i - 1, page.gap(i)), (i + 1, page.gap(i + 1) if i + 1 < len(tokens) else "\n")):
        if 0 <= j < len(tokens) and re.fullmatch(r"[. ]{0,2}", gap):
            other = tokens[j]
            known = other.has(NAME) and not other.has(Trait.EPONYM | Trait.WORD)
            if other.shape == "I" and other.text.endswith("."):
                return False
            if (other.capital and known) or (j < i and _introduces(other)):
                return False
    return True


# --- products and organisms ---------------------------------------------------------------------------------


@cache
def _sure_makers() -> frozenset[str]:
    return frozenset(
        m for m in group("makers") if not traits(m) & NAME or m in ("siemens", "philips", "abbott")
    )


def _products(page: Page) -> None:
    tokens, makers, models = page.tokens, _sure_makers(), group("models")
    i = 0
    while i < len(tokens):
        token = tokens[i]
        i += 1
        if token.low in group("dosage") and token.shape in "lCU":
            _set(page.kept, token.start, token.end)
            for part in tokens[i : i + 2]:
                if not (part.capital and re.fullmatch(r"[. ]{1,2}", page.gap(i))):
                    break
                _set(page.kept, part.start, part.end)
                i += 1
            continue
        if not token.capital or not (token.low in makers or token.low in models):
            continue
        _set(page.kept, token.start, token.end)
        for _ in range(MODEL_WORDS):
            if i >= len(tokens) or not re.fullmatch(r"[ /-]{1,2}|, Inc\.?,? ?", page.gap(i)):
                break
            part = tokens[i]
            fits = (
                part.low in models
                or MODEL.fullmatch(part.text)
                or (part.shape == "C" and not part.has(NAME & ~Trait.WORD))
            )
            if (
                not fits
                or (part.has(Trait.PLACE) and not part.has(Trait.WORD))
                or part.low in group("health_heads")
            ):
                break
            if not (part.has(Trait.WORD) and part.shape == "n"):
                _set(page.kept, part.start, part.end)
            i += 1
