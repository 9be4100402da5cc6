"""A language server for files of words: ERR and WARN are wrong, "def NAME" defines. --fault NAME misbehaves.

--log FILE gets a line for each message. Faults: gone (ends at once), mute (answers nothing), silent (says nothing of files), crash (ends at each
file), once (ends at its first file, and lives the second time), garbage, header (one that never ends), huge (1 GB), ids
(answers with wrong ids), others (speaks of other files, too, and leads there), late (speaks of a change when FILE.go is there), pull (is
asked), versions (names versions, and speaks of old ones), forms (odd forms of answers), deaf (reads nothing), stay (does not
end when asked), noise (much on standard error).
"""
import argparse
import json
import os
import sys
import time

parser = argparse.ArgumentParser()
parser.add_argument("--fault", default="none")
parser.add_argument("--log")
args = parser.parse_args()
fault = args.fault
texts, versions = {}, {}


def log(words):
    if args.log:
        with open(args.log, "a", encoding="utf-8") as out:
            out.write(words + "\n")


def send(message):
    message["jsonrpc"] = "2.0"
    body = json.dumps(message).encode()
    sys.stdout.buffer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
    sys.stdout.buffer.flush()


def read():
    size = None
    while True:
        line = sys.stdin.buffer.readline()
        if not line:
            return None
        if line == b"\r\n":
            break
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            size = int(value)
    return json.loads(sys.stdin.buffer.read(size))


def found(text):
    out = []
    for number, line in enumerate(text.split("\n")):
        for word, severity in (("ERR", 1), ("WARN", 2), ("HINT", 4)):
            at = line.find(word)
            if at >= 0:
                units = len(line[:at].encode("utf-16-le")) // 2
                start = {"line": number, "character": units}
                end = {"line": number, "character": units + len(word)}
                out.append({"range": {"start": start, "end": end}, "severity": severity, "code": word.lower(),
                            "message": "bad word\n" + line[at:at + 40]})
    return out


def publish(uri, diagnostics=None, version=None):
    params = {"uri": uri, "diagnostics": found(texts.get(uri, "")) if diagnostics is None else diagnostics}
    if version is not None:
        params["version"] = version
    send({"method": "textDocument/publishDiagnostics", "params": params})


def changed(uri, first):
    if fault == "crash" or fault == "once" and not os.path.exists(args.log + ".once"):
        if fault == "once":
            open(args.log + ".once", "w").close()
        sys.stderr.write("error: I am gone\n\nStack backtrace:\n   1: some_error\n")
        sys.exit(3)
    if fault == "garbage":
        sys.stdout.write("Hello, I am a server.\r\n\r\n")
        sys.stdout.flush()
    elif fault == "header":
        try:
            while True:
                sys.stdout.write("X-Long: " + "x" * 1000 + "\r\n")
        except OSError:
            sys.exit(0)
    elif fault == "huge":
        sys.stdout.write("Content-Length: 1073741824\r\n\r\n")
        try:
            while True:
                sys.stdout.write("x" * 65536)
        except OSError:
            sys.exit(0)
    elif fault == "others":
        publish(uri.rsplit("/", 1)[0] + "/other.w", [{"range": {}, "message": "of another file"}])
        publish("file:///etc/passwd", [{"range": {}, "message": "of another file"}])
        publish("untitled:1", [{"message": 5}, 7, None])
    elif fault == "late" and not first:
        while not os.path.exists(args.log + ".go"):
            time.sleep(0.02)
    elif fault == "noise":
        sys.stderr.write("noise " * 100000)
        sys.stderr.flush()
    if fault == "versions":
        publish(uri, [{"range": {}, "message": "of an old version"}], versions[uri] - 1)
        publish(uri, None, versions[uri])
    elif fault == "forms":
        send({"method": "textDocument/publishDiagnostics", "params": {"uri": uri, "diagnostics": [
            1, None, {"message": "no range"}, {"range": {"start": {"line": -4, "character": 1e300}}, "message": "far away"},
            {"range": {"start": {"line": "x"}}, "message": "m" * 5000, "severity": 9, "code": {"a": 1}}]}})
        send({"method": "textDocument/publishDiagnostics", "params": [1]})
        send({"method": "textDocument/publishDiagnostics"})
        send({"id": "own", "method": "window/showMessageRequest", "params": {"message": "?"}})
        send({"id": 7, "method": "no/such"})
    elif fault not in ("silent", "pull"):
        publish(uri)
        if not first:
            log("published")


def place(uri, number, line, name):
    at = line.find(name)
    return {"uri": uri, "range": {"start": {"line": number, "character": at}, "end": {"line": number, "character": at + len(name)}}}


def word_of(params):
    line = texts[params["textDocument"]["uri"]].split("\n")[params["position"]["line"]]
    units = line.encode("utf-16-le")[params["position"]["character"] * 2:].decode("utf-16-le")
    word = ""
    for letter in units:
        if not letter.isalnum():
            break
        word += letter
    return word


def places(params, start):
    word = word_of(params)
    out = []
    for uri, text in sorted(texts.items()):
        for number, line in enumerate(text.split("\n")):
            if word and start + word in line:
                out.append(place(uri, number, line, word))
    return out


def answer(method, params):
    if method == "initialize":
        can = {"textDocumentSync": 1}
        if fault == "pull":
            can["diagnosticProvider"] = {"interFileDependencies": False}
        return {"capabilities": can}
    if method == "textDocument/diagnostic":
        return {"kind": "full", "items": found(texts[params["textDocument"]["uri"]])}
    if method == "textDocument/definition":
        if fault == "others":
            uri = params["textDocument"]["uri"].rsplit("/", 1)[0] + "/"
            return [{"targetUri": uri + name, "targetRange": {}, "targetSelectionRange": {"start": {"line": 0, "character": 4}}}
                    for name in ("secret.w", "b.w", "hidden.w", "none.w")]
        if fault == "forms":
            return {"uri": "file:///usr/include/%E2%82%AC.h", "range": {"start": {"line": 2, "character": 3}, "end": {}}}
        return places(params, "def ")
    if method == "textDocument/references":
        return places(params, "")
    if method == "textDocument/hover":
        return {"contents": [{"language": "w", "value": "word " + word_of(params)}, "a word"]}
    if method == "textDocument/rename":
        changes = {}
        for one in places(params, ""):
            changes.setdefault(one["uri"], []).append({"range": one["range"], "newText": params["newName"]})
        return {"changes": changes}
    if method == "textDocument/codeAction":
        return [{"title": "Mend it", "kind": "quickfix"}, {"title": 5}]
    if method == "workspace/symbol":
        return [{"name": params["query"], "kind": 12, "location": {"uri": uri, "range": {"start": {"line": 0, "character": 0}}}}
                for uri in sorted(texts)]
    return None


log("start " + " ".join(sorted(name for name in os.environ)))
log("home " + str(os.path.exists(os.path.expanduser("~/.qwen/settings.json"))))
if fault == "gone":
    sys.stderr.write("an error: I am not here\n  a line of a trace\n")
    sys.exit(1)
while True:
    message = read()
    if message is None:
        break
    method, params = message.get("method"), message.get("params") or {}
    log(method or "answer " + json.dumps(message.get("result", message.get("error"))))
    if fault == "mute":
        continue
    if fault == "deaf" and method == "initialized":
        time.sleep(3600)
    if method == "exit":
        if fault != "stay":
            break
    elif method == "textDocument/didOpen":
        document = params["textDocument"]
        texts[document["uri"]], versions[document["uri"]] = document["text"], document["version"]
        changed(document["uri"], True)
    elif method == "textDocument/didChange":
        uri = params["textDocument"]["uri"]
        texts[uri], versions[uri] = params["contentChanges"][0]["text"], params["textDocument"]["version"]
        changed(uri, False)
    elif "id" in message and method:
        if fault == "stay" and method == "shutdown":
            continue
        if fault == "ids" and method != "initialize":
            send({"id": 4711, "result": []})
            send({"id": None, "error": {"code": 1, "message": "whose?"}})
        else:
            send({"id": message["id"], "result": answer(method, params)})
log("end")
