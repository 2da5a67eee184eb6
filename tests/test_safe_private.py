"""The table of private attributes that may stay (PS3.15 Table E.3.10-1): its shape, and what it must hold."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from pydicom._private_dict import private_dictionaries
from pydicom.valuerep import VR

from pipeline.core import resources

TABLE = resources.data("templates/rules/dicom-private.yaml")
ROWS = TABLE["rows"]
KEYED = {(row["creator"], row["tag"]): row for row in ROWS}


def test_every_row_is_a_private_attribute():
    for row in ROWS:
        assert set(row) in ({"creator", "tag", "vr", "name"}, {"creator", "tag", "vr", "name", "differs"})
        group, block, _element = re.fullmatch(r"([0-9A-F]{4})(xx)([0-9A-F]{2})", row["tag"]).groups()
        assert int(group, 16) % 2 == 1
        assert block == "xx"
        assert row["creator"] == row["creator"].strip()
        assert not row["vr"] or all(part in VR.__members__ for part in row["vr"].split("/"))
        assert re.fullmatch(r"[A-Za-z0-9]*", row["name"])


def test_no_row_is_there_twice_and_none_is_missing():
    assert len(KEYED) == len(ROWS) == 479
    assert TABLE["edition"] == "PS3.15 2026d"
    counts = Counter(row["creator"] for row in ROWS)
    assert counts["Philips Imaging DD 001"] == 184
    assert counts["SIEMENS MR HEADER"] == 4
    assert len(counts) == 20


@pytest.mark.parametrize(
    ("creator", "tag", "vr"),
    [
        ("Philips PET Private Group", "7053xx00", "DS"),
        ("Philips PET Private Group", "7053xx09", "DS"),
        ("GEMS_PARM_01", "0043xx27", "SH"),
        ("GEMS_PARM_01", "0043xx39", "IS"),
        ("GEMS_ACQU_01", "0019xx9E", "LO"),
        ("SIEMENS MR HEADER", "0019xx0C", "IS"),
        ("SIEMENS MR HEADER", "0019xx0E", "FD"),
        ("ELSCINT1", "01F1xx26", "DS"),
        ("Philips MR Imaging DD 001", "2005xx0E", "FL"),
        ("HOLOGIC, Inc.", "7E01xx12", "OB"),
        ("GEIIS PACS", "0903xx10", "US"),
    ],
)
def test_well_known_rows(creator, tag, vr):
    assert KEYED[creator, tag]["vr"] == vr


def test_names_of_people_are_not_safe():
    """Nothing with a name, a date or an age in it: neither by VR nor by what another dictionary calls it."""
    assert not {row["vr"] for row in ROWS} & {"PN", "DA", "DT", "TM", "AS"}
    for creator, tag in KEYED:
        other = private_dictionaries.get(creator, {}).get(tag)
        assert other is None or not re.search(
            r"(?i)patient|physician|operator|birth|hospital|address", other[2]
        )


def test_value_representations_agree_with_another_dictionary():
    for (creator, tag), row in KEYED.items():
        other = private_dictionaries.get(creator, {}).get(tag)
        if other and row["vr"]:
            assert (
                (other[0] in row["vr"].split("/")) or "differs" in row or other[0] in ("OW or OB", row["vr"])
            ), tag
