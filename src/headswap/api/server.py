"""The server: uvicorn, told to stop without waiting for streams that would never end."""

from __future__ import annotations

import socket
from types import FrameType

import uvicorn
from fastapi import FastAPI

from headswap.api.app import stop_streams

# Whatever is still being downloaded then is cut off; a client goes on with a range.
_PATIENCE_S = 5


class ApiServer(uvicorn.Server):
    """Serves `app` until SIGTERM or SIGINT; a second one ends it at once."""

    def __init__(self, app: FastAPI, host: str, port: int) -> None:
        config = uvicorn.Config(
            app,
            host=host,
            port=port,
            log_config=None,
            # Its own would have whole addresses in it, signatures and all.
            access_log=False,
            server_header=False,
            ws="none",
            timeout_graceful_shutdown=_PATIENCE_S,
        )
        super().__init__(config)
        self._app = app

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Answers what was asked, and ends."""
        stop_streams(self._app)
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begins to stop; at the second signal, does not wait any more."""
        if self.should_exit:
            self.force_exit = True
        super().handle_exit(sig, frame)
