"""One hidden layer from forms: as few units as its kinks, each way round, and an affine part need.

Forms are shallow where what is behind each of their columns is made of inputs alone. Which way
units look and what else is needed, `orientations` says; here that is made a chain of two layers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lumpver.exact.array import amended, zeros
from lumpver.exact.scalar import ONE, ZERO, lowest_common, odd_part
from lumpver.model.forms import CONSTANT, add, needed, scaled
from lumpver.search.carried import whole
from lumpver.search.directions import coordinates, of_inputs, spanning
from lumpver.search.kinks import Chain
from lumpver.search.orientations import Choice, Layer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from flint import fmpq

    from lumpver.exact.array import Exact
    from lumpver.model.forms import Columns, Form


@dataclass(frozen=True, slots=True, eq=False)
class Shallow:
    """Forms of outputs over columns, of one slope, whose hyperplanes are those of inputs."""

    outputs: tuple[Form, ...]
    live: tuple[int, ...]
    columns: Columns
    slope: fmpq

    @property
    def turn(self) -> fmpq:
        """1 + a: A(h) is A(-h) + (1 + a) h."""
        return ONE + self.slope

    @property
    def layer(self) -> Layer:
        """Kinks and normals, over those inputs that are read."""
        inputs = self.columns.inputs
        affine = [of_inputs(form, inputs) for form in self.outputs]
        normals = [of_inputs(self.behind(c), inputs) for c in self.live]
        read = sorted({i for form in (*affine, *normals) for i in form})
        rows = [[tuple(form.get(i, ZERO) for i in read) for form in some]
                for some in (normals, affine)]  # fmt: skip
        kinks = tuple(tuple(form.get(c, ZERO) for form in self.outputs) for c in self.live)
        return Layer(kinks, tuple(rows[0]), tuple(rows[1]), self.turn)

    def behind(self, column: int) -> Form:
        """The hyperplane of a column."""
        return self.columns.behind[column - self.columns.inputs]


def shallow(outputs: Sequence[Form], columns: Columns) -> Shallow | None:
    """The forms as those of one hidden layer; None if they are deeper, or have no kink.

    Examples
    --------
    >>> from lumpver.model.forms import Columns
    >>> columns = Columns(1)
    >>> found = shallow([columns.activated({0: ONE}, ZERO)], columns)
    >>> found.live, found.layer.normals
    ((1,), ((1,),))
    """
    live = needed(outputs, columns)
    slopes = {columns.slopes[c - columns.inputs] for c in live}
    deep = any(max(columns.behind[c - columns.inputs]) >= columns.inputs for c in live)
    if deep or len(slopes) != 1:
        return None
    return Shallow(tuple(outputs), tuple(live), columns, slopes.pop())


def layers(found: Shallow, choice: Choice) -> Iterator[Chain]:
    """Chains that compute the forms, that of this choice first, then others of no fewer units.

    The best may need numbers that no float is, where others do not.
    """
    yield _built(found, choice)
    if choice.twice:
        yield _built(found, replace(choice, twice=()))
    if choice.turned:
        yield _built(found, Choice((), (), 0))


def _built(found: Shallow, choice: Choice) -> Chain:
    made = _Made([], [[] for _ in found.outputs], [dict(form) for form in found.outputs])
    for place, c in enumerate(found.live):
        kinks = [form.get(c, ZERO) for form in found.outputs]
        sign = -ONE if place in choice.turned else ONE
        if place in choice.turned:
            for form, kink in zip(made.left, kinks, strict=True):
                if kink != 0:
                    add(form, found.turn * kink, found.behind(c))
        made.unit(scaled(found.behind(c), sign * whole(found.columns, c)),
                  [kink / whole(found.columns, c) for kink in kinks])  # fmt: skip
    _rest(found, choice, made)
    return made.chain(found)


def _rest(found: Shallow, choice: Choice, made: _Made) -> None:
    """Units for what is left of the affine part: of other ways, and two for each direction."""
    inputs = found.columns.inputs
    normals = [of_inputs(found.behind(found.live[i]), inputs) for i in choice.twice]
    left = [of_inputs(form, inputs) for form in made.left]
    directions = [*normals, *_beside(normals, left)]
    shares = coordinates(left, directions)
    for q, direction in enumerate(directions):
        share = [row[q] / found.turn for row in shares]
        if not any(share):
            continue
        if q >= len(normals):
            made.unit(direction, share)
            made.unit(scaled(direction, -ONE), [-value for value in share])
            continue
        place = choice.twice[q]
        behind = found.behind(found.live[place])
        for row, form, value in zip(made.weights, made.left, share, strict=True):
            form[CONSTANT] = form.get(CONSTANT, ZERO) - (
                found.turn * value * behind.get(CONSTANT, ZERO)
            )
            row[place] += (value if place not in choice.turned else -value) / whole(
                found.columns, found.live[place]
            )
        sign = ONE if place in choice.turned else -ONE
        made.unit(scaled(behind, sign), [sign * value for value in share])


def _beside(normals: Sequence[Form], left: Sequence[Form]) -> list[Form]:
    """Directions that with the normals span what is left."""
    if not normals:
        return list(spanning(left))
    found = list(normals)
    for form in left:
        if len(spanning([*found, form])) > len(found):
            found.append(form)
    return found[len(normals) :]


@dataclass(frozen=True, slots=True)
class _Made:
    """Units, by what they are taken of and their weights in outputs, and what outputs have left."""

    taken: list[Form]
    weights: list[list[fmpq]]
    left: list[Form]

    def unit(self, form: Form, weights: Sequence[fmpq]) -> None:
        self.taken.append(form)
        for row, weight in zip(self.weights, weights, strict=True):
            row.append(weight)

    def chain(self, found: Shallow) -> Chain:
        count, inputs = len(self.taken), found.columns.inputs
        for unit in range(count):
            self._rescaled(unit)
        first = {
            i * inputs + j: value
            for i, form in enumerate(self.taken)
            for j, value in of_inputs(form, inputs).items()
        }
        second = {
            o * count + i: value
            for o, row in enumerate(self.weights)
            for i, value in enumerate(row)
            if value != 0
        }
        layers = (
            (amended(zeros(count, inputs), first), _constants(self.taken)),
            (amended(zeros(len(self.weights), count), second), _constants(self.left)),
        )
        return Chain(layers, (found.slope,), carries=count > len(found.live))

    def _rescaled(self, unit: int) -> None:
        """Take odd denominators from the weights of a unit to what it is taken of."""
        below = odd_part(lowest_common([row[unit].q for row in self.weights]))
        form = scaled(self.taken[unit], ONE / below)
        if below != 1 and all(odd_part(value.q) == 1 for value in form.values()):
            self.taken[unit] = form
            for row in self.weights:
                row[unit] *= below


def _constants(forms: Sequence[Form]) -> Exact:
    found = {i: form[CONSTANT] for i, form in enumerate(forms) if form.get(CONSTANT, ZERO) != 0}
    return amended(zeros(len(forms)), found)
