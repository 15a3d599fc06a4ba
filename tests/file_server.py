"""A server of files that can break off, forget, or refuse, for the tests of downloads."""

from __future__ import annotations

import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class FileServer(ThreadingHTTPServer):
    """Serves ``files`` {path: content}; it can break off, and can or cannot resume.

    ``breaks``: how many more answers break off half-way. ``resumes``: whether Range is obeyed.
    ``status``: answered instead of a file. ``announces``: whether Content-Length is sent.
    ``requests``: (path, Range, If-Range) of each request so far.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.etag = '"one"'
        self.breaks = 0
        self.resumes = True
        self.announces = True
        self.status: list[int] = []
        self.requests: list[tuple[str, str | None, str | None]] = []

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_port}{path}"

    @property
    def ranges(self) -> list[str | None]:
        return [range_ for _, range_, _ in self.requests]


class Handler(BaseHTTPRequestHandler):
    server: FileServer

    def do_GET(self) -> None:
        server = self.server
        range_, if_range = self.headers["Range"], self.headers["If-Range"]
        server.requests.append((self.path, range_, if_range))
        if server.status or self.path not in server.files:
            self.send_error(server.status.pop(0) if server.status else 404)
            return
        content, start = server.files[self.path], 0
        if range_ and server.resumes and if_range in (None, server.etag):
            start = int(re.fullmatch(r"bytes=(\d+)-", range_)[1])
            if start >= len(content):
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(content)}")
                self.end_headers()
                return
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        else:
            self.send_response(200)
        self.send_header("ETag", server.etag)
        rest = content[start:]
        if server.announces:
            self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        if server.breaks:
            server.breaks -= 1
            rest = rest[: len(rest) // 2]
        self.wfile.write(rest)

    def log_message(self, *args: object) -> None:
        pass
