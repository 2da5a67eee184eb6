"""Where somebody works or studies, told by the words around it: "a welder employed with Hero Cycles"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.identify.found import ASK, Find, Rank
from pipeline.identify.page import Page
from pipeline.identify.words import NAME, Trait, traits

_WORKS = re.compile(
    r"\b(?:works?|worked|working|employed|employee|job|posted|position|engineer|driver|clerk|manager|teacher|worker|guard|supervisor|operator|labourer|laborer|student|studies|studying|studied|enrolled|staff(?: nurse)?|welder|fitter|"
    r"electrician|conductor|cook|chef|cashier|salesman|salesgirl|executive|accountant|technician|helper|foreman|retired|serving|serves|served|constable|jawan|apprentice|intern|trainee|pupil|professor|lecturer|peon|sweeper|employer|dismissed|"
    r"naukri|kaam|pilot|mechanic|librarian|officer|nurse|attends?|attending|joined|schooling|owner|owns|runs|founder|director|partner|loader|machinist|packer|tailor)\b,?\s"
    r"(?:(?:as|a|an|the|his|her|night|shift|senior|junior|security|of|bus|truck|part-time|[a-z]+er|[a-z]+or|[a-z]+ist|[a-z]+man|assistant|class|\w{1,4})\s){0,4}?"
    r"(?:at|for|with|in|by|from|of|is|was|:)\s(?:the\s|a\s|her\s|his\s)?(?P<v>[A-Z][\w'&.-]*(?:(?:\s(?:of|and|&|for|de)\s|\s)[A-Z][\w'&-]*){0,5}(?:\s(?:factory|mill|mills|plant|company|unit|depot|school|college|office|bank|store|shop|hospital|workshop|mines?|colliery|farm|estate|brick kiln|battery factory|sugar mill|cooperative|garage|bakery))?)"
)
_NO_WORK = re.compile(
    r"(?:Class|Grade|Standard|Figure|Table|Day|January|February|March|April|May|June|July|August|September|October|November|December|ICU|Ward|The|He|She|This|India|Dr|Mr|Mrs|Ms|Smt|Prof|Department|English|Hindi|Class)\b"
)


def find(page: Page) -> Iterator[Find]:
    """Every place of work or study that a job stands before."""
    for hit in _WORKS.finditer(page.text):
        if not _NO_WORK.match(hit["v"]):
            words = [traits(w.lower()) for w in re.findall(r"[A-Za-z'-]{2,}", hit["v"])]
            if (
                words
                and not all(t & (Trait.REGION | Trait.EPONYM) for t in words)
                and not (
                    len(words) == 1
                    and words[0] & Trait.WORD
                    and not words[0] & (NAME | Trait.PLACE)
                    and hit["v"].isupper()
                )
            ):
                end = hit.end("v") - (hit["v"].endswith("."))
                yield Find(
                    hit.start("v"),
                    end,
                    "employer",
                    "an employer",
                    ASK,
                    Rank.LISTED,
                    "may be where somebody works or studies",
                )
