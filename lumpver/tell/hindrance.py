"""What stands in the way of the units of a layer: why all of them stay, where they do.

hindrance: the nearest node, or output of the model, because of which units are pinned
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, assert_never

from lumpver.io.onnx.read.opsets import SINCE
from lumpver.model.network import Join, Linear, Opaque, Pick, Pointwise, Pool, Rearrange
from lumpver.search.observation import pinned, pins

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lumpver.model.network import Network, Node

_STANDARD = ("", "ai.onnx")


@dataclass(frozen=True, slots=True)
class Hindrance:
    """Why the units of a layer stay.

    `kind` is "opaque" for a node that is not modelled, "output" for an output of the model,
    "layout" for a node that mixes units with positions, "input" for a sum with something that
    no layer makes. `node` is the node's name, or the output's or input's; `operator` what it
    does, and `why` the reason, in words.
    """

    kind: Literal["opaque", "output", "layout", "input"]
    node: str
    operator: str
    why: str

    def __str__(self) -> str:
        return self.operator if self.kind in {"opaque", "layout"} else f"an {self.kind}"


def hindrances(network: Network) -> dict[str, Hindrance]:
    """For each affine segment's output whose units are pinned, what pins them.

    Examples
    --------
    >>> from lumpver.model.network import Network
    >>> network = Network.from_layers([([[1], [2]], None), ([[1, 1]], None)])
    >>> {name: str(found) for name, found in hindrances(network).items()}
    {'y': 'an output'}
    """
    fixed = pinned(network)
    names = (segment.output for segment in network.segments if segment.output in fixed)
    found = ((name, _nearest(network, name)) for name in names)
    return {name: hindrance for name, hindrance in found if hindrance is not None}


def _nearest(network: Network, name: str) -> Hindrance | None:
    outputs = {tensor.name for tensor in network.outputs}
    seen = [name]
    for tensor in seen:
        if tensor in outputs:
            return Hindrance("output", tensor, "output", "it is an output of the model")
        for node in network.readers.get(tensor, []):
            hindrance = _of(network, node)
            if hindrance is not None:
                return hindrance
        made = network.producers.get(tensor)
        if tensor != name and (made is None or isinstance(made, Opaque)):
            return _tied(network, tensor, made)
        seen += [other for other in _beside(network, tensor) if other not in seen]
    return None


def _beside(network: Network, name: str) -> Iterator[str]:
    """The tensors whose units are, one by one, those of a tensor: below, and beside it in joins."""
    near = [*network.readers.get(name, [])]
    made = network.producers.get(name)
    near += [] if made is None else [made]
    for node in near:
        match node:
            case Join():
                tied = node.inputs if node.mixed is None else [node.mixed]
                yield from (*tied, node.output)
            case Pointwise() | Pool() | Rearrange() | Pick():
                yield from (node.output, node.input)
            case Linear() | Opaque():
                pass
            case _:
                assert_never(node)


def _of(network: Network, node: Node) -> Hindrance | None:
    """The hindrance that a reader is by itself, None if it is none."""
    match node:
        case Opaque():
            return unmodelled(_root(network, node))
        case Join() if node.operator != "MatMul":
            return None
        case Linear() | Pointwise() | Pick():
            operator = type(node).__name__
        case Pool() | Rearrange() | Join():
            operator = node.operator
        case _:
            assert_never(node)
    if not pins(network, node, set()):
        return None
    why = "no axis of what it reads is that of the units"
    if isinstance(node, Join):
        why = "it multiplies matrices, and units are not the columns of the second"
    return Hindrance("layout", node.name, operator, why)


def _tied(network: Network, name: str, made: Opaque | None) -> Hindrance:
    if made is not None:
        return unmodelled(_root(network, made))
    return Hindrance("input", name, "input", "it is joined with an input of the model")


def _root(network: Network, node: Opaque) -> Opaque:
    """The node itself, or the one above whose result has no known type or shape for it to use."""
    while _is_known(node):
        above = (network.producers.get(name) for name in node.inputs)
        unknown = [made for made in above if isinstance(made, Opaque) and _is_vague(network, made)]
        if not unknown:
            break
        node = unknown[0]
    return node


def _is_known(node: Opaque) -> bool:
    """Whether there are nodes of this operator that are modelled, and nothing odd is known."""
    domain, _, operator = node.operator.rpartition(":")
    return domain in _STANDARD and operator in SINCE and not node.why


def _is_vague(network: Network, node: Opaque) -> bool:
    made = [network.tensors[name] for name in node.outputs if name]
    return any(tensor.shape is None or not tensor.dtype for tensor in made)


def unmodelled(node: Opaque) -> Hindrance:
    """A node that is not modelled, with the reason as far as it is known.

    Examples
    --------
    >>> unmodelled(Opaque("n", "ai.onnx:Softmax", ("x",), ("y",))).why
    'Softmax is not modelled'
    """
    domain, _, operator = node.operator.rpartition(":")
    if node.why:
        why = node.why
    elif domain not in _STANDARD:
        why = f"operators of {domain} are not modelled"
    elif _is_known(node):
        why = f"{operator} is not modelled with these inputs and attributes"
    else:
        why = f"{operator} is not modelled"
    return Hindrance("opaque", node.name, node.operator.removeprefix("ai.onnx:"), why)
