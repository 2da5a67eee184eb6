from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.conditions import holds, names, truth, unknown

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


# --- facts that may be unknown ---

BASE = ("p", "q", "r")
simple = st.one_of(
    st.tuples(st.sampled_from(BASE), st.booleans()).map(lambda pair: {pair[0]: pair[1]}),
    st.sampled_from(["lt", "ge"]).map(lambda how: {"n": {how: 5}}),
)
several = st.recursive(
    simple,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda parts: {"any": parts}),
        st.lists(inner, max_size=3).map(lambda parts: {"all": parts}),
        inner.map(lambda part: {"not": part}),
        st.tuples(simple, inner).map(lambda two: {**two[0], "not": two[1]}),
    ),
    max_leaves=8,
)
told = st.fixed_dictionaries({**dict.fromkeys(BASE, st.booleans()), "n": st.integers(0, 9)})
hidden = st.sets(st.sampled_from([*BASE, "n"]))


@given(several, told)
def test_with_every_fact_told_truth_is_what_holds(condition, facts):
    assert truth(condition, facts) is holds(condition, facts)
    assert unknown(condition, facts) == set()


@given(several, told, hidden)
def test_an_answer_without_some_facts_stays_when_they_are_told(condition, facts, without):
    some = {name: None if name in without else value for name, value in facts.items()}
    early = truth(condition, some)
    assert early in {None, truth(condition, facts)}
    assert (early is None) == bool(unknown(condition, some))
    assert unknown(condition, some) <= without & names(condition)


def test_a_part_that_is_false_settles_it_whatever_another_part_says():
    assert unknown({"q": False, "not": {"n": {"lt": 5}}}, {"q": None, "n": 0}) == set()


def test_a_fact_that_does_not_exist_is_our_mistake_also_where_nothing_is_known():
    for condition in ({"nobody_knows": True}, {"n": {"about": 3}}, {"any": [{"p": True}, {"x": True}]}):
        with pytest.raises(KeyError):
            truth(condition, {"p": True, "n": None})
