"""Make tagger.crf.xz, the small model of pipeline/identify/tagger.py. Run by a developer.

    pip install python-crfsuite==0.9.12 faker==40.63.0
    python templates/models/make_tagger.py              # makes text, trains, writes the model, measures
    python templates/models/make_tagger.py --measure    # measures the model that is there
    python templates/models/make_tagger.py --show 20    # prints made-up sentences

All text is made up: sentences from tagger/train.txt, names and villages put together from the syllables of
tagger/names.yaml (and name lists of Faker, MIT, so that European and African names occur too), words from
templates/rules/medical-words.txt, everything else from tagger/fill.yaml. Held-out texts use other sentences
(tagger/heldout.txt), and other syllables, names, drugs and eponyms.
"""

from __future__ import annotations

import argparse
import json
import lzma
import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pycrfsuite
from tagger_text import HERE, SEED, Writer, tagger

SENTENCES = 75_000
HELDOUT = 6_000
PARAMETERS = {"c1": 0.09, "c2": 0.01, "max_iterations": 80, "feature.minfreq": 3}
THRESHOLDS = [0.2, 0.3, 0.4, 0.5, 0.6, 0.7]


def templates(name: str) -> dict[str, list[str]]:
    """Section -> sentences."""
    found: dict[str, list[str]] = {}
    section = ""
    for line in (HERE / "tagger" / name).read_text(encoding="utf-8").splitlines():
        if line.startswith("== "):
            section = line[3:].strip()
        elif line.strip() and not line.startswith("#"):
            found.setdefault(section, []).append(line)
    return found


Row = tuple[str, list[tuple[int, int, str]]]


def texts(writer: Writer, sections: dict[str, list[str]], count: int) -> Iterator[Row]:
    """Texts with spans of characters: negatives about half, every section's sentences equally likely."""
    good = [t for s, ts in sections.items() if not s.startswith("negative") for t in ts]
    bad = [t for s, ts in sections.items() if s.startswith("negative") for t in ts]
    for _ in range(count):
        template = writer.rng.choice(good if writer.rng.random() < 0.55 else bad)
        text, found = "", []
        for piece, label in writer.noisy(writer.sentence(template)):
            if label:
                found.append((len(text), len(text) + len(piece), label))
            text += piece
        yield text, found


def examples(rows: Iterator[Row], rng: random.Random) -> Iterator[tuple[list[list[str]], list[str]]]:
    """Features and labels; now and then a word is hidden from the word lists, so that context counts."""
    for text, found in rows:
        for sentence in tagger.sentences(text):
            words = [tagger.word(t.text, known=rng.random() > 0.04) for t in sentence]
            labels = ["O"] * len(sentence)
            for start, end, label in found:
                for i, token in enumerate(sentence):
                    if start <= token.start < end:
                        labels[i] = label
            yield tagger.features(text, sentence, words), labels


def train(sentences: int, model: Path) -> None:
    """Make the text, train, write the model."""
    began = time.time()
    writer = Writer(SEED, heldout=False)
    trainer = pycrfsuite.Trainer(algorithm="lbfgs", verbose=False)
    trainer.set_params(PARAMETERS)
    tokens = 0
    for features, labels in examples(texts(writer, templates("train.txt"), sentences), writer.rng):
        trainer.append(features, labels)
        tokens += len(labels)
    print(f"made {sentences} texts, {tokens} tokens, {time.time() - began:.0f} s", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder) / "model"
        trainer.train(str(raw))
        plain = raw.read_bytes()
    packed = lzma.compress(plain, preset=9)
    model.write_bytes(packed)
    print(f"trained in {time.time() - began:.0f} s; {len(plain)} bytes, packed {len(packed)}")


def found_in(text: str, gold: list[tuple[int, int, str]], threshold: float) -> tuple[Counter[str], list[str]]:
    """Full-cover recall a label, and how many proposals touch nothing."""
    spans = tagger.spans(text, threshold)
    covered = {i for s in spans for i in range(s.start, s.end)}
    count: Counter[str] = Counter(spans=len(spans))
    missed = []
    for start, end, label in gold:
        letters = [i for i in range(start, end) if text[i].isalnum()]
        count[f"{label} all"] += 1
        hit = all(i in covered for i in letters)
        count[f"{label} full"] += hit
        count[f"{label} any"] += any(i in covered for i in letters)
        count[f"{label} right"] += any(s.label == label and s.start <= start and s.end >= end for s in spans)
        if not hit:
            missed.append(f"MISS {label}: {text[start:end]!r} in {text!r}")
    for s in spans:
        if not any(s.start < end and start < s.end for start, end, _ in gold):
            count["false"] += 1
            missed.append(f"FALSE {s.label} {s.score}: {text[s.start : s.end]!r} in {text!r}")
    return count, missed


def table(rows: list[Row], title: str, thresholds: list[float]) -> None:
    """Print recall, precision and false proposals for thresholds."""
    words = sum(len(text.split()) for text, _ in rows)
    print(f"{title}: {len(rows)} texts, {words} words")
    for threshold in thresholds:
        total: Counter[str] = Counter()
        for text, gold in rows:
            total += found_in(text, gold, threshold)[0]
        said = [f"  {threshold:.2f}"]
        for label in tagger.LABELS:
            if total[f"{label} all"]:
                n, full, part = (total[f"{label} {kind}"] for kind in ("all", "full", "any"))
                said.append(f"{label} {full / n:.3f} (any {part / n:.3f}, n={n})")
        right = 1 - total["false"] / max(1, total["spans"])
        said.append(f"precision {right:.3f}, false/1000 words {1000 * total['false'] / words:.1f}")
        print("; ".join(said), flush=True)


def measure(thresholds: list[float], dev: Path | None, show: int) -> None:
    """Held-out sentences, ordinary text, and a file of lines {text, phi} if given."""
    writer = Writer(SEED + 1, heldout=True)
    table(
        list(texts(writer, templates("heldout.txt"), HELDOUT)), "held-out sentences and syllables", thresholds
    )
    ordinary = (HERE.parents[1] / "bench/text/ordinary.txt").read_text(encoding="utf-8")
    table([(ordinary, [])], "ordinary case reports", thresholds)
    if dev:
        kinds = {"NAME": "name", "LOC_": "place", "HOSP": "hospital", "EMPL": "employer"}
        rows = []
        for line in dev.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            gold = [(p["start"], p["end"], kinds.get(p["label"][:4], "")) for p in row["phi"]]
            rows.append((row["text"], [g for g in gold if g[2]]))
        table(rows, "development corpus (other labels count as false)", thresholds)
    text = ordinary * 5
    tagger.spans(text)
    began = time.process_time()
    tagger.spans(text)
    print(
        f"{1e6 * (time.process_time() - began) / len(text.split()):.1f} ms of one processor per 1,000 words"
    )
    shown = 0
    writer = Writer(SEED + 2, heldout=True)
    for row in [(ordinary, []), *texts(writer, templates("heldout.txt"), 50 * show)] if show else []:
        for line in found_in(*row, tagger.THRESHOLD)[1]:
            print(line[:60] if row[0] is ordinary else line)
            shown += 1
        if shown >= show and row[0] is not ordinary:
            break


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--measure", action="store_true")
    parser.add_argument("--sentences", type=int, default=SENTENCES)
    parser.add_argument("--model", type=Path, help="write it there and measure nothing")
    parser.add_argument("--show", type=int, default=0)
    parser.add_argument("--misses", type=int, default=0)
    parser.add_argument("--dev", type=Path)
    parser.add_argument("--thresholds", type=float, nargs="+", default=THRESHOLDS)
    a = parser.parse_args()
    if a.show:
        for text, _ in texts(Writer(SEED, heldout=False), templates("train.txt"), a.show):
            print(text)
        return
    if not a.measure:
        train(a.sentences, a.model or HERE / "tagger.crf.xz")
    if not a.model:
        measure(a.thresholds, a.dev, a.misses)


if __name__ == "__main__":
    main()
