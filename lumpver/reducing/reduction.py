"""`reduce`: lumping, quotient and certificate in one call.

Where the result has to be stored as floats, the smallest step whose numbers they cannot
hold, or not in as few bytes, is undone and counted; the exact result keeps everything.

kept unrepresentable: units that stayed because a file could not hold what replaces them, or
floats could not run it
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from lumpver.claim.certificate import Certificate
from lumpver.claim.facts import Fact
from lumpver.claim.statement import EVERYTHING, Claim
from lumpver.errors import Malformed
from lumpver.exact.unit import require_exact_unit
from lumpver.model.network import is_unchanged
from lumpver.model.relabelling import identity
from lumpver.quotient.aligning import unaligned
from lumpver.quotient.building import quotient
from lumpver.quotient.chains import shortened
from lumpver.quotient.fitting import Fitting
from lumpver.quotient.straight import Straight
from lumpver.reducing.deciding import Decided, decided
from lumpver.search import cones
from lumpver.search.differences import absorbed, told
from lumpver.search.lumping import RULES, Lumping, found_with_sums, given, stated
from lumpver.search.withheld import Withheld, require_pairs
from lumpver.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lumpver.bounds.knowing import Known
    from lumpver.claim.hints import Hints
    from lumpver.claim.signs import Signs
    from lumpver.io.storage import Types
    from lumpver.model.network import Network
    from lumpver.model.relabelling import Relabelling
    from lumpver.quotient.chains import Replaced
    from lumpver.quotient.fitting import Spared
    from lumpver.search.widths import Width
    from lumpver.search.withheld import Units


_ROUNDS: Final = 4  # of keeping units so that channels are aligned


@dataclass(frozen=True, slots=True, eq=False)
class Reduction:
    """A smaller network that computes the same function, and why.

    `withheld` says which merges and constants were undone because no type of the file could
    hold what would have replaced them; it is empty unless `floats_only` was asked for. `exact`
    is the lumping with nothing undone, `spared` the units that larger types would have freed,
    `replaced` the regions that plain chains of fewer units have taken the place of, `widths` what
    one hidden layer needs at least where that is known, `rules` those that were allowed,
    `known` what is known on a domain, where that is not all inputs, `straight` the activations
    that went since they leave all alone there, `gone` the tensors around them that products have
    taken the place of.
    """

    original: Network
    network: Network
    lumping: Lumping
    certificate: Certificate
    withheld: Withheld
    exact: Lumping
    spared: Spared | None = None
    replaced: tuple[Replaced, ...] = ()
    widths: tuple[Width, ...] = ()
    rules: tuple[str, ...] = RULES
    known: Known | None = None
    straight: Straight = field(default_factory=Straight)
    gone: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        return f"<Reduction: {self.original.units} units to {self.network.units}>"

    def recover(self, name: str, reduced: Any) -> list[Any]:
        """The original values of a tensor from its counterpart's, M t' + k; None for ghosts.

        Raises
        ------
        Malformed
            If no tensor has that name, or one from inside a segment that changed.
        ShapeMismatch
            If there is not one value per unit of the counterpart.

        Examples
        --------
        >>> from lumpver.model.network import Network
        >>> found = reduce(Network.from_layers([([[1], [2]], None), ([[1, 1]], None)]))
        >>> found.recover("h1", [5])
        [5, 10]
        """
        if name in self.gone or any(name in one.inside for one in self.replaced):
            raise Malformed("tensor", expected="one that nothing took the place of", got=repr(name))
        found = self.lumping.of(name)
        if found is None:
            width = self.original.width.get(name)
            if width is None or self.network.width.get(name) != width:
                expected = "the output of an affine segment, or what follows from it"
                raise Malformed("tensor", expected=expected, got=repr(name))
            found = identity(width)
        return found.recover(reduced)


def reduce(
    network: Network,
    *,
    rules: Iterable[str] = RULES,
    keep: Units = frozenset(),
    floats_only: bool = False,
    types: Types = "auto",
    align: int = 1,
    known: Known | None = None,
    bent: bool = False,
) -> Reduction:
    """The quotient of `network` by its coarsest lumping, with its certificate.

    For all inputs, or all of the domain of what is `known`, the result computes what `network`
    does, exactly; the certificate claims no less. With `floats_only`
    every number of the result is a float64, or a bias that a few numbers of its model's type
    add up to, and combinations do not cancel in floats, at the price of a unit here and there.
    Layers that come from a model keep their number types then where that takes fewer bytes
    ("auto"), always ("keep"), or wherever units stay otherwise they are stored in float64
    ("widen"). So many channels that convolutions read stay that their number is a multiple of
    `align`, where that is possible. Layers without an undecided unit have no activation any more,
    unless they are to be `bent`.

    Raises
    ------
    Malformed
        If a rule is unknown, a unit in `keep` does not exist, or `align` is none.
    InexactUnit
        If floats are not exact in this process.

    Examples
    --------
    >>> from lumpver.model.network import Network
    >>> network = Network.from_layers([([[1], ["1/3"]], None), ([[1, 1]], None)])
    >>> reduce(network)
    <Reduction: 2 units to 1>
    """
    require_exact_unit()
    require_pairs(keep)
    chosen = tuple(rules)
    if align < 1:
        raise Malformed("align", expected="1 or more", got=str(align))
    wish = _Wish(chosen, known, floats_only, types, bent or "stable" not in chosen)
    found = _reduced(network, wish, keep)
    for _ in range(_ROUNDS if align > 1 else 0):
        more = keep | unaligned(network, found.lumping, align)
        if more == keep:
            break
        keep = more
        found = _reduced(network, wish, keep)
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Wish:
    """What `reduce` was asked for, but for the units to keep."""

    rules: tuple[str, ...]
    known: Known | None
    floats_only: bool
    types: Types
    bent: bool


def _reduced(network: Network, wish: _Wish, keep: Units) -> Reduction:
    original, network = network, told(network)
    chosen, known = wish.rules, wish.known
    shown = cones.never_switching(network) if "stable" in chosen and original is network else {}
    signs = cones.known(shown)
    exact = found_with_sums(network, rules=chosen, keep=keep, known=known, signs=signs)
    spared = None
    if wish.floats_only:
        found, spared = Fitting(network, chosen, keep, known, signs).best(exact, wish.types)
        lumping, result, withheld = found.lumping, found.network, found.withheld
    else:
        lumping, withheld = exact.lumping, Withheld()
        result = quotient(network, lumping, sums=exact.sums)
    replaced: tuple[Replaced, ...] = ()
    widths: tuple[Width, ...] = ()
    if not keep:
        result, replaced, widths = shortened(
            network, result, lumping, chosen, floats_only=wish.floats_only, signs=signs
        )
    left = Decided(result, lumping)
    if known is not None and not wish.bent and not keep:
        left = decided(
            network,
            result,
            lumping,
            known,
            fixed={name for one in replaced for name in (one.start, *one.inside)},
            composes="compose" in chosen,
            floats_only=wish.floats_only,
        )
        result, lumping = left.network, left.lumping
    facts = _with_chains(stated(network, lumping) | absorbed(original, network), replaced)
    facts |= left.straight.facts
    facts = {name: about for name, about in facts.items() if name not in left.gone}
    on = known is not None and not is_unchanged(result, original)
    claim = Claim(domain=known.domain) if known is not None and on else EVERYTHING
    certificate = Certificate(
        facts,
        provenance=_provenance(lumping, replaced),
        claim=claim,
        hints=_hints(facts, claim, known, needed=bool(left.straight.instead)),
        signs=shown if _counts(shown, facts) else {},
        straight=tuple(sorted(left.made)),
    )
    return Reduction(
        original,
        result,
        lumping,
        certificate,
        withheld,
        exact.lumping,
        spared,
        replaced=replaced,
        widths=widths,
        rules=chosen,
        known=known,
        straight=left.straight,
        gone=left.gone,
    )


def _hints(
    facts: Mapping[str, tuple[Fact, ...]], claim: Claim, known: Known | None, *, needed: bool
) -> tuple[Hints, ...]:
    """The hints of bounds, where a fact needs bounds, or they are `needed` anyway."""
    if known is None or claim is EVERYTHING or all(hints.nothing for hints in known.hints):
        return ()
    claimed = (fact.relabelling for about in facts.values() for fact in about)
    needed = needed or any(x is not None and not x.is_plain for x in claimed)
    return known.hints if needed else ()


def _counts(shown: Mapping[str, Signs], facts: Mapping[str, tuple[Fact, ...]]) -> bool:
    """Whether a fact may rest on what is shown of units."""
    stated = [fact for some in facts.values() for fact in some]
    plain = all(fact.relabelling is None or fact.relabelling.is_plain for fact in stated)
    return bool(shown) and not (plain and all(fact.since is None for fact in stated))


def _with_chains(
    facts: Mapping[str, tuple[Fact, ...]], replaced: tuple[Replaced, ...]
) -> dict[str, tuple[Fact, ...]]:
    """The facts without those about what chains have taken the place of, which have their own."""
    inside = {name for region in replaced for name in region.inside}
    found = {name: fact for name, fact in facts.items() if name not in inside}
    return found | {one.end: (Fact(one.end, since=one.start),) for one in replaced}


def reduce_by(network: Network, relabellings: Mapping[str, Relabelling]) -> Reduction:
    """The quotient of `network` by relabellings of segment outputs that somebody has found.

    Nothing is verified here: whether the result computes what `network` does is for `check`
    to say, from the certificate.

    Raises
    ------
    Malformed
        If a tensor is not the output of an affine segment with that many units, or a block
        has no unit that it is a multiple of.

    Examples
    --------
    >>> from lumpver.checker import check
    >>> from lumpver.model.network import Network
    >>> from lumpver.search.lumping import coarsest
    >>> network = Network.from_layers([([[1], [2]], None), ([[1, 1]], None)])
    >>> found = reduce_by(network, {"h1.pre": coarsest(network).relabellings["h1.pre"]})
    >>> check(network, found.network, found.certificate).units_after
    1
    """
    lumping = given(network, relabellings)
    result = quotient(network, lumping)
    certificate = Certificate(stated(network, lumping), provenance=_provenance(lumping))
    return Reduction(network, result, lumping, certificate, Withheld(), lumping)


def _provenance(lumping: Lumping, replaced: tuple[Replaced, ...] = ()) -> dict[str, Any]:
    used = {one.rule for one in replaced}
    return {
        "definition": "6* (class sums weighted by 1/rho, constants folded)",
        "rules": [*lumping.rules, *sorted(used)],
        "tool": f"lumpver {__version__}",
    }
