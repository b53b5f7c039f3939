"""`headswap serve` and `headswap worker`: the service, in one command or in two."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from headswap.cli.data_folder import read_settings
from headswap.errors import HeadswapError

if TYPE_CHECKING:
    from headswap.api.server import ApiServer
    from headswap.jobs.first_run import FirstKey
    from headswap.settings import Settings
    from headswap.trust.signer import Signer

# A worker that dies is started again, but not in a tight loop.
_PAUSE_S = 1.0
_PATIENCE_S = 15.0


def serve(data: Path | None, host: str | None, port: int | None, with_worker: bool) -> None:
    """Serves until SIGTERM or SIGINT.

    Raises:
        HeadswapError: a setting is wrong, the data cannot be used, the port is taken.
    """
    from headswap.api.app import create_app
    from headswap.api.logs import set_up_logs
    from headswap.api.server import ApiServer
    from headswap.api.services import open_services
    from headswap.jobs.first_run import make_first_key
    from headswap.jobs.signing import signer_of

    settings = _settings(data, host, port)
    set_up_logs(settings.log_level)
    # Made here if it is self-made, and refused here if it is unusable, before a worker needs it.
    signer = signer_of(settings)
    services = open_services(settings)
    first = make_first_key(services.db, services.keyring, settings, services.clock())
    if first is not None:
        _show(first, services.public_url)
        _show_signer(signer)
    server = ApiServer(create_app(services), settings.host, settings.port)
    supervisor = _Supervisor(settings) if with_worker else None
    if supervisor is not None:
        supervisor.start()
    try:
        _run(server, settings)
    finally:
        if supervisor is not None:
            supervisor.stop()
        services.db.close()


def work(data: Path | None, until_stdin_ends: bool) -> None:
    """Works until SIGTERM or SIGINT.

    Raises:
        HeadswapError: a setting is wrong, the data cannot be used.
    """
    from headswap.api.logs import set_up_logs
    from headswap.api.services import open_services
    from headswap.fetch import Guard
    from headswap.jobs.execution import Workshop
    from headswap.jobs.signing import signer_of
    from headswap.jobs.worker import Worker

    settings = read_settings(data)
    set_up_logs(settings.log_level)
    services = open_services(settings)
    shop = Workshop(
        settings,
        services.db,
        services.blobs,
        Guard(settings.fetch_allow, max_url_length=settings.max_url_length),
        signer_of(settings),
        services.clock,
        services.keyring,
    )
    worker = Worker(shop)
    worker.stop_at_signals()
    if until_stdin_ends:
        threading.Thread(target=_stop_with_stdin, args=(worker.stop,), daemon=True).start()
    worker.run()
    services.db.close()


def _settings(data: Path | None, host: str | None, port: int | None) -> Settings:
    settings = read_settings(data)
    given = {"host": host, "port": port}
    return settings.model_copy(update={k: v for k, v in given.items() if v is not None})


def _show(first: FirstKey, address: str) -> None:
    print(
        "Made for the first start; shown this once and kept in "
        f"{first.path}, which only you can read:\n"
        f"  client id  {first.client_id}\n"
        f"  key        {first.key}\n"
        f"  credits    {first.credits:g}\n"
        f"Open {address}/ in a browser and sign in with the key.",
        flush=True,
    )


def _show_signer(signer: Signer) -> None:
    """Says whose name results will bear, once: at the first start."""
    if signer.self_made:
        print(
            f"Results are signed with a self-made certificate, {signer.where}:\n"
            "  it proves that they were not changed, but nobody vouches for who signs; name your\n"
            "  own with HEADSWAP_CERTIFICATE and HEADSWAP_CERTIFICATE_KEY",
            flush=True,
        )


def _run(server: ApiServer, settings: Settings) -> None:
    try:
        server.run()
    except (SystemExit, KeyboardInterrupt) as error:
        # Once it has stopped as it was asked to, uvicorn raises the signal again.
        if server.started:
            return
        raise HeadswapError(
            f"cannot listen on {settings.host}:{settings.port}; is the port taken? "
            "name another with --port"
        ) from error


def _stop_with_stdin(stop: Callable[[], None]) -> None:
    # Read unbuffered: a buffered stdin would hold a lock when the process ends.
    while os.read(0, 4096):
        pass
    stop()


class _Supervisor:
    """Keeps one worker running beside the server; it ends with the server, however that ends."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep, name="supervisor", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Asks the worker to hand back what it does, and waits for it."""
        with self._lock:
            self._over.set()
            if self._process is not None and self._process.poll() is None:
                self._process.send_signal(signal.SIGTERM)
        self._thread.join(_PATIENCE_S)
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def _keep(self) -> None:
        while not self._over.is_set():
            with self._lock:
                if self._over.is_set():
                    return
                self._process = self._started()
            self._process.wait()
            if self._process.stdin is not None:
                self._process.stdin.close()
            self._over.wait(_PAUSE_S)

    def _started(self) -> subprocess.Popen[bytes]:
        settings = self._settings
        environment = dict(os.environ)
        # What this command was told by its options.
        environment["HEADSWAP_HOST"] = settings.host
        environment["HEADSWAP_PORT"] = str(settings.port)
        return subprocess.Popen(
            [
                *(sys.executable, "-m", "headswap", "worker", "--until-stdin-ends"),
                *("--data", str(settings.data_dir)),
            ],
            stdin=subprocess.PIPE,
            env=environment,
            # Ctrl-C is for the server, which then stops the worker.
            process_group=0,
        )
