"""What is known of one network while it is read into a table: the value of each tensor.

tag: the network's own mark, for what must not be compared across networks
stride: how many entries lie between neighbouring units in row-major order
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, assert_never

import numpy as np

from lumpver.model.relabelling import identity
from lumpver.model.spread import Spread
from lumpver.proving.joint.laid import along, known_as
from lumpver.proving.joint.windows import spread_out
from lumpver.proving.layouts import Root, around, layout_of
from lumpver.proving.values import Laid, Units, Whole, fingerprint

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from lumpver.bounds.knowing import Known
    from lumpver.model.activations import Activation
    from lumpver.model.network import Network
    from lumpver.model.tensor import Shape
    from lumpver.proving.table import Table
    from lumpver.proving.values import Combination, Value

    Relate = Callable[[list[int]], None]


MOST_COUNTED: Final = 2**12  # units told apart where no weights tell how many there are


@dataclass(slots=True)
class Sweep:
    """One network read into a table, tensor by tensor.

    `merged` gives the atoms that were proved to be combinations of others; `relate` is
    called with the atoms of every activation and may add to it; `tell` with how many nodes
    are read. `made` has the activation that each number stands for, where it does; `known` is what
    a box says of the network's tensors.
    """

    table: Table
    network: Network
    tag: str
    merged: dict[int, Combination] = field(default_factory=dict)
    relate: Relate | None = None
    tell: Callable[[int], None] = lambda _: None
    values: dict[str, Value] = field(default_factory=dict)
    made: dict[int, Activation] = field(default_factory=dict)
    known: Known | None = None

    def whole(self, name: str) -> Whole:
        """A tensor's number and layout, whatever else is known of it."""
        value, shape = self.values[name], self.network.tensors[name].shape
        match value:
            case Whole():
                return value
            case Laid(units):
                return known_as(self.table, value, self._number(units), shape)
            case Units():
                layout = layout_of(shape, ("units", value.layout, value.width))
                return Whole(self._number(value), layout)
            case _:
                assert_never(value)

    def number_of(self, name: str) -> int:
        """A tensor's number."""
        return self.whole(name).number

    def _number(self, value: Units) -> int:
        """The number of a tensor; that of the root where the units are its roots."""
        roots = self.table.roots[value.spine]
        same = value.relabelling is not None and value.relabelling.is_identity
        key = self.table.spines[value.spine]
        if same and np.array_equal(value.atoms, roots) and isinstance(key, Root):
            return key.number
        return self.table.number(("units", fingerprint(value)))

    def along(self, name: str, axis: int, width: int) -> Units:
        """The tensor's units along `axis`."""
        value = self.values[name]
        if isinstance(value, Units) and value.axis == axis:
            return value
        shape = self.network.tensors[name].shape
        if (
            isinstance(value, Units)
            and (value.width, axis) == (1, -1)
            and _in_line(value, shape, width)
        ):
            found = spread_out(self.table, value, shape, Spread(parts=width))
            if found is not None:
                return replace(found, axis=axis, layout=around(shape, axis, value.layout))
        if isinstance(value, Laid) and (units := along(value, axis, shape)) is not None:
            return units
        whole = self.whole(name)
        stride = self._stride(name, axis)
        place: Hashable = stride if stride is not None else (whole.layout, axis)
        spine = self.table.spine(Root(whole.number, width, place), width)
        roots = self.table.roots[spine]
        return Units(spine, axis, ("along", whole.layout, axis), roots, identity(width))

    def counted(self, name: str, axis: int) -> Units | None:
        """The tensor's units along `axis`, where its shape tells how many there are."""
        value, shape = self.values[name], self.network.tensors[name].shape
        if isinstance(value, Units) and value.axis == axis:
            return value
        width = None if shape is None or len(shape) < -axis else shape[axis]
        if not isinstance(width, int) or width > MOST_COUNTED:
            return None
        return self.along(name, axis, width)

    def _stride(self, name: str, axis: int) -> int | None:
        if axis == -1:
            return 1
        shape = self.network.tensors[name].shape
        if shape is None or len(shape) < -axis:
            return None
        stride = 1
        for size in shape[axis + 1 :]:
            if not isinstance(size, int):
                return None
            stride *= size
        return stride


def _in_line(units: Units, shape: Shape, size: int) -> bool:
    """Whether all positions behind the axis of a single unit lie along the last axis, so many."""
    behind = () if shape is None or len(shape) < -units.axis else shape[units.axis :][1:]
    alone = units.width == 1 and len(behind) > 0
    return alone and set(behind[:-1]) <= {1} and behind[-1] == size
