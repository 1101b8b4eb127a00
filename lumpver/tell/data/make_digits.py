"""Train and prune the digits classifier: `python -m lumpver.tell.data.make_digits OUT.onnx`.

A 64-64-32-10 ReLU network is trained on scikit-learn's digits, then pruned step by step
by global weight magnitude with retraining in between; nothing about it is planted.

mask: 1 where a weight is kept, 0 where it is pruned
decay: the factor of the weights in the gradient (L2 regularisation); biases are spared
step: one pruning, to a given sparsity over the weights of all layers, then retraining

References
----------
E. Alpaydin, C. Kaynak: *Optical Recognition of Handwritten Digits*, UCI Machine Learning
Repository, 1998.
M. Zhu, S. Gupta: *To prune, or not to prune*, 2017 (gradual magnitude pruning).
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from lumpver.errors import LumpverError, Missing
from lumpver.model.activations import RELU

if TYPE_CHECKING:
    from collections.abc import Sequence

Matrix = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]
Stored = npt.NDArray[np.float32]

SEED: Final = 0
WIDTHS: Final = (64, 64, 32, 10)
NAMES: Final = ("hidden1", "hidden2", "logits")
TESTS: Final = 360
STEPS: Final = (0.50, 0.70, 0.80, 0.85, 0.90)
EPOCHS_FIRST: Final = 100
EPOCHS_STEP: Final = 60
BATCH: Final = 32
RATE: Final = 3e-3
DECAY: Final = 1e-4
BRIGHTEST: Final = 16


@dataclass(frozen=True, slots=True)
class Parameters:
    """Weights, one row per unit, then biases, then masks: one array per layer each."""

    weights: tuple[Matrix, ...]
    biases: tuple[Matrix, ...]
    masks: tuple[Matrix, ...]


@dataclass(frozen=True, slots=True)
class Data:
    """Pixels (0 to 16, one row per image), labels, and which images train and test."""

    pixels: Matrix
    labels: Labels
    training: Labels
    testing: Labels


def main(arguments: list[str]) -> int:
    """0 once the model, and its sample beside it, are written to the path given; else 2."""
    if len(arguments) != 1 or not arguments[0].endswith(".onnx"):
        sys.stderr.write("usage: python -m lumpver.tell.data.make_digits OUT.onnx\n")
        return 2
    target = Path(arguments[0])
    try:
        random = np.random.default_rng(SEED)
        data = digits(random)
        parameters = pruned(data, random)
        model = onnx_bytes(parameters, data)
        target.write_bytes(model)
        target.with_name(f"{target.stem}_sample.json").write_text(sample(data), encoding="ascii")
    except (LumpverError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    for name, value in {**facts(parameters, data), **idle(parameters)}.items():
        sys.stdout.write(f"{name}: {value}\n")
    return 0


def digits(random: np.random.Generator) -> Data:
    """scikit-learn's 1797 digits; the last 360 of a random order are the tests.

    Raises
    ------
    Missing
        Without scikit-learn.
    """
    try:
        from sklearn.datasets import load_digits  # noqa: PLC0415 needed nowhere else
    except ImportError as error:
        raise Missing("digits", expected="scikit-learn", got=str(error)) from error
    bunch = load_digits()
    order = random.permutation(len(bunch.target))
    return Data(bunch.data, bunch.target, order[:-TESTS], order[-TESTS:])


def pruned(data: Data, random: np.random.Generator) -> Parameters:
    """Parameters trained in full, then pruned and retrained for each of `STEPS`."""
    result = trained(initial(random), data, random, epochs=EPOCHS_FIRST)
    for sparsity in STEPS:
        result = trained(prune(result, sparsity), data, random, epochs=EPOCHS_STEP)
    return result


def initial(random: np.random.Generator) -> Parameters:
    """Uniform weights after Glorot and Bengio, biases 0, nothing pruned."""
    shapes = tuple(zip(WIDTHS[1:], WIDTHS, strict=False))
    weights = [random.uniform(-1, 1, shape) * np.sqrt(6 / sum(shape)) for shape in shapes]
    return Parameters(
        tuple(weights),
        tuple(np.zeros(rows) for rows, _ in shapes),
        tuple(np.ones(shape) for shape in shapes),
    )


def prune(parameters: Parameters, sparsity: float) -> Parameters:
    """The same, without the smallest weights: at least this part of all weights is 0.

    Examples
    --------
    >>> ones = (np.ones((1, 2)),)
    >>> W = prune(Parameters((np.array([[3.0, -1.0]]),), (np.zeros(1),), ones), 0.5).weights[0]
    >>> bool((W == [[3, 0]]).all())
    True
    """
    size = np.abs(np.concatenate([W.ravel() for W in parameters.weights]))
    keep = np.ones(len(size))
    keep[np.argsort(size, kind="stable")[: int(np.ceil(sparsity * len(size)))]] = 0
    ends = np.cumsum([W.size for W in parameters.weights])[:-1]
    masks = tuple(
        part.reshape(W.shape)
        for part, W in zip(np.split(keep, ends), parameters.weights, strict=True)
    )
    weights = tuple(W * mask for W, mask in zip(parameters.weights, masks, strict=True))
    return Parameters(weights, parameters.biases, masks)


def trained(
    parameters: Parameters, data: Data, random: np.random.Generator, *, epochs: int
) -> Parameters:
    """Parameters after so many passes of Adam over the training images; pruned stays 0."""
    values = [*parameters.weights, *parameters.biases]
    mean = [np.zeros_like(value) for value in values]
    square = [np.zeros_like(value) for value in values]
    layers, time = len(parameters.weights), 0
    x = data.pixels / BRIGHTEST
    for _ in range(epochs):
        order = random.permutation(data.training)
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            now = Parameters(tuple(values[:layers]), tuple(values[layers:]), parameters.masks)
            slopes = gradients(now, x[batch], data.labels[batch])
            time += 1
            for i, slope in enumerate(slopes):
                mean[i] = 0.9 * mean[i] + 0.1 * slope
                square[i] = 0.999 * square[i] + 0.001 * slope * slope
                spread = np.sqrt(square[i] / (1 - 0.999**time)) + 1e-8
                values[i] = values[i] - RATE * (mean[i] / (1 - 0.9**time)) / spread
    return Parameters(tuple(values[:layers]), tuple(values[layers:]), parameters.masks)


def activations(
    weights: Sequence[npt.NDArray[Any]], biases: Sequence[npt.NDArray[Any]], x: Matrix
) -> list[Matrix]:
    """x, then the outputs of each layer: ReLU, but for the last.

    Examples
    --------
    >>> one, no = np.ones((1, 1)), np.zeros(1)
    >>> [float(y[0, 0]) for y in activations([one, -one], [no, no], np.array([[2.0]]))]
    [2.0, 2.0, -2.0]
    """
    result = [x]
    for i, (W, b) in enumerate(zip(weights, biases, strict=True), start=1):
        y = result[-1] @ W.T + b
        result.append(y if i == len(weights) else np.maximum(y, 0))
    return result


def gradients(parameters: Parameters, x: Matrix, labels: Labels) -> list[Matrix]:
    """Of the mean cross entropy plus DECAY/2 |W|^2: for the weights kept, then the biases.

    Examples
    --------
    >>> one = Parameters((np.zeros((2, 1)),), (np.zeros(2),), (np.array([[1.0], [0.0]]),))
    >>> W, b = gradients(one, np.array([[4.0]]), np.array([1]))
    >>> bool((W == [[2], [0]]).all()), b.tolist()
    (True, [0.5, -0.5])
    """
    values = activations(parameters.weights, parameters.biases, x)
    exponentials = np.exp(values[-1] - values[-1].max(axis=1, keepdims=True))
    back = exponentials / exponentials.sum(axis=1, keepdims=True)
    back[np.arange(len(labels)), labels] -= 1
    back /= len(labels)
    weights: list[Matrix] = []
    biases: list[Matrix] = []
    for i in reversed(range(len(parameters.weights))):
        W = parameters.weights[i]
        weights.insert(0, (back.T @ values[i] + DECAY * W) * parameters.masks[i])
        biases.insert(0, back.sum(axis=0))
        back = (back @ W) * (values[i] > 0)
    return weights + biases


def stored(parameters: Parameters) -> tuple[list[Stored], list[Stored]]:
    """Weights and biases as float32; the first layer reads pixels, not pixels / 16."""
    weights = [W.astype(np.float32) for W in parameters.weights]
    weights[0] /= np.float32(BRIGHTEST)
    weights = [W + np.float32(0) for W in weights]  # pruning leaves zeros of both signs
    return weights, [b.astype(np.float32) for b in parameters.biases]


def facts(parameters: Parameters, data: Data) -> dict[str, str]:
    """What the model's metadata says: accuracy on the tests, sparsity, seed, script."""
    weights, biases = stored(parameters)
    logits = activations(weights, biases, data.pixels[data.testing])[-1]
    right = int((logits.argmax(axis=1) == data.labels[data.testing]).sum())
    zeros = sum(int((W == 0).sum()) for W in weights)
    return {
        "accuracy": f"{right}/{len(data.testing)}",
        "sparsity": f"{zeros}/{sum(W.size for W in weights)}",
        "seed": str(SEED),
        "script": "lumpver.tell.data.make_digits",
    }


def idle(parameters: Parameters) -> dict[str, str]:
    """Per hidden layer, units without any weight in, without any weight out, and either."""
    weights, _ = stored(parameters)
    result: dict[str, str] = {}
    for name, W, after in zip(NAMES, weights, weights[1:], strict=False):
        deaf, mute = (W == 0).all(axis=1), (after == 0).all(axis=0)
        inward, outward, either = (np.count_nonzero(units) for units in (deaf, mute, deaf | mute))
        result[f"{name} idle"] = f"{inward} in, {outward} out, {either} either, of {W.shape[0]}"
    return result


def onnx_bytes(parameters: Parameters, data: Data) -> bytes:
    """The model file: Gemm and Relu nodes from `pixels` to `logits`, float32.

    Raises
    ------
    Missing
        Without onnx.
    """
    try:
        from onnx import TensorProto, helper, numpy_helper  # noqa: PLC0415 an optional package
    except ImportError as error:
        raise Missing("digits", expected="onnx", got=str(error)) from error
    nodes, constants, here = [], [], "pixels"
    for name, W, b in zip(NAMES, *stored(parameters), strict=True):
        last = name == NAMES[-1]
        affine = name if last else f"{name}.pre"
        operands = [here, f"{name}.W", f"{name}.b"]
        constants.append(numpy_helper.from_array(W, operands[1]))
        constants.append(numpy_helper.from_array(b, operands[2]))
        nodes.append(helper.make_node("Gemm", operands, [affine], name=name, transB=1))
        if not last:
            operator = RELU.row.onnx[0].operator
            nodes.append(helper.make_node(operator, [affine], [name], name=f"{name}.relu"))
        here = name
    inputs, outputs = (
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", width])]
        for name, width in (("pixels", WIDTHS[0]), ("logits", WIDTHS[-1]))
    )
    graph = helper.make_graph(nodes, "digits", inputs, outputs, constants)
    opset = [helper.make_opsetid("", 17)]
    model = helper.make_model(graph, ir_version=8, opset_imports=opset, producer_name="lumpver")
    helper.set_model_props(model, facts(parameters, data))
    return bytes(model.SerializeToString(deterministic=True))


def sample(data: Data) -> str:
    """The first test image of each digit, as JSON."""
    found = {int(data.labels[i]): int(i) for i in reversed(data.testing)}
    lines = []
    for label, index in sorted(found.items()):
        pixels = [int(pixel) for pixel in data.pixels[index]]
        lines.append(json.dumps({"index": index, "label": label, "pixels": pixels}))
    return "[\n" + ",\n".join(lines) + "\n]\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
