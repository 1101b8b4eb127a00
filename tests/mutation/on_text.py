"""Mutators of models as text, exact JSON and NNet, and of any file as bytes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import random

    from mutation.draft import Draft, Mutator

NUMBERS: Final = ("0", "1", "-1", "2", "1/2", "-1/2", "1/3", "3", "7/5", "1000001/1000000", "2/4")
VALUES: Final[dict[str, tuple[Any, ...]]] = {
    "axis": (-1, -2, 0, -3, True, 1.0),
    "operator": ("Relu", "Abs", "Sigmoid", "Tanh", "Identity", "LeakyRelu", "Clip", "Transpose",
                 "Squeeze", "Reshape", "Flatten", "Unsqueeze"),
    "dtype": ("real", "float32", "float64", "float16", "int64", "7"),
    "kind": ("affine", "activation", "rearrange", "matrix", "diagonal"),
    "zero_copies": (True, False, None),
    "columns": (0, 1, 2, 3, 4, 10**9, -1),
    "version": (1, 2, 0, "1"),
}  # fmt: skip
SIZES: Final = (0, 1, 2, 3, 4, 5, "N", "M", "k", None, -1, 10**8, True)
DECIMALS: Final = ("0", "1", "-1", "2.5", "1e-3", "-0.0", "3", "nan", "1e999", "0x1", "", "1/2")


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, part in items:
        here = (*path, key)
        found += _paths(part, here) if isinstance(part, dict | list) else [here]
    return found


def _other(rng: random.Random, key: Any, old: Any, names: list[str]) -> Any:
    """Another value for a leaf, fitting its place more often than not."""
    if key in VALUES:
        return rng.choice(VALUES[key])
    if key in ("input", "output", "name"):
        return rng.choice([*names, "fresh"])
    if isinstance(old, int) or old is None:
        return rng.choice(SIZES)
    if isinstance(old, str) and (old[:1].isdigit() or old[:1] == "-"):
        return rng.choice(NUMBERS)
    return rng.choice([*names, *SIZES, 0.5, [], {}])


def document(rng: random.Random, data: bytes) -> bytes | None:
    """One value of a JSON model changed, left out, doubled, exchanged with its neighbour."""
    try:
        model = json.loads(data)
    except (ValueError, RecursionError):
        return None
    names = list(model["tensors"]) if isinstance(model.get("tensors"), dict) else ["x"]
    paths = _paths(model)
    leaves = [path for path in paths if isinstance(path[-1], int)]
    path = rng.choice(leaves if leaves and rng.random() < 0.6 else paths)
    parent = model
    for key in path[:-1]:
        parent = parent[key]
    key = path[-1]
    kind = rng.random()
    if kind < 0.9 and not isinstance(parent[key], dict | list):
        parent[key] = _other(rng, key, parent[key], names)
    elif isinstance(parent, list) and len(parent) > 1:
        _relisted(rng, parent, key)
    elif isinstance(parent, dict):
        if kind < 0.95:
            del parent[key]
        else:
            parent[rng.choice(("unknown", "name", "axis"))] = parent[key]
    return json.dumps(model, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def _relisted(rng: random.Random, parent: list[Any], i: int) -> None:
    j = rng.randrange(len(parent))
    kind = rng.randrange(4)
    if kind == 0:
        del parent[i]
    elif kind == 1:
        parent.insert(j, parent[i])
    else:
        parent[i], parent[j] = parent[j], parent[i]


def declared(rng: random.Random, data: bytes) -> bytes | None:
    """A tensor of a JSON model declared with another shape than it has."""
    try:
        model = json.loads(data)
        shapes = [t for t in model["tensors"].values() if t["shape"]]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    for _ in range(rng.randint(1, 3)):
        if shapes:
            sizes = rng.choice(shapes)["shape"]
            sizes[rng.randrange(len(sizes))] = rng.choice(SIZES[:9])
    return json.dumps(model, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def lines(rng: random.Random, data: bytes) -> bytes | None:
    """A value or a line of an NNet file changed, left out, doubled, exchanged."""
    text = data.decode(errors="surrogateescape").split("\n")
    i = rng.randrange(len(text))
    kind = rng.randrange(8)
    if kind == 0:
        del text[i]
    elif kind == 1:
        text.insert(i, text[rng.randrange(len(text))])
    elif kind == 2:
        j = rng.randrange(len(text))
        text[i], text[j] = text[j], text[i]
    elif kind == 3:
        text.insert(0, "// a comment")
    else:
        cells = text[i].split(",")
        cells[rng.randrange(len(cells))] = rng.choice(DECIMALS)
        text[i] = ",".join(cells)
    return "\n".join(text).encode(errors="surrogateescape")


def scrambled(rng: random.Random, data: bytes) -> bytes | None:
    """A byte changed, left out or added; the end cut off."""
    if not data:
        return None
    i = rng.randrange(len(data))
    kind = rng.randrange(5)
    if kind == 0:
        return data[:i]
    middle = b"" if kind == 1 else bytes([rng.randrange(256)])
    return data[:i] + middle + data[i + (kind != 2) :]


def _mutator(change: Any, suffixes: tuple[str, ...]) -> Mutator:
    def mutate(rng: random.Random, draft: Draft) -> bool:
        which = "original" if rng.random() < 0.2 else "reduced"
        suffix = draft.case.suffix if which == "original" else draft.case.target
        if suffix not in suffixes:
            return False
        changed = change(rng, getattr(draft, which))
        if changed is None:
            return False
        setattr(draft, which, changed)
        return True

    mutate.__name__ = f"text {change.__name__}"
    return mutate


MUTATORS: Final[tuple[Mutator, ...]] = (
    *(3 * [_mutator(document, (".json",))]),
    _mutator(declared, (".json",)),
    *(3 * [_mutator(lines, (".nnet",))]),
    _mutator(scrambled, (".onnx", ".json", ".nnet")),
)
