"""Pages that are filled in by Jinja: our own templates; every value is escaped and none may be missing."""

from __future__ import annotations

from functools import cache
from typing import Any

from pipeline.core import resources


@cache
def template(name: str) -> Any:
    """The template "templates/…" or "consent/…" of that name, ready to `render`.

    Raises jinja2's UndefinedError on rendering when a value is missing.
    """
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    del environment.filters["safe"]  # a template that let record text through would not compile
    return environment.from_string(resources.text(name))
