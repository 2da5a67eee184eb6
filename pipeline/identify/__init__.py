"""Words that may identify someone whom no list knows: proposals for a person to decide about."""

from pipeline.identify.engine import REGIONS, find

__all__ = ["REGIONS", "find"]
