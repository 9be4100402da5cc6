"""The rest of the world for tests of where a prompt goes: a proxy on 127.0.0.1 that connects nobody and writes down what it was asked.

Usage: world.py LOG.jsonl     Prints "PORT n" once it listens; ends when its standard input closes.

LOG gets one JSON line a request: {"method", "target", "head", "body"}. Every CONNECT is answered 502, anything else 403.
"""
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

lock = threading.Lock()


class World(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def write_down(self):
        length = int(self.headers.get("Content-Length") or 0) if self.command != "CONNECT" else 0
        body = self.rfile.read(length).decode("utf-8", "replace") if length else ""
        entry = {"method": self.command, "target": self.path, "head": dict(self.headers.items()), "body": body}
        with lock, open(sys.argv[1], "a", encoding="utf-8") as log:
            log.write(json.dumps(entry) + "\n")
        self.send_response(502 if self.command == "CONNECT" else 403)  # a 502 of a service would be tried again
        self.send_header("Content-Length", "0")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True

    do_CONNECT = do_GET = do_HEAD = do_POST = do_PUT = write_down

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), World)
server.daemon_threads = True
threading.Thread(target=server.serve_forever, daemon=True).start()
print("PORT", server.server_address[1], flush=True)
sys.stdin.read()
