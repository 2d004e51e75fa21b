"""Streamlit's own files, each compressed once and kept: a phone loads a third of the bytes, and the server spends on a
hundred requests what ten took. Streamlit itself sends them as they are, in pieces, each by way of a thread.
"""

import gzip
import mimetypes
from functools import cache
from pathlib import Path

import anyio
import streamlit
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

FOLDER = Path(streamlit.__file__).with_name("static")
COMPRESSED = (".js", ".css")
"""The other files are small, or compressed already."""
A_YEAR_S = 365 * 24 * 3600


class StaticFiles:
    """ASGI middleware before Streamlit. Their names change with their content, so that a browser asks once."""

    def __init__(self, app: ASGIApp) -> None:
        files = (file for file in (FOLDER / "static").rglob("*") if file.suffix in COMPRESSED)
        self._files = {f"/{file.relative_to(FOLDER).as_posix()}": file for file in files}
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        asked = scope["type"] == "http" and scope["method"] == "GET"
        file = self._files.get(scope["path"]) if asked else None
        if file is None or "gzip" not in Headers(scope=scope).get("accept-encoding", ""):
            await self._app(scope, receive, send)
            return
        headers = {
            "Content-Encoding": "gzip",
            "Vary": "Accept-Encoding",
            "Cache-Control": f"public, immutable, max-age={A_YEAR_S}",
        }
        content = await anyio.to_thread.run_sync(_compressed, file)
        response = Response(content, media_type=mimetypes.guess_type(file.name)[0], headers=headers)
        await response(scope, receive, send)


@cache
def _compressed(file: Path) -> bytes:
    return gzip.compress(file.read_bytes(), 6, mtime=0)
