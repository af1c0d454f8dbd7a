"""Runs a command and tells what it took: measure.py RESULT.json COMMAND [ARGUMENT...]

A process of its own, because the system counts into the peak memory of a command what its parent held when it started
it; this parent holds little.
"""

import json
import os
import sys
import time

started = time.perf_counter()
child = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(child, 0)
wall = time.perf_counter() - started
with open(sys.argv[1], "w") as out:
    json.dump(
        {
            "exit_status": os.waitstatus_to_exitcode(status),
            "cpu_seconds": usage.ru_utime + usage.ru_stime,
            "user_seconds": usage.ru_utime,
            "system_seconds": usage.ru_stime,
            "wall_seconds": wall,
            "peak_bytes": usage.ru_maxrss * 1024,
        },
        out,
    )
