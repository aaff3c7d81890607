"""From a Python function to object code, by numba: what it compiles as a C callback, cut down to that function alone.

Imports numba, so it is imported only where a kernel has no object code yet.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import llvmlite.binding as llvm
import numba

from consilience.measure.native.signature import Argument, Signature

OUTSIDE = frozenset(
    {"acos", "asin", "ceil", "cos", "erf", "erfc", "exp", "expm1", "floor", "lgamma", "log", "log1p", "log2", "memcpy",
     "memmove", "memset", "pow", "sin", "sqrt"}
)  # fmt: skip
"""What object code may ask of the C library: every process has it. Code that asks for anything else is not kept."""


types: Any = numba.types
_numba: Any = numba  # which types only some of what it exports


class NotPlain(Exception):
    """The kernel needs more than the C library: it allocates, may raise, or calls Python."""


def object_code(kernel: Any, signature: Signature, symbol: str) -> bytes:
    """Object code for this processor that exports `symbol` only. Raises NotPlain, or what numba raises.

    `kernel` is numba's, compiled with `forceinline`: only then does the compiler see that it never fails, and leaves
    out what would raise.
    """
    entry, taken, given = _entry(kernel, signature)
    callback = _numba.cfunc(given(*taken), forceinline=True, error_model="numpy")(entry)
    module = llvm.parse_assembly(callback.inspect_llvm())
    for one in (*module.functions, *module.global_variables):
        if not one.is_declaration and one.name != callback.native_name:
            one.linkage = llvm.Linkage.internal
    machine = _machine()
    passes = llvm.create_new_module_pass_manager()
    passes.add_global_dead_code_eliminate_pass()
    passes.run(module, llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options()))
    asked = {one.name for one in (*module.functions, *module.global_variables) if one.is_declaration}
    foreign = {name for name in asked - OUTSIDE if not name.startswith("llvm.")}
    if foreign:
        raise NotPlain(f"{symbol} asks for {', '.join(sorted(foreign))}")
    module.get_function(callback.native_name).name = symbol
    return bytes(machine.emit_object(module))


def _machine() -> Any:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=llvm.get_host_cpu_features().flatten(), opt=3, reloc="pic", jit=True
    )


def _entry(kernel: Any, signature: Signature) -> tuple[Callable[..., Any], list[Any], Any]:
    """A function that takes addresses and shapes, makes arrays of them and calls the kernel; with numba's types.

    Written as text and executed, as dataclasses do: numba compiles no function that takes whatever it is given.
    """
    parameters: list[str] = []
    handed: list[str] = []
    taken: list[Any] = []
    for number, argument in enumerate(signature.arguments):
        shape = [f"n{number}_{dimension}" for dimension in range(argument.dimensions)]
        parameters += [f"a{number}", *shape]
        handed.append(f"carray(a{number}, ({', '.join(shape)},))" if shape else f"a{number}")
        taken += _types(argument)
    results = [getattr(types, result) for result in signature.results]
    body = f"return kernel({', '.join(handed)})"
    given = results[0] if results else types.void
    if len(results) > 1:
        places = [f"r{number}" for number in range(len(results))]
        parameters += places
        taken += map(types.CPointer, results)
        body = f"{', '.join(f'{place}[0]' for place in places)} = kernel({', '.join(handed)})"
        given = types.void
    scope: dict[str, Any] = {"carray": _numba.carray, "kernel": kernel}
    exec(f"def entry({', '.join(parameters)}):\n    {body}\n", scope)  # noqa: S102 - of names made here alone
    return scope["entry"], taken, given


def _types(argument: Argument) -> list[Any]:
    scalar = getattr(types, argument.scalar)
    if not argument.dimensions:
        return [scalar]
    return [types.CPointer(scalar), *[types.int64] * argument.dimensions]
