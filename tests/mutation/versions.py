"""Documents of versions 1 and 2 in the words of version 3, mistakes included.

What cannot be said in version 3 stays as it is, and is refused there.
"""

from __future__ import annotations

from typing import Any, Final

CLAIM: Final = {"domain": "all inputs", "closeness": "equal", "semantics": "real"}
_OWN: Final = ("width", "ghosts", "block", "scale", "constant", "mixed", "off")


def current(document: Any) -> Any:
    """The document in version 3; one that is already is itself."""
    if not isinstance(document, dict):
        return document
    found = {name: value for name, value in document.items() if name != "semantics"}
    if "semantics" in document or "claim" not in document:
        found["claim"] = {**CLAIM, "semantics": document.get("semantics", "none")}
    if document.get("version") in (1, 2):
        found["version"] = 3
    tensors = document.get("tensors")
    if isinstance(tensors, dict):
        found["tensors"] = {name: _facts(entry) for name, entry in tensors.items()}
    return found


def _facts(entry: Any) -> Any:
    if not isinstance(entry, dict):
        return entry
    if entry.get("rule") == "derived":
        return [entry]
    try:
        return [_fact(entry)]
    except (TypeError, ValueError, KeyError, IndexError, AttributeError):
        return entry


def _fact(entry: dict[str, Any]) -> dict[str, Any]:
    fact = {name: value for name, value in entry.items() if name not in _OWN}
    block = entry["block"]
    scale = entry.get("scale", ["1"] * len(block))
    mixed = entry.get("mixed", {"unit": [], "block": [], "scale": []})
    entries = [(v, j, scale[v]) for v, j in enumerate(block) if j is not None]
    entries += zip(mixed["unit"], mixed["block"], mixed["scale"], strict=True)
    entries.sort(key=lambda one: one[0])
    length = [sum(v == unit for unit, _, _ in entries) for v in range(len(block))]
    rows: dict[str, Any] = {"column": [j for _, j, _ in entries]}
    if any(one != 1 for one in length):
        rows["length"] = length
    if any(s != "1" for _, _, s in entries):
        rows["entry"] = [s for _, _, s in entries]
    fact |= {"held": entry["width"], "rows": rows}
    if entry["ghosts"] or "off" in entry:
        off = {"off": entry["off"]} if "off" in entry else {}
        fact["extra"] = {"ghosts": entry["ghosts"], **off}
    constant = entry.get("constant", [])
    if any(k != "0" for k in constant):
        fact["constant"] = constant
    if entry["rule"] == "lumping":
        fact["rule"] = rule_of(fact)
    return fact


def rule_of(fact: dict[str, Any]) -> str:
    """The rule that the rows of a fact need."""
    rows, constant = fact["rows"], fact.get("constant", [])
    length = rows.get("length", [1] * len(rows["column"]))
    beside = any(n and k != "0" for n, k in zip(length, constant, strict=bool(constant)))
    several = any(n > 1 for n in length)
    return "signs" if several or beside or "off" in fact.get("extra", {}) else "relabelling"
