"""Mutators of ONNX models, of what stands between nodes: names, order, interfaces, opsets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from onnx import FunctionProto, ModelProto, TensorProto, helper

from mutation.on_onnx import OPERATORS, mutator, opened

if TYPE_CHECKING:
    import random

    from mutation.draft import Draft, Mutator
    from mutation.on_onnx import Change


def _names(model: ModelProto) -> list[str]:
    graph = model.graph
    made = [name for node in graph.node for name in node.output]
    return [*made, *(v.name for v in graph.input), *(t.name for t in graph.initializer)]


def wiring(rng: random.Random, model: ModelProto) -> bool:
    """A node reads something else, or its operands in another order."""
    nodes = [node for node in model.graph.node if node.input]
    if not nodes:
        return False
    node = rng.choice(nodes)
    i = rng.randrange(len(node.input))
    kind = rng.random()
    if kind < 0.2:
        names = list(node.input)
        rng.shuffle(names)
        node.input[:] = names
    elif kind < 0.3:
        node.input.append(rng.choice(_names(model)))
    else:
        node.input[i] = rng.choice([*_names(model), ""])
    return True


def tensor_name(rng: random.Random, model: ModelProto) -> bool:
    """A tensor under another name wherever it stands, or two exchanged where they are made."""
    names = _names(model)
    a, b = rng.choice(names), rng.choice([*names, "fresh", "h1", "t1"])
    turn = {a: b} if rng.random() < 0.5 else {a: b, b: a}
    for node in model.graph.node:
        if rng.random() < 0.9:
            node.input[:] = [turn.get(name, name) for name in node.input]
        node.output[:] = [turn.get(name, name) for name in node.output]
    return a != b


def interface(rng: random.Random, model: ModelProto) -> bool:
    """Inputs or outputs left out, added, exchanged, renamed, or of another shape."""
    listed = rng.choice((model.graph.input, model.graph.output))
    values = list(listed)
    kind = rng.randrange(6)
    if kind == 0:
        rng.shuffle(values)
    elif kind == 1 and values:
        values.pop(rng.randrange(len(values)))
    elif kind == 2:
        name = rng.choice([*_names(model), "extra"])
        values.append(helper.make_tensor_value_info(name, 1, rng.choice((None, [1], ["N", 3]))))
    elif kind == 3 and values:
        values[rng.randrange(len(values))].name = rng.choice(_names(model))
    elif values:
        shape_of = rng.choice(values).type.tensor_type.shape
        if not shape_of.dim or rng.random() < 0.1:
            shape_of.dim.add().dim_value = 3
        else:
            axis = rng.choice(list(shape_of.dim))
            axis.Clear()
            size = rng.choice((1, 2, 3, 5, "N", "M", None))
            if isinstance(size, int):
                axis.dim_value = size
            elif size:
                axis.dim_param = size
    copies = [type(value).FromString(value.SerializeToString()) for value in values]
    del listed[:]
    listed.extend(copies)
    return True


def opsets(rng: random.Random, model: ModelProto) -> bool:
    """Operator sets of another version, twice, or of one more domain; a function added."""
    kind = rng.randrange(4)
    if kind == 0 and model.opset_import:
        rng.choice(list(model.opset_import)).version = rng.choice((1, 6, 10, 12, 13, 16, 17, 18))
    elif kind == 1:
        model.opset_import.append(helper.make_opsetid(rng.choice(("", "ai.onnx", "b")), 13))
    elif kind == 2:
        body = FunctionProto(name=rng.choice(OPERATORS), domain=rng.choice(("", "here")),
                             input=["p"], output=["r"])  # fmt: skip
        body.node.append(helper.make_node("Neg", ["p"], ["r"]))
        model.functions.append(body)
    elif model.functions:
        model.functions[0].node[-1].op_type = rng.choice(OPERATORS)
    else:
        return False
    return True


def inserted(rng: random.Random, model: ModelProto) -> bool:
    """A node on the way from one node to the next."""
    nodes = [node for node in model.graph.node if node.input]
    if not nodes:
        return False
    node = rng.choice(nodes)
    i = rng.randrange(len(node.input))
    made = rng.choice((
        helper.make_node("Identity", [node.input[i]], ["inserted"]),
        helper.make_node("Relu", [node.input[i]], ["inserted"]),
        helper.make_node("Dropout", [node.input[i]], ["inserted"]),
        helper.make_node("Cast", [node.input[i]], ["inserted"], to=rng.choice((1, 10, 11))),
        helper.make_node("Transpose", [node.input[i]], ["inserted"]),
        helper.make_node("Add", [node.input[i], rng.choice(_names(model))], ["inserted"]),
        helper.make_node("Mul", [node.input[i], rng.choice(_names(model))], ["inserted"]),
        helper.make_node("Flatten", [node.input[i]], ["inserted"]),
    ))  # fmt: skip
    node.input[i] = "inserted"
    model.graph.node.insert(rng.randrange(len(model.graph.node) + 1), made)
    return True


def node_list(rng: random.Random, model: ModelProto) -> bool:
    """A node left out, bridged, doubled; the order turned; an initializer left out or doubled."""
    graph = model.graph
    if not graph.node:
        return False
    i = rng.randrange(len(graph.node))
    kind = rng.randrange(6)
    if kind == 0:
        del graph.node[i]
    elif kind == 1 and graph.node[i].input:
        old, new = graph.node[i].output[0], graph.node[i].input[0]
        del graph.node[i]
        for node in graph.node:
            node.input[:] = [new if name == old else name for name in node.input]
    elif kind == 2:
        copy = type(graph.node[i]).FromString(graph.node[i].SerializeToString())
        if rng.random() < 0.8:
            copy.output[:] = [f"{name} again" for name in copy.output]
        graph.node.append(copy)
    elif kind == 3:
        copies = [type(n).FromString(n.SerializeToString()) for n in graph.node]
        rng.shuffle(copies)
        del graph.node[:]
        graph.node.extend(copies)
    elif graph.initializer:
        j = rng.randrange(len(graph.initializer))
        if kind == 4:
            del graph.initializer[j]
        else:
            graph.initializer.append(
                TensorProto.FromString(graph.initializer[j].SerializeToString())
            )
    return True


def both_renamed(rng: random.Random, draft: Draft) -> bool:
    """A hidden tensor of the reduced model under another name, known to the certificate."""
    model = opened(draft.reduced) if draft.case.target == ".onnx" else None
    if model is None:
        return False
    outputs = {value.name for value in model.graph.output}
    hidden = [n for node in model.graph.node for n in node.output if n and n not in outputs]
    if not hidden:
        return False
    old, new = rng.choice(hidden), rng.choice(("fresh", "x2", rng.choice([*hidden, *outputs])))
    turn = {old: new, new: old} if rng.random() < 0.5 else {old: new}
    for node in model.graph.node:
        node.input[:] = [turn.get(name, name) for name in node.input]
        node.output[:] = [turn.get(name, name) for name in node.output]
    for name, other in turn.items():
        if name in (*hidden, *outputs):
            entry = draft.document["tensors"].setdefault(name, {"rule": "derived"})
            entry["counterpart"] = other
    draft.reduced = model.SerializeToString()
    return True


def shared(rng: random.Random, draft: Draft) -> bool:
    """Two nodes of one operator made one in the reduced model, known to the certificate."""
    model = opened(draft.reduced) if draft.case.target == ".onnx" else None
    nodes = [] if model is None else list(model.graph.node)
    pairs = [
        (a, b) for a in nodes for b in nodes if a.op_type == b.op_type and a.output != b.output
    ]
    if model is None or not pairs:
        return False
    keep, drop = rng.choice(pairs)
    if rng.random() < 0.5:
        same = [pair for pair in pairs if list(pair[0].input) == list(pair[1].input)]
        keep, drop = rng.choice(same or pairs)
    old, new = drop.output[0], keep.output[0]
    model.graph.node.remove(drop)
    for node in model.graph.node:
        node.input[:] = [new if name == old else name for name in node.input]
    draft.document["tensors"].setdefault(old, {"rule": "derived"})["counterpart"] = new
    draft.reduced = model.SerializeToString()
    return True


CHANGES: Final[tuple[Change, ...]] = (
    wiring, wiring, tensor_name, interface, opsets, inserted, inserted, node_list,
)  # fmt: skip
MUTATORS: Final[tuple[Mutator, ...]] = (
    *(mutator(change) for change in CHANGES),
    both_renamed,
    both_renamed,
    shared,
)
