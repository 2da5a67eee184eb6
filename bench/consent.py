"""Reading signed forms back from paper, measured: make bench-consent.

    python bench/consent.py [--pages N] [--seed S] [--only WORDS] [--keep FOLDER]

Prints the form of a made-up case, marks its boxes at random in many hands, sends every page through scanners,
fax machines and telephones (tests/paper.py), and reads it back with the code the consent room uses. Truth is
what was drawn. A box is wrong when "marked" was read where nothing was put, or "blank" where a mark was; what
goes to a person is counted apart. `--keep` writes the cut-outs of wrong boxes there, to look at.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from pipeline.consent import boxes, scan  # noqa: E402
from pipeline.consent.binding import page_code  # noqa: E402
from tests import consent_cases, paper  # noqa: E402

TARGETS = {"75 dpi, ±2°": 95, "phone 1280 px, blurred": 80}  # % of pages; 100 elsewhere


def main() -> int:
    """Print one line for each condition and the totals beside what was aimed at."""
    asked = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    asked.add_argument("--pages", type=int, default=20, help="pages for each condition")
    asked.add_argument("--seed", type=int, default=7)
    asked.add_argument("--only", default="", help="conditions whose name holds these words")
    asked.add_argument("--keep", type=Path, help="a folder for cut-outs of wrong boxes")
    args = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        desk = consent_cases.desk(Path(folder))
        sheets = paper.printed(desk.form / "form.pdf")
        spots = json.loads((desk.form / "form.json").read_bytes())["spots"]
    rng = np.random.default_rng(args.seed)
    heads = ("pages read", "wrong", "boxes", "as blank", "as mark", "to look", "CPU-s/page")
    print(f"{'condition':30}" + "".join(f"{head:>11}" for head in heads))
    total: Counter[str] = Counter()
    for name, condition in paper.CONDITIONS.items():
        if args.only in name:
            total += _measure(name, condition, sheets, spots, args.pages, rng, args.keep)
    many = max(total["boxes"], 1)
    wrong = total["as blank"] + total["as mark"]
    looked = 100 * total["look"] / many
    print(f"\nboxes wrong {100 * wrong / many:.2f} % (aim 0.5), to a person {looked:.1f} % (aim 6)")
    print(f"blank read as marked {total['as mark']} (aim 0), codes misread {total['wrong code']} (aim 0)")
    return 0


def _measure(
    name: str,
    condition: Any,
    sheets: Any,
    spots: Any,
    count: int,
    rng: np.random.Generator,
    keep: Path | None,
) -> Counter[str]:
    found: Counter[str] = Counter()
    seconds = 0.0
    with_boxes = sorted({spot["page"] for spot in spots if spot["kind"] == "tick"})
    for n in range(count):
        number = with_boxes[n % len(with_boxes)]
        sheet = sheets[number - 1].copy()
        truth = {}
        for spot in spots:
            if spot["kind"] == "tick" and spot["page"] == number:
                yes = bool(rng.integers(2))
                how = str(rng.choice(paper.MARKS if yes else paper.BLANKS))
                paper.mark(sheet, spot, how, rng)
                truth[spot["id"]] = (yes, how)
        picture = condition(sheet, rng)
        start = time.process_time()
        texts, jpeg, lay = scan._page(picture)
        codes = tuple(filter(None, map(page_code, texts)))
        page = scan.ScanPage(0, 1, codes, jpeg, False, lay)
        readings = boxes.read([page], spots)
        seconds += time.process_time() - start
        found["pages"] += 1
        found["read"] += [code.page for code in codes] == [number]
        found["wrong code"] += any(code.page != number for code in codes)
        for box in readings:
            yes, how = truth[box.id]
            found["boxes"] += 1
            found["look"] += box.verdict == "look"
            kind = {("marked", False): "as mark", ("blank", True): "as blank"}.get((box.verdict, yes))
            if box.verdict == "look":
                found[f"look:{how}:{box.why}"] += 1
            if kind:
                found[kind] += 1
                found[f"{kind}:{how}"] += 1
            if keep and (kind or box.verdict == "look"):
                keep.mkdir(parents=True, exist_ok=True)
                where = f"{kind or 'look'}-{how}-{name}-{n}-{box.id}.png".replace(" ", "_").replace(":", "-")
                (keep / where).write_bytes(box.picture)
    share = 100 * found["read"] / max(found["pages"], 1)
    aim = TARGETS.get(name, 100)
    counts = [found[key] for key in ("wrong code", "boxes", "as blank", "as mark", "look")]
    pages = f"{share:.0f} %{'' if share >= aim else ' (!)'}"
    print(
        f"{name:30}{pages:>11}"
        + "".join(f"{count:11}" for count in counts)
        + f"{seconds / max(found['pages'], 1):11.2f}",
        flush=True,
    )
    for key, number in sorted(found.items()):
        if ":" in key:
            print(f"    {key} {number}")
    return found


if __name__ == "__main__":
    sys.exit(main())
