"""Small ONNX models with planted structure: multiples, constants, unread and dead units.

Each stands for something that a checker may get wrong: an operator, an axis, a type.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from onnx import ModelProto, TensorProto, helper, numpy_helper

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

OPSET: Final = 17
TYPES: Final = {"<f4": TensorProto.FLOAT, "<f2": TensorProto.FLOAT16, "<f8": TensorProto.DOUBLE}
TWINS: Final = [[1, 2, -1], [2, 4, -2], [0, 0, 0], [1, 2, -1], [-1, 1, 1]]
TWIN_BIAS: Final = [1, 2, 3, 1, 0]
MIX: Final = [[1, 1, 2, 1, 1], [3, 0, 1, 3, -1], [2, 2, 4, 2, 2], [0, 1, 0, -2, 0]]
MIX_BIAS: Final = [0, -1, 0, 2]
OUT: Final = [[1, 2, -1, 0], [1, 1, 1, 0]]


def node(operator: str, inputs: str, outputs: str, **attributes: Any) -> Any:
    """A NodeProto; names between spaces."""
    name = f"{operator} {outputs.split(maxsplit=1)[0]}"
    return helper.make_node(operator, inputs.split(), outputs.split(), name=name, **attributes)


def model(
    nodes: Sequence[Any],
    constants: dict[str, Any],
    *,
    x: Sequence[Any] = ("N", 3),
    y: Sequence[Any] | None = ("N", 2),
    more: Sequence[tuple[str, Any]] = (),
    inputs: Sequence[tuple[str, Any]] = (),
    opset: int = OPSET,
    kind: str = "<f4",
) -> ModelProto:
    """The model from `x` to `y` and `more`; numbers are of the type `kind`, ints are int64."""

    def info(name: str, shape: Any) -> Any:
        return helper.make_tensor_value_info(name, TYPES[kind], shape)

    stored = []
    for name, value in constants.items():
        numbers = np.array(value)
        whole = name.startswith("shape")
        stored.append(numpy_helper.from_array(numbers.astype("<i8" if whole else kind), name))
    graph = helper.make_graph(
        list(nodes),
        "small",
        [info("x", x), *(info(*given) for given in inputs)],
        [info("y", y), *(info(*given) for given in more)],
        stored,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def _weights(**more: Any) -> dict[str, Any]:
    found = {"A": TWINS, "a": TWIN_BIAS, "B": MIX, "b": MIX_BIAS, "C": OUT, "c": [1, 0]}
    return found | more


def turned(**more: Any) -> dict[str, Any]:
    """Their constants, as MatMul wants them on the right."""
    found = _weights()
    return found | {name: np.array(found[name]).T for name in "ABC"} | more


def dense(activation: str, **attributes: Any) -> list[Any]:
    """Two layers from `x` to `h2`."""
    return [
        node("MatMul", "x A", "p1"),
        node("Add", "p1 a", "t1"),
        node(activation, "t1", "h1", **attributes),
        node("MatMul", "h1 B", "p2"),
        node("Add", "b p2", "t2"),
        node(activation, "t2", "h2", **attributes),
    ]


def gemm_chain() -> ModelProto:
    """Three Gemms with rows stored as in Network, two with ReLU."""
    nodes = [
        node("Gemm", "x A a", "t1", transB=1),
        node("Relu", "t1", "h1"),
        node("Gemm", "h1 B b", "t2", transB=1, alpha=0.5, beta=2.0),
        node("Relu", "t2", "h2"),
        node("Gemm", "h2 C c", "y", transB=1),
    ]
    return model(nodes, _weights())


def matmul_add() -> ModelProto:
    """MatMul and Add, constants on either side, an Identity, a Sub and a Mul."""
    nodes = [
        *dense("Relu"),
        node("Identity", "h2", "i2"),
        node("MatMul", "i2 C", "p3"),
        node("Sub", "c p3", "s3"),
        node("Mul", "s3 m", "y"),
    ]
    return model(nodes, turned(m=[2, -3]))


def left_vector() -> ModelProto:
    """Weights on the left of a vector, no batch axis."""
    nodes = [
        node("MatMul", "A x", "p1"),
        node("Add", "p1 a", "t1"),
        node("Relu", "t1", "h1"),
        node("MatMul", "B h1", "p2"),
        node("Add", "p2 b", "t2"),
        node("Relu", "t2", "h2"),
        node("MatMul", "C h2", "y"),
    ]
    return model(nodes, _weights(), x=[3], y=[2])


def left_columns() -> ModelProto:
    """Weights on the left of a matrix: units along the first axis."""
    nodes = [
        node("MatMul", "A x", "p1"),
        node("Add", "p1 a", "t1"),
        node("Relu", "t1", "h1"),
        node("Gemm", "B h1 b", "t2"),
        node("Relu", "t2", "h2"),
        node("MatMul", "C h2", "y"),
    ]
    columns = {"a": np.array(TWIN_BIAS)[:, None], "b": np.array(MIX_BIAS)[:, None]}
    return model(nodes, _weights(**columns), x=[3, "N"], y=[2, "N"])


def two_axes() -> ModelProto:
    """A square tensor whose units lie along one axis, read along the other."""
    nodes = [
        node("MatMul", "S x", "u"),
        node("MatMul", "x R", "t1"),
        node("Relu", "t1", "h1"),
        node("MatMul", "S h1", "t2"),
        node("Relu", "t2", "h2"),
        node("MatMul", "h2 D", "t3"),
        node("Relu", "t3", "h3"),
        node("MatMul", "h3 E", "y"),
    ]
    square = [[1, 2, 0], [0, 1, -1], [1, 0, 1]]
    constants = {"R": square, "S": [[1, 0, 2], [2, 0, 4], [0, 1, 0]], "D": square}
    return model(
        nodes, constants | {"E": [[1], [2], [1]]}, x=[3, 3], y=[3, 1], more=[("u", [3, 3])]
    )


def reshapes() -> ModelProto:
    """Reshape, Unsqueeze, Transpose, Squeeze and Flatten that keep the units together."""
    nodes = [
        *dense("Relu")[:2],
        node("Reshape", "t1 shape_a", "q1"),
        node("Relu", "q1", "h1"),
        node("Squeeze", "h1 shape_b", "z1"),
        node("MatMul", "z1 B", "t2"),
        node("Unsqueeze", "t2 shape_c", "q2"),
        node("Relu", "q2", "h2"),
        node("Transpose", "h2", "z2", perm=[1, 0, 2]),
        node("Flatten", "z2", "v", axis=2),
        node("MatMul", "v C", "y"),
    ]
    shapes = {"shape_a": [-1, 5, 1], "shape_b": [2], "shape_c": [0]}
    return model(nodes, turned(**shapes))


def transposed() -> ModelProto:
    """Transpose of two other axes of one length: only the permutation tells."""
    nodes = [
        *dense("Relu")[:3],
        node("Transpose", "h1", "z", perm=[1, 0, 2]),
        node("MatMul", "z B", "t2"),
        node("Relu", "t2", "h2"),
        node("Transpose", "h2", "q", perm=[1, 2, 0]),
        node("MatMul", "C q", "y"),
    ]
    return model(nodes, turned(C=OUT), x=[2, 2, 3], y=[2, 2, 2])


def slopes() -> ModelProto:
    """LeakyReLU with its default slope, PReLU with one slope, Abs."""
    nodes = [
        *dense("LeakyRelu")[:3],
        node("MatMul", "h1 B", "t2"),
        node("PRelu", "t2 m", "h2"),
        node("MatMul", "h2 C", "t3"),
        node("Abs", "t3", "h3"),
        node("MatMul", "h3 D", "y"),
    ]
    return model(nodes, turned(m=[-0.5], D=[[1, 0], [2, 1]]))


def own_slopes() -> ModelProto:
    """PReLU with a slope for each unit: of two multiples each, one pair has two slopes."""
    nodes = [
        *dense("Relu")[:2],
        node("PRelu", "t1 m", "h1"),
        node("MatMul", "h1 B", "t2"),
        node("PRelu", "t2 n", "h2"),
        node("MatMul", "h2 C", "y"),
    ]
    return model(nodes, turned(m=[-0.5, -0.5, 2, 0.25, 0.25], n=[0, 3, 0, -1]))


def sigmoids() -> ModelProto:
    """Equal units merge under Sigmoid and Tanh, multiples do not."""
    nodes = [
        *dense("Sigmoid")[:3],
        node("MatMul", "h1 B", "t2"),
        node("Tanh", "t2", "h2"),
        node("MatMul", "h2 C", "y"),
    ]
    return model(nodes, turned(a=[1, 2, 0, 1, 0]))


def clips() -> ModelProto:
    """Clip with constants on both sides of its bounds."""
    nodes = [
        *dense("Relu")[:2],
        node("Clip", "t1 low high", "h1"),
        node("MatMul", "h1 B", "t2"),
        node("Clip", "t2 low high", "h2"),
        node("MatMul", "h2 C", "y"),
    ]
    return model(nodes, turned(a=[1, 2, 9, 1, 0], low=-1.0, high=2.5))


def half() -> ModelProto:
    """float16 throughout; some class sums need more digits than it has."""
    nodes = [*dense("Relu"), node("MatMul", "h2 C", "y")]
    constants = turned()
    constants["B"] = np.array(MIX).T * 1.0 + np.array([[2.0**-10, 0, 0, 0]] + [[0] * 4] * 4)
    constants["A"] = np.array(TWINS).T * np.array([1, 3, 1, 1, 1.0])
    constants["a"] = [1, 6, 3, 1, 0]
    return model(nodes, constants, kind="<f2")


def brackets() -> ModelProto:
    """Class sums that float32 cannot hold: float64 between two Casts."""
    tiny = 2.0**-24
    nodes = [
        *dense("Relu")[:5],
        node("Cast", "t2", "w2", to=TensorProto.DOUBLE),
        node("Relu", "w2", "h2"),
        node("MatMul", "h2 C", "y"),
    ]
    fine = np.array(MIX).T + np.array([[tiny, 0, 0, 0], [1, 1, 0, 0]] + [[0] * 4] * 3)
    made = model(nodes, turned(B=fine, A=np.array(TWINS).T * [1, 1, 1, 1, 1]))
    made.graph.initializer[4].CopyFrom(numpy_helper.from_array(np.array(OUT, "<f8").T, "C"))
    made.graph.output[0].type.tensor_type.elem_type = TensorProto.DOUBLE
    return made


def ghosts() -> ModelProto:
    """Units that nobody reads, and units whose readers cancel."""
    nodes = [*dense("Relu"), node("MatMul", "h2 C", "y")]
    constants = turned()
    constants["A"] = np.array([[1, 0, 0], [2, 0, 0], [0, 1, 0], [0, 2, 0], [1, 1, 1]]).T
    constants["a"] = [0, 0, 1, 2, 0]
    constants["B"] = np.array(
        [[2, -1, 0, 1, 1], [0, 0, 2, -1, 3], [0, 0, 4, -2, 6], [1, 1, 1, 1, 1]]
    ).T
    constants["C"] = np.array([[1, 1, 1, 0], [0, 2, 1, 0]]).T
    return model(nodes, constants)


def turned_gemm() -> ModelProto:
    """Gemm that transposes its dynamic operand, a scalar bias, a diagonal before the matrix."""
    nodes = [
        node("Mul", "x m", "n"),
        node("Gemm", "n A s", "t1", transA=1, transB=1),
        node("Relu", "t1", "h1"),
        node("Gemm", "h1 B b", "t2", transB=1),
        node("Relu", "t2", "h2"),
        node("Gemm", "h2 C", "y", transB=1),
    ]
    return model(nodes, _weights(m=[[2], [1], [-1]], s=[1]), x=[3, 4], y=[4, 2])


DENSE: Final[tuple[Callable[[], ModelProto], ...]] = (
    gemm_chain, matmul_add, left_vector, left_columns, two_axes, reshapes, transposed, slopes,
    own_slopes, sigmoids, clips, half, brackets, ghosts, turned_gemm,
)  # fmt: skip
