"""A registry of packages over real HTTP on loopback, for npm, for Python wheels, for archives.

    with PackageServer() as server:
        server.publish("tools", "1.2.0", {"skills/x/SKILL.md": "..."}, dependencies={"dep": "^1"})
        server.publish_wheel("markdown", "3.6", {"markdown/__init__.py": ""}, requires=["x>=1"])
        server.files["/a.tgz"] = tarball({"package.json": "{}"})
        server.url                      "http://127.0.0.1:40123/"
        server.seen                     [("GET", "/tools", {...headers}), ...]

What it does wrong is told by `server.faults[path]`, a list of functions that answer the next
requests of that path, one each: `status(503)`, `truncated`, `redirect(url)`, `gzipped`, `reset`,
`answering(body)`. `server.tokens["/private"] = "Bearer x"` asks for a credential below a path.
Answers carry an ETag.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import socket
import struct
import tarfile
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote


def tarball(files, *, top="package/", mode=0o644, form=tarfile.PAX_FORMAT):
    """A .tgz of files by name; values are text or bytes."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz", format=form) as archive:
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            info = tarfile.TarInfo(top + name)
            info.size, info.mode = len(data), mode
            archive.addfile(info, io.BytesIO(data))
    return stream.getvalue()


def zipped(files):
    """A zip archive of files by name."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def sri(data, algorithm="sha512"):
    """The integrity text of some bytes."""
    digest = hashlib.new(algorithm, data).digest()
    return f"{algorithm}-{base64.b64encode(digest).decode()}"


class PackageServer:
    """Serves what was published; stops with its `with` block."""

    def __init__(self):
        self.packages = {}
        self.wheels = {}
        self.files = {}
        self.faults = {}
        self.tokens = {}
        self.seen = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def publish(self, name, version, files=None, *, tag="latest", data=None, **manifest):
        """Publish an npm package; returns its manifest, which may be changed afterwards."""
        head = {"name": name, "version": version, **manifest}
        if data is None:
            data = tarball({"package.json": json.dumps(head), **(files or {})})
        path = f"/{name}/-/{name.rpartition('/')[2]}-{version}.tgz"
        self.files[path] = data
        head["dist"] = {
            "tarball": self.url.rstrip("/") + path,
            "integrity": sri(data),
            "shasum": hashlib.sha1(data).hexdigest(),
        }
        package = self.packages.setdefault(name, {"name": name, "dist-tags": {}, "versions": {}})
        package["versions"][version] = head
        package["dist-tags"][tag] = version
        return head

    def publish_wheel(
        self, name, version, files=None, *, requires=(), tags="py3-none-any", **entry
    ):
        """Publish a wheel; returns its entry in the index."""
        stem = f"{name.replace('-', '_')}-{version}"
        head = [f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}"]
        head += [f"Requires-Dist: {text}" for text in requires]
        data = zipped(
            {
                f"{stem}.dist-info/METADATA": "\n".join(head) + "\n\nAbout.\n",
                f"{stem}.dist-info/WHEEL": "Wheel-Version: 1.0\n",
                **(files or {f"{name.replace('-', '_')}/__init__.py": f"version = {version!r}\n"}),
            }
        )
        path = f"/files/{stem}-{tags}.whl"
        self.files[path] = data
        made = {
            "filename": path[7:],
            "url": f"../..{path}",
            "hashes": {"sha256": hashlib.sha256(data).hexdigest()},
            **entry,
        }
        self.wheels.setdefault(name, []).append(made)
        return made

    def paths(self):
        """The paths that were asked for, in their order."""
        return [path for _, path, _ in self.seen]

    def body_of(self, path):
        """(content type, body) of a path, None where there is nothing."""
        if path in self.files:
            return "application/octet-stream", self.files[path]
        name = unquote(path[1:])
        if name in self.packages:
            return "application/json", json.dumps(self.packages[name]).encode()
        if name.startswith("simple/") and name[7:-1] in self.wheels:
            listing = {"meta": {"api-version": "1.1"}, "files": self.wheels[name[7:-1]]}
            return "application/vnd.pypi.simple.v1+json", json.dumps(listing).encode()
        return None


def _handler(server):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            path = self.path.partition("?")[0]
            server.seen.append(("GET", self.path, dict(self.headers.items())))
            faults = server.faults.get(path)
            if faults:
                faults.pop(0)(self, server.body_of(path))
                return
            for start, wanted in server.tokens.items():
                if path.startswith(start) and self.headers.get("Authorization") != wanted:
                    self.reply(401, b"no")
                    return
            found = server.body_of(path)
            if found is None:
                self.reply(404, b'{"error":"not found"}')
                return
            tag = f'"{hashlib.md5(found[1]).hexdigest()}"'
            if self.headers.get("If-None-Match") == tag:
                self.reply(304, b"")
                return
            self.reply(200, found[1], {"Content-Type": found[0], "ETag": tag})

        def reply(self, status, body, headers=None):
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    return Handler


# --- faults --------------------------------------------------------------------------------------


def status(code, **headers):
    """Answer with a status; header names are written with underscores."""
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler, _: handler.reply(code, b"no", told)


def redirect(url, code=302):
    """Lead elsewhere."""
    return lambda handler, _: handler.reply(code, b"", {"Location": url})


def gzipped(handler, found):
    """Answer compressed, although nobody asked for it."""
    handler.reply(200, gzip.compress(found[1]), {"Content-Encoding": "gzip"})


def truncated(handler, found):
    """Announce all and send half."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(found[1])))
    handler.end_headers()
    handler.wfile.write(found[1][: len(found[1]) // 2])
    handler.close_connection = True


def reset(handler, _):
    """Break the connection off."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.close_connection = True


def answering(body, **headers):
    """Answer 200 with this body."""
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler, _: handler.reply(200, body, told)
