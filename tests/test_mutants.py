"""The faults of mutants.toml can still be put in; `make mutants` sees that tests notice them."""

import pytest

from tests.mutants import ROOT, Mutant, mutants


@pytest.mark.parametrize("mutant", mutants(), ids=lambda mutant: mutant.what)
def test_a_mutant_fits_the_code(mutant: Mutant) -> None:
    assert mutant.text
    assert [name for name in mutant.tests if not (ROOT / name).is_file()] == []
