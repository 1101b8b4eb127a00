"""Mutators of ONNX models, of what stands in nodes: weights, shapes, types, attributes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from google.protobuf.message import DecodeError
from onnx import AttributeProto, ModelProto, TensorProto, helper, numpy_helper

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from mutation.draft import Draft, Mutator

    Change = Callable[[random.Random, ModelProto], bool]

OPERATORS: Final = ("Relu", "LeakyRelu", "Sigmoid", "Tanh", "Abs", "Identity", "Neg", "Add", "Sub",
                    "Mul", "MatMul", "Gemm", "Softmax", "Dropout", "Flatten", "Transpose", "Elu",
                    "Squeeze", "Cast", "Clip", "PRelu", "Nonsense")  # fmt: skip
FLAGS: Final = ("alpha", "beta", "transA", "transB", "axis", "perm", "to", "keepdims", "axes",
                "broadcast", "allowzero", "value", "is_test", "shape")  # fmt: skip


def _tensor(rng: random.Random, model: ModelProto) -> TensorProto | None:
    """A stored tensor: an initializer, or one in an attribute, down to subgraphs."""
    found = list(model.graph.initializer)
    for node in model.graph.node:
        for attribute in node.attribute:
            found += [attribute.t] if attribute.HasField("t") else []
            found += list(attribute.g.initializer)
    return rng.choice(found) if found else None


def _floats(rng: random.Random, model: ModelProto) -> tuple[TensorProto, Any] | None:
    kinds = (TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.FLOAT16)
    found = [t for t in model.graph.initializer if t.data_type in kinds and np.prod(t.dims)]
    if not found:
        return None
    chosen = rng.choice(found)
    try:
        return chosen, numpy_helper.to_array(chosen).copy()
    except (ValueError, TypeError):
        return None


def _store(tensor: TensorProto, numbers: Any) -> bool:
    tensor.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(numbers), tensor.name))
    return True


def weight(rng: random.Random, model: ModelProto) -> bool:
    """One number changed, by much or by its last bit."""
    found = _floats(rng, model)
    if found is None:
        return False
    tensor, numbers = found
    flat = numbers.reshape(-1)
    i = rng.randrange(flat.size)
    old = flat[i]
    with np.errstate(all="ignore"):
        flat[i] = rng.choice(
            (old + 1, -old, old * 2, 0, np.nextafter(old, old.dtype.type(9)), old + 0.5, 1,
             np.nan if rng.random() < 0.2 else old - 1, np.inf if rng.random() < 0.2 else old + 2)
        )  # fmt: skip
    return _store(tensor, numbers)


def rows(rng: random.Random, model: ModelProto) -> bool:
    """Rows or columns exchanged, scaled, or turned, shape as it was."""
    found = _floats(rng, model)
    if found is None or found[1].ndim == 0:
        return False
    tensor, numbers = found
    axis = rng.randrange(numbers.ndim)
    order = np.arange(numbers.shape[axis])
    kind = rng.randrange(3)
    if kind == 0:
        rng.shuffle(order)
        return _store(tensor, np.take(numbers, order, axis))
    if kind == 1:
        return _store(tensor, np.flip(numbers, axis))
    moved = np.moveaxis(numbers, axis, 0)
    moved[rng.randrange(len(order))] *= numbers.dtype.type(rng.choice((2, 0.5, -1, 3, 0)))
    return _store(tensor, numbers)


def shape(rng: random.Random, model: ModelProto) -> bool:
    """A stored tensor in another shape, cut short, repeated, or with a broken payload."""
    tensor = _tensor(rng, model)
    if tensor is None:
        return False
    kind = rng.randrange(7)
    dims = list(tensor.dims)
    try:
        numbers = numpy_helper.to_array(tensor)
    except (ValueError, TypeError):
        return False
    if kind == 0:
        return _store(tensor, numbers.T)
    if kind == 1:
        return _store(tensor, numbers.reshape(-1))
    if kind == 2:
        return _store(tensor, numbers[None] if rng.random() < 0.5 else numbers[..., None])
    if kind == 3 and numbers.ndim:
        axis = rng.randrange(numbers.ndim)
        order = [*range(numbers.shape[axis])]
        order = order[:-1] if rng.random() < 0.5 else [*order, *order[:1]]
        return _store(tensor, np.take(numbers, np.array(order, dtype=int), axis))
    if kind == 4:
        tensor.dims[:] = [*dims, rng.choice((0, 1, 2, -1))]
    elif kind == 5:
        tensor.raw_data = tensor.raw_data[: -rng.randint(1, 4)]
    else:
        tensor.float_data.append(1.0)
    return True


def dtype(rng: random.Random, model: ModelProto) -> bool:
    """A tensor or an interface of another element type."""
    kind = rng.choice((1, 10, 11, 16, 7, 6, 9, 8, 0, 99))
    if rng.random() < 0.6:
        tensor = _tensor(rng, model)
        if tensor is None:
            return False
        if kind in (1, 10, 11) and rng.random() < 0.6:
            try:
                numbers = numpy_helper.to_array(tensor)
            except (ValueError, TypeError):
                return False
            with np.errstate(all="ignore"):
                return _store(tensor, numbers.astype(helper.tensor_dtype_to_np_dtype(kind)))
        tensor.data_type = kind
        return True
    values = [*model.graph.input, *model.graph.output]
    if not values:
        return False
    rng.choice(values).type.tensor_type.elem_type = kind
    return True


def attribute(rng: random.Random, model: ModelProto) -> bool:
    """An attribute changed, left out, added, twice, or of another type."""
    nodes = [node for node in model.graph.node if node.attribute]
    if not nodes or rng.random() < 0.25:
        node = rng.choice(list(model.graph.node) or [None])
        if node is None:
            return False
        value = rng.choice((0, 1, -1, 2, 0.5, 1.0, -0.25, [0, 1], [1, 0], "a", [0.5]))
        node.attribute.append(helper.make_attribute(rng.choice(FLAGS), value))
        return True
    node = rng.choice(nodes)
    i = rng.randrange(len(node.attribute))
    chosen: AttributeProto = node.attribute[i]
    kind = rng.randrange(8)
    if kind == 0:
        del node.attribute[i]
    elif kind == 1:
        chosen.name = rng.choice(FLAGS)
    elif kind == 2:
        chosen.type = rng.randrange(15)
    elif kind == 3:
        chosen.ref_attr_name = "other"
    else:
        _another_value(rng, chosen)
    return True


def _another_value(rng: random.Random, chosen: AttributeProto) -> None:
    if chosen.type == AttributeProto.INTS and chosen.ints:
        values = list(chosen.ints)
        rng.shuffle(values)
        if rng.random() < 0.5:
            values[rng.randrange(len(values))] = rng.choice((0, 1, -1, 2, 7, -2))
        chosen.ints[:] = values if rng.random() < 0.9 else values[:-1]
    elif chosen.type == AttributeProto.INT:
        chosen.i = rng.choice((0, 1, -1, 2, 3, 10, 11, 2**62))
    elif chosen.type == AttributeProto.FLOAT:
        chosen.f = rng.choice((0.0, 1.0, -1.0, 0.5, 0.25, 2.0, float("nan"), float("inf")))
    elif chosen.type == AttributeProto.GRAPH and chosen.g.node:
        chosen.g.node[0].op_type = rng.choice(OPERATORS)


def operator(rng: random.Random, model: ModelProto) -> bool:
    """Another operator, or the same name in another domain."""
    if not model.graph.node:
        return False
    node = rng.choice(list(model.graph.node))
    if rng.random() < 0.2:
        node.domain = rng.choice(("", "ai.onnx", "here", "com.microsoft"))
    else:
        node.op_type = rng.choice(OPERATORS)
    return True


def rearranged(rng: random.Random, model: ModelProto) -> bool:
    """A shape operator with another permutation, axis or target, or a like one in its place."""
    kinds = ("Transpose", "Reshape", "Flatten", "Squeeze", "Unsqueeze")
    nodes = [node for node in model.graph.node if node.op_type in kinds]
    if not nodes:
        return False
    node = rng.choice(nodes)
    orders = [a for a in node.attribute if a.name == "perm" and len(a.ints) > 1]
    if orders and rng.random() < 0.7:
        i, j = rng.sample(range(len(orders[0].ints)), 2)
        order = list(orders[0].ints)
        order[i], order[j] = order[j], order[i]
        orders[0].ints[:] = order
        return True
    stored = {tensor.name: tensor for tensor in model.graph.initializer}
    integers = stored.get(node.input[1]) if len(node.input) > 1 else None
    if rng.random() < 0.15:
        node.op_type = rng.choice(kinds)
    elif integers is not None and integers.data_type == TensorProto.INT64:
        target = numpy_helper.to_array(integers).copy()
        if target.size:
            target[rng.randrange(target.size)] = rng.choice((-1, 0, 1, 2, 3, 4, 5, -2))
        return _store(integers, target)
    elif node.attribute:
        _another_value(rng, rng.choice(list(node.attribute)))
    return True


def harmless(rng: random.Random, model: ModelProto) -> bool:
    """Names of nodes, documentation, metadata, unread initializers, typed instead of raw."""
    kind = rng.randrange(6)
    if kind == 0:
        model.producer_name = "another"
        model.metadata_props.add(key="a", value="b")
    elif kind == 1 and model.graph.node:
        chosen = rng.choice(list(model.graph.node))
        chosen.name, chosen.doc_string = "renamed", "what it does"
    elif kind == 2:
        model.graph.initializer.append(numpy_helper.from_array(np.ones((2, 2), "<f4"), "unread"))
    elif kind == 3 and model.graph.initializer:
        tensor = rng.choice(list(model.graph.initializer))
        if tensor.data_type == TensorProto.FLOAT and tensor.raw_data:
            flat = np.frombuffer(tensor.raw_data, "<f4")
            tensor.ClearField("raw_data")
            tensor.float_data.extend(flat.tolist())
    elif kind == 4 and model.graph.initializer:
        tensor = rng.choice(list(model.graph.initializer))
        listed = helper.make_tensor_value_info(tensor.name, tensor.data_type, list(tensor.dims))
        model.graph.input.append(listed)
    else:
        model.ir_version = rng.choice((3, 4, 7, 9, 0, 99))
    return True


def opened(data: bytes) -> ModelProto | None:
    """The model of these bytes, unless they were spoilt before."""
    try:
        return ModelProto.FromString(data)
    except DecodeError:
        return None


def mutator(change: Change) -> Mutator:
    """The change of a model, made to either of the two."""

    def mutate(rng: random.Random, draft: Draft) -> bool:
        which = "original" if rng.random() < 0.2 else "reduced"
        suffix = draft.case.suffix if which == "original" else draft.case.target
        if suffix != ".onnx":
            return False
        model = opened(getattr(draft, which))
        if model is None or not change(rng, model):
            return False
        setattr(draft, which, model.SerializeToString())
        return True

    mutate.__name__ = f"onnx {change.__name__}"
    return mutate


CHANGES: Final[tuple[Change, ...]] = (
    weight, weight, weight, rows, rows, shape, dtype, attribute, attribute, operator, rearranged,
    rearranged, rearranged, rearranged, harmless,
)  # fmt: skip
MUTATORS: Final[tuple[Mutator, ...]] = tuple(mutator(change) for change in CHANGES)
