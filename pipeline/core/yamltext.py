"""YAML in which every value is text and every value knows its line. No aliases, tags or repeated keys.

PyYAML's own types would turn MRN 0012345 into 5349, 12:30 into 750 and "no" into False; its C loader can
crash on deep nesting, so the Python loader is used for what people type.
"""

from __future__ import annotations

from typing import Any

import yaml

from pipeline.core.errors import InputError
from pipeline.core.model import Path_, Place

MAX_BYTES, MAX_DEPTH = 1_000_000, 30


class _Loader(yaml.SafeLoader):
    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        if (
            isinstance(event, yaml.AliasEvent)
            or getattr(event, "anchor", None)
            or getattr(event, "tag", None)
        ):
            raise yaml.MarkedYAMLError(
                problem="anchors (&), aliases (*) and tags (!) are not allowed; put such text in quotes",
                problem_mark=event.start_mark,
            )
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise yaml.MarkedYAMLError(problem="nested too deeply", problem_mark=event.start_mark)
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1


def load(content: bytes, name: str) -> tuple[dict[str, Any], dict[Path_, Place]]:
    """The mapping in `content` and the place of every value in it. An empty file is an empty mapping.

    Raises InputError (FILE010) naming file and line when it is not plain YAML of `name: value` lines.
    """

    def bad(what: str, line: int = 0) -> InputError:
        where = f"{name}:{line}" if line else name
        return InputError(
            what,
            code="FILE010",
            where=where,
            fix="correct that line; `casereport explain FILE010` has examples",
        )

    if len(content) > MAX_BYTES:
        raise bad("larger than 1 MB")
    try:
        root = yaml.compose(content.decode("utf-8-sig"), _Loader)
    except UnicodeDecodeError:
        raise bad("not UTF-8 text; save the file as UTF-8") from None
    except yaml.MarkedYAMLError as e:
        mark = e.problem_mark or e.context_mark
        raise bad(_own_words(e.problem), mark.line + 1 if mark else 0) from None
    except (yaml.YAMLError, RecursionError):
        raise bad("not readable as YAML (a character that cannot be printed?)") from None
    places: dict[Path_, Place] = {(): (name, 1)}

    def walk(node: Any, path: Path_) -> Any:
        if path:
            places[path] = (name, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            out: dict[str, Any] = {}
            for k, v in node.value:
                if not isinstance(k, yaml.ScalarNode):
                    raise bad("a field name must be plain text", k.start_mark.line + 1)
                if k.value in out:
                    raise bad("this field is written twice; keep one", k.start_mark.line + 1)
                out[k.value] = walk(v, (*path, k.value))
                places[(*path, k.value)] = (name, k.start_mark.line + 1)
            return out
        if isinstance(node, yaml.SequenceNode):
            return [walk(v, (*path, i)) for i, v in enumerate(node.value)]
        return node.value

    found = walk(root, ()) if root is not None else {}
    if found == "":
        found = {}
    if not isinstance(found, dict):
        raise bad("must be a list of 'name: value' lines", 1)
    return found, places


def _own_words(problem: str | None) -> str:
    """The parser's own message may quote the file; keep only its fixed part."""
    known = {
        "mapping values are not allowed": "a ':' inside unquoted text; put the text in quotes or after '|'",
        "could not find expected ':'": "expected 'name: value'",
        "found character '\\t'": "a tab; indent with spaces",
        "found unexpected end of stream": "a quote is opened and never closed",
        "expected <block end>": "the indentation does not fit the lines around it",
        "anchors (&)": problem or "",
        "nested too deeply": problem or "",
    }
    unclear = "not readable as YAML: look for a ':' or a quote inside unquoted text, or for the indentation"
    return next((words for start, words in known.items() if (problem or "").startswith(start)), unclear)
