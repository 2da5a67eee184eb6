"""The DICOM data dictionary (PS3.6), loaded only for files that leave something unsaid."""

from __future__ import annotations

from functools import cache


@cache
def vr(tag: int) -> str:
    """The VR of a tag in PS3.6, or ""; the first where there are several (US or SS)."""
    from pydicom.datadict import dictionary_has_tag, dictionary_VR

    return dictionary_VR(tag)[:2] if dictionary_has_tag(tag) else ""


@cache
def uids() -> frozenset[str]:
    """UIDs that have a name: those of the standard and the private classes of vendors."""
    from pydicom._uid_dict import UID_dictionary

    return frozenset(UID_dictionary)
