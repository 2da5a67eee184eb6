"""Where somebody works or studies, told by the words around it: "a welder employed with Hero Cycles"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from pipeline.identify.found import ASK, Find, Rank
from pipeline.identify.page import Page
from pipeline.identify.words import NAME, Trait, traits

_WORKS = re.compile(
    r"\b(?:[Ww]orks?|[Ww]orked|[Ww]orking|[Ee]mployed|[Ee]mployee|job|posted|position|engineer|driver|clerk|manager|teacher|worker|guard|supervisor|operator|labourer|laborer|student|studies|studying|studied|enrolled|staff(?: nurse)?|welder|fitter|"
    r"electrician|conductor|cook|chef|cashier|salesman|salesgirl|executive|accountant|technician|helper|foreman|retired|serving|serves|served|constable|jawan|apprentice|intern|trainee|pupil|professor|lecturer|peon|sweeper|employer|dismissed|"
    r"naukri|kaam|pilot|mechanic|librarian|officer|nurse|joined|schooling|owner|owns|runs|founder|director|partner|loader|machinist|packer|tailor)\b,?\s"
    r"(?:(?:as|a|an|the|his|her|night|shift|senior|junior|security|of|bus|truck|part-time|[a-z]+er|[a-z]+or|[a-z]+ist|[a-z]+man|assistant|class|\w{1,4})\s){0,4}?"
    r"(?:at|for|with|in|by|from|of|is|was|:)\s(?:the\s|a\s|her\s|his\s)?(?P<v>[A-Z][\w'&.-]*(?:(?:\s(?:of|and|&|for|de)\s|\s)[A-Z][\w'&-]*){0,5}(?:\s(?:factory|mill|mills|plant|company|unit|depot|school|college|office|bank|store|shop|hospital|workshop|mines?|colliery|farm|estate|brick kiln|battery factory|sugar mill|cooperative|garage|bakery))?)"
)
_NAMES = r"(?:[A-Z]|\d{1,3}(?=[A-Z]|\s[A-Z]))[\w'&.-]*(?:(?:\s(?:of|and|&|for|de)\s|\s)[A-Z0-9][\w'&-]*){0,5}"
_CALLED = re.compile(
    rf"\b(?:[Ee]mployers?|EMPLOYER|[Ww]orkplace|[Pp]lace of work|[Cc]ompany|[Ff]irm|[Ss]chool|[Cc]ollege|[Rr]egiment|[Ss]hip|[Vv]essel|[Tt]rawler|[Bb]oat|[Ff]actory|[Tt]eam|[Cc]lub|[Oo]rchestra|[Bb]and|[Tt]roupe|[Cc]irc[u]s|[Oo]ffice|[Ss]hop|[Rr]estaurant|[Ff]arm|[Oo]rganisation|[Oo]rganization|[Nn]ewspaper|[Cc]hannel|[Cc]hurch|[Pp]arty)"
    rf"(?:'s name)?(?:\s?[:,-]\s?|\s(?:is|was|called|named|known as|being|at)\s|\s?\()(?:the\s|a\s)?[\"']?(?P<v>{_NAMES})"
)
_DOES = re.compile(
    rf"\b(?:plays?|played|playing|bowls?|bowled|bats?|batted|rides?|rode|drives?|drove|driving|delivers?|delivered|delivering|flies|flew|flown|sails?|sailed|sailing|sings?|sang|performs?|performed|dances?|danced|coaches|coached|teaches|taught|teaching|captains?|captained|captain|skipper|goalkeeper|striker|deckhand|sailor|seaman|cadet|recruit|member|volunteer|volunteers|volunteered|reporter|anchor|presenter|newsreader|producer|editor|columnist|"
    rf"sells|sold|stitches|packs|weaves|polishes|cuts|loads|guards|guarded|cooks|cooked|manages|managed|runs|ran|owns|owned|retired|resigned|transferred|contracted|interned|apprenticed|enlisted|commissioned|colleagues?|co-?workers?|classmates?|shift|canteen|union|payroll|headmaster|headmistress|principal|matron|warden|conductor|lineman|jawan|subedar|havildar|naik|sepoy|rifleman|gunner|sapper|airman|stoker|steward|stewardess|porter|gangman|trackman|loco pilot|ticket examiner)\b"
    rf"(?:\s\w+){{0,3}}?\s(?:at|for|with|in|by|from|of|aboard|on board|on|to)\s(?:the\s|a\s|her\s|his\s)?(?P<v>{_NAMES})"
    rf"|\b(?:attends?|attended|attending|joined|left|quit)\s(?:the\s)?(?P<v2>{_NAMES})"
)
# Army and police units, ships, teams: "14 Rajputana Rifles", "INS Vikramaditya", "Kerala Blasters FC".
_UNITS = re.compile(
    r"\b(?P<v>\d{1,3}(?:st|nd|rd|th)?\s(?:\(?[A-Z][\w()-]*\)?\s){0,3}(?:Bn|BN|Battalion|Regiment|Regt|Rifles|RR|Sikh|Sikhs|Gorkha|Gurkha|GR|Dogra|Kumaon|Garhwal|Jat|Madras|Maratha|Mahar|Grenadiers|Guards|Lancers|Cavalry|Horse|Armoured|Para|PARA|Assam|Naga|Field|Medium|Engineers?|Signals?|Squadron|Sqn|Wing|Brigade|Division|Corps|Company|Coy|Infantry|BSF|CRPF|ITBP|SSB|CISF|NCC|PAC|IRB|IRBn|Airborne|Marines?|Fusiliers|Commando)\b(?:,?\s[A-Z][\w]*){0,3}"
    r"|(?:INS|HMS|USS|USNS|USCGC|RFA|MV|M\.V\.|MT|SS|S\.S\.|ICGS|HMNZS|HMAS|HMCS|FV|F/V|RV|R/V|MSC|CMA CGM)\s(?:[A-Z][a-z]\w*|(?:[A-Z]{4,}))(?:\s[A-Z]\w+){0,2}"
    r"|(?:[A-Z][\w'-]+\s){1,3}(?:FC|AFC|RFC|RUFC|CFC|CC|XI|Eleven|United|Rovers|Wanderers|Athletic|Hotspur|Albion|Blasters|Warriors|Kings|Titans|Capitals|Royals|Super Giants|Thalaivas|Paltan|Bulls|Steelers|Falcons|Harriers|Rifles|Police|Fire Brigade|Home Guards?|Fire Department|Sheriff's Office|School District|Air Base|Air Force Station|AFS|Cantonment)\b"
    r"|(?:[A-Z][\w'-]+\s){1,4}(?:Force|Forces|Army|Navy|Police|Coast Guard|Fire Service|Railways?|Junior School|Infants|Grammar|Elementary|Polytechnic|Sixth Form)\b"
    r"|(?<=the\s)[A-Z][\w'-]+\s(?:Primary|High|Secondary)(?=\s(?:pupil|student|teacher|school|staff|headmaster|team))"
    r"|(?:Air Force Station|AFS|Naval Base|Army Camp|Camp|Fort|RAF|Joint Base)\s[A-Z]\w+(?:\s[A-Z]\w+)?)"
)
_NO_WORK = re.compile(
    r"(?:Class|Grade|Standard|Figure|Table|Day|January|February|March|April|May|June|July|August|September|October|November|December|ICU|Ward|The|He|She|This|India|Dr|Mr|Mrs|Ms|Smt|Prof|Department|English|Hindi|Class)\b"
)


_WARD = re.compile(r"(?:Unit|Ward|Department|ICU|Clinic|Room|Theatre|Services?|Team)$")
_WHY = "may be where somebody works or studies"


def find(page: Page) -> Iterator[Find]:
    """Every place of work or study that a job stands before."""
    for hit in _UNITS.finditer(page.text):
        yield Find(*hit.span("v"), "employer", "an employer", ASK, Rank.LISTED, _WHY)
    for hit in chain(*(rule.finditer(page.text) for rule in (_WORKS, _CALLED, _DOES))):
        start, end = hit.span(hit.lastgroup or "v")
        said = page.text[start:end]
        if _NO_WORK.match(said) or (hit.re is _DOES and page.kept.find(0, start, end) < 0):
            continue
        words = [traits(w.lower()) for w in re.findall(r"[A-Za-z'-]{2,}", said)]
        if _WARD.search(said) and all(t & Trait.WORD and not t & NAME for t in words):
            continue  # "managed in the Cardiac Care Unit"
        region = bool(words) and all(t & (Trait.REGION | Trait.EPONYM) for t in words)
        sign = len(words) == 1 and words[0] & Trait.WORD and not words[0] & (NAME | Trait.PLACE)
        if region or (sign and said.isupper()):
            continue
        yield Find(start, end - said.endswith("."), "employer", "an employer", ASK, Rank.RARE, _WHY)
