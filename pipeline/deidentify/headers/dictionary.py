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
    """Every UID of the registry (PS3.6 Annex A)."""
    from pydicom._uid_dict import UID_dictionary

    return frozenset(UID_dictionary)


@cache
def transfer_syntaxes() -> frozenset[str]:
    """The transfer syntaxes among them."""
    from pydicom._uid_dict import UID_dictionary

    return frozenset(uid for uid, row in UID_dictionary.items() if row[1] == "Transfer Syntax")
