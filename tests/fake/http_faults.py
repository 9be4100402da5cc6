"""A server for tests/lua/http.lua that misbehaves on demand. Prints its port, that of its TLS side (0 unless a certificate and key
are given as arguments) and that of a side which never answers; ends with its parent's end of standard input. Each path is one
behaviour; no time is waited for without an event on the other side."""
import gzip
import json
import re
import socket
import ssl
import struct
import sys
import threading
from urllib.parse import urlsplit

PATIENCE = 600  # seconds; only ends what would hang
lock = threading.Condition()
state = {"connections": 0, "closed": 0, "big_sent": -1}
effects = []  # a word for each request that may have effects: whether its connection was new or used
pair = threading.Barrier(2)
routes = {}


def route(fn):
    routes["/" + fn.__name__.replace("_", "-")] = fn
    return fn


def many_events(n):
    return b"".join(b"event: delta\ndata: {\"index\":%d,\"text\":\"%s\"}\n\n" % (i, b"word " * 30) for i in range(n))


def refuse_tunnel(c):
    if c.target.startswith("wants-a-name"):
        c.answer("who?", status="407 Proxy Authentication Required", extra='Proxy-Authenticate: Basic realm="x"\r\n')
    else:
        c.answer("no tunnel", status="403 Forbidden")


class Conn:
    def __init__(self, sock):
        self.sock = sock
        self.pending = b""
        self.keep = True
        self.used = False

    def request(self):
        while b"\r\n\r\n" not in self.pending:
            more = self.sock.recv(65536)
            if not more:
                return None
            self.pending += more
            if self.pending[:1] == b"\x16":  # somebody speaks TLS here
                self.send("HTTP/1.1 400 Bad Request\r\n\r\n")
                return None
        head, self.pending = self.pending.split(b"\r\n\r\n", 1)
        self.head = head.decode("latin-1")
        length = re.search(r"(?im)^content-length: *(\d+)", self.head)
        need = int(length.group(1)) if length else 0
        while len(self.pending) < need:
            self.pending += self.sock.recv(65536)
        self.body, self.pending = self.pending[:need], self.pending[need:]
        self.method, self.target, _ = self.head.split("\r\n")[0].split(" ")
        return self.target

    def send(self, data):
        self.sock.sendall(data if isinstance(data, bytes) else data.encode())

    def answer(self, body, status="200 OK", type="text/plain", extra=""):
        body = body if isinstance(body, bytes) else body.encode()
        self.send(f"HTTP/1.1 {status}\r\nContent-Type: {type}\r\nContent-Length: {len(body)}\r\n{extra}\r\n".encode()
                  + (b"" if self.method == "HEAD" else body))

    def stream(self, extra="", body=""):
        self.keep = False
        self.send(f"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n{extra}Connection: close\r\n\r\n{body}")

    def big_sent(self, sent):
        with lock:
            if state["big_sent"] < 0:
                state["big_sent"] = sent
            lock.notify_all()

    def until_closed(self):
        self.keep = False
        try:
            while self.sock.recv(65536):
                pass
        except OSError:
            pass
        with lock:
            state["closed"] += 1
            lock.notify_all()


@route
def ok(c, q): c.answer("hello")
@route
def count(c, q): c.answer(str(state["connections"]))
@route
def echo(c, q): c.answer(json.dumps({"head": c.head, "body": c.body.decode("latin-1")}), type="application/json", extra="X-One: a\r\nx-one: b\r\n")
@route
def denied(c, q): c.answer("no such key: sk-live-0123456789abcdef", status="401 Unauthorized")
@route
def unchanged(c, q): c.send("HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n")
@route
def early_hints(c, q):
    c.send("HTTP/1.1 103 Early Hints\r\nX-Hint: 1\r\n\r\n")
    c.answer("final")
@route
def packed(c, q): c.answer(gzip.compress(b"data: packed\n\n"), type="text/event-stream", extra="Content-Encoding: gzip\r\n")
@route
def brotli(c, q): c.answer(b"\x0b\x02\x80hello\x03", extra="Content-Encoding: br\r\n")
@route
def bomb(c, q):
    c.keep = False
    c.answer(gzip.compress(bytes(100 << 20)), extra="Content-Encoding: gzip\r\n")
@route
def bad_gzip(c, q): c.answer(b"this is not gzip at all, is it", extra="Content-Encoding: gzip\r\n")
@route
def to_ok(c, q): c.answer("moved", status="302 Found", extra="Location: /echo\r\n")
@route
def to_file(c, q): c.answer("moved", status="302 Found", extra="Location: file:///etc/passwd\r\n")
@route
def to_itself(c, q): c.answer("moved", status="302 Found", extra="Location: /to-itself\r\n")
@route
def to_plain(c, q): c.answer("moved", status="302 Found", extra=f"Location: http://127.0.0.1:{port}/ok\r\n")
@route
def html(c, q): c.answer("<!DOCTYPE html>\n<html>\x1b[31m  Sign in, please: sk-live-0123456789abcdef</html>", type="text/html")
@route
def json_error(c, q): c.answer('{"error": {"message": "model not found"}}', type="application/json; charset=utf-8")
@route
def untyped(c, q): c.send("HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n\r\n{\"error\": 1}\n")
@route
def many_headers(c, q): c.answer("x", extra="".join(f"x-{i}: y\r\n" for i in range(int(q))))
@route
def fat_headers(c, q): c.answer("x", extra="".join(f"x-{i}: {'y' * 1000}\r\n" for i in range(80)))
@route
def nonsense(c, q):
    c.keep = False
    c.send("hello, this is no HTTP\r\n\r\n")
@route
def bytes_of(c, q):
    c.keep = False
    c.send(bytes.fromhex(q))
@route
def swallowed(c, q): c.keep = False  # takes the request and hangs up without a word
@route
def effects_after(c, q): c.answer(" ".join(effects[int(q):]))
@route
def silent(c, q): c.until_closed()
@route
def silent_body(c, q):
    c.stream()
    c.until_closed()
@route
def stall(c, q):
    c.stream(body="data: 1\n\n")
    c.until_closed()
@route
def cut(c, q):
    c.keep = False
    c.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 1000\r\n\r\ndata: whole\n\ndata: half")
@route
def cut_chunk(c, q):
    c.keep = False
    c.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n64\r\ndata: whole\n\n")
@route
def reset(c, q):
    c.keep = False
    c.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
@route
def reset_body(c, q):
    c.stream()
    c.send(many_events(200))
    reset(c, q)
@route
def endless_line(c, q):
    c.stream()
    try:
        while True:
            c.send(b"x" * 65536)
    except OSError:
        pass
@route
def events(c, q):
    c.stream()
    c.send(many_events(int(q)))
@route
def packed_events(c, q):
    c.stream("Content-Encoding: gzip\r\n")
    c.send(gzip.compress(many_events(int(q)), 1))
@route
def fat_events(c, q):
    c.stream()
    for i in range(int(q)):
        c.send(b"".join(b"data: " + bytes([97 + i]) * 900000 + b"\n" for _ in range(3)) + b"\n")
@route
def good_bye(c, q):
    """Says nothing about it, but closes the connection behind the answer."""
    c.keep = False
    c.answer("bye")
@route
def byte_by_byte(c, q):
    c.stream()
    c.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for byte in "\ufeff: hi\r\nid: 7\r\nevent: a\r\ndata: x\u20acy\r\ndata: z\r\n\r\ndata: last".encode():
        c.send(bytes([byte]))
@route
def paired(c, q):
    c.stream()
    c.send("data: first\n\n")
    pair.wait(PATIENCE)
    c.send("data: second\n\n")
@route
def closed(c, q):
    with lock:
        lock.wait_for(lambda: state["closed"] >= int(q), PATIENCE)
        c.answer(str(state["closed"]))
@route
def big(c, q):
    """Sends so many MiB; notes how much was taken when nothing moved for a while."""
    total, sent = int(q) << 20, 0
    state["big_sent"] = -1
    c.stream(f"Content-Length: {total}\r\n")
    c.sock.settimeout(0.3)
    block = b"x" * 65536
    try:
        while sent < total:
            try:
                sent += c.sock.send(block[:total - sent])
            except TimeoutError:
                c.big_sent(sent)
                c.sock.settimeout(PATIENCE)
    finally:
        c.big_sent(sent)
@route
def big_sent(c, q):
    with lock:
        lock.wait_for(lambda: state["big_sent"] >= 0, PATIENCE)
        c.answer(str(state["big_sent"]))


def serve(sock, context):
    try:
        if context:
            sock = context.wrap_socket(sock, server_side=True)
        c = Conn(sock)
        while c.keep and c.request():
            if not c.target.startswith("/"):  # as a proxy
                c.answer(c.head) if c.method != "CONNECT" else refuse_tunnel(c)
                continue
            if c.method not in ("GET", "HEAD"):
                effects.append("used" if c.used else "new")
            c.used = True
            url = urlsplit(c.target)
            fn = routes.get(url.path)
            if fn:
                fn(c, url.query)
            else:
                c.answer("no such behaviour", status="404 Not Found")
    except OSError:
        pass
    finally:
        sock.close()


def listen(context):
    server = socket.create_server(("127.0.0.1", 0), backlog=64)

    def accept():
        while True:
            sock, _ = server.accept()
            with lock:
                state["connections"] += 1
            threading.Thread(target=serve, args=(sock, context), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return server.getsockname()[1]


port = listen(None)
tls_port = 0
if len(sys.argv) > 2:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(sys.argv[1], sys.argv[2])
    tls_port = listen(tls)
deaf = socket.create_server(("127.0.0.1", 0))  # takes connections and never says a word
print(port, tls_port, deaf.getsockname()[1], flush=True)
sys.stdin.buffer.read()
