"""A scripted model service on 127.0.0.1, for tests: plays a list of answers, with faults, and logs what it was asked. It speaks the
protocol that the path asks for (dialects.py): chat completions, or Anthropic, OpenAI responses and Gemini at theirs.

Usage: server.py SCRIPT.json [LOG.jsonl]     Prints "PORT n" once it listens; ends when its standard input closes.

SCRIPT is a list of answers. A request takes the first one that is not used up, whose "path" (if any) ends the request's path, and whose
"asked" (if any) is a text in its last message.
What is answered:
  "text": ["Hel", "lo"] | "Hello", "think": the same, "calls": [{"name", "arguments", "id"?}]   as a stream
  "finish": "stop", "usage": {...}          last chunks of that stream
  "loop": {"turns": T, "call": {...}, "deltas": N, "burst": B, "vary": name}   asks for the call until T results are in the messages,
                                            each time with another number as that argument, then sends N deltas, B (default 1) in one write
  "sse": "path/of/a/recording.sse"          its bytes
  "error": "message"                        an error answer in the protocol's own shape, with "status"
  "window": {...}                           a model with a window that acts at random (window.py)
  "json": value, "body": "text"             anything else; "raw": "bytes" replaces the whole answer, status line included
  "head_date": "Mon, ..."                   no answer, but the date that every HEAD is answered with
How:
  "status": 200, "headers": {}, "type": content type, "framing": "chunked" | "length" | "close", "gzip": true
  "delay": seconds before the answer, "slow": [bytes, seconds] a pause after every so many bytes of the body
  "fault": "stall" | "cut" | "reset", "after": bytes of the body, or a text: the event with it is the last (without it: before the
                                      status line)
  "step": true                              each piece of the body waits for a byte on standard input (Fake:step)
  "@PORT@" anywhere is the server's own port
  "path": "/models", "times": how often it is given (default 1; 0 is for ever)

LOG gets one JSON line a request: {n, connection, time, method, path, headers, body, sha256 of its bytes}; {stalled, time} when an answer stalls, and
{gone, time} when the other side left it.
"""
import gzip
import hashlib
import json
import os
import socket
import struct
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

sys.dont_write_bytecode = True  # the source tree stays as it is
import dialects  # noqa: E402
import window  # noqa: E402


class Script:
    """The answers that are left, shared by all connections."""

    def __init__(self, answers):
        self.answers = [answer for answer in answers if "head_date" not in answer]
        self.head_date = next((answer["head_date"] for answer in answers if "head_date" in answer), None)
        self.lock = threading.Lock()
        self.loops = {}
        self.models = {}

    def model(self, answer):
        """What an answer with a window has become so far."""
        with self.lock:
            return self.models.setdefault(id(answer), window.Model(answer["window"]))

    def take(self, path, asked):
        last = None
        with self.lock:
            for answer in self.answers:
                left = answer.setdefault("times", 1)
                if left >= 0 and "asked" in answer and last is None:
                    last = json.dumps((json.loads(asked or b"{}").get("messages") or [""])[-1], ensure_ascii=False)
                if left >= 0 and path.endswith(answer.get("path", "")) and answer.get("asked", "") in (last or ""):
                    if left > 0:
                        answer["times"] = left - 1 or -1
                    return answer
        return {"status": 500, "json": {"error": {"message": "the script has no answer for this request", "type": "fake"}}}

    def body(self, answer, path, asked):
        """The pieces of the answer's body and its content type."""
        if "loop" in answer:
            loop = answer["loop"]
            turn = dialects.results_in(path, asked)
            if turn < loop.get("turns", 0):
                call = {"id": f"call_{turn}", **loop["call"]}
                if "vary" in loop:
                    call["arguments"] = {**call["arguments"], loop["vary"]: 1000 + turn}
                return dialects.stream(path, {"calls": [call]}), "text/event-stream"
            key = (id(answer), path)
            if key not in self.loops:  # made once: the server must not be what a bench measures
                events = dialects.stream(path, {"text": [f"word{i} " for i in range(loop.get("deltas", 1))]})
                burst = loop.get("burst", 1)
                self.loops[key] = [b"".join(events[at:at + burst]) for at in range(0, len(events), burst)]
            return self.loops[key], "text/event-stream"
        if "sse" in answer:
            with open(answer["sse"], "rb") as file:
                return [file.read()], "text/event-stream"
        if "error" in answer:
            return [json.dumps(dialects.failure(path, answer["status"], answer["error"])).encode()], "application/json"
        if "json" in answer:
            return [json.dumps(answer["json"]).encode()], "application/json"
        if "body" in answer:
            return [answer["body"].encode()], "text/plain"
        return dialects.stream(path, answer), "text/event-stream"


class Log:
    def __init__(self, path):
        self.file = open(path, "a", encoding="utf-8") if path else None
        self.lock = threading.Lock()
        self.count = 0

    def write(self, **entry):
        with self.lock:
            if "path" in entry:
                self.count += 1
                entry["n"] = self.count
            if self.file:
                self.file.write(json.dumps({**entry, "time": time.time()}) + "\n")
                self.file.flush()


class Cut(Exception):
    """The answer ends here, by a fault."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 0

    def log_message(self, format, *args):
        pass

    def answer(self):
        asked = self.rfile.read(int(self.headers.get("content-length", 0)))
        server = self.server
        if server.log.file:
            try:
                body = json.loads(asked)
            except ValueError:
                body = asked.decode("utf-8", "replace")
            headers = {name.lower(): value for name, value in self.headers.items()}
            server.log.write(connection=self.client_address[1], method=self.command, path=self.path, headers=headers, body=body,
                             sha256=hashlib.sha256(asked).hexdigest())
        answer = server.script.take(self.path, asked)
        time.sleep(answer.get("delay", 0))
        if "window" in answer:
            answer = server.script.model(answer).reply(asked)
        if "fault" in answer and "after" not in answer:
            return self.fault(answer)
        if "raw" in answer:
            self.connection.sendall(answer["raw"].encode("latin-1"))
            self.close_connection = True
            return
        try:
            self.play(answer, asked)
        except Cut:
            self.fault(answer)
        except OSError:
            self.close_connection = True

    def do_HEAD(self):
        """A connection opened ahead of use: costs no answer of the script, and stands in the log once it is answered."""
        date = self.server.script.head_date
        line = f"date: {date}\r\n" if date else ""
        self.connection.sendall(f"HTTP/1.1 404 Fake\r\n{line}content-length: 0\r\n\r\n".encode())
        self.server.log.write(connection=self.client_address[1], method="HEAD", path=self.path, headers={}, body=None)

    do_GET = do_POST = do_PUT = do_DELETE = answer

    def play(self, answer, asked):
        body, kind = self.server.script.body(answer, self.path, asked)
        framing = answer.get("framing", "chunked" if kind == "text/event-stream" else "length")
        headers = {"content-type": answer.get("type", kind)}
        if answer.get("gzip"):
            body = [gzip.compress(b"".join(body))]
            headers["content-encoding"] = "gzip"
        if framing == "length":
            body = [b"".join(body)]
            headers["content-length"] = str(len(body[0]))
        elif framing == "chunked":
            headers["transfer-encoding"] = "chunked"
        else:
            headers["connection"] = "close"
            self.close_connection = True
        headers.update(answer.get("headers", {}))
        status = answer.get("status", 200)
        lines = [f"HTTP/1.1 {status} Fake"] + [f"{name}: {value}" for name, value in headers.items()]
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
        sent, limit = 0, answer.get("after") if "fault" in answer else None
        if isinstance(limit, str):
            with_it = next(at for at, piece in enumerate(body) if limit.encode() in piece)
            limit = sum(len(piece) for piece in body[:with_it + 1])
        step, pause = answer.get("slow", (None, 0))
        out = [head]
        for piece in body:
            if answer.get("step"):
                self.connection.sendall(b"".join(out))
                out = []
                self.server.steps.acquire()
            for at in range(0, len(piece), step or len(piece) or 1):
                part = piece[at:at + step] if step else piece
                if limit is not None and sent + len(part) >= limit:
                    part = part[:limit - sent]
                sent += len(part)
                if part:
                    out.append(b"%x\r\n%s\r\n" % (len(part), part) if framing == "chunked" else part)
                if step or limit == sent:
                    self.connection.sendall(b"".join(out))
                    out = []
                    time.sleep(pause)
                if limit == sent:
                    raise Cut
            if out:
                self.connection.sendall(b"".join(out))
                out = []
        if limit is not None:
            raise Cut
        if framing == "chunked":
            out.append(b"0\r\n\r\n")
        self.connection.sendall(b"".join(out))

    def fault(self, answer):
        self.close_connection = True
        if answer["fault"] == "stall":
            self.server.log.write(stalled=self.client_address[1])
            try:
                while self.connection.recv(4096):
                    pass
            except ConnectionError:  # it left with bytes of ours unread
                pass
            self.server.log.write(gone=self.client_address[1])
        elif answer["fault"] == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        pass  # the other side left: tests do that on purpose


def main():
    server = Server(("127.0.0.1", 0), Handler)
    with open(sys.argv[1], encoding="utf-8") as file:
        answers = json.loads(file.read().replace("@PORT@", str(server.server_address[1])))
    server.script = Script(answers)
    server.steps = threading.Semaphore(0)
    server.log = Log(sys.argv[2] if len(sys.argv) > 2 else None)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"PORT {server.server_address[1]}", flush=True)
    while data := os.read(0, 4096):
        server.steps.release(len(data))


main()
