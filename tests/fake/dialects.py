"""What a model service would stream for one scripted answer, in each protocol: lists of events, each as bytes.

An answer says "text", "think", "calls", "finish" and "usage" as server.py describes; words of its own for finish are passed through.
"""
import json


def pieces(value):
    return [value] if isinstance(value, str) else value or []


def arguments_of(call):
    arguments = call.get("arguments", {})
    return arguments if isinstance(arguments, str) else json.dumps(arguments)


def cut(text, size=16):
    return [text[at:at + size] for at in range(0, len(text), size)]


def data(event, name=None, end="\n\n"):
    head = f"event: {name}\n" if name else ""
    return (head + "data: " + json.dumps(event, separators=(",", ":")) + end).encode()


USAGE = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}


def chat(answer):
    """OpenAI chat completions."""
    def chunk(delta, **more):
        choice = {"index": 0, "delta": delta, "finish_reason": None}
        choice.update(more)
        return {"id": "chatcmpl-fake", "object": "chat.completion.chunk", "created": 0, "model": "fake", "choices": [choice]}

    out = [chunk({"role": "assistant", "content": ""})]
    out += [chunk({"reasoning_content": text}) for text in pieces(answer.get("think"))]
    out += [chunk({"content": text}) for text in pieces(answer.get("text"))]
    calls = answer.get("calls", [])
    for index, call in enumerate(calls):
        head = {"name": call["name"], "arguments": ""}
        out.append(chunk({"tool_calls": [{"index": index, "id": call.get("id", f"call_{index}"), "type": "function", "function": head}]}))
        for piece in cut(arguments_of(call)):
            out.append(chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]}))
    out.append(chunk({}, finish_reason=answer.get("finish", "tool_calls" if calls else "stop")))
    out.append({**chunk({}), "choices": [], "usage": answer.get("usage", USAGE)})
    return [data(event) for event in out] + [b"data: [DONE]\n\n"]


def anthropic(answer):
    """Anthropic messages."""
    usage = answer.get("usage", USAGE)
    start = {"id": "msg_fake", "type": "message", "role": "assistant", "model": "fake", "content": [], "stop_reason": None,
             "usage": {"input_tokens": usage["prompt_tokens"], "output_tokens": 1}}
    out = [{"type": "message_start", "message": start}]
    blocks = 0

    def block(begin, deltas):
        nonlocal blocks
        out.append({"type": "content_block_start", "index": blocks, "content_block": begin})
        out.extend({"type": "content_block_delta", "index": blocks, "delta": delta} for delta in deltas)
        out.append({"type": "content_block_stop", "index": blocks})
        blocks += 1

    if answer.get("think"):
        deltas = [{"type": "thinking_delta", "thinking": text} for text in pieces(answer["think"])]
        block({"type": "thinking", "thinking": "", "signature": ""}, deltas + [{"type": "signature_delta", "signature": "sig-fake"}])
    if answer.get("text"):
        block({"type": "text", "text": ""}, [{"type": "text_delta", "text": text} for text in pieces(answer["text"])])
    calls = answer.get("calls", [])
    for index, call in enumerate(calls):
        begin = {"type": "tool_use", "id": call.get("id", f"toolu_{index}"), "name": call["name"], "input": {}}
        block(begin, [{"type": "input_json_delta", "partial_json": piece} for piece in cut(arguments_of(call))])
    stop = answer.get("finish", "tool_use" if calls else "end_turn")
    out.append({"type": "message_delta", "delta": {"stop_reason": stop}, "usage": {"output_tokens": usage["completion_tokens"]}})
    out.append({"type": "message_stop"})
    return [data(event, event["type"]) for event in out]


def responses(answer):
    """OpenAI responses."""
    out = [{"type": "response.created", "response": {"id": "resp_fake", "status": "in_progress"}}]
    items = 0

    def item(begin, deltas, end):
        nonlocal items
        out.append({"type": "response.output_item.added", "output_index": items, "item": begin})
        out.extend({**delta, "output_index": items, "item_id": begin["id"]} for delta in deltas)
        out.append({"type": "response.output_item.done", "output_index": items, "item": {**begin, **end}})
        items += 1

    if answer.get("think"):
        deltas = [{"type": "response.reasoning_summary_text.delta", "delta": text} for text in pieces(answer["think"])]
        summary = [{"type": "summary_text", "text": "".join(pieces(answer["think"]))}]
        item({"id": "rs_fake", "type": "reasoning", "summary": []}, deltas, {"summary": summary, "encrypted_content": "sig-fake"})
    if answer.get("text"):
        deltas = [{"type": "response.output_text.delta", "delta": text} for text in pieces(answer["text"])]
        item({"id": "msg_fake", "type": "message", "role": "assistant", "content": []}, deltas, {})
    for index, call in enumerate(answer.get("calls", [])):
        begin = {"id": f"fc_{index}", "type": "function_call", "call_id": call.get("id", f"call_{index}"), "name": call["name"], "arguments": ""}
        deltas = [{"type": "response.function_call_arguments.delta", "delta": piece} for piece in cut(arguments_of(call))]
        item(begin, deltas, {"arguments": arguments_of(call)})
    usage = answer.get("usage", USAGE)
    asked, said = usage["prompt_tokens"], usage["completion_tokens"]
    end = {"id": "resp_fake", "status": "completed",
           "usage": {"input_tokens": asked, "output_tokens": said, "total_tokens": asked + said}}
    why = answer.get("finish")
    if why:
        end.update(status="incomplete", incomplete_details={"reason": why})
    out.append({"type": "response.incomplete" if why else "response.completed", "response": end})
    return [data({**event, "sequence_number": number}, event["type"]) for number, event in enumerate(out)]


def gemini(answer):
    """Gemini and Vertex AI."""
    usage = answer.get("usage", USAGE)
    told = 0

    def event(part, **more):  # the sum so far is in every event
        nonlocal told
        told += 1
        end = "finishReason" in more
        counts = {"promptTokenCount": usage["prompt_tokens"], "candidatesTokenCount": usage["completion_tokens"] if end else told}
        return {"candidates": [{"content": {"role": "model", "parts": [part]}, "index": 0, **more}], "usageMetadata": counts, "modelVersion": "fake"}

    out = [event({"text": text, "thought": True}) for text in pieces(answer.get("think"))]
    out += [event({"text": text}) for text in pieces(answer.get("text"))]
    for index, call in enumerate(answer.get("calls", [])):
        part = {"functionCall": {"id": call.get("id", f"call_{index}"), "name": call["name"], "args": json.loads(arguments_of(call))}}
        if index == 0:
            part["thoughtSignature"] = "sig-fake"
        out.append(event(part))
    out.append(event({"text": ""}, finishReason=answer.get("finish", "STOP")))
    return [data(item, end="\r\n\r\n") for item in out]  # its lines end as Google's do, which others rely on


def failure(path, status, message):
    """The body of an error answer in a protocol's own shape."""
    if path.endswith("/messages"):
        return {"type": "error", "error": {"type": "invalid_request_error", "message": message}}
    if ":streamGenerateContent" in path:
        return {"error": {"code": status, "message": message, "status": "INVALID_ARGUMENT"}}
    return {"error": {"message": message, "type": "invalid_request_error", "code": None}}


def stream(path, answer):
    """The events of an answer in the protocol that a path is asked in."""
    path = path.split("?")[0]
    if path.endswith("/messages"):
        return anthropic(answer)
    if path.endswith("/responses"):
        return responses(answer)
    if path.endswith(":streamGenerateContent"):
        return gemini(answer)
    return chat(answer)


RESULTS = {"/messages": b'"type":"tool_result"', "/responses": b'"function_call_output"', ":streamGenerateContent": b'"functionResponse"'}


def results_in(path, asked):
    """How many results of tools a request holds."""
    path = path.split("?")[0]
    for end, mark in RESULTS.items():
        if path.endswith(end):
            return asked.count(mark)
    return asked.count(b'"role":"tool"')
