"""Chains made anew: where a certificate compares forms, and what stood and stands in between.

made anew: of layers in whose place other units compute the same no unit has a counterpart
level: a layer of what took their place
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from lumpver.model.network import Pointwise
from lumpver.model.regions import between
from lumpver.tell.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lumpver.claim.certificate import Certificate
    from lumpver.model.network import Network

MOST: Final = 8  # that are told one by one


@dataclass(frozen=True, slots=True)
class Remade:
    """Layers between two tensors that stay unit by unit, and the levels that are there now.

    `inside` are all tensors in between, `before` the units of the layers, `after` of the levels.
    """

    start: str
    end: str
    layers: tuple[str, ...]
    inside: frozenset[str]
    before: tuple[int, ...]
    after: tuple[int, ...]

    @property
    def left(self) -> dict[str, int]:
        """The units of the levels, told beside the layers in order; the last has all that follow.

        Examples
        --------
        >>> Remade("x", "y", ("a", "b", "c"), frozenset("abc"), (9, 9, 9), (2, 1)).left
        {'a': 2, 'b': 1, 'c': 0}
        """
        last = len(self.layers) - 1
        sizes = [*self.after[:last], sum(self.after[last:])] if self.layers else []
        return dict(zip(self.layers, [*sizes, *[0] * len(self.layers)], strict=False))

    def as_dict(self) -> dict[str, Any]:
        """What `lumpver reduce --json` prints of it."""
        return {
            "from": self.start,
            "to": self.end,
            "layers": list(self.layers),
            "units": {"before": list(self.before), "after": list(self.after)},
        }

    def __str__(self) -> str:
        said = f"From {visible(self.start)} to {visible(self.end)} all was made anew"
        if not self.layers:
            return f"{said}."
        if not self.after:
            return f"{said}: {_sizes(self.before)} went, and no activation is left."
        return f"{said}: {_sizes(self.before)} became {_sizes(self.after)}."


def _sizes(units: tuple[int, ...]) -> str:
    """So many layers, with the units of each of the first few.

    Examples
    --------
    >>> _sizes((128, 64)), _sizes((1,))
    ('2 layers of 128, 64 units', '1 layer of 1 unit')
    """
    each = ", ".join(f"{size:,}" for size in units[:MOST]) + ", ..." * (len(units) > MOST)
    layers = f"{len(units)} layer{'s' * (len(units) > 1)}"
    return f"{layers} of {each} unit{'' if units == (1,) else 's'}"


def stretches(certificate: Certificate) -> tuple[tuple[str, str], ...]:
    """The tensors between which all was made anew: where each such stretch begins and ends.

    Examples
    --------
    >>> from lumpver.model.network import Network
    >>> from lumpver.reducing.reduction import reduce
    >>> both = Network.from_layers([([[1], [-1]], None), ([[3, -3]], None)])  # 3 x
    >>> stretches(reduce(both).certificate)
    (('x', 'y'),)
    """
    return tuple(
        (fact.since, name)
        for name, facts in certificate.tensors.items()
        for fact in facts
        if fact.since is not None
    )


def remade(original: Network, reduced: Network, certificate: Certificate) -> tuple[Remade, ...]:
    """Each stretch that the certificate says was made anew, as both networks have it.

    What is claimed is told, right or not: where a network has no such stretch there are no layers.

    Examples
    --------
    >>> from lumpver.model.network import Network
    >>> from lumpver.reducing.reduction import reduce
    >>> both = Network.from_layers([([[1], [-1]], None), ([[3, -3]], None)])  # 3 x
    >>> found = reduce(both)
    >>> print(*remade(both, found.network, found.certificate))
    From x to y all was made anew: 1 layer of 2 units went, and no activation is left.
    """
    found = []
    for start, end in stretches(certificate):
        facts = certificate.tensors.get(start, ())
        starts = [start, *(fact.counterpart for fact in facts if fact.counterpart)]
        ends = [fact.counterpart for fact in certificate.tensors[end] if fact.counterpart]
        layers, inside = _inside(original, [start], [end])
        levels, _ = _inside(reduced, starts, ends)
        before, after = _units(original, layers), _units(reduced, levels)
        found.append(Remade(start, end, layers, inside, before, after))
    return tuple(found)


def multiplied(certificate: Certificate, model: Network | None = None) -> frozenset[str]:
    """The tensors around activations that count as lines, as far as they can be told.

    Without the model, what such an activation reads is known where it is named after it.

    Examples
    --------
    >>> from lumpver.claim.certificate import Certificate
    >>> sorted(multiplied(Certificate({}, straight=("h1",))))
    ['h1', 'h1.pre']
    """
    found = {*certificate.straight, *(f"{made}.pre" for made in certificate.straight)}
    if model is not None:
        nodes = (model.producers.get(made) for made in certificate.straight)
        found |= {source for node in nodes if node is not None for source in node.inputs}
    return frozenset(found)


def within(network: Network, start: str, end: str) -> frozenset[str]:
    """The tensors between two, none where forms cannot be had of what makes them.

    Examples
    --------
    >>> from lumpver.model.network import Network
    >>> sorted(within(Network.from_layers([([[1]], None), ([[3]], None)]), "x", "y"))
    ['h1', 'h1.pre']
    """
    return _inside(network, [start], [end])[1]


def _inside(
    network: Network, starts: Iterable[str], ends: Iterable[str]
) -> tuple[tuple[str, ...], frozenset[str]]:
    """The layers from one of these tensors to one of those, and all tensors in between."""
    ways = (between(network, start, end) for end in ends for start in starts)
    nodes = next((way for way in ways if way), ())
    read = dict.fromkeys(node.input for node in nodes if isinstance(node, Pointwise))
    return tuple(read), frozenset(node.output for node in nodes[:-1])


def _units(network: Network, layers: Iterable[str]) -> tuple[int, ...]:
    return tuple(network.width.get(name, 0) for name in layers)


def told(found: Iterable[object]) -> list[str]:
    """The first few of them as sentences, and how many more there are.

    Examples
    --------
    >>> told(range(10))[-2:]
    ['7', '2 more stretches were made anew.']
    """
    sentences = [str(one) for one in found]
    more = len(sentences) - MOST
    rest = [f"{more} more {'stretches were' if more > 1 else 'stretch was'} made anew."]
    return sentences[:MOST] + rest * (more > 0)
