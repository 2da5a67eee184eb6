"""Words that may point to one person although they are no name: the only one, a public office, the news."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.core.resources import data
from pipeline.identify.found import ASK, Find, Rank
from pipeline.identify.near import windows
from pipeline.identify.page import Page
from pipeline.identify.words import alternation

_ROWS = data("templates/rules/identify-rare.yaml")
_JOBS = alternation(_ROWS["jobs"])
_PEOPLE = alternation(_ROWS["people"])
_OFFICES = alternation(_ROWS["offices"])
_RARE_JOBS = alternation(job for job in _ROWS["jobs"] if job not in _ROWS["common_jobs"])
_AREA = "village|hamlet|district|town|state|hospital|family|country|nation|school|island|tehsil|taluk|taluka|block|city|area|county|valley|community|tribe|university|college|parish|region|province|club|regiment|squad|village's|panchayat|block|university|world|world's|department|company|factory|batch|class"
# As far as the phrase goes: to a comma, a stop, or the verb of the sentence.
_STEP = r"(?:\s(?!(?:was|were|is|are|had|has|have|presented|came|developed|fell|underwent|noticed|reported|complained|died|must|will|would|who\s(?:presented|was\sadmitted|had\sfever))\b)[\w'&-]+)"
_REST = _STEP + "{0,12}"
_ADJ = r"(?:[\w-]+\s){0,3}"
# One of a kind.
_OF_ONE = (
    rf"\b(?:[Oo]ne\sof\s)?(?:the\s|just\s)?(?:only|last)\s(?:two|three|four|five|six|ten|a\sfew|a\shandful\sof|\d{{1,2}})\s(?!(?:cases|reports|patients|weeks|days|months|years|doses|hours|studies|of)\b)\w+\s(?:in|of|on|at|from|left)\b{_REST}",
    rf"(?:\b[Tt]he\s+(?:{_JOBS})\s+of\s+)?\b(?:the|The|is the|was the|as the|an?|his|her|their|our)\s+(?:\w+'s\s)?(?:only|sole|lone|youngest|oldest|eldest|tallest|shortest|heaviest|richest|famous|renowned|celebrated|well-known|best-known|last(?:\s(?:surviving|remaining|living|known))?(?=\s(?:speaker|survivor|surviving|living|king|queen|\w+\s(?:speaker|maker|weaver|survivor)))|longest-serving|legendary|iconic|first-ever)\s+{_ADJ}(?:{_JOBS}|{_PEOPLE})\b{_REST}",
    rf"\b(?:[Tt]he\s)?(?:{_AREA}|[A-Z]\w+)'s?\s(?:very\s)?(?:first|only|sole|lone|last|youngest|oldest|tallest|best-known|most\s\w+|own)\s(?!(?:case|report|patient|line|description|episode|study|hospital|trial|reported))[\w-]+{_REST}",
    rf"\b[Tt]he\sfirst\s(?:\w+\s){{0,2}}(?:woman|women|female|man|girl|boy|lady|Dalit|tribal|Adivasi|transgender|blind|deaf|disabled|person|Indian|Muslim|Sikh|graduate|{_JOBS}|{_OFFICES})\b(?=[^.;]{{0,60}}\b(?:in|of|from|to)\b\s(?:the|his|her|this|their|our|[A-Z]|climb|win|swim|fly|become|be|graduate|hold|drive|join))(?!\s(?:to\s(?:report|describe|notice|see|examine|suspect|treat|suggest|diagnose)|reported|described)){_REST}",
    rf"\b[Tt]he\sfirst\s(?:\w+\s){{1,3}}to\s(?:climb|win|swim|fly|become|be\selected|graduate|hold|drive|join|row|sail|cross|represent|play|score|lead){_REST}",
    rf"\b(?:[Kk]nown|[Ff]amous|[Rr]enowned|[Pp]opular|[Ff]amed|[Cc]elebrated|[Rr]ecogni[sz]ed|[Nn]otorious|[Rr]emembered)\s(?:locally|widely|popularly|nationally|internationally|across|throughout|all\sover|everywhere|far\sand\swide|to\s(?:the|all|every|everyone|many|his|her|viewers|listeners|locals)|in\s(?:the|his|her|all|every)\s(?:\w+\s)?(?:{_AREA}|press|media|trade)|for\s(?:his|her|being|playing|singing|having)|(?:in|as)\s(?:[A-Z]|the\s(?:\w+\s){{0,3}}(?:{_JOBS}|man|woman|{_PEOPLE})\b)){_REST}",
)
# By trade or office.
_OF_WORK = (
    rf"\b[Tt]he\s{_ADJ}(?:{_JOBS})\s(?:of|at|in)\s(?:the|a|an|our|this|that|his|her)\b{_REST}",
    rf"\b(?:[Tt]he\s|[Aa]\s)?(?:champion|stunt(?:man|woman| double| artist)|survivors?\sof\s(?:the|an?)|[Mm]iss\s[A-Z]\w+(?=[,.;]|\s\d{{4}}))\b{_REST}",
    rf"\b(?:(?:[Tt]he|[Oo]ur)\s{_ADJ}(?:{_JOBS})|[Aa]n?\s{_ADJ}(?:{_RARE_JOBS}))\s(?:with|who|whose|that|known|famous|featured|seen|remembered|honoured|awarded)\b{_REST}",
    rf"\b(?:an?|[Tt]he|our)\s(?:serving|sitting|retired|former|senior|ex-?|late|well-known|prominent|local|sitting|elected|high-ranking|top)\s(?:\w+\s){{0,3}}(?:officer|general|judge|minister|leader|official|bureaucrat|diplomat|politician|collector|commissioner|captain|colonel|brigadier|admiral|legislator|star|celebrity|player|athlete|cricketer|footballer|wrestler|boxer|actor|actress|singer|journalist|anchor|principal|bishop|sarpanch|mayor|governor|ambassador)(?:'s?\s\w+)?{_REST}",
    rf"\b(?:the|The)\s+(?:{_JOBS})\s+(?:of|at|in)\s+(?:the\s+(?:only|local|village)\s+\w+(?:\s+(?:in|of|at))?)?",
    rf"\b(?:an?\s+|the\s+|our\s+|[Tt]he\s+)?(?:{_JOBS})\s+(?:of|at|from|in)\s+(?:the\s+)?[A-Z][\w'.-]*(?:\s[A-Z][\w'.-]*){{0,3}}",
    rf"(?<![\w-])(?:(?:[Aa]n?|[Tt]he|[Ff]ormer|[Ee]x|[Ss]erving|[Ss]itting|[Rr]etired|[Ll]ate|local)[\s-]+){{0,3}}(?:ex[\s-]?)?(?:{_OFFICES})(?![\w-])(?:'s\s\w+)?(?:\s(?:of|from|in|for)\b{_REST})?",
    rf"\b(?:[Aa]n?|[Tt]he|[Oo]ur|[Hh]is|[Hh]er)\s(?:[\w'-]+\s){{0,2}}(?:{_RARE_JOBS}|bishop|archbishop|conjoined twins?|quintuplets?|quadruplets?|octuplets?|triplets?|identical triplets?)\b(?:\s(?:on|at|in|of|from|for|by|to){_STEP}{{1,8}})?",
    rf"\b(?:[Aa]n?\s|[Tt]he\s)?(?:\w+\s)?(?:winner|recipient|awardee|holder|finalist|contestant|runner-up|medallist|medalist)\sof\b{_REST}",
    rf"\b(?:[Tt]he\s)?(?:wife|husband|son|daughter|mother|father|brother|sister|widow|spouse|nephew|niece|grandson|granddaughter)\sof\s(?:an?|the|our|a\sformer)\s{_ADJ}(?:{_JOBS}|{_OFFICES}|officer|minister|judge|politician)\b{_REST}",
)
# In the news, and marks on the body.
_OF_NEWS = (
    rf"(?i:\b(?:(?:was|were|been|be|is)\s)?(?:{'|'.join(_ROWS['events'])})\b)",
    r"(?i:\b(?:gaon|gaaon|zile|jile|ilake|shahar|rajya|mohalle|tehsil)\s(?:ki|ka|ke)\s(?:pehli|pehla|iklauti|iklauta|akeli|akela|ekmatra|sabse)\s(?:\w+\s?){1,4})",
    r"\b(?:[Aa]\s(?:\w+\s)?)?[Tt]attoo(?:ed|s|ing)?\b(?!\s(?:ink|with\s(?:India|Indian|carbon|SPOT)|marks?\sin\sthe\scolon|lesion))(?:\s(?:of|on|over|reading|saying|that|with|bearing|showing|across|with\sthe|which)\b[^.;\n]{0,60})?",
    r"\b[Ii]dentif(?:ication|ying|iable|ied)\s(?:marks?|features?|by\s(?:an?|his|her|the)\s(?:[\w-]+\s){0,3}(?:scar|tattoo|mole|birthmark|ring|amulet|dental|dentures?|clothing))\b[^.;\n]{0,80}",
    r"\b(?:fingerprints?|finger-prints?|thumb ?prints?|thumb impressions?|palm ?prints?|foot ?prints?\sof|iris (?:scans?|images?|records?|prints?|codes?|templates?|patterns?)|retinal (?:scan|print)s?|voice ?prints?|voice (?:recording|sample|note)s?|face ?prints?|facial recognition|dental records?|DNA profile|full[- ]face (?:photo|photograph|image|picture)s?|gait (?:video|signature)s?|signature specimens?|ear ?prints?|palm[- ]vein (?:scan|pattern|template)s?)\b(?:\s(?:file|template|code|record|image|scan|hash|id|number)s?\b)?",
)
_ONE = re.compile(
    r"\b(?:only|sole|lone|youngest|oldest|eldest|tallest|shortest|heaviest|richest|famous|famed|popular|renowned|celebrated|notorious|recogni[sz]ed|remembered|well-known|best-known|known|last|longest-serving|legendary|iconic|first|first-ever|own|most|Known|Famous|Popular|Renowned|Celebrated|Recogni[sz]ed|Notorious|Remembered)\b"
)
_WORK = re.compile(
    rf"\b(?:{_JOBS}|{_OFFICES}|bishop|archbishop|conjoined|quintuplet|quadruplet|octuplet|triplet|identical|champion|stunt|survivor|Miss|winner|recipient|awardee|holder|finalist|contestant|runner-up|medallist|medalist|officer|general|judge|minister|leader|official|bureaucrat|diplomat|politician|collector|captain|colonel|legislator|star|celebrity|player|athlete)"
)
_NEWS = re.compile(
    r"[Tt]ele|[Bb]road|[Aa]ppeared|[Ii]nterview|[Ff]eatured|[Nn]ews|[Hh]eadline|[Pp]aper|[Pp]ress|[Mm]edia|page|[Vv]iral|Guinness|Limca|[Rr]ecord|[Rr]eality|[Dd]ocument|[Cc]ourt|profile|[Cc]rash|accident|derail|[Ss]tampede|[Bb]last|[Bb]omb|traged|leak|[Cc]ollapse|capsiz|[Rr]iot|[Cc]yclone|[Mm]ass |[Ee]arthquake|[Tt]sunami|[Ff]lood|[Ss]ocial|trend|[Hh]ashtag|TV|[Rr]adio|[Bb]iopic|biograph|[Mm]emoir|[Ff]und|[Mm]issing|march|vigil|[Ll]andmark|litigation|[Mm]urder|[Kk]idnap|[Aa]bduct|[Hh]ostage|[Tt]error|[Ee]ncounter|[Aa]valanche|[Ll]andslide|[Cc]loudburst|disaster|sinking|explosion|fire\b|[Rr]escue|[Bb]orewell|outbreak|attack"
    r"|\b(?:gaon|gaaon|zile|jile|ilake|shahar|rajya|mohalle|tehsil)\s|[Tt]attoo|[Ii]dentif|[Pp]rint|[Ff]inger|[Tt]humb|[Ii]ris|[Rr]etinal|[Vv]oice|[Ff]acial|[Dd]ental|DNA|[Ff]ull|[Gg]ait|[Ss]ignature|[Pp]alm"
)
_ANY = [
    (anchor, [re.compile(rule) for rule in rules])
    for rules, anchor in ((_OF_ONE, _ONE), (_OF_WORK, _WORK), (_OF_NEWS, _NEWS))
]


def find(page: Page) -> Iterator[Find]:
    """Every phrase of this kind; a person decides about each."""
    text = page.text
    for anchor, rules in _ANY:
        for first, last in windows(text, anchor, 70, 160):
            for hit in (hit for rule in rules for hit in rule.finditer(text, first, last)):
                end = hit.start() + len(hit[0].rstrip())
                yield Find(
                    hit.start(), end, "rare", "", ASK, Rank.RARE, "may point to one person: is it needed?"
                )
