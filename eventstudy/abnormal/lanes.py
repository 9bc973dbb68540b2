"""Compiled sums of a row, eight partial sums side by side in vector registers; for the kernels alone.

numba vectorises no sum unless it may reorder it (fastmath), which would let the result depend on the machine. Here the
order is written down: cell ``t`` goes into partial sum ``t mod 8``, and the eight are added as a tree. A processor with
narrower registers takes two or four steps for the same additions, and every bit is the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numba
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from eventstudy.arrays import FloatArray

LANES = 8
EIGHT = ir.VectorType(ir.DoubleType(), LANES)
ZERO = ir.Constant(EIGHT, [0.0] * LANES)
Eight: TypeAlias = Any


def _lane(k: int) -> ir.Constant:
    return ir.Constant(ir.IntType(32), k)


def _of_cells(context: Any, builder: Any, kind: Any, array: Any) -> Callable[[Any], Eight]:
    """Return a function that loads the eight cells from ``at`` on."""
    data = context.make_array(kind)(context, builder, array).data
    return lambda at: builder.load(builder.bitcast(builder.gep(data, [at]), EIGHT.as_pointer()), align=8)


def _spread(builder: Any, number: Any) -> Eight:
    """Return eight times the same number."""
    made = ZERO
    for k in range(LANES):
        made = builder.insert_element(made, number, _lane(k))
    return made


def _sums(builder: Any, rounds: Any, n: int, terms: Callable[[Any], list[Eight]]) -> list[Any]:
    """Add up ``n`` terms over rounds of eight cells, and return the 8 n partial sums."""
    sums = [cgutils.alloca_once_value(builder, ZERO) for _ in range(n)]
    with cgutils.for_range(builder, rounds) as loop:
        at = builder.mul(loop.index, ir.Constant(loop.index.type, LANES))
        for place, term in zip(sums, terms(at), strict=True):
            builder.store(builder.fadd(builder.load(place), term), place)
    return [builder.extract_element(builder.load(place), _lane(k)) for place in sums for k in range(LANES)]


def _total_lanes(typing: Any, v: Any, rounds: Any) -> Any:
    """Partial sums of ``v`` over ``rounds`` of eight cells."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        cells = _of_cells(context, builder, signature.args[0], given[0])
        found = _sums(builder, given[1], 1, lambda at: [cells(at)])
        return context.make_tuple(builder, signature.return_type, found)

    return types.UniTuple(types.float64, LANES)(v, rounds), generate


def _product_lanes(typing: Any, v: Any, v_mean: Any, u: Any, u_mean: Any, rounds: Any) -> Any:
    """Partial sums of ``(v - v_mean) (u - u_mean)``, then of ``(v - v_mean)^2``."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        v_cells = _of_cells(context, builder, signature.args[0], given[0])
        u_cells = _of_cells(context, builder, signature.args[2], given[2])
        v_middle, u_middle = _spread(builder, given[1]), _spread(builder, given[3])

        def terms(at: Any) -> list[Eight]:
            e, d = builder.fsub(v_cells(at), v_middle), builder.fsub(u_cells(at), u_middle)
            return [builder.fmul(e, d), builder.fmul(e, e)]

        return context.make_tuple(builder, signature.return_type, _sums(builder, given[4], 2, terms))

    return types.UniTuple(types.float64, 2 * LANES)(v, v_mean, u, u_mean, rounds), generate


_totals: Any = intrinsic(_total_lanes)
_products: Any = intrinsic(_product_lanes)


@numba.njit(cache=True, nogil=True)
def total(v: FloatArray) -> float:
    """Return the sum of ``v``."""
    a, b, c, d, e, f, g, h = _totals(v, len(v) // LANES)
    for t in range(len(v) // LANES * LANES, len(v)):
        a += v[t]
    return ((a + e) + (c + g)) + ((b + f) + (d + h))


@numba.njit(cache=True, nogil=True)
def products(v: FloatArray, v_mean: float, u: FloatArray, u_mean: float) -> tuple[float, float]:
    """Return the sums of ``(v - v_mean) (u - u_mean)`` and of ``(v - v_mean)^2``, in one pass that writes nothing."""
    a, b, c, d, e, f, g, h, i, j, k, m, n, o, p, q = _products(v, v_mean, u, u_mean, len(v) // LANES)
    for t in range(len(v) // LANES * LANES, len(v)):
        r = v[t] - v_mean
        a, i = a + r * (u[t] - u_mean), i + r * r
    return ((a + e) + (c + g)) + ((b + f) + (d + h)), ((i + n) + (k + p)) + ((j + o) + (m + q))
