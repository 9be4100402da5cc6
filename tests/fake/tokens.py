"""A token endpoint on 127.0.0.1, for tests: each refresh token is good once, and every use is counted.

Usage: tokens.py [SECONDS | never]   Prints "PORT n" once it listens; ends when its standard input closes. SECONDS it takes for an
answer; with never, a token is renewed, but its answer does not come before the asker has gone.

POST /token with refresh_token=rt-K-... in a form gives {access_token, refresh_token, expires_in: 0}; a token that was used before is
invalid_grant. GET /count gives {"refreshed": N, "refused": N}.
"""
import json
import os
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

never = sys.argv[1:] == ["never"]
delay = float(sys.argv[1]) if len(sys.argv) > 1 and not never else 0
lock, state = threading.Lock(), {"refreshed": 0, "refused": 0}
PAD = "0123456789abcdef"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer(200, state)

    def do_POST(self):
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        with lock:
            good = form.get("refresh_token") == ["rt-%d-%s" % (state["refreshed"], PAD)]
            state["refreshed" if good else "refused"] += 1
            n = state["refreshed"]
        time.sleep(delay)
        if not good:
            return self.answer(400, {"error": "invalid_grant"})
        if never:
            self.close_connection = True
            self.connection.recv(1, socket.MSG_PEEK)
            return
        self.answer(200, {"access_token": "at-%d-%s" % (n, PAD), "refresh_token": "rt-%d-%s" % (n, PAD), "expires_in": 0})

    def log_message(self, *args):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
threading.Thread(target=server.serve_forever, daemon=True).start()
print("PORT %d" % server.server_address[1], flush=True)
sys.stdin.read()
os._exit(0)
