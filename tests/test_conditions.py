from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.conditions import holds, names

FACTS = {"patient": {"age": 9, "deceased": False, "sex": "male"}, "tags": ["a", "b"], "nobody": None}

leaves = st.one_of(
    st.tuples(st.sampled_from(["lt", "le", "gt", "ge"]), st.integers(0, 20)).map(
        lambda c: {"patient.age": dict([c])}
    ),
    st.booleans().map(lambda b: {"patient.deceased": b}),
    st.lists(st.sampled_from(["male", "female"])).map(lambda words: {"patient.sex": {"in": words}}),
    st.sampled_from(["a", "z"]).map(lambda tag: {"tags": {"has": tag}}),
    st.just({}),
)
conditions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda parts: {"any": parts}),
        st.lists(inner, max_size=3).map(lambda parts: {"all": parts}),
        inner.map(lambda part: {"not": part}),
    ),
    max_leaves=8,
)


@given(conditions, conditions)
def test_conditions_are_boolean_algebra(one, other):
    a, b = holds(one, FACTS), holds(other, FACTS)
    assert holds({"all": [one, other]}, FACTS) == (a and b)
    assert holds({"any": [one, other]}, FACTS) == (a or b)
    assert holds({"not": one}, FACTS) == (not a)
    assert holds({"not": {"any": [one, other]}}, FACTS) == holds(
        {"all": [{"not": one}, {"not": other}]}, FACTS
    )


@given(st.integers(0, 120))
def test_a_range_is_all_of_its_comparisons(age):
    facts = {"patient": {"age": age}}
    assert holds({"patient.age": {"ge": 7, "lt": 12}}, facts) == (7 <= age < 12)


@given(conditions)
def test_every_fact_asked_about_is_listed(condition):
    assert names(condition) <= {"patient.age", "patient.deceased", "patient.sex", "tags"}


@pytest.mark.parametrize(
    "condition",
    [
        {"patient.ag": 9},
        {"patient.age": {"about": 9}},
        {"any": [{"nobody_knows": True}]},
        {"not": {"patient.x.y": 1}},
    ],
)
def test_a_fact_or_comparison_that_does_not_exist_is_our_mistake(condition):
    with pytest.raises(KeyError):
        holds(condition, FACTS)


def test_below_nothing_there_is_nothing():
    assert not holds({"nobody.given": "spoken"}, FACTS)
    assert not holds({"nobody.given": {"in": ["spoken", None]}}, FACTS)
    assert holds({"nobody.given": None}, FACTS)


def test_an_empty_any_is_never_true():
    assert not holds({"any": []}, FACTS)
    assert holds({}, FACTS)
