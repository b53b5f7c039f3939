"""The process from which a crew's workers are forked: it loads what they need once, for all.

It has one thread, so that a fork of it is sound, and ends when its socket does, after its workers.
Started by `headswap.swapping.forks`, which says what goes over the socket.
"""

from __future__ import annotations

import gc
import os
import socket
import sys
import traceback
from contextlib import suppress
from typing import NoReturn

from headswap.swapping.worker import serve, warm_up


def main() -> None:
    """Forks a worker each time it is asked to, until the socket ends."""
    asked = socket.socket(fileno=int(sys.argv[1]))
    # Libraries print; only workers' answers may reach the crew.
    os.dup2(2, 1)
    warm_up()
    # A collection would write to what all workers share, and so copy it.
    gc.freeze()
    pids: dict[str, int] = {}
    while True:
        message, pipes, _, _ = socket.recv_fds(asked, 64, 2)
        if not message:
            break
        what, name = message.decode().split()
        if what == "fork":
            child = os.fork()
            if child == 0:
                asked.close()
                _be_a_worker(*pipes)
            pids[name] = child
            # The other ends tell of a worker's end only if nobody else holds these.
            for pipe in pipes:
                os.close(pipe)
        else:
            pid = pids.pop(name, None)
            asked.send(b"unknown" if pid is None else str(_code(pid)).encode())
    for pid in pids.values():
        _code(pid)
    os._exit(0)


def _code(pid: int) -> int:
    """Waits for a worker; its exit code, or less than zero the signal that ended it."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _be_a_worker(stdin: int, stdout: int) -> NoReturn:
    # Whatever happens, nothing of what the nursery goes on with may run here.
    try:
        with suppress(BrokenPipeError):
            serve(os.fdopen(stdin), os.fdopen(stdout, "w", buffering=1))
        os._exit(0)
    except BaseException:  # noqa: BLE001  as an interpreter does at its own end
        traceback.print_exc()
        os._exit(1)


if __name__ == "__main__":
    main()
