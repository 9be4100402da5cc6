"""A tool server on standard input and output whose tools ask: `form` wants two fields, `secret` a password, `ask_model` an answer of the
model, and `steps` reports progress until the file after --go is there. What they heard is their result."""
import json
import os
import sys
import time

FORM = {"type": "object", "required": ["city"], "properties": {
    "city": {"type": "string", "title": "City", "description": "Where to?", "default": "Rome"},
    "class": {"type": "string", "title": "Class", "enum": ["first", "second"]}}}
SECRET = {"type": "object", "properties": {"password": {"type": "string"}}}
ASKS = {
    "form": ("elicitation/create", {"message": "A trip", "requestedSchema": FORM}),
    "secret": ("elicitation/create", {"message": "Your password", "requestedSchema": SECRET}),
    "ask_model": ("sampling/createMessage", {"maxTokens": 100, "messages": [{"role": "user", "content": {"type": "text", "text": "Say a word."}}]}),
}
open_calls, number = {}, 100


def send(**message):
    print(json.dumps({"jsonrpc": "2.0", **message}), flush=True)


def told(call, words):
    send(id=call, result={"content": [{"type": "text", "text": words}]})


for line in sys.stdin:
    message = json.loads(line)
    method, params = message.get("method"), message.get("params", {})
    if method == "initialize":
        send(id=message["id"], result={"protocolVersion": params["protocolVersion"], "capabilities": {"tools": {}},
                                       "serverInfo": {"name": "asking", "version": "1"}, "instructions": "Ask kindly."})
    elif method == "tools/list":
        send(id=message["id"], result={"tools": [{"name": name, "description": name, "inputSchema": {"type": "object"}}
                                                 for name in [*ASKS, "steps"]]})
    elif method == "tools/call" and params["name"] == "steps":
        for step in range(1, 4):
            send(method="notifications/progress", params={"progressToken": params["_meta"]["progressToken"], "progress": step, "total": 4,
                                                          "message": f"step {step}"})
        while not os.path.exists(sys.argv[sys.argv.index("--go") + 1]):
            time.sleep(0.02)
        told(message["id"], "done")
    elif method == "tools/call":
        number += 1
        open_calls[number] = message["id"]
        send(id=number, method=ASKS[params["name"]][0], params=ASKS[params["name"]][1])
    elif method is None and message["id"] in open_calls:
        told(open_calls.pop(message["id"]), json.dumps(message.get("result", message.get("error")), sort_keys=True))
