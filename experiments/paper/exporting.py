"""A trained convolutional network as an ONNX file, node by node, without torch.

Trained convolutions stay as they are, for no filter is a multiple of another; the dense end is
what lumpver reduces. The input is the image divided by its scale, shape (batch, 1, height, width).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from experiments.paper.certifying import relabelling
from lumpver.claim.certificate import Certificate, encode
from lumpver.claim.facts import Fact
from lumpver.io.files import parsed
from lumpver.io.saving import stored
from lumpver.quotient.building import quotient
from lumpver.reducing.verification import again, check_models
from lumpver.search.lumping import Lumping

if TYPE_CHECKING:
    from collections.abc import Mapping

    from experiments.paper.heads import Trained
    from experiments.paper.synthetic import Combined

DENSE: Final = ("features", "synthetic", "logits")
_OPSET: Final = 17
_IR: Final = 8


def onnx_bytes(
    trained: Trained,
    size: tuple[int, int],
    *,
    padding: int = 0,
    facts: Mapping[str, str] | None = None,
) -> bytes:
    """The model file, with `facts` in its metadata.

    Examples
    --------
    >>> import onnx
    >>> one = (np.ones((1, 1), np.float32), np.zeros(1, np.float32))
    >>> from experiments.paper.heads import Trained
    >>> model = onnx.load_from_string(onnx_bytes(Trained((one,) * 3, np.zeros((1, 1))), (1, 1)))
    >>> [node.op_type for node in model.graph.node]
    ['Flatten', 'Gemm', 'Relu', 'Gemm', 'Relu', 'Gemm']
    """
    from onnx import TensorProto, helper, numpy_helper  # noqa: PLC0415 heavy

    nodes: list[Any] = []
    constants: list[Any] = []

    def add(operator: str, name: str, source: str, target: str, **attributes: Any) -> str:
        operands = [source]
        if operator in ("Conv", "Gemm"):
            operands += [f"{name}.W", f"{name}.b"]
        nodes.append(helper.make_node(operator, operands, [target], name=name, **attributes))
        return target

    here = "image"
    for number in range(1, len(trained.convolutions) + 1):
        name = f"conv{number}"
        pads = [padding] * 4
        here = add("Conv", name, here, f"{name}.pre", kernel_shape=[3, 3], pads=pads)
        here = add("Relu", f"{name}.relu", here, name)
        square = {"kernel_shape": [2, 2], "strides": [2, 2]}
        here = add("MaxPool", f"{name}.pool", here, f"{name}.pooled", **square)
    here = add("Flatten", "flatten", here, "flat", axis=1)
    for name in DENSE:
        last = name == DENSE[-1]
        here = add("Gemm", name, here, name if last else f"{name}.pre", transB=1)
        here = here if last else add("Relu", f"{name}.relu", here, name)
    names = [f"conv{i + 1}" for i in range(len(trained.convolutions))] + list(DENSE)
    for name, (W, b) in zip(names, trained.layers, strict=True):
        constants.append(numpy_helper.from_array(np.asarray(W, np.float32), f"{name}.W"))
        constants.append(numpy_helper.from_array(np.asarray(b, np.float32), f"{name}.b"))
    classes = int(trained.layers[-1][0].shape[0])
    ends: list[tuple[str, list[str | int | None]]] = [
        ("image", ["batch", 1, *size]),
        ("logits", ["batch", classes]),
    ]
    inputs, outputs = (
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)] for name, shape in ends
    )
    graph = helper.make_graph(nodes, "experiment", inputs, outputs, constants)
    opset = [helper.make_opsetid("", _OPSET)]
    model = helper.make_model(graph, ir_version=_IR, opset_imports=opset, producer_name="lumpver")
    helper.set_model_props(model, dict(facts or {}))
    return bytes(model.SerializeToString(deterministic=True))


def pruned_files(data: bytes, name: str, removed: Mapping[Combined, str]) -> tuple[bytes, bytes]:
    """The pruned model and its certificate, as files, accepted by the checker.

    `data` is a model by `onnx_bytes`, `name` what its file is called; each removed node
    comes with its reason, as for `certifying.relabelling`.

    Raises
    ------
    Rejected
        If the checker does not accept that pruning changes nothing.
    Unrepresentable
        If float64 does not hold the updated weights.
    """
    model, target = parsed(Path(name), data), Path(f"pruned-{name}")
    layer = f"{DENSE[1]}.pre"
    found = relabelling(model.network.width[layer], removed)
    small = quotient(model.network, Lumping({layer: found, DENSE[1]: found}))
    written = again(target, stored(small, model, target), model)
    claim = Certificate({layer: (Fact(layer, found),)}, model.digest, written.digest)
    check_models(model, written, claim)
    return written.data, encode(claim)
