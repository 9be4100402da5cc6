"""A tool server (Model Context Protocol) that insists: nothing before notifications/initialized, on any transport. With --http on 127.0.0.1,
"PORT n" on standard output; else on standard input and output.

--fault NAME: early (a list asked for too early is empty for good), textid (ids as texts), undecodable, halves (of surrogate pairs), noreply (the answer
ends without one), dies (after each call), session (forgets it after each call), slash (307 to the path with a slash, by another scheme), elsewhere
(307 to another host), sse (the older transport only), streamable (no GET), errors (an error without an id); on standard input and output
also changes (the tool has another name after each call, and that is told), logs (with control characters), silent (no answer to the greeting),
future (a revision that nobody knows), modern (the newest revision only), unlike (a structured answer that is not what it promised).
It logs the methods that it saw, in order, to the file after --log.
"""
import json
import queue
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def option(name):
    return sys.argv[sys.argv.index(name) + 1] if name in sys.argv else ""


FAULT, LOG = option("--fault"), option("--log")
TOOL = {"name": "echo", "description": "word " * 3000, "inputSchema": {"type": "object", "properties": {
    "list": {"type": "array", "default": []}, "maybe": {"anyOf": [{"type": "array"}, {"type": "null"}], "default": []},
    "object": {"type": "object", "default": {}}}}}
CONTENT = [
    {"type": "text", "text": "said"},
    {"type": "resource_link", "uri": "file:///a.txt", "name": "a", "description": "the file"},
    {"type": "resource", "resource": {"uri": "file:///b.png", "mimeType": "image/png", "blob": "iVBORw0KGgo="}},
    {"type": "resource", "resource": {"uri": "file:///c.bin", "mimeType": "application/x-thing", "blob": "AAAA"}},
    {"type": "resource", "resource": {"uri": "file:///d.txt", "mimeType": "text/plain", "blob": "aGVsbG8="}},
]


EXTRAS = ("changes", "logs")
VERSION = "1999-01-01" if FAULT == "future" else "2025-06-18"
NEWS = json.dumps({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"})
LOGS = "\n".join(json.dumps({"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": level, "logger": "x\x1b]0;title\x07",
    "data": data}}) for level, data in (("info", "low"), ("warning", {"a": [1]}), ("error", "bad\x1b[2J\n" + "word " * 500)))


class Session:
    def __init__(self):
        self.initialized = self.spoiled = False
        self.calls = 0

    def modern(self, message):
        """The newest revision: no greeting, and what was asked for first is asked for once more."""
        params = message.get("params", {})
        meta = params.get("_meta", {})
        if meta.get("io.modelcontextprotocol/protocolVersion") != "2026-07-28":
            return self.reply(message, error={"code": -32022, "message": "2026-07-28 only", "data": {"supported": ["2026-07-28"]}})
        result = {"resultType": "complete"}
        if message["method"] == "server/discover":
            result.update(supportedVersions=["2026-07-28"], capabilities={"tools": {}, "extensions": {"io.modelcontextprotocol/tasks": {}}})
        elif message["method"] == "tools/list":
            result["tools"] = [TOOL]
        elif message["method"] == "tools/call" and "requestState" not in params:
            result = {"resultType": "input_required", "requestState": "s1", "inputRequests": {"r": {"method": "roots/list"}}}
        elif message["method"] == "tools/call":
            self.calls = len(params["inputResponses"]["r"]["roots"])
            result = {"resultType": "task", "taskId": "t", "status": "working", "ttlMs": None, "pollIntervalMs": 1}
        elif message["method"] == "tasks/get":
            result.update(taskId="t", status="completed", result={"content": [{"type": "text", "text": f"{self.calls} roots"}]})
        return self.reply(message, result)

    def answer(self, message):
        """The text of the reply, "" for none."""
        method = message.get("method", "")
        if LOG:
            with open(LOG, "a", encoding="utf-8") as file:
                file.write(method + "\n")
        if method == "notifications/initialized":
            self.initialized = True
        if "id" not in message:
            return ""
        if FAULT == "silent":
            return ""
        if FAULT == "modern":
            return self.modern(message)
        if method != "initialize" and not self.initialized:
            self.spoiled = True
            return self.reply(message, error={"code": -32602, "message": "Received request before initialization was complete"})
        if method == "initialize":
            return self.reply(message, {"protocolVersion": VERSION, "capabilities": {"tools": {"listChanged": True}, "logging": {}} if FAULT in EXTRAS else {"tools": {}}, "serverInfo": {"name": "strict", "version": "1"}})
        if method == "tools/list" and FAULT == "changes":
            return self.reply(message, {"tools": [{**TOOL, "name": f"echo{self.calls}"}, {**TOOL, "name": "echo"}]})
        if method == "tools/call" and FAULT == "changes":
            self.calls += 1
            return NEWS + "\n" + self.reply(message, {"content": CONTENT})
        if method == "tools/call" and FAULT == "logs":
            return LOGS + "\n" + self.reply(message, {"content": CONTENT})
        if method == "tools/list" and FAULT == "unlike":
            return self.reply(message, {"tools": [{**TOOL, "outputSchema": {"type": "object", "properties": {"n": {"type": "integer"}}}}]})
        if method == "tools/call" and FAULT == "unlike":
            return self.reply(message, {"content": [], "structuredContent": {"n": "seven"}})
        if method == "tools/list":
            return self.reply(message, {"tools": [] if self.spoiled and FAULT == "early" else [TOOL]})
        if method == "tools/call" and FAULT == "undecodable":
            return '{"jsonrpc":"2.0","id":%d,"result":{"content":[{"type":"text","text":"\x01' % message["id"]
        if method == "tools/call" and FAULT == "halves":
            return '{"jsonrpc":"2.0","id":%d,"result":{"content":[{"type":"text","text":"a\\ud83d"}]}}' % message["id"]
        if method == "tools/call" and FAULT == "noreply":
            return ""
        if method == "tools/call" and FAULT == "errors":
            return '{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"cannot parse"}}'
        return self.reply(message, {"content": CONTENT})

    def reply(self, message, result=None, error=None):
        number = str(message["id"]) if FAULT == "textid" else message["id"]
        return json.dumps({"jsonrpc": "2.0", "id": number, **({"error": error} if error else {"result": result})})


def stdio():
    session = Session()
    for line in sys.stdin:
        message = json.loads(line)
        text = session.answer(message)
        if text:
            print(text, flush=True)
        if FAULT == "dies" and message.get("method") == "tools/call":
            sys.exit(3)


def http():
    sessions, streams, number = {}, {}, [0]

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def send(self, status, body=b"", kind="application/json", **headers):
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            for key, value in headers.items():
                self.send_header(key.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self):
            if FAULT != "sse" or self.path != "/sse":
                return self.send(405, b"no stream here")
            number[0] += 1
            key = str(number[0])
            sessions[key], streams[key] = Session(), queue.Queue()
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            self.wfile.write(f"event: endpoint\ndata: /messages?id={key}\n\n".encode())
            while True:
                self.wfile.flush()
                text = streams[key].get()
                self.wfile.write(f"event: message\ndata: {text}\n\n".encode())

        def do_POST(self):
            message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            here = self.headers["Host"]
            if FAULT == "sse":
                if not self.path.startswith("/messages?id="):
                    return self.send(405, b"only GET")
                key = self.path.split("=")[1]
                self.send(202)
                text = sessions[key].answer(message)
                if text:
                    streams[key].put(text)
                return None
            if FAULT == "slash" and self.path == "/mcp":
                return self.send(307, Location=f"https://{here}/mcp/")
            if FAULT == "elsewhere":
                return self.send(307, Location="http://example.invalid/mcp/")
            key = self.headers.get("Mcp-Session-Id")
            if message.get("method") == "initialize":
                number[0] += 1
                key = f"s-{number[0]}"
                sessions[key] = Session()
            if key not in sessions:
                return self.send(404 if key else 400, b"no such session")
            text = sessions[key].answer(message)
            if FAULT == "session" and message.get("method") == "tools/call":
                del sessions[key]
            if not text and "id" not in message:
                return self.send(202, Mcp_Session_Id=key)
            events = message.get("method") == "tools/call"
            body = f"event: message\ndata: {text}\n\n" if events and text else "" if events else text
            return self.send(200, body.encode(), "text/event-stream" if events else "application/json", Mcp_Session_Id=key)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    print("PORT", server.server_address[1], flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


http() if "--http" in sys.argv else stdio()
