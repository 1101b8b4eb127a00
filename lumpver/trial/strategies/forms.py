"""The ONNX forms of a network: MatMul and Add, or Gemm in its variations.

All forms of a network compute the same; a reducer of files has to know each.

form: how an affine node is written, `FORMS` in order; the last takes them in turn
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from lumpver.errors import Malformed
from lumpver.io.onnx.write.fresh import fresh

if TYPE_CHECKING:
    from onnx import ModelProto

    from lumpver.exact.array import Exact
    from lumpver.model.network import Network

FORMS: Final = ("MatMul", "Gemm", "transB", "transA", "alpha and beta", "in turn")


def as_onnx(network: Network, form: str = FORMS[0]) -> bytes:
    """An ONNX model of the network, with its affine nodes in a form where that is possible.

    Gemm is for tensors of two axes; on others it is MatMul and Add in every form.

    Raises
    ------
    Malformed
        If there is no such form.
    Unrepresentable
        If floats cannot hold the network.

    Examples
    --------
    >>> from lumpver.io.onnx.read import read
    >>> from lumpver.trial.strategies import Draft, Layer
    >>> network = Draft.chain(1, [Layer(((3,),), (2,))], batch=True).network()
    >>> models = [read(as_onnx(network, form), where="") for form in FORMS]
    >>> {model.evaluate({"x": [[5]]})["y"].item() for model in models}
    {17}
    """
    from onnx import load_model_from_string  # noqa: PLC0415 heavy

    if form not in FORMS:
        raise Malformed("form", expected=f"one of {', '.join(FORMS)}", got=form)
    data = fresh(network)
    flat = {t.name for t in network.tensors.values() if len(t.shape or ()) == 2}
    if not flat:
        return data
    model = load_model_from_string(data)
    _in_two(model)
    if form != FORMS[0]:
        _rewrite(model, form, flat)
    return bytes(model.SerializeToString())


def _in_two(model: ModelProto) -> None:
    """Each Gemm without attributes as a MatMul and an Add."""
    from onnx import helper  # noqa: PLC0415 heavy

    nodes = list(model.graph.node)
    del model.graph.node[:]
    for node in nodes:
        if node.op_type != "Gemm" or node.attribute or len(node.input) != 3:
            model.graph.node.append(node)
            continue
        (x, W, b), [y] = node.input, node.output
        product = f"{y}/product"
        made = helper.make_node("MatMul", [x, W], [product], f"{y}/MatMul")
        model.graph.node.extend([made, helper.make_node("Add", [product, b], [y], f"{y}/Add")])


def _rewrite(model: ModelProto, form: str, flat: set[str]) -> None:
    """Each MatMul of one of these by a constant, with the Add behind it, in another form."""
    found = _Forms({tensor.name: tensor for tensor in model.graph.initializer})
    nodes = list(model.graph.node)
    del model.graph.node[:]
    at = count = 0
    while at < len(nodes):
        node, after = nodes[at], nodes[at + 1 : at + 2]
        at += 1
        known = node.op_type == "MatMul" and node.input[0] in flat
        if not known or node.input[1] not in found.stored:
            model.graph.node.append(node)
            continue
        this = FORMS[count % (len(FORMS) - 1)] if form == FORMS[-1] else form
        count += 1
        added = [add for add in after if add.op_type == "Add" and add.input[0] == node.output[0]]
        if this == FORMS[0]:
            model.graph.node.extend([node, *added])
        else:
            bias = added[0].input[1] if added else ""
            output = (added or [node])[0].output[0]
            model.graph.node.extend(found.gemm(this, node.input[0], node.input[1], bias, output))
        at += len(added)


@dataclass(slots=True)
class _Forms:
    """The initializers of a model that is being rewritten."""

    stored: dict[str, Any]

    def gemm(self, form: str, x: str, W: str, b: str, y: str) -> list[Any]:
        """The nodes that make `y` from `x`."""
        from onnx import helper  # noqa: PLC0415 heavy

        flags: dict[str, Any] = {}
        before = []
        if form == "transA":
            before = [helper.make_node("Transpose", [x], [f"{y}/turned"], perm=[1, 0])]
            x, flags["transA"] = f"{y}/turned", 1
        if form in {"transB", "alpha and beta"}:
            self._store(W, self._numbers(W).T)
            flags["transB"] = 1
        if form == "alpha and beta":
            if self._divided(W, 2.0):
                flags["alpha"] = 2.0
            if b and self._divided(b, 0.5):
                flags["beta"] = 0.5
        inputs = [x, W, b] if b else [x, W]
        return [*before, helper.make_node("Gemm", inputs, [y], f"{y}/Gemm", **flags)]

    def _divided(self, name: str, factor: float) -> bool:
        """Whether the numbers could be divided, exactly."""
        numbers = self._numbers(name)
        with np.errstate(over="ignore"):
            divided = (numbers / factor).astype(numbers.dtype)
            exact = bool((divided * numbers.dtype.type(factor) == numbers).all())
        if exact:
            self._store(name, divided)
        return exact

    def _numbers(self, name: str) -> Exact:
        from onnx import numpy_helper  # noqa: PLC0415 heavy

        return numpy_helper.to_array(self.stored[name])

    def _store(self, name: str, numbers: Exact) -> None:
        from onnx import numpy_helper  # noqa: PLC0415 heavy

        self.stored[name].CopyFrom(numpy_helper.from_array(np.ascontiguousarray(numbers), name))
