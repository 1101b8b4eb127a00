"""Small ONNX models that are no plain chains: branches, opaque nodes, vanished layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from onnx import FunctionProto, ModelProto, helper

from mutation.models import DENSE, OPSET, TWINS, dense, model, node, turned

if TYPE_CHECKING:
    from collections.abc import Callable


def branches() -> ModelProto:
    """One layer read by two branches, joined by an Add that stays opaque."""
    nodes = [
        *dense("Relu")[:3],
        node("MatMul", "h1 B", "t2"),
        node("LeakyRelu", "t2", "h2", alpha=0.25),
        node("MatMul", "h1 F", "t3"),
        node("Relu", "t3", "h3"),
        node("MatMul", "h2 C", "l"),
        node("MatMul", "h3 C", "r"),
        node("Add", "l r", "y"),
    ]
    other = np.array([[1, 1, 2, 1, 0], [2, 2, 4, 2, 0], [1, 0, 0, 1, 1], [0, 0, 0, 0, 0]]).T
    return model(nodes, turned(F=other), more=[("h3", ["N", 4])])


def softmax() -> ModelProto:
    """A classifier: what Softmax reads keeps its units."""
    nodes = [*dense("Relu"), node("MatMul", "h2 C", "s"), node("Softmax", "s", "y", axis=-1)]
    return model(nodes, turned())


def convolution() -> ModelProto:
    """A padded Conv, opaque, before dense layers."""
    nodes = [
        node("Conv", "x K k", "f", kernel_shape=[2, 2], pads=[1, 0, 1, 0]),
        node("Relu", "f", "g"),
        node("Reshape", "g shape", "v"),
        node("Dropout", "v", "d"),
        node("MatMul", "d A", "p1"),
        node("Add", "p1 a", "t1"),
        *dense("Relu")[2:],
        node("MatMul", "h2 C", "y"),
    ]
    kernel = np.arange(-4, 4).reshape(2, 1, 2, 2)
    wide = np.array(TWINS)[:, [0, 1, 2, 0, 1, 2]].T
    constants = turned(K=kernel, k=[1, -1], A=wide) | {"shape": [-1, 6]}
    return model(nodes, constants, x=["N", 1, 2, 2])


def constant() -> ModelProto:
    """A network that turns out constant: all hidden units go."""
    nodes = [*dense("Relu"), node("MatMul", "h2 C", "p3"), node("Add", "p3 c", "y")]
    return model(nodes, turned(A=np.zeros((3, 5))))


def vanishing() -> ModelProto:
    """Hidden layers that vanish below an axis change; an output elsewhere."""
    nodes = [
        node("MatMul", "L x", "u"),
        node("MatMul", "x A", "p1"),
        node("Add", "p1 a", "t1"),
        node("Relu", "t1", "h1"),
        node("MatMul", "h1 B", "t2"),
        node("Relu", "t2", "h2"),
        node("MatMul", "h2 C", "p3"),
        node("Add", "p3 c", "y"),
    ]
    constants = turned(A=np.zeros((3, 5)), L=[[1, 1], [2, 0], [0, 1]])
    return model(nodes, constants, x=[2, 3], y=[2, 2], more=[("u", [3, 3])])


def conditional() -> ModelProto:
    """An If whose branches capture a hidden tensor and a constant."""
    then = helper.make_graph(
        [node("Add", "h2 e", "o")], "then", [], [helper.make_empty_tensor_value_info("o")]
    )
    other = helper.make_graph(
        [node("Mul", "h2 e", "o2")], "else", [], [helper.make_empty_tensor_value_info("o2")]
    )
    nodes = [
        *dense("Relu"),
        node("ReduceSum", "x", "total", keepdims=0),
        node("Greater", "total e0", "flag"),
        node("If", "flag", "chosen", then_branch=then, else_branch=other),
        node("MatMul", "chosen C", "y"),
    ]
    return model(nodes, turned(e=[1, 2, 3, 4], e0=0.5))


def borrowed() -> ModelProto:
    """A function that borrows an operator's name, beside the operator's shared constants."""
    body = FunctionProto(name="Gemm", domain="here", input=["p", "q"], output=["r"])
    body.node.extend([node("MatMul", "p q", "s"), node("Relu", "s", "r")])
    body.opset_import.extend([helper.make_opsetid("", OPSET)])
    call = node("Gemm", "h1 B", "h2")
    call.domain = "here"
    nodes = [*dense("Relu")[:3], call, node("MatMul", "h1 B", "t3"), node("Relu", "t3", "h3"),
             node("MatMul", "h3 C", "q"), node("Sum", "q h2s", "y")]  # fmt: skip
    nodes.insert(4, node("MatMul", "h2 C", "h2s"))
    made = model(nodes, turned())
    made.opset_import.extend([helper.make_opsetid("here", 1)])
    made.functions.append(body)
    return made


def halves() -> ModelProto:
    """An opaque node with two outputs, which are not alike, and random nodes that are."""
    nodes = [
        *dense("Relu"),
        node("Split", "h2", "upper lower", axis=1),
        node("MatMul", "upper D", "t3"),
        node("Relu", "t3", "h3"),
        node("MatMul", "h3 E", "y"),
        node("RandomNormalLike", "x", "r1"),
        node("RandomNormalLike", "x", "r2"),
        node("Sub", "r1 r2", "noise"),
    ]
    weights = {"D": [[1, 2, 0], [1, 2, 1]], "E": [[1, 0], [2, 1], [0, 1]]}
    return model(nodes, turned(**weights), more=[("lower", ["N", 2]), ("noise", ["N", 3])])


def two_inputs() -> ModelProto:
    """Two inputs, three outputs, one of them hidden, one an input's own."""
    nodes = [
        *dense("Relu")[:3],
        node("MatMul", "z A", "t2"),
        node("Relu", "t2", "h2"),
        node("MatMul", "h1 D", "y"),
        node("MatMul", "h2 D", "w"),
    ]
    weights = np.array([[1, 1, 0, 1, 2], [2, 0, 1, 2, 1]]).T
    given = [("z", ["N", 3])]
    return model(nodes, turned(D=weights), inputs=given, more=[("w", ["N", 2]), ("t2", ["N", 5])])


def unknown_shape() -> ModelProto:
    """Inputs of unknown shape: only matrices say how many units there are."""
    nodes = [
        node("Identity", "x", "i"),
        *dense("Relu")[:1],
        node("Relu", "p1", "h1"),
        node("MatMul", "h1 B", "t2"),
        node("Relu", "t2", "h2"),
        node("MatMul", "h2 C", "y"),
        node("Identity", "i", "w"),
    ]
    return model(nodes, turned(), x=None, y=None, more=[("w", None)])


MODELS: Final[tuple[Callable[[], ModelProto], ...]] = (
    *DENSE, branches, softmax, convolution, constant, vanishing, conditional, borrowed, halves,
    two_inputs, unknown_shape,
)  # fmt: skip
