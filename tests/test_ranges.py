"""Results and reference ranges: read when they are plain, left alone otherwise; a flag is never a guess."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core import ranges

numbers = st.floats(-1e6, 1e6, allow_nan=False).map(lambda x: round(x, 3) + 0.0)


def typed(number: float) -> str:
    return f"{number:.3f}"


@pytest.mark.parametrize(
    ("result", "reference", "flag"),
    [
        ("9.8", "12.0–15.0", "low"),
        ("12.0", "12.0–15.0", ""),
        ("15.0", "12.0-15.0", ""),
        ("15.1", "12.0 to 15.0", "high"),
        ("5", "<5", "high"),
        ("5", "≤ 5", ""),
        ("4.9", "< 5", ""),
        ("59", "≥ 60", "low"),
        ("60", "≥ 60", ""),
        ("60", "> 60", "low"),
        ("41", "up to 40", "high"),
        ("−4", "−2 to +2", "low"),
        ("<0.5", "1–3", "low"),
        ("<1", "1–3", "low"),  # below 1 is outside
        ("<2", "1–3", ""),  # may lie inside
        (">200", "<100", "high"),
        ("1,50,000", "1,50,000–4,10,000", ""),
        ("90,000", "150,000–410,000", "low"),
        # what is not plain gives no flag
        ("positive", "negative", ""),
        ("1:1024", "< 1:64", ""),
        ("120/80", "90/60–130/85", ""),
        ("9.8*", "12–15", ""),
        ("9,8", "12–15", ""),
        ("9.8 g/dL", "12–15", ""),
        ("9.8", "men 13–17", ""),
        ("9.8", "15–12", ""),
        ("9.8", "", ""),
        ("", "12–15", ""),
        ("1e3", "12–15", ""),
        ("nan", "12–15", ""),
    ],
)
def test_flags(result, reference, flag):
    assert ranges.flag(result, reference) == flag


@given(numbers, numbers, numbers)
def test_a_number_is_flagged_exactly_when_it_is_outside(value, a, b):
    low, high = sorted((a, b))
    expected = "low" if value < low else "high" if value > high else ""
    assert ranges.flag(typed(value), f"{typed(low)} – {typed(high)}") == expected


@given(st.text(max_size=20), st.text(max_size=20))
def test_any_text_is_read_or_left_alone(result, reference):
    flag = ranges.flag(result, reference)
    assert flag in ("", "low", "high")
    if not any(c.isdigit() for c in result) or not any(c.isdigit() for c in reference):
        assert flag == ""
