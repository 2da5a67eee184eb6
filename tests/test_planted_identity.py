"""A made-up person in every slot: nothing of them is left, and every rule switched off is noticed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import mutants, planted_identity


def test_nothing_planted_is_left(tmp_path: Path):
    case = planted_identity.base(tmp_path)
    found = [line for seed in range(50) for line in planted_identity.leaks(case, seed, tmp_path)]
    assert found == []


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> mutants.Bench:
    return mutants.Bench(tmp_path_factory.mktemp("mutants"), seed=7)


@pytest.mark.parametrize("mutant", mutants.NAMES[::2])
def test_a_rule_that_is_switched_off_is_noticed(bench: mutants.Bench, mutant: str):
    assert bench.noticed(mutant)


def test_nothing_is_noticed_when_all_rules_are_on(bench: mutants.Bench):
    assert not bench.noticed("none")


@pytest.mark.slow
def test_99_in_100_mutants_are_noticed(tmp_path: Path):
    assert mutants.run(people=10) >= 0.99
