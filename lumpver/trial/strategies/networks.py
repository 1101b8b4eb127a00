"""Networks of any depth and width: chains, and branches that share a hidden layer.

Few layers, few units and small integers come first, and so do smaller counterexamples.

depth, width, inputs, outputs: how many hidden layers, units and so on, (least, most)
branches: more outputs than one, which read any layer, the input included
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hypothesis import strategies as st

from lumpver.model.activations import IDENTITY, RELU, Activation
from lumpver.model.table import FUNCTIONS
from lumpver.trial.strategies.drafts import INPUT, Draft, Layer, plain
from lumpver.trial.strategies.numbers import rationals, small

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flint import fmpq
    from hypothesis.strategies import SearchStrategy

    from lumpver.model.network import Network
    from lumpver.trial.strategies.drafts import Number, Row

    Range = tuple[int, int]

RATIONAL: Final = tuple(
    function
    for row in FUNCTIONS.values()
    if (function := Activation(row.name, row.samples[0])).rational and function != IDENTITY
)
"""Activations with a rational value everywhere, some of them not positively homogeneous."""


@st.composite
def drafts(  # noqa: PLR0913 each is a choice of its own, all have defaults
    draw: st.DrawFn,
    *,
    depth: Range = (1, 3),
    width: Range = (1, 4),
    inputs: Range = (1, 2),
    outputs: Range = (1, 2),
    activations: Sequence[Activation] = (RELU,),
    numbers: SearchStrategy[Number] | None = None,
    branches: bool = False,
    batch: bool = False,
) -> Draft:
    """Drafts of networks, each hidden layer with one of `activations`."""
    drawn = small() if numbers is None else numbers
    before = first = draw(st.integers(*inputs))
    layers: list[Layer] = []
    functions = st.sampled_from(list(activations))
    for _ in range(draw(st.integers(*depth))):
        layers.append(draw(_layers(drawn, width, before, functions, len(layers) - 1)))
        before = layers[-1].units
    hidden = len(layers)
    for head in range(draw(st.integers(1, 3)) if branches else 1):
        source = hidden - 1 if head == 0 else draw(st.integers(INPUT, hidden - 1))
        columns = first if source == INPUT else layers[source].units
        layers.append(draw(_layers(drawn, outputs, columns, st.just(IDENTITY), source)))
    return Draft(first, tuple(layers), tuple(range(hidden, len(layers))), batch)


@st.composite
def _layers(
    draw: st.DrawFn,
    numbers: SearchStrategy[Number],
    units: Range,
    columns: int,
    functions: SearchStrategy[Activation],
    source: int,
) -> Layer:
    """One layer, drawn as a whole, so that shrinking can leave it out as a whole."""
    function = draw(functions)
    rows = draw(st.lists(_rows(numbers, columns + 1), min_size=units[0], max_size=units[1]))
    W, b = tuple(row[1:] for row in rows), tuple(row[0] for row in rows)
    return Layer(W, b, function, source)


def _rows(numbers: SearchStrategy[Number], width: int) -> SearchStrategy[Row]:
    return st.lists(numbers, min_size=width, max_size=width).map(tuple)


def networks(
    *,
    depth: Range = (1, 3),
    width: Range = (1, 4),
    inputs: Range = (1, 2),
    outputs: Range = (1, 2),
    activations: Sequence[Activation] = (RELU,),
    numbers: SearchStrategy[Number] | None = None,
    branches: bool = False,
) -> SearchStrategy[Network]:
    """Networks of random weights: ReLU chains over small integers, unless told otherwise.

    Examples
    --------
    >>> from hypothesis import find
    >>> find(networks(inputs=(1, 1)), lambda network: network([1])[0] == 5).units
    1
    """
    found: SearchStrategy[Draft] = drafts(
        depth=depth,
        width=width,
        inputs=inputs,
        outputs=outputs,
        activations=activations,
        numbers=numbers,
        branches=branches,
    )
    return found.map(Draft.network)


@st.composite
def points(
    draw: st.DrawFn, network: Network, *, numbers: SearchStrategy[Number] | None = None
) -> dict[str, list[Number]]:
    """A rational value for every unit of every input, by name, for inputs of one axis."""
    drawn = rationals() if numbers is None else numbers
    return {name: list(draw(_rows(drawn, width))) for name, width in _inputs(network)}


@st.composite
def boxes(
    draw: st.DrawFn, network: Network, *, numbers: SearchStrategy[Number] | None = None
) -> dict[str, list[tuple[fmpq, fmpq]]]:
    """A closed interval for every unit of every input, by name; some are one point.

    Examples
    --------
    >>> from hypothesis import find
    >>> from lumpver.model.network import Network
    >>> find(boxes(Network.from_layers([([[1]], None)])), lambda _: True)
    {'x': [(0, 0)]}
    """
    drawn = rationals() if numbers is None else numbers
    found = {}
    for name, width in _inputs(network):
        ends = [draw(_rows(drawn, 2)) for _ in range(width)]
        found[name] = [(min(pair), max(pair)) for pair in map(plain, ends)]
    return found


def _inputs(network: Network) -> list[tuple[str, int]]:
    """Names and widths of the inputs."""
    return [
        (tensor.name, tensor.shape[-1])
        for tensor in network.inputs
        if tensor.shape and isinstance(tensor.shape[-1], int)
    ]
