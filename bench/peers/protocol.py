"""The side of the protocol described in README.md that scripts speak."""

import os
import sys
import time

# Older libraries choose AVX-512 kernels for processors that they know only; they read these when they are imported.
try:
    _flags = next(line for line in open("/proc/cpuinfo") if line.startswith("flags")).split()
except (OSError, StopIteration):
    _flags = []
if "avx512f" in _flags:
    os.environ.setdefault("OPENBLAS_CORETYPE", "SKYLAKEX")
    os.environ.setdefault("BLIS_ARCH_TYPE", "skx")
    os.environ.setdefault("ATEN_CPU_CAPABILITY", "avx512")

import numpy as np


def numbers(shape, seed):
    """An array of the random sequence `seed`, uniform in [-0.5, 0.5). The same in all languages: see README.md."""
    bits = np.arange(np.prod(shape, dtype=np.int64), dtype=np.uint32)
    bits = bits * np.uint32(0x9E3779B1) + np.uint32(seed * 0x85EBCA77 & 0xFFFFFFFF)
    bits = (bits ^ (bits >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    bits = (bits ^ (bits >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    bits ^= bits >> np.uint32(16)
    return ((bits >> np.uint32(8)).astype(np.float32) * np.float32(2**-24) - np.float32(0.5)).reshape(shape)


def seconds(work, count):
    """Does `work` so many times; returns the seconds each took."""
    start = time.perf_counter()
    for _ in range(count):
        work()
    return (time.perf_counter() - start) / count


def serve(version, work, result=None, measure=seconds):
    """
    Says that this contestant, of this version, is ready, and answers every line `run N` with `measure(work, N)`.

    A line `check` asks what the work results in: the array that `result` gives for what `work` returned.
    """
    print("ready", version, flush=True)
    for line in sys.stdin:
        if line.startswith("check"):
            print("nothing" if result is None else _check(result(work())), flush=True)
            continue
        print(measure(work, int(line.split()[1])), flush=True)


def _check(result):
    """What shows whether two results are the same: their sum weighted by the sequence 0, and their norm."""
    values = np.ascontiguousarray(result, dtype=np.float64).reshape(-1)
    return f"{values @ numbers(values.shape, 0).astype(np.float64)} {np.sqrt(values @ values)}"
