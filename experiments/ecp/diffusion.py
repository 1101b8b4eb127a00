"""The diffusion-sorption equation, solved by implicit finite volumes.

u_t = D / R(u) u_xx on 0 < x < 1, 0 < t <= 500, where R(u) = 1 + (1 - p) / p rho k n u^(n - 1)
retards what is sorbed; u(0, t) = 1, and u = -D u_x at x = 1, the sign for which u stays positive.
Constants are PDEBench's; it begins at 0.1 everywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from lumpver.exact.floats import Floats

DIFFUSIVITY: Final = 5e-4
END: Final = 500.0
_POROSITY, _DENSITY, _FREUNDLICH, _EXPONENT = 0.29, 2880.0, 3.5e-4, 0.874
_LEAST: Final = 1e-6  # R is infinite at 0


def retardation(u: Floats) -> Floats:
    """R(u): how much slower than free diffusion it goes."""
    sorbed = (1 - _POROSITY) / _POROSITY * _DENSITY * _FREUNDLICH * _EXPONENT
    return np.asarray(1 + sorbed * np.maximum(u, _LEAST) ** (_EXPONENT - 1))


def solution(
    cells: int = 100, steps: int = 500, *, begin: float = 0.1, retarded: bool = True
) -> tuple[Floats, Floats, Floats]:
    """The middles of cells, the times after each step, and u there: a row a time."""
    h, dt = 1 / cells, END / steps
    x = (np.arange(cells) + 0.5) * h
    u = np.full(cells, begin)
    found = np.empty((steps, cells))
    for step in range(steps):
        guess = u
        for _ in range(3):  # R of what comes out
            pace = DIFFUSIVITY * dt / h**2 / (retardation(guess) if retarded else 1.0)
            guess = _implicit(u, pace * np.ones(cells), h)
        u = guess
        found[step] = u
    times = np.asarray((np.arange(steps) + 1) * dt)
    return np.asarray(x), times, found


def _implicit(u: Floats, pace: Floats, h: float) -> Floats:
    """One step: (1 - pace times second differences) of the new u are the old."""
    cells = u.size
    matrix = np.diag(1 + 2 * pace) - np.diag(pace[1:], -1) - np.diag(pace[:-1], 1)
    right = u.copy()
    matrix[0, 0] += pace[0]  # the wall is half a cell away
    right[0] += 2 * pace[0]
    # At the other end u = -D (u - u_in) / (h / 2) says what stands on the wall.
    share = DIFFUSIVITY / (h / 2)
    wall = share / (1 + share)
    matrix[cells - 1, cells - 1] += pace[-1] * (1 - 2 * wall)
    return np.asarray(np.linalg.solve(matrix, right))
