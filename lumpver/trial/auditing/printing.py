"""A failing network as a test that can be pasted: weights, the input, both outputs.

Chains are written with `Network.from_layers`, other dense networks as a `Draft`, whole models
as JSON; numbers that are no integers as `"p/q"`.

subject: the reducer as the test calls it
code: a Python expression, and the names that it needs by the module they come from
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from lumpver.exact.array import Exact, rationals
from lumpver.exact.scalar import number, text
from lumpver.io.json.writing import write
from lumpver.model.activations import IDENTITY, RELU, Activation, leaky
from lumpver.trial.strategies.drafts import INPUT, Draft
from lumpver.trial.strategies.forms import FORMS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from lumpver.model.network import Network
    from lumpver.trial.auditing.nearby import Tolerance
    from lumpver.trial.strategies.drafts import Layer

    Names = set[tuple[str, str]]

_ACTIVATIONS = "lumpver.model.activations"
_TAB = "    "


@dataclass(frozen=True, slots=True)
class Subject:
    """What a test calls: the reducer's name and module, and how it takes networks."""

    name: str
    module: str = ""
    onnx: bool = False

    @classmethod
    def of(cls, function: Callable[..., Any] | str, *, onnx: bool = False) -> Subject:
        """The function by its name; `reducer` if it has none that can be imported."""
        if isinstance(function, str):
            module, _, name = function.rpartition(":")
            return cls("reducer", "", onnx).named(name, module.removesuffix(".py"))
        name = str(getattr(function, "__qualname__", ""))
        return cls("reducer", "", onnx).named(
            name, str(getattr(function, "__module__", None) or "")
        )

    def named(self, name: str, module: str) -> Subject:
        """The same with another name, if it is one that a test can import."""
        return replace(self, name=name, module=module) if name.isidentifier() else self

    def __str__(self) -> str:
        return f"{self.module}:{self.name}" if self.module else self.name


def as_test(
    subject: Subject,
    found: Draft | Network,
    *,
    point: Mapping[str, Exact] | None = None,
    remark: str = "",
    wrapped: bool = False,
    form: str = FORMS[0],
    within: Tolerance | None = None,
) -> str:
    """A test that fails as the reducer did; `remark` says in a comment what it gave.

    With a tolerance it asks for a proof that the result is so near.

    Examples
    --------
    >>> from lumpver.trial.strategies.drafts import Draft, Layer
    >>> one = Draft.chain(1, [Layer(((1,),), (0,))])
    >>> code = as_test(Subject("shrink", "mine"), one, remark="raised IndexError: 3")
    >>> code.splitlines()[-1].strip()
    'shrink(network)  # raised IndexError: 3'
    """
    names: Names = set()
    if isinstance(found, Draft):
        body = _network(found, names, plain=found.is_chain and not found.batch)
    else:
        names.add(("lumpver.io.json.reading", "read"))
        body = [f'network = read({write(found)!r}, where="network")']
    call = f"{subject.name}(network)"
    if subject.module:
        names.add((subject.module, subject.name))
    if subject.onnx:
        names |= {("lumpver", "load"), ("lumpver.trial.strategies", "as_onnx")}
        told = "" if form == FORMS[0] else f', "{form}"'
        body += ['path = tmp_path / "model.onnx"', f"path.write_bytes(as_onnx(network{told}))"]
        call = f"{subject.name}(str(path))"
    if point is None:
        body.append(f"{call}  # {remark}")
    else:
        result = f"load({call}).network" if subject.onnx else call
        body.append(f"reduced = {result}{'.network' if wrapped else ''}")
        x = _values(point) if isinstance(found, Draft) else _named(point)
        body += _same(x, remark) if within is None else _near(within, x, remark, names)
    head = f"def test_{subject.name}({'tmp_path' if subject.onnx else ''}):"
    lines = [*_imports(names), "", *body]
    return "\n".join([head, *(f"{_TAB}{line}".rstrip() for line in lines)])


def _same(x: str, remark: str) -> list[str]:
    return [f"x = {x}", f"assert reduced(x) == network(x)  # {remark}"]


def _near(within: Tolerance, x: str, remark: str, names: Names) -> list[str]:
    names |= {("lumpver", "Within"), ("lumpver", "prove")}
    near = f'box="{within.box}", closeness=Within("{text(within.eps)}")'
    return [
        f"found = prove(network, reduced, {near})",
        f'assert found.answer == "proved"  # at {x}: {remark}',
    ]


def _imports(names: Names) -> list[str]:
    found: dict[str, list[str]] = {}
    for module, name in sorted(names):
        found.setdefault(module, []).append(name)
    return [f"from {module} import {', '.join(found[module])}" for module in found]


def _network(draft: Draft, names: Names, *, plain: bool) -> list[str]:
    """Statements that make `network`."""
    if plain:
        names.add(("lumpver", "Network"))
        last = len(draft.layers) - 1
        rows = [
            f"{_TAB}({_pair(layer)}{_function(layer, names, last=i == last)}),"
            for i, layer in enumerate(draft.layers)
        ]
        return ["network = Network.from_layers([", *rows, "])"]
    names |= {("lumpver.trial.strategies", "Draft"), ("lumpver.trial.strategies", "Layer")}
    rows = [f"{_TAB}{_TAB}{_layer(layer, names)}," for layer in draft.layers]
    outputs = _tuple(map(str, draft.outputs))
    options = ", batch=True" if draft.batch else ""
    return [
        "network = Draft(",
        f"{_TAB}{draft.inputs},",
        f"{_TAB}(",
        *rows,
        f"{_TAB}),",
        f"{_TAB}{outputs}{options},",
        ").network()",
    ]


def _pair(layer: Layer) -> str:
    W = ", ".join(_list(row) for row in layer.W)
    return f"[{W}], {_list(layer.b)}"


def _function(layer: Layer, names: Names, *, last: bool) -> str:
    """The third member of a layer, where it is not what a chain has anyway."""
    if layer.activation == (IDENTITY if last else RELU):
        return ""
    if not layer.activation.parameters:
        return f', "{layer.activation.operator.lower()}"'
    return f", {_activation(layer.activation, names)}"


def _layer(layer: Layer, names: Names) -> str:
    W = _tuple(_tuple(map(_number, row)) for row in layer.W)
    function = _activation(layer.activation, names)
    source = "INPUT" if layer.source == INPUT else str(layer.source)
    if source == "INPUT":
        names.add(("lumpver.trial.strategies", source))
    return f"Layer({W}, {_tuple(map(_number, layer.b))}, {function}, {source})"


def _tuple(items: Iterable[str]) -> str:
    found = list(items)
    return f"({', '.join(found)}{',' if len(found) == 1 else ''})"


def _activation(function: Activation, names: Names) -> str:
    for name, known in (("RELU", RELU), ("IDENTITY", IDENTITY)):
        if function == known:
            names.add((_ACTIVATIONS, name))
            return name
    if function.operator == leaky(0).operator:
        names.add((_ACTIVATIONS, "leaky"))
        return f"leaky({_number(function.parameters[0])})"
    names.add((_ACTIVATIONS, "Activation"))
    if not function.parameters:
        return f'Activation("{function.operator}")'
    names.add(("lumpver.exact.scalar", "number"))
    parameters = _tuple(f"number({_number(p)})" for p in function.parameters)
    return f'Activation("{function.operator}", {parameters})'


def _list(row: Iterable[Any]) -> str:
    return f"[{', '.join(map(_number, row))}]"


def _number(value: Any) -> str:
    exact = number(value)
    return text(exact) if exact.q == 1 else f'"{text(exact)}"'


def _values(point: Mapping[str, Exact]) -> str:
    """The one input's value, as the tests of a draft take it."""
    (value,) = point.values()
    return _list(rationals(value).reshape(-1))


def _named(point: Mapping[str, Exact]) -> str:
    """The values of all inputs, by name."""
    texts = {name: _nested(rationals(value).tolist()) for name, value in point.items()}
    return "{" + ", ".join(f"{name!r}: {value}" for name, value in texts.items()) + "}"


def _nested(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_nested, value))}]"
    return _number(value)
