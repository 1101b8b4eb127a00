"""Assertions as SMT-LIB 2 text that z3 and cvc5 both read, the same bytes everywhere.

z3's own printer numbers shared terms by their place in memory; this one numbers them in
the order in which they are first needed, and writes `<` and `<=` only.

shared: a term that is used twice or more; long ones get a name of their own
depth: of what is written in place; a deep term gets a name too, or text would grow with its square
logic: the smallest of QF_LRA, QF_NRA, QF_UFLRA, QF_UFNRA that holds the assertions
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from lumpver.errors import Malformed
from lumpver.proving.smt.models import rational

if TYPE_CHECKING:
    from collections.abc import Sequence

_SIMPLE: Final = re.compile(r"[A-Za-z~!$%^&*_+=<>?/-][A-Za-z0-9~!@$%^&*_+=<>.?/-]*", re.ASCII)
_WORDS: Final = frozenset(("!", "as", "let", "exists", "forall", "match", "par", "Real", "Bool"))
_TAKEN: Final = frozenset(
    (
        *("_", "true", "false", "ite", "and", "or", "not", "xor", "distinct", "=>", "="),
        *("+", "-", "*", "/", "<", "<=", ">", ">="),
    )
)
_SHORT: Final = 24
_DEEP: Final = 100


def smtlib(
    assertions: Sequence[Any],
    *,
    logic: str | None = None,
    comment: str = "",
    status: str | None = None,
) -> str:
    """An SMT-LIB 2 script that asserts `assertions` and asks whether they can hold.

    `comment` stands above it, `status` is the answer expected of a solver.

    Raises
    ------
    Malformed
        For a quantifier, a sort besides Real and Bool, or a name that no symbol can be.

    Examples
    --------
    >>> import z3
    >>> x = z3.Real("x")
    >>> print(smtlib([x > z3.RealVal("1/3")], comment="a bound", status="sat"))
    ; a bound
    (set-logic QF_LRA)
    (set-info :status sat)
    (declare-const x Real)
    (assert (< (/ 1.0 3.0) x))
    (check-sat)
    <BLANKLINE>
    """
    script = _Script(assertions)
    lines = [f"; {line}".rstrip() for line in comment.splitlines()]
    lines.append(f"(set-logic {logic or script.logic})")
    if status is not None:
        lines.append(f"(set-info :status {status})")
    return "\n".join([*lines, *script.lines, "(check-sat)", ""])


def logic(assertions: Sequence[Any]) -> str:
    """The smallest quantifier-free logic of reals that holds `assertions`.

    Raises
    ------
    Malformed
        For a quantifier, or a sort besides Real and Bool.
    """
    return _Script(assertions).logic


def constants(assertions: Sequence[Any]) -> tuple[Any, ...]:
    """The constants without a value that `assertions` speak of, in order of appearance.

    Examples
    --------
    >>> import z3
    >>> constants([z3.Real("y") * z3.Real("x") == z3.Real("y")])
    (y, x)
    """
    import z3  # noqa: PLC0415 heavy: only where terms are read

    return tuple(
        found.node
        for found in _post_order(assertions)
        if z3.is_const(found.node) and found.node.decl().kind() == z3.Z3_OP_UNINTERPRETED
    )


class _Script:
    """The text of some assertions: declarations, definitions of shared terms, assertions."""

    def __init__(self, assertions: Sequence[Any]) -> None:
        order = _post_order(assertions)
        self.declared: dict[str, str] = {}
        self.definitions: list[str] = []
        self.linear, self.functions = True, False
        heads = [self._head(found.node, found.children) for found in order]
        self.stem = "s!"
        while any(name.startswith(self.stem) for name in self.declared):
            self.stem += "!"
        uses = Counter(root.get_id() for root in assertions)
        uses.update(number for found in order for number in found.below)
        written: dict[int, str] = {}
        depths: dict[int, int] = {}
        for found, head in zip(order, heads, strict=True):
            text = _application(head, [written[number] for number in found.below])
            depth = 1 + max((depths[number] for number in found.below), default=0)
            if (uses[found.number] > 1 and len(text) > _SHORT) or depth > _DEEP:
                text, depth = self._defined(found.node, text), 0
            depths[found.number] = depth
            written[found.number] = text
        asserted = [f"(assert {written[root.get_id()]})" for root in assertions]
        self.lines = [*self.declared.values(), *self.definitions, *asserted]

    @property
    def logic(self) -> str:
        functions = "UF" if self.functions else ""
        return f"QF_{functions}{'L' if self.linear else 'N'}RA"

    def _head(self, node: Any, children: Sequence[Any]) -> str:
        """What stands before the arguments; declares it where it is a symbol."""
        import z3  # noqa: PLC0415 heavy: only where terms are read

        if not children and z3.is_rational_value(node):
            return _numeral(node)
        if not z3.is_app(node):
            raise Malformed("assertions", expected="no quantifier", got=str(node)[:60])
        kind = node.decl().kind()
        if kind == z3.Z3_OP_UNINTERPRETED:
            return self._declared(node, children)
        if kind in {z3.Z3_OP_MUL, z3.Z3_OP_DIV}:
            factors = children[1:] if kind == z3.Z3_OP_DIV else children
            unknown = sum(not z3.is_rational_value(factor) for factor in factors)
            self.linear &= unknown < (1 if kind == z3.Z3_OP_DIV else 2)
        operator = _operators().get(kind)
        if operator is None:
            name = node.decl().name()
            raise Malformed("assertions", expected="arithmetic over reals", got=name)
        return operator

    def _declared(self, node: Any, children: Sequence[Any]) -> str:
        name, sorts = node.decl().name(), " ".join(map(_sort, children))
        symbol = _symbol(name)
        self.functions |= bool(children)
        line = f"(declare-fun {symbol} ({sorts}) {_sort(node)})"
        if not children:
            line = f"(declare-const {symbol} {_sort(node)})"
        if self.declared.setdefault(name, line) != line:
            raise Malformed("assertions", expected="one type per name", got=name)
        return symbol

    def _defined(self, node: Any, text: str) -> str:
        name = f"{self.stem}{len(self.definitions)}"
        self.definitions.append(f"(define-fun {name} () {_sort(node)} {text})")
        return name


class _Subterm(NamedTuple):
    """A term with its number in z3, and the same of its children."""

    number: int
    node: Any
    children: list[Any]
    below: list[int]


def _post_order(roots: Sequence[Any]) -> list[_Subterm]:
    """Every subterm once, children first, as a reader meets them."""
    seen: set[int] = set()
    order = []
    stack: list[Any] = [(root.get_id(), root) for root in reversed(roots)]
    while stack:
        found = stack.pop()
        if isinstance(found, _Subterm):
            order.append(found)
        elif found[0] not in seen:
            number, node = found
            seen.add(number)
            children = node.children()
            below = [child.get_id() for child in children]
            stack.append(_Subterm(number, node, children, below))
            stack += reversed(list(zip(below, children, strict=True)))
    return order


def _application(head: str, parts: list[str]) -> str:
    if not parts:
        return {"and": "true", "or": "false"}.get(head, head)
    if len(parts) == 1 and head in {"and", "or", "+", "*"}:
        return parts[0]
    if head in {">=", ">"}:
        head, parts = head.replace(">", "<"), parts[::-1]
    return f"({head} {' '.join(parts)})"


@cache
def _operators() -> dict[int, str]:
    import z3  # noqa: PLC0415 heavy: only where terms are read

    return {
        z3.Z3_OP_TRUE: "true",
        z3.Z3_OP_FALSE: "false",
        z3.Z3_OP_EQ: "=",
        z3.Z3_OP_IFF: "=",
        z3.Z3_OP_DISTINCT: "distinct",
        z3.Z3_OP_ITE: "ite",
        z3.Z3_OP_AND: "and",
        z3.Z3_OP_OR: "or",
        z3.Z3_OP_NOT: "not",
        z3.Z3_OP_IMPLIES: "=>",
        z3.Z3_OP_XOR: "xor",
        z3.Z3_OP_LE: "<=",
        z3.Z3_OP_GE: ">=",
        z3.Z3_OP_LT: "<",
        z3.Z3_OP_GT: ">",
        z3.Z3_OP_ADD: "+",
        z3.Z3_OP_SUB: "-",
        z3.Z3_OP_UMINUS: "-",
        z3.Z3_OP_MUL: "*",
        z3.Z3_OP_DIV: "/",
    }


def _numeral(node: Any) -> str:
    value = rational(node)
    top, bottom = f"{abs(int(value.p))}.0", f"{int(value.q)}.0"
    text = top if value.q == 1 else f"(/ {top} {bottom})"
    return f"(- {text})" if value < 0 else text


def _sort(node: Any) -> str:
    name = str(node.sort())
    if name not in {"Real", "Bool"}:
        raise Malformed("assertions", expected="sort Real or Bool", got=name)
    return name


def _symbol(name: str) -> str:
    if not name or name in _TAKEN or name[0] in ".@" or "|" in name or "\\" in name:
        raise Malformed("assertions", expected="a symbol", got=repr(name))
    return name if _SIMPLE.fullmatch(name) and name not in _WORDS else f"|{name}|"
