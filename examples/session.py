"""Keep one session of qwen open: send each argument as a prompt, answer what qwen asks about."""
import json
import os
import subprocess
import sys

qwen = subprocess.Popen(
    [os.environ.get("QWEN", "qwen"), "--input-format", "stream-json", "--output-format", "stream-json"],
    stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8")


def send(message):
    print(json.dumps(message), file=qwen.stdin, flush=True)


def decide(tool, arguments):  # here: files may be written, nothing else that needs a yes
    if tool in ("write_file", "edit"):
        return {"behavior": "allow", "updatedInput": arguments}
    return {"behavior": "deny", "message": "this program allows edits only"}


for prompt in sys.argv[1:]:
    send({"type": "user", "message": {"role": "user", "content": prompt}})
    for line in qwen.stdout:
        event = json.loads(line)
        if event["type"] == "control_request" and event["request"]["subtype"] == "can_use_tool":
            answer = decide(event["request"]["tool_name"], event["request"]["input"])
            send({"type": "control_response", "response": {
                "subtype": "success", "request_id": event["request_id"], "response": answer}})
        elif event["type"] == "result":
            print(event["error"]["message"] if event["is_error"] else event["result"], flush=True)
            break
qwen.stdin.close()
sys.exit(qwen.wait())
