"""Reads the texts of bench/text: JSON lines, and text marked [[identifier|LABEL]] and {{harmless|label}}."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

MARK = re.compile(r"\[\[(?P<p>[^\]|]+)\|(?P<pl>\w+)\]\]|\{\{(?P<k>.+?)\|(?P<kl>\w+)\}\}", re.DOTALL)


def load(path: Path) -> list[dict[str, Any]]:
    """The texts of a file, each with its identifiers ("phi") and its harmless words ("keep")."""
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    blocks = [b for b in path.read_text(encoding="utf-8").split("\n\n") if b.strip()]
    return [_marked(f"{path.stem}-{n}", block) for n, block in enumerate(blocks, 1)]


def _marked(name: str, block: str) -> dict[str, Any]:
    text, at = "", 0
    spans: dict[str, list[dict[str, Any]]] = {"phi": [], "keep": []}
    for found in MARK.finditer(block):
        text += block[at : found.start()]
        kind = "phi" if found["p"] else "keep"
        words, label = (found["p"], found["pl"]) if found["p"] else (found["k"], found["kl"])
        spans[kind].append({"start": len(text), "end": len(text) + len(words), "label": label, "text": words})
        text, at = text + words, found.end()
    return {"id": name, "text": text + block[at:], **spans}
