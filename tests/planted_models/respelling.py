"""The same models as other exporters write them: node by node in another way, at random."""

from __future__ import annotations

from collections import Counter
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
from onnx import ModelProto, helper, numpy_helper, shape_inference

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from onnx import NodeProto

    Rule = Callable[["Speller", NodeProto], "list[NodeProto] | None"]


def respelled(model: ModelProto, seed: int, *, often: float = 0.5) -> ModelProto:
    """A model that computes the same, nodes being written in another way where a coin says so."""
    speller = Speller(model, seed)
    nodes: list[NodeProto] = []
    for node in model.graph.node:
        rules = _RULES.get(node.op_type, ())
        found = None
        if rules and speller.rng.random() < often:
            found = rules[speller.rng.integers(len(rules))](speller, node)
        nodes += [node] if found is None else found
    result = ModelProto()
    result.CopyFrom(model)
    del result.graph.node[:]
    result.graph.node.extend(nodes)
    result.graph.initializer.extend(speller.more)
    read = {name for node in nodes for name in node.input}
    kept = [tensor for tensor in result.graph.initializer if tensor.name in read]
    del result.graph.initializer[:]
    result.graph.initializer.extend(kept)
    return result


class Speller:
    """Names, shapes and numbers of the model that is written anew."""

    def __init__(self, model: ModelProto, seed: int) -> None:
        """Shapes are inferred; new constants are collected in `more`."""
        self.rng = np.random.default_rng(seed)
        self.more: list[Any] = []
        self.numbers = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}
        inferred = shape_inference.infer_shapes(model)
        known = (*inferred.graph.value_info, *inferred.graph.input, *inferred.graph.output)
        self.shapes = {
            v.name: [d.dim_value or d.dim_param for d in v.type.tensor_type.shape.dim]
            for v in known
        }
        self.outputs = {value.name for value in model.graph.output}
        self.readers = Counter(name for node in model.graph.node for name in node.input)

    def constant(self, name: str, numbers: Any) -> str:
        """One more constant; its name."""
        self.more.append(numpy_helper.from_array(np.array(numbers), name))
        return name


def attribute(node: NodeProto, name: str, default: Any = None) -> Any:
    """An attribute of a node, or the default."""
    found = [helper.get_attribute_value(a) for a in node.attribute if a.name == name]
    return found[0] if found else default


def _bias_apart(speller: Speller, node: NodeProto) -> list[NodeProto] | None:
    """A Conv without its bias, and an Add."""
    if len(node.input) < 3:
        return None
    place, y = f"{node.output[0]}/plain", node.output[0]
    bias = speller.numbers[node.input[2]].reshape(-1, 1, 1)
    first = _copy(node, inputs=node.input[:2], output=place)
    added = speller.constant(f"{y}/bias", bias)
    operands = [added, place] if speller.rng.random() < 0.5 else [place, added]
    return [first, helper.make_node("Add", operands, [y], f"{y}/add")]


def _padded_before(speller: Speller, node: NodeProto) -> list[NodeProto] | None:
    """A Pad, and a Conv without padding."""
    pads = attribute(node, "pads")
    if not pads or not any(pads):
        return None
    place = f"{node.output[0]}/padded"
    half = len(pads) // 2
    whole = [0, 0, *pads[:half], 0, 0, *pads[half:]]
    given = speller.constant(f"{place}.pads", np.array(whole, dtype=np.int64))
    first = helper.make_node("Pad", [node.input[0], given], [place], place)
    return [first, _copy(node, inputs=[place, *node.input[1:]], without=("pads",))]


def _defaults_left_out(_: Speller, node: NodeProto) -> list[NodeProto]:
    """The same without attributes that are the defaults."""
    ones, zeros = {1}, {0}
    idle = [a.name for a in node.attribute
            if (a.name in ("strides", "dilations") and set(a.ints) == ones)
            or (a.name == "pads" and set(a.ints) == zeros)
            or (a.name == "kernel_shape" and node.op_type == "Conv")
            or (a.name == "group" and a.i == 1)]  # fmt: skip
    return [_copy(node, without=idle)]


def _largest_with_zero(speller: Speller, node: NodeProto) -> list[NodeProto]:
    """Max(x, 0)."""
    zero = speller.constant(f"{node.output[0]}/zero", np.float32(0))
    return [helper.make_node("Max", [node.input[0], zero], list(node.output), node.name)]


def _clipped_below(speller: Speller, node: NodeProto) -> list[NodeProto]:
    """Clip(x, 0)."""
    zero = speller.constant(f"{node.output[0]}/zero", np.float32(0))
    return [helper.make_node("Clip", [node.input[0], zero], list(node.output), node.name)]


def _mean_by_reduction(speller: Speller, node: NodeProto) -> list[NodeProto]:
    """ReduceMean over the axes of positions; axes are an attribute up to opset 17."""
    return [helper.make_node("ReduceMean", list(node.input), list(node.output), node.name,
                             axes=[2, 3], keepdims=1)]  # fmt: skip


def _mean_by_pool(speller: Speller, node: NodeProto) -> list[NodeProto]:
    """AveragePool with a window as large as the image."""
    size = [int(length) for length in speller.shapes[node.input[0]][2:]]
    return [helper.make_node("AveragePool", list(node.input), list(node.output), node.name,
                             kernel_shape=size)]  # fmt: skip


def _reshaped(speller: Speller, node: NodeProto) -> list[NodeProto]:
    """Reshape, the last axis told or not."""
    whole = prod(int(length) for length in speller.shapes[node.input[0]][1:])
    target = [0, -1] if speller.rng.random() < 0.5 else [-1, whole]
    shape = speller.constant(f"{node.output[0]}/shape", np.array(target, dtype=np.int64))
    return [helper.make_node("Reshape", [node.input[0], shape], list(node.output), node.name)]


def _product_and_sum(speller: Speller, node: NodeProto) -> list[NodeProto]:
    """MatMul and Add in the place of a Gemm."""
    W, y = speller.numbers[node.input[1]], node.output[0]
    weights = speller.constant(f"{y}/weights", np.ascontiguousarray(W.T))
    first = helper.make_node("MatMul", [node.input[0], weights], [f"{y}/product"], f"{y}/matmul")
    return [first, helper.make_node("Add", [f"{y}/product", node.input[2]], [y], node.name)]


def _summed(_: Speller, node: NodeProto) -> list[NodeProto]:
    """Sum in the place of an Add."""
    return [helper.make_node("Sum", list(node.input), list(node.output), node.name)]


def _with_idle(speller: Speller, node: NodeProto) -> list[NodeProto] | None:
    """The same, and behind it what does nothing; not where a residual stream branches."""
    if node.output[0] in speller.outputs or speller.readers[node.output[0]] > 1:
        return None
    place, y = f"{node.output[0]}/before", node.output[0]
    idle = "Dropout" if speller.rng.random() < 0.5 else "Identity"
    return [_copy(node, output=place), helper.make_node(idle, [place], [y], f"{y}/{idle}")]


def _copy(
    node: NodeProto,
    *,
    inputs: Sequence[str] | None = None,
    output: str = "",
    without: Sequence[str] = (),
) -> NodeProto:
    """A node like another."""
    extra = {a.name: helper.get_attribute_value(a) for a in node.attribute if a.name not in without}
    names = list(node.input if inputs is None else inputs)
    return helper.make_node(node.op_type, names, [output or node.output[0]], node.name, **extra)


_RULES: dict[str, tuple[Rule, ...]] = {
    "Conv": (_bias_apart, _padded_before, _defaults_left_out, _with_idle),
    "Relu": (_largest_with_zero, _clipped_below, _with_idle),
    "GlobalAveragePool": (_mean_by_reduction, _mean_by_pool),
    "Flatten": (_reshaped,),
    "Gemm": (_product_and_sum,),
    "Add": (_summed,),
    "MaxPool": (_defaults_left_out, _with_idle),
    "Concat": (_with_idle,),
}
