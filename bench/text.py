"""Identifiers found in development texts beside Presidio with a blank model: `make bench-text`.

Prints full recall (every letter and digit of an identifier covered), precision (proposals that touch one),
damage (harmless words touched by what is removed unasked, and by anything at all), milliseconds and proposals
per 1,000 words. `--corpus FILE` takes JSON lines or marked text (text_corpus.py), more than once.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import text_corpus

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
QUASI = {"OCC"}  # jobs and titles: asked, not counted
Hit = tuple[int, int, str]  # start, end, "remove" | "ask"
Find = Callable[[str, str], list[Hit]]


@dataclass
class Score:
    """Sums over a corpus."""

    words: int = 0
    seconds: float = 0.0
    proposals: int = 0
    right: int = 0
    full: dict[str, list[bool]] = field(default_factory=dict)
    removed: dict[str, list[bool]] = field(default_factory=dict)  # harmless words, by what is removed
    touched: dict[str, list[bool]] = field(default_factory=dict)  # harmless words, by any proposal

    def add(self, doc: dict[str, Any], hits: list[Hit]) -> None:
        """Count one text."""
        text = doc["text"]
        cover = bytearray(len(text))
        removed = bytearray(len(text))
        gold = bytearray(len(text))
        for start, end, action in hits:
            cover[start:end] = b"\1" * (end - start)
            if action == "remove":
                removed[start:end] = b"\1" * (end - start)
        for row in doc["phi"]:
            gold[row["start"] : row["end"]] = b"\1" * (row["end"] - row["start"])
            places = [i for i in range(row["start"], row["end"]) if text[i].isalnum()]
            self.full.setdefault(row["label"], []).append(all(cover[i] for i in places))
        for row in doc["keep"]:
            self.removed.setdefault(row["label"], []).append(any(removed[row["start"] : row["end"]]))
            self.touched.setdefault(row["label"], []).append(any(cover[row["start"] : row["end"]]))
        self.proposals += len(hits)
        self.right += sum(any(gold[start:end]) for start, end, _ in hits)
        self.words += len(text.split())


def share(rows: dict[str, list[bool]], without: set[str] = frozenset()) -> float:  # type: ignore[assignment]
    """The share of true among all rows."""
    every = [value for label, values in rows.items() if label not in without for value in values]
    return sum(every) / len(every) if every else 0.0


def scored(docs: list[dict[str, Any]], find: Find) -> Score:
    """Run `find` over the texts; CPU time, after one text to load what is loaded once."""
    total = Score()
    find(docs[0]["text"], docs[0].get("region", "IN"))
    for doc in docs:
        began = time.process_time()
        hits = find(doc["text"], doc.get("region", "IN"))
        total.seconds += time.process_time() - began
        total.add(doc, hits)
    return total


def ours(text: str, region: str) -> list[Hit]:
    """This program."""
    from pipeline.identify import find

    return [(hit.start, hit.end, hit.action) for hit in find(text, region)]


def presidio() -> Find | None:
    """Presidio without a trained model, Indian and British recognisers added; None when not installed."""
    try:
        import spacy
        import tldextract
        from presidio_analyzer import AnalyzerEngine, RecognizerRegistry, predefined_recognizers
        from presidio_analyzer.nlp_engine import SpacyNlpEngine
    except ImportError:
        return None
    tldextract.extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)  # no network

    class Blank(SpacyNlpEngine):
        def __init__(self) -> None:
            super().__init__()
            self.nlp = {"en": spacy.blank("en")}

    registry = RecognizerRegistry(supported_languages=["en"])
    registry.load_predefined_recognizers(languages=["en"])
    for name in dir(predefined_recognizers):
        if name.startswith(("In", "Uk", "Nhs")) and name.endswith("Recognizer"):
            registry.add_recognizer(getattr(predefined_recognizers, name)())
    engine = AnalyzerEngine(registry=registry, nlp_engine=Blank(), supported_languages=["en"])

    def find(text: str, _region: str) -> list[Hit]:
        return [(hit.start, hit.end, "remove") for hit in engine.analyze(text=text, language="en")]

    return find


def told(name: str, total: Score) -> str:
    """One line of the table."""
    recall = f"{share(total.full, QUASI):.3f}" if total.full else "-"
    precision = total.right / total.proposals if total.proposals else 0.0
    return (
        f"{name:12s} recall {recall}  precision {precision:.3f}  damage {share(total.removed):.3f} removed, "
        f"{share(total.touched):.3f} touched  {1e6 * total.seconds / total.words:6.1f} ms and "
        f"{1000 * total.proposals / total.words:5.1f} proposals per 1,000 words"
    )


def corpora(files: Iterable[Path]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Every corpus with its name; of the held-out one the half that was never looked at by itself."""
    for file in files:
        docs = text_corpus.load(file)
        if file.name == "heldout.jsonl":
            yield f"{file.name}, even ones (for measuring only)", docs[1::2]
            yield f"{file.name}, odd ones (development)", docs[::2]
        else:
            yield file.name, docs


def main() -> None:
    """Score every corpus."""
    one = argparse.ArgumentParser(description=__doc__)
    one.add_argument("--corpus", type=Path, action="append", help="instead of those in bench/text")
    one.add_argument("--labels", action="store_true", help="also recall and damage of each label")
    asked = one.parse_args()
    files = asked.corpus or sorted([*HERE.glob("text/*.jsonl"), *HERE.glob("text/*.txt")])
    other = presidio()
    for name, docs in corpora(file for file in files if not file.stem.endswith("_source")):
        print(f"{name}: {len(docs)} texts, {sum(len(d['phi']) for d in docs)} identifiers")
        total = scored(docs, ours)
        print("  " + told("casereport", total))
        if other:
            print("  " + told("Presidio", scored(docs, other)))
        if asked.labels:
            for label, values in sorted(total.full.items(), key=lambda kv: -len(kv[1])):
                print(f"    {label:14s} {sum(values):4d} of {len(values)}")
            for label, values in sorted(total.touched.items(), key=lambda kv: -len(kv[1])):
                print(f"    kept {label:10s} touched {sum(values)} of {len(values)}")
    if not other:
        print("Presidio is not installed (pip install 'casereport[bench]'): nothing to compare with")


if __name__ == "__main__":
    main()
