"""Workers forked from one process that has loaded what they need; see `headswap.swapping.nursery`.

Over a socket that keeps messages apart the nursery is asked: "fork NAME", with the worker's ends of
two pipes, which is not answered, and "wait NAME", which is, with the worker's exit code.
"""

from __future__ import annotations

import itertools
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress


class Nursery:
    """The process that workers are forked from, started at once; one that died is replaced."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = dict(environment)
        self._names = itertools.count()
        self._lock = threading.Lock()
        self._start()

    def fork(self) -> Forked:
        """A new worker; it begins as soon as the nursery has loaded everything."""
        theirs, mine = os.pipe()
        answers, theirs_too = os.pipe()
        with self._lock:
            name = str(next(self._names))
            try:
                socket.send_fds(self._socket, [f"fork {name}".encode()], [theirs, theirs_too])
            except OSError:
                # Its workers go on without it.
                self._end()
                self._start()
                socket.send_fds(self._socket, [f"fork {name}".encode()], [theirs, theirs_too])
        os.close(theirs)
        os.close(theirs_too)
        return Forked(self, name, mine, answers)

    def code(self, name: str) -> int | None:
        """Waits for a worker; its exit code as `Popen` has it, None if nobody knows."""
        with self._lock, suppress(OSError):
            self._socket.send(f"wait {name}".encode())
            answer = self._socket.recv(64)
            # A nursery that came after another does not know its workers.
            return int(answer) if answer.lstrip(b"-").isdigit() else None
        return None

    def kill(self) -> None:
        """Ends the nursery and its workers at once."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def close(self) -> None:
        """Waits for the nursery, which ends after its workers."""
        with self._lock:
            self._end()

    def _start(self) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "headswap.swapping.nursery", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env=self._environment,
                process_group=0,
            )

    def _end(self) -> None:
        self._socket.close()
        self._process.wait()


class Forked:
    """A worker with its pipes, as `subprocess.Popen` has them."""

    def __init__(self, nursery: Nursery, name: str, stdin: int, stdout: int) -> None:
        self._nursery = nursery
        self._name = name
        self._code: int | None = None
        self.stdin = os.fdopen(stdin, "w")
        self.stdout = os.fdopen(stdout)

    def wait(self) -> int | None:
        """Waits for its end; its exit code, None if nobody knows."""
        if self._code is None:
            self._code = self._nursery.code(self._name)
        return self._code
