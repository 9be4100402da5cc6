"""The rest of the world for tests of where a prompt goes: a proxy on 127.0.0.1 that writes down what it was asked.

Usage: world.py LOG.jsonl [PORT FOLDER]     Prints "PORT n" once it listens; ends when its standard input closes.

LOG gets one JSON line a request: {"method", "target", "head", "body"}. Without PORT it connects nobody: every answer is 502. With PORT every host
is played by the server there (server.py): the proxy ends TLS with a certificate for the host, made by the authority FOLDER/ca.pem, FOLDER/ca.key.
"""
import json
import os
import socket
import ssl
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

lock = threading.Lock()
upstream = int(sys.argv[2]) if len(sys.argv) > 2 else None


def context_for(host):
    """A server's side of TLS with a certificate for the host, made once."""
    folder = sys.argv[3]
    path = os.path.join(folder, host + ".pem")
    with lock:
        if not os.path.exists(path):
            subprocess.run(["openssl", "req", "-x509", "-CA", folder + "/ca.pem", "-CAkey", folder + "/ca.key", "-newkey", "ec", "-pkeyopt",
                            "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=test", "-addext", "subjectAltName=DNS:" + host,
                            "-addext", "basicConstraints=critical,CA:FALSE", "-keyout", path + ".key", "-out", path], check=True,
                           capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path, path + ".key")
        return context


def pipe(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass
    for end in (source, target):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


class World(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def write_down(self):
        length = int(self.headers.get("Content-Length") or 0) if self.command != "CONNECT" else 0
        body = self.rfile.read(length).decode("utf-8", "replace") if length else ""
        entry = {"method": self.command, "target": self.path, "head": dict(self.headers.items()), "body": body}
        with lock, open(sys.argv[1], "a", encoding="utf-8") as log:
            log.write(json.dumps(entry) + "\n")
        self.close_connection = True
        if upstream and self.command == "CONNECT":
            return self.play(self.path.rsplit(":", 1)[0])
        self.send_response(502 if self.command == "CONNECT" else 403)  # a 502 of a service would be tried again
        self.send_header("Content-Length", "0")
        self.send_header("Connection", "close")
        self.end_headers()

    def play(self, host):
        self.connection.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
        try:
            near = context_for(host).wrap_socket(self.connection, server_side=True)
        except OSError:  # it did not trust us
            return
        far = socket.create_connection(("127.0.0.1", upstream))
        back = threading.Thread(target=pipe, args=(far, near), daemon=True)
        back.start()
        pipe(near, far)
        back.join()

    do_CONNECT = do_GET = do_HEAD = do_POST = do_PUT = write_down

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), World)
server.daemon_threads = True
threading.Thread(target=server.serve_forever, daemon=True).start()
print("PORT", server.server_address[1], flush=True)
sys.stdin.read()
