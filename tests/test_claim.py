"""`Claim`: one object, one wording."""

from __future__ import annotations

from lumpver.claim.statement import Claim


def test_all_inputs_is_the_default() -> None:
    """Without a box a claim is about all inputs, and says so both ways."""
    assert str(Claim()).startswith("equal for all inputs")
    assert Claim().as_dict() == {"domain": "all inputs", "closeness": "equal", "semantics": "real"}


def test_a_box_is_named() -> None:
    """A claim on a box never reads like one for all inputs."""
    claim = Claim(box="b.vnnlib")
    assert "all inputs" not in str(claim)
    assert "b.vnnlib" in str(claim)
    assert claim.as_dict()["domain"] == {"box": "b.vnnlib"}
