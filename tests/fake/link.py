"""An impaired link on 127.0.0.1, for tests: hands connections on to a server and plays one fault with the answer to one request.

Usage: link.py PORT     Prints "PORT n" once it listens; ends when its standard input closes. Takes lines:
  FAULT<tab>AFTER<tab>TEXT   for the next request with TEXT in it, once AFTER has been seen in its answer ("": before the
                             first byte of it); prints "ok"
  count                      prints how many requests with that TEXT have reached the server since
Faults:
  hang-up   the end of the connection, in order (FIN)        reset    its end by RST
  silence   nothing more comes, and no end (half-open)       pause    nothing for $LINK_PAUSE seconds, then the rest
  slow      the rest at $LINK_RATE bytes a second            drip     the whole answer in segments of one byte
  late      the answer, but never the end of the connection  lost     the request does not arrive, then RST
"""
import os
import select
import socket
import struct
import sys
import threading
import time

upstream = int(sys.argv[1])
pause, rate = float(os.environ.get("LINK_PAUSE", "0.5")), float(os.environ.get("LINK_RATE", "20000"))
lock = threading.Lock()
plan = {"fault": None, "after": b"", "text": b"", "count": 0}


class End(Exception):
    """The connection ends here, by its fault."""


class Connection:
    """One thread, so that nothing else holds a socket when it is closed: else no RST goes out."""

    def __init__(self, client):
        self.client, self.server = client, socket.create_connection(("127.0.0.1", upstream))
        for sock in (client, self.server):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.asked, self.fault, self.after, self.tail, self.passed = b"", None, b"", b"", False

    def run(self):
        try:
            while True:
                ready, _, _ = select.select([self.client, self.server], [], [])
                if self.client in ready:
                    data = self.client.recv(65536)
                    if not data:
                        break
                    self.ask(data)
                if self.server in ready:
                    data = self.server.recv(65536)
                    if not data:
                        break
                    self.answer(data)
        except (End, OSError):
            pass
        self.server.close()
        if self.fault == "late":
            self.wait()
        if self.fault in ("reset", "lost"):
            self.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.client.close()

    def wait(self):
        """Until the client has left."""
        try:
            while self.client.recv(65536):
                pass
        except OSError:
            pass

    def ask(self, data):
        self.asked += data
        with lock:
            if plan["text"] in self.asked:
                self.asked = b""
                if plan["fault"]:
                    self.fault, self.after, plan["fault"] = plan["fault"], plan["after"], None
                    self.tail, self.passed = b"", False
                if self.fault == "lost":
                    raise End
                plan["count"] += 1
        self.server.sendall(data)

    def split(self, data):
        """What goes on before the fault, and what is behind it."""
        if self.passed:
            return b"", data
        before = self.tail
        self.tail = (before + data)[-200:]
        at = (before + data).find(self.after)
        if at < 0:
            return data, b""
        self.passed = True
        at = max(0, at + len(self.after) - len(before))
        return data[:at], data[at:]

    def answer(self, data):
        before, behind = self.split(data) if self.fault else (data, b"")
        self.client.sendall(before)
        if not behind:
            return
        if self.fault == "reset":
            time.sleep(0.02)  # what was sent before is taken first
        if self.fault in ("reset", "hang-up"):
            raise End
        if self.fault == "silence":
            self.wait()
            raise End
        if self.fault == "pause":
            time.sleep(pause)
            self.fault = None
        size = {"slow": 100, "drip": 1}.get(self.fault, len(behind))
        for at in range(0, len(behind), size):
            self.client.sendall(behind[at:at + size])
            if self.fault == "slow":
                time.sleep(size / rate)


def accept(listener):
    while True:
        client, _ = listener.accept()
        threading.Thread(target=Connection(client).run, daemon=True).start()


listener = socket.create_server(("127.0.0.1", 0), backlog=64)
threading.Thread(target=accept, args=(listener,), daemon=True).start()
print("PORT %d" % listener.getsockname()[1], flush=True)
for line in sys.stdin:
    words = line.rstrip("\n").split("\t")
    with lock:
        if words == ["count"]:
            print(plan["count"], flush=True)
        else:
            fault, after, text = words
            after = after.encode().decode("unicode_escape").encode()
            plan.update(fault=fault, after=after, text=text.encode(), count=0)
            print("ok", flush=True)
os._exit(0)
