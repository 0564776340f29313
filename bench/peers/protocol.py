"""The side of the protocol described in README.md that scripts speak."""

import sys
import time


def serve(version, work):
    """Says that this contestant, of this version, is ready, and does `work` N times for every line `run N`."""
    print("ready", version, flush=True)
    for line in sys.stdin:
        count = int(line.split()[1])
        start = time.perf_counter()
        for _ in range(count):
            work()
        print((time.perf_counter() - start) / count, flush=True)
