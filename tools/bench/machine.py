"""What is measured on a process: CPU time, resident memory; and where it runs."""

import os
import resource
import time

ALL_CORES = sorted(os.sched_getaffinity(0))
SERVER_CORES = {ALL_CORES[0]}
# With a single core there is nothing to separate; figures then include the contention.
LOAD_CORES = {ALL_CORES[-1]}


def cpu_ns(pid):
    """Nanoseconds on a core of all threads of the process so far, up to this very moment."""
    # The clock id of another process's CPU time, as clock_getcpuclockid(3) makes it.
    return time.clock_gettime_ns((~pid << 3) | 2)


def resident_bytes(pid):
    with open(f"/proc/{pid}/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize()


def describe():
    """One line: processor, cores, kernel."""
    model = "unknown processor"
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as cpuinfo:
        for line in cpuinfo:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    return f"{model}, {len(ALL_CORES)} cores, Linux {os.uname().release}"
