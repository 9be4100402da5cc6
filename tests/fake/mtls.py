"""A TLS server for tests that wants a certificate of the other side, and answers every request of a model with "ok".

Usage: mtls.py CERT KEY CLIENT_CA [1.2]     Prints "PORT n" once it listens; ends when its standard input closes.
"""
import json
import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Gateway(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, kind, text):
        body = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer("application/json", json.dumps({"data": [{"id": "m"}]}))

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        subject = dict(pair[0] for pair in self.connection.getpeercert()["subject"])
        delta = {"choices": [{"index": 0, "delta": {"content": "hello " + subject["commonName"]}, "finish_reason": "stop"}]}
        self.answer("text/event-stream", "data: %s\n\ndata: [DONE]\n\n" % json.dumps(delta))

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1], sys.argv[2])
context.load_verify_locations(sys.argv[3])
context.verify_mode = ssl.CERT_REQUIRED
if "1.2" in sys.argv:
    context.maximum_version = ssl.TLSVersion.TLSv1_2
server = Server(("127.0.0.1", 0), Gateway)
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
threading.Thread(target=server.serve_forever, daemon=True).start()
print("PORT", server.server_address[1], flush=True)
sys.stdin.read()
