"""A tool server (Model Context Protocol) for tests, on standard input and output or, with --http, on 127.0.0.1; prints "PORT n" there.

Its faults by --fault: slow (never greets), dies (after the greeting), garbage (lines that are no JSON), hostile (tools with wrong schemas),
mute (echo has no answer; env has one after eight reports of progress in four seconds).
Tools: echo (gives its arguments as JSON), fail (an error), picture (an image), env (its environment),
mixed (items that are no objects among others).
Prompts: greet (CITY, and a STATE that may be left out), plain (without arguments), refused (an error). One resource: note://one.
"""
import json
import os
import sys
import time

FAULT = sys.argv[sys.argv.index("--fault") + 1] if "--fault" in sys.argv else ""
TOOLS = [
    {"name": "echo", "description": "Echo.", "inputSchema": {"type": "object", "properties": {"list": {"type": "array"}, "text": {"type": "string"}}, "required": []}},
    {"name": "fail", "description": "Fails.", "inputSchema": {"type": "object"}},
    {"name": "picture", "description": "A picture.", "inputSchema": {"type": "object", "properties": {}}},
    {"name": "env", "description": "Its environment.", "inputSchema": {"type": "object"}},
    {"name": "mixed", "description": "Items of all kinds.", "inputSchema": {"type": "object"}},
]
PROMPTS = [
    {"name": "greet", "description": "Greets \x1b[31ma city.", "arguments": [{"name": "city", "required": True}, {"name": "state"}, 5]},
    {"name": "plain"}, {"name": "refused", "arguments": "none"}, {"name": 7},
]
if FAULT == "hostile":
    TOOLS = [{"name": "a\x1b[31m" + "x" * 200, "description": {"no": "text"}, "inputSchema": {"type": 5, "properties": [1, 2], "required": "x", "enum": 7, "items": 3}},
             {"name": "ok", "inputSchema": {"properties": {"p": 7}, "required": [1, "p"], "minimum": "x"}}, "no object", {"name": 5}]


def call(name, args):
    if name == "echo":
        return {"content": [{"type": "text", "text": json.dumps(args, sort_keys=True)}]}
    if name == "picture":
        return {"content": [{"type": "image", "mimeType": "image/png", "data": "iVBORw0KGgo="}]}
    if name == "mixed":
        return {"content": [5, None, True, "x", [1], {"type": "text", "text": {"no": "text"}}, {"type": "image", "data": 7}, {"type": "resource", "resource": None},
                            {"type": "resource", "resource": {"text": 9}}, {}, {"type": "text", "text": "the last"}], "structuredContent": 5, "isError": "yes"}
    if name == "env":
        return {"content": [{"type": "text", "text": json.dumps(dict(os.environ), sort_keys=True)}]}
    return {"content": [{"type": "text", "text": "it failed"}], "isError": True}


def prompt(name, args):
    words = f"Greet {args['city']}, {args.get('state', 'anywhere')}." if name == "greet" else "A plain prompt."
    return {"messages": [{"role": "user", "content": {"type": "text", "text": words}}, "no object"]}


def answer(message):
    method, params = message.get("method"), message.get("params") or {}
    if "id" not in message:
        return None
    if method == "initialize":
        result = {"protocolVersion": params["protocolVersion"], "capabilities": {"tools": {}, "prompts": {}, "resources": {}}, "serverInfo": {"name": "fake", "version": "1"}}
    elif method == "tools/list":
        at = int(params.get("cursor") or 0)
        result = {"tools": TOOLS[at:at + 2]}
        if at + 2 < len(TOOLS):
            result["nextCursor"] = str(at + 2)
    elif method == "prompts/list":
        result = {"prompts": PROMPTS}
    elif method == "prompts/get" and params["name"] != "refused":
        result = prompt(params["name"], params.get("arguments") or {})
    elif method == "resources/read" and params["uri"] == "note://one":
        result = {"contents": [{"uri": params["uri"], "text": "a note of the server"}]}
    elif method == "tools/call":
        result = call(params["name"], params.get("arguments"))
    else:
        return {"jsonrpc": "2.0", "id": message["id"], "error": {"code": -32601, "message": "unknown " + str(method)}}
    return {"jsonrpc": "2.0", "id": message["id"], "result": result}


def stdio():
    if FAULT == "slow":
        sys.stdin.read()
    for line in sys.stdin:
        if FAULT == "garbage":
            print("no json\n{\"a\":\n[1,2]\n\"text\"", flush=True)
        message = json.loads(line)
        reply = answer(message)
        if FAULT == "mute" and message.get("method") == "tools/call":
            if message["params"]["name"] == "echo":
                continue
            for done in range(8):
                params = {"progressToken": message["params"]["_meta"]["progressToken"], "progress": done}
                print(json.dumps({"jsonrpc": "2.0", "method": "notifications/progress", "params": params}), flush=True)
                time.sleep(0.5)
        if reply:
            print(json.dumps({"jsonrpc": "2.0", "id": "s1", "method": "ping"}), flush=True)
            print(json.dumps(reply), flush=True)
            if FAULT == "dies":
                print("I am gone", file=sys.stderr, flush=True)
                sys.exit(3)


def http():
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def do_POST(self):
            message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.headers.get("Authorization") != "Bearer mcp-secret-value":
                body, kind, status = b"who are you?", "text/plain", 401
            else:
                reply = answer(message)
                text = json.dumps(reply) if reply else ""
                status = 200 if reply else 202
                events = message.get("method") == "tools/call"
                body = (f"event: message\ndata: {text}\n\n" if events else text).encode()
                kind = "text/event-stream" if events else "application/json"
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Mcp-Session-Id", "s-1")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print("PORT", server.server_address[1], flush=True)
    import threading
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


http() if "--http" in sys.argv else stdio()
