"""A server on 127.0.0.1 whose answers never end, for tests: the first part of the path says what comes, the rest is not looked at.

Usage: flood.py     Prints "PORT n" once it listens; ends when its standard input closes.

What comes (after "event: endpoint" for a GET of /KIND/sse, as an MCP server of the older transport says where messages go):
  deltas     events of chat completions with 1 KB of text each       texts      the same with 1000 KB
  calls      an event for each of many calls                         data       one event of many data lines
  line       one line of an event stream                             json       one JSON text, in a string
  lists      events of 6 MB that hold empty lists
  page       HTML                                                    refused    JSON, with status 500
  gzip, br, zstd   a JSON text of zeros that unpacks to 400 MB and more; gzip-deltas: texts, packed
It gives up a body after 400 MB, so that a program without a limit ends as well.
"""
import json
import os
import sys
import threading
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MOST = 400 << 20

# 400 MiB of zeros: brotli repeats three bytes of state, zstd says "this byte, 128 KiB times".
BR_UNIT = "0e0b0074effff9ffff0fff04401c1600e8defff3ffff1ffe0980382c00d0bdffe7ffff3ffc1300715800a07bffcfffff7ff82700e2b00040f7fe9ffffffff04f00c4610180eefd3f" \
    "ffffffe19f0088c30200ddfb7ffeffffc33f0110870500baf7fffcffff877f0220"
ZSTD_HEAD, ZSTD_BLOCK = bytes.fromhex("28b52ffd0070"), (131072 << 3 | 2).to_bytes(3, "little") + b"\0"


def event(delta):
    return b"data: " + json.dumps({"choices": [{"index": 0, "delta": delta}]}).encode() + b"\n\n"


def pieces(kind):
    """The pieces that repeat, behind a beginning."""
    if kind == "deltas":
        return b"", event({"content": "word " * 200}) * 50
    if kind in ("texts", "gzip-deltas"):
        return b"", event({"content": "x" * 1000 * 1000})
    if kind == "calls":
        return b"", b"".join(event({"tool_calls": [{"index": i, "id": f"c{i}", "function": {"name": "f", "arguments": "{}"}}]}) for i in range(100000))
    if kind == "data":
        return b"", b"data: " + b"x" * 65536 + b"\n"
    if kind == "line":
        return b"data: ", b"x" * 65536
    if kind == "lists":
        return b"", b"data: [\n" + (b"data: " + b"[]," * 100000 + b"\n") * 20 + b"data: []]\n\n"
    if kind == "page":
        return b"<html>", b"<p>no service</p>" * 4096
    return b'{"error": {"message": "', b"x" * 65536


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self):
        kind = self.path.split("/")[1]
        self.rfile.read(int(self.headers.get("content-length") or 0))
        first, more = pieces(kind)
        stream = kind in ("deltas", "texts", "gzip-deltas", "calls", "data", "line", "lists")
        packed = kind if kind in ("br", "zstd") else kind[:4] if kind.startswith("gzip") else None
        self.send_response(500 if kind == "refused" else 200)
        self.send_header("Content-Type", "text/html" if kind == "page" else "text/event-stream" if stream else "application/json")
        if packed:
            self.send_header("Content-Encoding", packed)
        self.send_header("Connection", "close")
        self.end_headers()
        if self.path.endswith("/sse"):
            first = b"event: endpoint\ndata: " + self.path[:-4].encode() + b"/messages\n\n" + first
        try:
            self.pour(packed, first, more, stream)
        except OSError:
            pass  # the client has left
        self.close_connection = True

    def pour(self, packed, first, more, stream):
        sent = 0
        if packed == "br":
            self.wfile.write(bytes.fromhex("cfffff7ff82700e2b14020f7fe9ffffffff04f00c4610180eefd3fffffffe19f0088c32200ddfb7ffeffffc33f0110870500baf7fffcffff877f0220"))
            while sent < MOST:
                self.wfile.write(bytes.fromhex(BR_UNIT))
                sent += 128 << 20
        elif packed == "zstd":
            self.wfile.write(ZSTD_HEAD)
            while sent < MOST:
                self.wfile.write(ZSTD_BLOCK * 64)
                sent += 64 * 131072
        elif packed:
            pack = zlib.compressobj(9, zlib.DEFLATED, 31)
            self.wfile.write(pack.compress(first))
            while sent < MOST:
                self.wfile.write(pack.compress(more if stream else bytes(65536)))
                sent += len(more)
        else:
            self.wfile.write(first)
            while sent < MOST:
                self.wfile.write(more)
                sent += len(more)

    do_GET = do_POST = answer


def serve():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print("PORT", server.server_address[1], flush=True)
    sys.stdin.read()
    os._exit(0)


serve()
