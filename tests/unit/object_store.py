"""An object store on the loopback, and the fsspec file system that reaches it: whole puts, creation on condition, no locks."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import fsspec
from fsspec.spec import AbstractFileSystem


class Server(ThreadingHTTPServer):
    """Objects by name; ``full`` makes it refuse to take more."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.objects: dict[str, bytes] = {}
        self.lock = threading.Lock()
        self.full = False

    @property
    def url(self) -> str:
        return f"objects://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    """PUT [If-None-Match: *], GET, HEAD, DELETE of /name, and GET /?prefix=..."""

    server: Server
    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        name = unquote(self.path.lstrip("/"))
        with self.server.lock:
            if self.server.full:
                return self._answer(507)
            if self.headers.get("If-None-Match") == "*" and name in self.server.objects:
                return self._answer(412)
            self.server.objects[name] = content
        return self._answer(200)

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.query.startswith("prefix="):
            prefix = unquote(parts.query.removeprefix("prefix="))
            with self.server.lock:
                found = {name: len(value) for name, value in self.server.objects.items() if name.startswith(prefix)}
            return self._answer(200, json.dumps(found).encode())
        value = self.server.objects.get(unquote(parts.path.lstrip("/")))
        return self._answer(404) if value is None else self._answer(200, value)

    def do_DELETE(self) -> None:
        with self.server.lock:
            self._answer(404 if self.server.objects.pop(unquote(self.path.lstrip("/")), None) is None else 204)

    def _answer(self, code: int, content: bytes = b"") -> None:
        self.send_response(code)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *words: Any) -> None:
        pass


class Objects(AbstractFileSystem):
    """Client: one connection a request, so that it works in forked processes."""

    protocol = "objects"
    cachable = True

    def _ask(self, method: str, path: str, query: str = "", body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
        host, _, name = self._strip_protocol(path).partition("/")
        connection = http.client.HTTPConnection(host, timeout=20)
        try:
            connection.request(method, f"/{quote(name)}{query}" if not query else f"/{query}{quote(name)}", body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def cat_file(self, path: str, start: int | None = None, end: int | None = None, **more: Any) -> bytes:
        code, content = self._ask("GET", path)
        if code == 404:
            raise FileNotFoundError(path)
        return content[start:end]

    def pipe_file(self, path: str, value: bytes, mode: str = "overwrite", **more: Any) -> None:
        headers = {"If-None-Match": "*"} if mode == "create" else {}
        code, _ = self._ask("PUT", path, body=value, **headers)
        if code == 412:
            raise FileExistsError(path)
        if code == 507:
            raise OSError(28, "No space left on device")

    def rm_file(self, path: str) -> None:
        if self._ask("DELETE", path)[0] == 404:
            raise FileNotFoundError(path)

    def _listed(self, path: str) -> dict[str, int]:
        path = self._strip_protocol(path)
        host, _, name = path.partition("/")
        found = json.loads(self._ask("GET", path, query="?prefix=")[1])
        return {f"{host}/{key}": size for key, size in found.items() if key == name or key.startswith(f"{name}/") or not name}

    def find(self, path: str, maxdepth: Any = None, withdirs: bool = False, detail: bool = False, **more: Any) -> Any:
        found = {name: {"name": name, "size": size, "type": "file"} for name, size in sorted(self._listed(path).items())}
        return found if detail else list(found)

    def info(self, path: str, **more: Any) -> dict[str, Any]:
        path = self._strip_protocol(path)
        found = self._listed(path)
        if path in found:
            return {"name": path, "size": found[path], "type": "file"}
        if found:
            return {"name": path, "size": 0, "type": "directory"}
        raise FileNotFoundError(path)

    def ls(self, path: str, detail: bool = True, **more: Any) -> Any:
        start = self._strip_protocol(path).rstrip("/") + "/"
        names: dict[str, dict[str, Any]] = {}
        for name, size in self._listed(path).items():
            rest = name[len(start) :] if name.startswith(start) else ""
            if rest:
                own = start + rest.split("/")[0]
                names[own] = {"name": own, "size": 0 if "/" in rest else size, "type": "directory" if "/" in rest else "file"}
        return list(names.values()) if detail else list(names)


fsspec.register_implementation("objects", Objects, clobber=True)


@contextmanager
def served() -> Iterator[Server]:
    """A server for the time of a test."""
    server = Server()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
