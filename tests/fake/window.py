"""A model with a window, for server.py: refuses what is too long as services do, sums up poorly, and otherwise acts at random from a seed.

Its options: size (tokens), bytes (of a token), turns (answers with calls, before the last), calls (most in one answer), files (what it may
read), seed, usage (whether it counts: else the service says nothing), summary (the text of a summary).
"""
import json
import random

ORDER = "The conversation up to here is about to be cut off"


class Model:
    def __init__(self, options):
        self.options = options
        self.random = random.Random(options.get("seed", 1))
        self.turn = 0
        self.refused = 0

    def reply(self, asked):
        """One answer for server.py to a chat completions request."""
        o = self.options
        body = json.loads(asked)
        weight = len(json.dumps([body["messages"], body.get("tools")], ensure_ascii=False).encode())
        tokens, most = int(weight / o["bytes"]), body.get("max_tokens", 0)
        if tokens + most > o["size"]:
            self.refused += 1
            message = f"This model's maximum context length is {o['size']} tokens, but {tokens} + {most} were requested"
            return {"status": 400, "json": {"error": {"message": message, "code": "context_length_exceeded"}}}
        last = body["messages"][-1]
        if last["role"] == "user" and last["content"].startswith(ORDER):
            return self.counted({"text": o.get("summary", "ok")}, tokens)
        self.turn += 1
        if self.turn > o["turns"]:
            return self.counted({"text": f"done after {self.refused} refusals"}, tokens)
        calls, left = [], int(most * o["bytes"] * 0.7)
        for at in range(self.random.randint(1, o["calls"])):
            left -= 200
            if left < 200:
                break
            calls.append({"id": f"call_{self.turn}_{at}", **self.call(left)})
            left -= len(json.dumps(calls[-1]["arguments"]))
        return self.counted({"text": "word " * self.random.randint(0, 20), "calls": calls}, tokens)

    def call(self, left):
        r = self.random
        if r.random() < 0.2:
            text = "".join(r.choice("abc def\n") for _ in range(r.randint(0, min(left, 6000))))
            return {"name": "write_file", "arguments": {"file_path": f"{self.options['folder']}/made-{r.random()}", "content": text}}
        path = f"{self.options['folder']}/{r.choice(self.options['files'])}"
        return {"name": "read_file", "arguments": {"file_path": path, "offset": r.randint(0, 50), "limit": r.choice([10, 300, 100000])}}

    def counted(self, answer, tokens):
        if self.options.get("usage"):
            said = int(len(json.dumps(answer)) / self.options["bytes"])
            answer["usage"] = {"prompt_tokens": tokens, "completion_tokens": said, "total_tokens": tokens + said}
        else:
            answer["usage"] = {}
        return answer
