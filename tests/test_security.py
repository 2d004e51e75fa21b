"""Every invariant in docs/SECURITY.md names a test that exists."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_every_invariant_names_tests_that_exist() -> None:
    text = (ROOT / "docs" / "SECURITY.md").read_text(encoding="utf-8")
    invariants = re.split(r"^\d+\. ", text.split("## Invariants")[1].split("\n## ")[0], flags=re.MULTILINE)[1:]
    assert len(invariants) >= 13
    for invariant in invariants:
        named = re.findall(r"`(tests/[\w/.]+)(?:::(\w+))?`", invariant)
        assert named, invariant
        for path, test in named:
            assert (ROOT / path).exists(), path
            assert not test or f"def {test}(" in (ROOT / path).read_text(encoding="utf-8"), test
