"""Both checkers give one answer: on mutants, and on the dense ones of the real networks.

Skipped where the verified checker has not been built.
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, Final

import pytest
from conftest import networks
from mutation.campaign import mutant
from mutation.networks import small

from lumpver.claim.certificate import decode
from lumpver.errors import LumpverError, Unrepresentable
from lumpver.io.files import load, parsed
from lumpver.reducing.reduction import reduce
from lumpver.theory.lumpcheck import Disagreement, check_both, export

if TYPE_CHECKING:
    from pathlib import Path

    from mutation.networks import Case

    from lumpver.model.network import Network

SMALL: Final = 60_000  # parameters of the real networks that are not left to `make long`


@cache
def dense_cases() -> tuple[Case, ...]:
    """The campaign's cases that are dense chains."""
    found = []
    for case in small():
        try:
            export(parsed(case.places[0], case.pairs[0].original).network)
        except Unrepresentable:
            continue
        found.append(case)
    return tuple(found)


def agreement(seed: int, count: int, program: Path) -> Counter[str]:
    """How both checkers answer about so many mutants; they may not disagree."""
    answers: Counter[str] = Counter()
    for index in range(count):
        draft = mutant(seed, index, dense_cases())
        places = draft.case.places
        try:
            claim = decode(draft.certificate())
            ours = parsed(places[0], draft.original).network
            theirs = parsed(places[1], draft.reduced).network
            check_both(ours, theirs, claim, program)
            answers["valid"] += 1
        except Disagreement as error:
            pytest.fail(f"mutant {seed}:{index} ({draft.history}): {error}")
        except LumpverError as error:
            answers[error.kind] += 1
    return answers


def test_agree_on_mutants(program: Path) -> None:
    """On every mutant both checkers accept, or both reject."""
    answers = agreement(1, 400, program)
    assert answers["valid"] > 30
    assert answers["rejected"] > 30


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2, 6))
def test_agree_on_many_mutants(program: Path, seed: int) -> None:
    """The same for many more: 10,000 of them over all seeds reach both checkers."""
    answers = agreement(seed, 5000, program)
    assert answers["valid"] + answers["rejected"] > 2500


def dense(net: Path) -> Network | None:
    """The network in a file, if there is one that is a dense chain."""
    try:
        network = load(net).network
        export(network)
    except LumpverError:
        return None
    return network


def test_real_network(net: Path, program: Path) -> None:
    """Both accept the reduction of every dense network that is not large."""
    network = dense(net)
    if network is not None and network.parameters <= SMALL:
        found = reduce(network)
        check_both(network, found.network, found.certificate, program)


@pytest.mark.long
def test_large_real_network(net: Path, program: Path) -> None:
    """The same for the large ones."""
    network = dense(net)
    if network is not None and network.parameters > SMALL:
        found = reduce(network)
        check_both(network, found.network, found.certificate, program)


def test_most_real_networks_are_dense(nets: Path) -> None:
    """The tests above are about something: these folders hold dense chains."""
    names = ("dnnv-benchmarks/ACAS_Xu", "marabou/resources/nnet/twin", "verydiff/test/examples")
    for name in names:
        assert any(dense(path) is not None for path in networks(nets / name)), name
