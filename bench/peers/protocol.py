"""The peers' side of the protocol described in README.md."""

import sys
import time


def serve(work):
    """Does `work` N times for every line `run N` and answers with the seconds one took."""
    print("ready", flush=True)
    for line in sys.stdin:
        count = int(line.split()[1])
        start = time.perf_counter()
        for _ in range(count):
            work()
        print((time.perf_counter() - start) / count, flush=True)
