"""What the package offers of two models alone: `prove`, without a certificate."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from lumpver.claim.closeness import EQUAL
from lumpver.claim.semantics import WORDS
from lumpver.errors import Malformed
from lumpver.face.given import network_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumpver.claim.closeness import Closeness
    from lumpver.claim.semantics import Word
    from lumpver.face.given import Given
    from lumpver.proving import Answer
    from lumpver.proving.smt import Solver
    from lumpver.search.workers import Hands


def prove(  # noqa: PLR0913 each is an option of its own
    a: Given,
    b: Given,
    *,
    box: Any = None,
    solver: Solver = "z3",
    timeout: float | None = None,
    effort: int | None = None,
    watch: Callable[[str, int, int], None] = lambda *_: None,
    closeness: Closeness = EQUAL,
    smallest: bool = False,
    semantics: Word = "real",
    processes: Hands = 1,
) -> Answer:
    """Whether `a` and `b` compute the same outputs for all inputs, or for all in `box`.

    `closeness` asks for less: `lumpver.Within(eps)` or `lumpver.SameClass()`; `semantics`
    "float32" asks of executions, as `lumpver.proving.executed` does. Both models are paths,
    Models or Networks; the rest is as in `lumpver.proving.prove`.

    Raises
    ------
    TypeError
        If one is anything else.
    Unreadable
        If a file cannot be read; the others are those of `lumpver.proving.prove`.

    Examples
    --------
    >>> from lumpver.model.network import Network
    >>> twins = Network.from_layers([([[1], [2]], None), ([[1, 1]], None)])
    >>> type(prove(twins, twins)).__name__
    'Proved'
    """
    from lumpver import proving as equivalence  # noqa: PLC0415 only what is needed

    if semantics not in WORDS:
        raise Malformed("semantics", expected=" or ".join(WORDS), got=repr(semantics))
    if smallest and semantics != "real":
        raise Malformed("smallest", expected="real semantics beside it", got=repr(semantics))
    exactly = partial(equivalence.prove, smallest=smallest)
    ask = equivalence.executed if semantics == "float32" else exactly
    return ask(
        *(network_of(a, "a"), network_of(b, "b")),
        box=box,
        solver=solver,
        timeout=timeout,
        effort=effort,
        watch=watch,
        closeness=closeness,
        processes=processes,
    )
