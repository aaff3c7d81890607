"""Kernels as machine code that is kept between runs, so that a process which only counts need not load numba.

Numba takes half a second to load and to find its own cached code again, more than the counting of a million rows. So a
kernel that allocates nothing and raises nothing is compiled once by numba as a plain C function, and its object code is
kept (`store`). Later processes link it (`linking`, a few milliseconds) and call it by its address (`calling`).
Wherever that does not work, numba runs the kernel as it always did.
"""
