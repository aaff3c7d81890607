"""Calling a C function by its address with numpy's arrays. Arrays are checked first: machine code believes what it is told."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from operator import index
from typing import Any

import numpy as np

from consilience.measure.native.signature import Argument, Signature

_C: dict[str, Any] = {
    "float64": ctypes.c_double,
    "int64": ctypes.c_int64,
    "int32": ctypes.c_int32,
    "int16": ctypes.c_int16,
    "uint64": ctypes.c_uint64,
    "uint8": ctypes.c_uint8,
    "boolean": ctypes.c_bool,
}


def caller(address: int, signature: Signature) -> Callable[..., Any]:
    """A Python function that calls what lies at this address, without the interpreter lock.

    It raises TypeError for an array of another type or shape than the signature says, or that is not in C order.
    """
    results = [_C[result] for result in signature.results]
    taken = [kind for argument in signature.arguments for kind in _kinds(argument)]
    out: list[Any] = results if len(results) > 1 else []
    single = results[0] if len(results) == 1 else None
    native = ctypes.CFUNCTYPE(single, *taken, *map(ctypes.POINTER, out))(address)
    passed = [_passed(argument) for argument in signature.arguments]

    def call(*given: Any) -> Any:
        words = [word for one, value in zip(passed, given, strict=True) for word in one(value)]
        if not out:
            return native(*words)
        places = [kind() for kind in out]
        native(*words, *map(ctypes.byref, places))
        return tuple(place.value for place in places)

    return call


def _kinds(argument: Argument) -> list[type[Any]]:
    if not argument.dimensions:
        return [_C[argument.scalar]]
    return [ctypes.c_void_p, *[ctypes.c_int64] * argument.dimensions]


def _passed(argument: Argument) -> Callable[[Any], tuple[Any, ...]]:
    """What a value is handed over as: a number itself, an array as its address and its shape."""
    if not argument.dimensions:
        return (lambda value: (float(value),)) if argument.scalar == "float64" else (lambda value: (index(value),))
    kind = np.dtype(np.bool_ if argument.scalar == "boolean" else argument.scalar)
    dimensions, mutable = argument.dimensions, argument.mutable

    def array(value: Any) -> tuple[Any, ...]:
        flags = value.flags
        fits = value.dtype == kind and value.ndim == dimensions and flags.c_contiguous and flags.aligned
        if not fits or (mutable and not flags.writeable):
            raise TypeError(f"a kernel wants {argument}, not {value.dtype}, {value.shape}, {value.strides}")
        return (value.ctypes.data, *value.shape)

    return array
