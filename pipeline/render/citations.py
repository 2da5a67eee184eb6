"""Citations set by citeproc in the journal's style (CSL). Items travel in the tree: no file is opened."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from pipeline.core import resources
from pipeline.core.errors import ToolError
from pipeline.core.journal import Journal
from pipeline.render import pandoc, references, tree
from pipeline.render.document import Paper


def style(journal: Journal) -> Path:
    """The journal's citation style: its own file, or one of ours."""
    name = f"{journal.layout['csl']}.csl"
    own = journal.folder / name
    return own if own.is_file() else resources.path(f"templates/manuscript/csl/{name}")


def resolve(paper: Paper) -> Paper:
    """The same paper with citations and reference list as words. Raises ToolError when pandoc fails."""
    if not paper.cited:
        blocks = [b for b in paper.blocks if not (b["t"] == "Div" and b["c"][0][0] == "references")]
        return dataclasses.replace(paper, blocks=blocks)
    meta: dict[str, Any] = {
        "references": references.metadata(paper.cited),
        "link-citations": {"t": "MetaBool", "c": True},
        "notes-after-punctuation": {
            "t": "MetaBool",
            "c": bool(paper.journal.layout["citations_after_punctuation"]),
        },
        "lang": {"t": "MetaString", "c": "en-GB"},
    }
    done = pandoc.write(
        tree.document(paper.blocks, meta), "json", "--citeproc", f"--csl={style(paper.journal)}"
    )
    blocks = json.loads(done)["blocks"]
    if strange := {node["t"] for node in tree.every(blocks)} - tree.ALLOWED:
        raise ToolError(f"pandoc made parts we do not know ({', '.join(sorted(strange))})", fix=pandoc.FIX)
    return dataclasses.replace(paper, blocks=blocks)
