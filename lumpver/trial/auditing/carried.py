"""What an answer of the reducer's process carries: a network as names, numbers and bytes.

Like the exact JSON, but floats are bytes, and opaque nodes have their place.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from lumpver.io.json.schema import Operator  # noqa: TC001 msgspec reads the annotations
from lumpver.model.join import Operator as JoinOperator  # noqa: TC001 the same


class Array(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Floats as bytes, or rationals as `"p/q"`."""

    shape: list[int]
    dtype: Literal["float16", "float32", "float64", "rational"]
    floats: bytes = b""
    rationals: list[str] = []


class Statistics(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """As `weights.Normalization`, whose gamma is the node's W."""

    mean: Array
    variance: Array
    epsilon: str


class AffineNode(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="affine"):
    """As `network.Linear`."""

    name: str
    input: str
    output: str
    W: Array | None
    b: Array | None
    axis: int
    window: list[list[int]] = []
    groups: int = 1
    statistics: Statistics | None = None


class ActivationNode(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="activation"):
    """As `network.Pointwise`."""

    name: str
    input: str
    output: str
    operator: str
    parameters: list[str]
    axis: int | None = None


class Bytes(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="constant"):
    """As `network.Constant`."""

    dtype: str
    shape: list[int]
    data: bytes


class OpaqueNode(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="opaque"):
    """As `network.Opaque`, without what it draws: that is not for a reducer to say."""

    name: str
    operator: str
    operands: list[str | Bytes | None]
    outputs: list[str]
    content: bytes
    captured: list[tuple[str, Bytes | None]]


class RearrangeNode(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="rearrange"):
    """As `network.Rearrange`."""

    name: str
    input: str
    output: str
    operator: Operator
    parameters: list[int] | None
    zero_copies: bool


class JoinNode(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="join"):
    """As `network.Join`."""

    name: str
    operands: list[str]
    output: str
    operator: JoinOperator
    axis: int | None


class PickNode(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="pick"):
    """As `network.Pick`."""

    name: str
    input: str
    output: str
    places: list[tuple[int, list[int]]]


class PoolNode(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="pool"):
    """As `network.Pool`."""

    name: str
    input: str
    output: str
    operator: str
    axis: int
    window: list[list[int]]
    counts_padding: bool


class Type(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """As `network.Tensor`."""

    name: str
    dtype: str
    shape: list[int | str | None] | None


AnyNode = AffineNode | ActivationNode | PoolNode | RearrangeNode | PickNode | JoinNode | OpaqueNode


class Parts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """As `Network`, without its source."""

    inputs: list[Type]
    outputs: list[Type]
    nodes: list[AnyNode]
    tensors: list[Type]
    environment: bytes
