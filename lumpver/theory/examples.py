"""The small networks that everybody talks about, by name.

Each is data; its `Network` is built when asked for. `reduced` is what is left of the
hidden layers after the coarsest lumpability by Definition 6* and the removal of
unobserved units, so that every way of reducing can be held to the same table.

EXAMPLES: from name to `Example`, in the order of the stories they belong to
d1, d2, d4: the sections of the theory notes that the network comes from

References
----------
Ressi, Romanello, Piazza, Rossi: *Neural Networks Reduction via Lumping*, Section 4.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from lumpver.model.activations import ABS, IDENTITY, RELU, SIGMOID, Activation, clip, leaky
from lumpver.model.network import Network

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Example:
    """A chain of `layers` as `Network.from_layers` reads them, and what to know of it.

    Examples
    --------
    >>> EXAMPLES["d1"].network.widths, EXAMPLES["d1"].reduced
    ((1, 2, 2, 1), (1, 1))
    """

    name: str
    layers: tuple[Any, ...]
    reduced: tuple[int, ...]
    note: str
    source: str = "lumpver"
    activation: Activation = RELU

    @property
    def network(self) -> Network:
        """The network, built anew."""
        return Network.from_layers(self.layers, activation=self.activation)


_PAPER: Final = "Neural Networks Reduction via Lumping"
_CLIP: Final = clip(-1, 1)
_D1: Final = (([[1], [2]], None), ([[1, 0], [0, 1]], None))
_HUGE, _TINY = 2.0**127, 2.0**-149

_REPAIR: Final = (
    Example(
        "figure_3",
        (
            ([[1, -2, 3], [3, -6, 9]], [1, 3]),
            ([[2, 5]], [-1]),
            ([[1]], None),
        ),
        (1, 1),
        "t = 3 v: t is deleted and z reads v with weight 2 + 3 * 5",
        f"{_PAPER}, Figure 3 (weights ours)",
    ),
    Example(
        "d1",
        (*_D1, ([[0, 1]], None)),
        (1, 1),
        "Definition 6 as printed merges v and t: the network gives 2 at 1, its quotient 1",
        "theory, D1.1",
    ),
    Example(
        "d1_difference",
        (*_D1, ([[1, -1]], None)),
        (1, 1),
        "as d1 with y = v - t: -1 at 1, the printed quotient 0",
        "theory, D1.1",
    ),
    Example(
        "d1_logits",
        (*_D1, ([[4, 0], [0, 3]], None)),
        (1, 1),
        "as d1 with two outputs: (4, 6) at 1, the printed quotient (4, 3): the arg max flips",
        "theory, D1.1",
    ),
    Example(
        "d1_incomplete",
        (([[1], [2]], None), ([[2, 0], [0, 1]], [1, 1]), ([[1, 1]], None)),
        (1, 1),
        "v = ReLU(2 u1 + 1) and t = ReLU(u2 + 1) are equal; as printed they may not merge",
        "theory, D1.1",
    ),
    Example(
        "d2_zero",
        (([[0], [0]], None), ([[1, 0], [0, 1], [0, 2]], [1, 1, 1]), ([[1, 1, 1]], None)),
        (0, 0),
        "two zero neurons: weighted sums alone leave two maxima; 6* folds everything",
        "theory, D2.1",
    ),
    Example(
        "d2_live",
        (
            ([[0], [0], [1]], None),
            ([[1, 0, 1], [0, 1, 1], [0, 2, 1]], None),
            ([[1, 1, 1]], None),
        ),
        (1, 1),
        "d2_zero with a live neuron for the biases: N(x) = 3 ReLU(x)",
        "theory, D2.1",
    ),
    Example(
        "fold_then_merge",
        (([[0], [1]], [1, 0]), ([[0, 1], [1, 1]], [1, 0]), ([[1, 1]], None)),
        (1, 1),
        "v has bias 1, t reads a constant 1: they merge once the constant is folded",
        "theory, D2.2",
    ),
)

_BEYOND: Final = (
    Example(
        "mixed_sign_triple",
        (([[1, 0], [0, 1], [1, 1]], None), ([[1, 1, -1]], None)),
        (3,),
        "t is the sum of v1 and v2: removing it is wrong where x1 and x2 differ in sign",
        f"{_PAPER}, after Theorem 2",
    ),
    Example(
        "abs_value",
        (([[1], [-1]], None), ([[1, 1]], None)),
        (2,),
        "|x| = ReLU(x) + ReLU(-x): negative multiples are no multiples",
    ),
    Example(
        "d4_four",
        (([[-1], [-1], [1], [1]], [1, 0, 0, -1]), ([[1, -1, 1, -1]], None)),
        (4,),
        "ReLU(1-x) = ReLU(-x) - ReLU(x) + ReLU(x-1) + 1: the output is 1, nothing merges",
        "theory, D4",
    ),
    Example(
        "d4_six",
        (
            ([[1, 0], [-1, 0], [0, 1], [0, -1], [1, 1], [-1, -1]], None),
            ([[1, -1, 1, -1, -1, 1]], None),
        ),
        (6,),
        "y + z by two ReLUs and by four: the difference is 0, nothing merges",
        "theory, D4",
    ),
    Example(
        "d4_three",
        (([[1], [-1], [1]], [0, 0, -1]), ([[1, 1, 1]], None)),
        (3,),
        "|x| + ReLU(x-1) = 2 ReLU(x) + ReLU(1-x) - 1: two neurons do, proportions miss it",
        "theory, D4",
    ),
)

_FUNCTIONS: Final = (
    Example(
        "leaky_twins",
        (([[1, 2], [3, 6], [-1, -2]], [1, 3, -1]), ([[1, 1, 1]], None)),
        (2,),
        "LeakyReLU keeps positive multiples, so two of the three merge",
        activation=leaky("1/10"),
    ),
    Example(
        "abs_twins",
        (([[1], [2], [-1]], None), ([[1, 1, 1]], None)),
        (2,),
        "|x|, |2x| and |-x|: positive multiples merge, a sign flip is not looked for",
        activation=ABS,
    ),
    Example(
        "hardtanh_twins",
        (([[1], [2]], None), ([[1, 1]], None)),
        (2,),
        "Clip of x and of 2x must not merge: 2 at 1, a merged network would give 3",
        "theory, D2.3",
        activation=_CLIP,
    ),
    Example(
        "hardtanh_equals",
        (([[2], [2], [0]], [1, 1, 3]), ([[1, 2, 4]], None)),
        (1,),
        "equal units merge under any activation, constants fold",
        activation=_CLIP,
    ),
    Example(
        "sigmoid_half",
        (([[0], [0], [1]], [0, 1, 0]), ([[2, 3, 0]], None)),
        (1,),
        "the sigmoid of 0 is 1/2 and folds; of 1 it is irrational and stays",
        activation=SIGMOID,
    ),
    Example(
        "identity_hidden",
        (([[1, 2], [3, 4]], [5, 6], IDENTITY), ([[1, 1], [2, 2]], None), ([[1, 3]], None)),
        (1,),
        "a hidden layer without activation is part of the next one",
    ),
    Example(
        "output_relu",
        (([[1], [2]], None), ([[1, 1], [2, 2]], [-1, -2], RELU)),
        (1,),
        "outputs are never merged, proportional or not",
    ),
)

_CORNERS: Final = (
    Example(
        "no_hidden",
        (([[1, 2], [2, 4]], ["1/3", 0]),),
        (),
        "a single affine layer has nothing to reduce",
    ),
    Example(
        "one_unit",
        (([[2]], [1]), ([[3]], [-1])),
        (1,),
        "one unit in, hidden and out",
    ),
    Example(
        "constant_network",
        (([[0], [0]], [1, -1]), ([[1, 2], [3, 4]], [-2, 0]), ([[1, 1]], ["1/2"])),
        (0, 0),
        "7/2 everywhere: every hidden unit is constant",
    ),
    Example(
        "cancelling",
        (
            ([[1], [2], [-1]], None),
            ([[2, -1, 1], [0, 0, 2], [1, 1, 0]], None),
            ([[1, 1, 0]], None),
        ),
        (1, 1),
        "the weights of u1 = x and u2 = 2x cancel in v; the unit that still reads them is unread",
    ),
    Example(
        "dead_units",
        (([[0], [0], [1]], [-1, 0, 0]), ([[5, 7, 1]], [1])),
        (1,),
        "zero weights: one unit is dead, one is zero",
    ),
    Example(
        "unread",
        (([[1], [-1]], None), ([[1, 0], [0, 1]], None), ([[1, 0]], None)),
        (1, 1),
        "a unit that only an unread unit reads is unread",
    ),
    Example(
        "duplicate_rows",
        (([[1, -2], [1, -2], [0, 1], [1, -2]], [3, 3, 0, 3]), ([[1, 1, 1, 1]], None)),
        (2,),
        "the same row three times: ratios of 1",
    ),
    Example(
        "thirds",
        (
            ([["1/3", "2/7"], [1, "6/7"], [3, "18/7"]], ["-1/9", "-1/3", -1]),
            ([[1, "1/3", "1/9"], ["1/5", "1/5", "1/5"]], ["1/3", "1/7"]),
            ([["1/3", 3]], ["1/11"]),
        ),
        (1, 2),
        "ratios of 1/3 and 3 between numbers that no float holds",
    ),
    Example(
        "deep_chain",
        (
            ([[1, 1], [2, 2]], None),
            ([[2, 0], [0, 1], [1, 1]], [1, 1, 2]),
            ([[1, 1, 0], [0, 0, 1], [0, 4, 0]], None),
            ([[1, 1, 1]], None),
        ),
        (1, 2, 2),
        "each merge is needed to see the next",
    ),
    Example(
        "huge_and_tiny",
        (
            ([[_HUGE, 2.0**-22], [1.0, _TINY], [_TINY, 0.0], [2.0**-148, -0.0]], None),
            ([[_TINY, _HUGE, 1, -1], [_HUGE, _HUGE, _HUGE, _TINY]], None),
        ),
        (2,),
        "multiples by 2^127 and 2, at the ends of float32; -0.0 is 0",
    ),
)

EXAMPLES: Final[Mapping[str, Example]] = MappingProxyType(
    {one.name: one for one in (*_REPAIR, *_BEYOND, *_FUNCTIONS, *_CORNERS)}
)
