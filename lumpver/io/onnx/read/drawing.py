"""Which nodes draw random numbers: on their own, in a subgraph, or in a function they call.

An operator is known by its name, in any domain: nobody says what others compute. A function
is known by its body; only in domain ai.onnx a runtime may have an operator of its own for it.

drawn: what each function of a model draws, by domain and name
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final

from lumpver.io.onnx.read.load import subgraphs_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import TypeAlias

    from onnx import AttributeProto, FunctionProto, ModelProto, NodeProto

    Operator: TypeAlias = tuple[str, str]

_STANDARD: Final = "ai.onnx"
_WORDS: Final = ("Random", "Multinomial", "Bernoulli", "Dropout")


def drawn_by_functions(model: ModelProto) -> dict[Operator, str]:
    """The word for what each function draws, itself or in those that it calls; "" for nothing."""
    uses: dict[Operator, set[Operator]] = {}
    for function in model.functions:
        named = function.domain or _STANDARD, function.name
        uses.setdefault(named, set()).update(map(_operator, _body(function)))
    users: dict[Operator, list[Operator]] = {}
    for function, used in uses.items():
        for operator in used:
            users.setdefault(operator, []).append(function)
    found: dict[Operator, str] = {}
    for word in _WORDS:
        queue = [used for used in users if _own(used, uses) == word]
        for operator in queue:
            for function in users.get(operator, ()):
                if function not in found:
                    found[function] = word
                    queue.append(function)
    return {function: found.get(function, "") for function in uses}


def drawn(node: NodeProto, functions: Mapping[Operator, str]) -> str:
    """The word for what a node draws, or a node inside it; "" for nothing.

    Examples
    --------
    >>> from onnx import helper
    >>> drawn(helper.make_node("RandomNormal", [], ["y"], shape=[1]), {})
    'Random'
    >>> drawn(helper.make_node("Softmax", ["Random"], ["y"]), {})
    ''
    """
    operators = [_operator(inner) for inner in _within([node])]
    words = {functions.get(used) or _own(used, functions) for used in operators}
    return next((word for word in _WORDS if word in words), "")


def _own(operator: Operator, functions: Mapping[Operator, object]) -> str:
    """What an operator's name says; nothing of a function, whose body says it."""
    domain, name = operator
    if operator in functions and domain != _STANDARD:
        return ""
    shown = repr(name)  # bytes where it is not UTF-8
    return next((word for word in _WORDS if word in shown), "")


def _operator(node: NodeProto) -> Operator:
    return node.domain or _STANDARD, node.op_type


def _body(function: FunctionProto) -> Iterator[NodeProto]:
    yield from _within(function.node)
    yield from _inside(function.attribute_proto)


def _within(nodes: Iterable[NodeProto]) -> Iterator[NodeProto]:
    """The nodes, and those of all their subgraphs."""
    for node in nodes:
        yield node
        yield from _inside(node.attribute)


def _inside(attributes: Iterable[AttributeProto]) -> Iterator[NodeProto]:
    graphs = chain.from_iterable(map(subgraphs_of, attributes))
    return chain.from_iterable(_within(graph.node) for graph in graphs)
