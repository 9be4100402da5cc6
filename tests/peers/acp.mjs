// Scenarios of the Agent Client Protocol against our program and the scripted server. Prints one line a case: "ok NAME" or "not ok NAME: why".
// Usage: node acp.mjs NODE_MODULES QWEN SERVER.py SCRATCH
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { spawn } from "node:child_process";
import { pathToFileURL } from "node:url";
import { place, start, until } from "./acp_client.mjs";

const call = (name, args) => ({ calls: [{ name, arguments: args }] });
const write = (name, content) => call("write_file", { file_path: name, content });
const run = (command) => call("run_shell_command", { command, is_background: false });
const sorted = (key, value) => (value && typeof value === "object" && !Array.isArray(value)
  ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value);
const same = (got, want, what) => {
  const [a, b] = [JSON.stringify(got, sorted), JSON.stringify(want, sorted)];
  if (a !== b) throw new Error(`${what ?? "value"}: got ${a}, want ${b}`);
};
const has = (text, part, what) => { if (!String(text).includes(part)) throw new Error(`${what ?? "text"}: ${part} is not in ${text}`); };
const fails = async (promise) => { try { await promise; } catch (e) { return e.code; } throw new Error("it did not fail"); };
const kinds = (list) => list.map((option) => `${option.optionId}:${option.kind}`).join(" ");
const files = (buffers, more) => ({
  "fs/read_text_file": ({ path: name }) => {
    if (!(name in buffers)) throw new Error("no such buffer");
    return { content: buffers[name] };
  },
  "fs/write_text_file": ({ path: name, content }) => { buffers[name] = content; fs.writeFileSync(name, content); return {}; },
  ...more,
});
const FS = { fs: { readTextFile: true, writeTextFile: true } };
const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

// A client's terminals, by node.
function terminals(state) {
  const all = {};
  return {
    "terminal/create": ({ command, args, cwd }) => {
      const id = `t${state.length}`;
      const child = spawn(command, args, { cwd, env: { SECRET_OF_THE_EDITOR: "x" }, detached: true });
      const one = { output: "", exit: null };
      one.done = new Promise((resolve) => child.on("close", (exitCode, signal) => { one.exit = { exitCode, signal }; resolve(); }));
      for (const from of [child.stdout, child.stderr]) from.on("data", (bytes) => { one.output += bytes; });
      all[id] = { child, one };
      state.push({ id, command: args.at(-1) });
      return { terminalId: id };
    },
    "terminal/output": ({ terminalId }) => ({ output: all[terminalId].one.output, truncated: false, exitStatus: all[terminalId].one.exit }),
    "terminal/wait_for_exit": async ({ terminalId }) => { await all[terminalId].one.done; return all[terminalId].one.exit; },
    "terminal/kill": ({ terminalId }) => {
      state.push({ id: terminalId, killed: true });
      try { process.kill(-all[terminalId].child.pid, "SIGKILL"); } catch { /* it has ended */ }
      return {};
    },
    "terminal/release": ({ terminalId }) => { state.push({ id: terminalId, released: true }); return {}; },
  };
}

const CALC = `
import readline from "node:readline";
for await (const line of readline.createInterface({ input: process.stdin })) {
  const m = JSON.parse(line);
  const reply = (result) => console.log(JSON.stringify({ jsonrpc: "2.0", id: m.id, result }));
  if (m.method === "initialize") reply({ protocolVersion: m.params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: "calc", version: "1" } });
  if (m.method === "tools/list") reply({ tools: [{ name: "double", inputSchema: { type: "object", properties: { n: { type: "number" } } } }] });
  if (m.method === "tools/call") reply({ content: [{ type: "text", text: "is " + process.env.SIGN + 2 * m.params.arguments.n }] });
}`;

const cases = {
  initialize: { run: async (env) => {
    const q = await start(env);
    same([q.hello.protocolVersion, q.hello.agentInfo.name, q.hello.agentCapabilities.loadSession], [1, "qwen", true]);
    const ids = q.hello.authMethods.map((m) => m.id);
    same([ids[0], ids.includes("api-key")], ["openai", true], ids.join(" "));
    for (const methodId of ["openai", "qwen-oauth"]) await q.request("authenticate", { methodId });
    return q;
  } },
  "text streams": { answers: [{ text: ["Hel", "lo"], think: "hm" }], run: async (env) => {
    const q = await start(env);
    const id = await q.open();
    same((await q.prompt("hi")).stopReason, "end_turn");
    same([q.text(id), q.kinds("agent_thought_chunk").map((u) => u.content.text).join("")], ["Hello", "hm"]);
    if (!(q.kinds("usage_update")[0].used > 0)) throw new Error("no usage");
    return q;
  } },
  "a second prompt of the session": { answers: [{ text: "one" }, { text: "two" }], run: async (env) => {
    const q = await start(env);
    await q.open();
    await q.prompt("a");
    await q.prompt("b");
    same(env.server.requests().at(-1).body.messages.filter((m) => m.role === "user").length, 2);
    return q;
  } },
  "a tool that only reads": { files: { "a.txt": "words of a\n" }, answers: [call("read_file", { file_path: "a.txt" }), { text: "done" }],
    run: async (env) => {
      const q = await start(env);
      await q.open();
      await q.prompt("read");
      const [one] = q.calls();
      same([one.kind, one.status, one.locations], ["read", "completed", [{ path: env.file("a.txt") }]]);
      same(q.kinds("tool_call").map((u) => u.status), ["pending"]);
      same(q.kinds("tool_call_update").map((u) => u.status), ["in_progress", "completed"]);
      has(one.content[0].content.text, "words of a");
      return q;
    } },
  "an edit is asked about, with its change": { files: { "a.txt": "one\ntwo\n" }, answers: [
    call("read_file", { file_path: "a.txt" }), call("edit", { file_path: "a.txt", old_string: "two", new_string: "three" }), { text: "done" }],
    run: async (env) => {
      let seen;
      const q = await start(env, { permission: (params) => { seen = params; return "y"; } });
      await q.open();
      await q.prompt("edit");
      same(env.read("a.txt"), "one\nthree\n");
      same(kinds(seen.options), "y:allow_once a:allow_always A:allow_always n:reject_once");
      const diff = { type: "diff", path: env.file("a.txt"), oldText: "one\ntwo\n", newText: "one\nthree\n" };
      same(seen.toolCall.content.find((c) => c.type === "diff"), { newText: diff.newText, oldText: diff.oldText, path: diff.path, type: "diff" });
      const one = q.calls().find((c) => c.kind === "edit");
      same([one.status, one.content[0].newText, one.toolCallId], ["completed", diff.newText, seen.toolCall.toolCallId]);
      return q;
    } },
  "a new file has no old text": { answers: [write("n.txt", "x\n"), { text: "ok" }], run: async (env) => {
    const q = await start(env);
    await q.open();
    await q.prompt("write");
    const [one] = q.calls();
    same([one.content[0].oldText ?? null, one.content[0].newText], [null, "x\n"]);
    return q;
  } },
  "a refused edit": { answers: [write("n.txt", "x"), { text: "ok" }], run: async (env) => {
    const q = await start(env, { permission: () => "n" });
    await q.open();
    same((await q.prompt("write")).stopReason, "end_turn");
    same([fs.existsSync(env.file("n.txt")), q.calls()[0].status], [false, "failed"]);
    has(env.sent(-1), "The user refused this call");
    return q;
  } },
  "always is asked once": { answers: [write("a", "1"), write("b", "2"), { text: "ok" }], run: async (env) => {
    const q = await start(env, { permission: (params) => params.options.find((o) => o.kind === "allow_always").optionId });
    await q.open();
    await q.prompt("write");
    same([fs.existsSync(env.file("a")), fs.existsSync(env.file("b"))], [true, true]);
    same(q.asked.length, 1, "questions");
    return q;
  } },
  "a command and its output": { answers: [run("echo said && exit 3"), { text: "ok" }], run: async (env) => {
    const q = await start(env);
    await q.open();
    await q.prompt("run");
    const [one] = q.calls();
    same([one.kind, one.status, one.title], ["execute", "failed", "echo said && exit 3"]);
    has(one.content[0].content.text, "said");
    return q;
  } },
  "the plan": { answers: [call("todo_write", { todos: [{ content: "look", status: "completed" }, { content: "mend", status: "in_progress" }] }),
    { text: "ok" }], run: async (env) => {
    const q = await start(env);
    await q.open();
    await q.prompt("plan");
    same(q.kinds("plan")[0].entries.map((e) => [e.content, e.status]), [["look", "completed"], ["mend", "in_progress"]]);
    return q;
  } },
  "what comes with a prompt": { files: { "b c.txt": "words of b\n" }, answers: [{ text: "ok" }], run: async (env) => {
    const q = await start(env);
    await q.open();
    await q.prompt([{ type: "text", text: "look at " },
      { type: "resource_link", uri: pathToFileURL(env.file("b c.txt")).href, name: "b c.txt" },
      { type: "resource", resource: { uri: "file:///buffer.txt", text: "words of a buffer" } },
      { type: "image", mimeType: "image/png", data: PNG }]);
    for (const part of ["words of b", "words of a buffer"]) has(env.sent(0), part);
    return q;
  } },
  "a link out of what may be read": { homeFiles: { ".qwen/settings.json": '{"permissions": {"deny": ["Read(secret.txt)"]}}' },
    files: { "secret.txt": "hidden words\n" }, answers: [{ text: "ok" }], run: async (env) => {
      const q = await start(env);
      await q.open();
      await q.prompt([{ type: "resource_link", uri: pathToFileURL(env.file("secret.txt")).href, name: "s" }]);
      if (env.sent(0).includes("hidden words")) throw new Error("it was sent");
      return q;
    } },
  "cancel before the first token": { answers: [{ fault: "stall" }, { text: "next" }], run: async (env) => {
    const q = await start(env);
    await q.open();
    const prompt = q.prompt("hi");
    await until(() => env.server.rows().some((r) => r.stalled), "the stall");
    await q.cancel();
    same((await prompt).stopReason, "cancelled");
    same((await q.prompt("again")).stopReason, "end_turn");
    return q;
  } },
  "cancel in the stream": { answers: [{ text: ["begun", " words"], fault: "stall", after: "begun" }, { text: "next" }], run: async (env) => {
    const q = await start(env);
    await q.open();
    const prompt = q.prompt("hi");
    await until(() => q.text(), "a word");
    await q.cancel();
    same((await prompt).stopReason, "cancelled");
    await q.prompt("again");
    has(env.sent(-1), "begun", "what was said is kept");
    return q;
  } },
  "cancel during a tool": { answers: [run("echo $$ > pid; exec sleep 1000"), { text: "next" }], run: async (env) => {
    const q = await start(env);
    await q.open();
    const prompt = q.prompt("hi");
    const pid = await until(() => fs.existsSync(env.file("pid")) && env.read("pid").trim(), "the command");
    await q.cancel();
    same((await prompt).stopReason, "cancelled");
    same(q.calls()[0].status, "failed");
    await until(() => !fs.existsSync(`/proc/${pid}`), "the end of the command");
    return q;
  } },
  "cancel during a question": { answers: [write("n.txt", "x"), { text: "next" }], run: async (env) => {
    let answer;
    const q = await start(env, { permission: () => new Promise((resolve) => { answer = resolve; }) });
    await q.open();
    const prompt = q.prompt("hi");
    await until(() => answer, "the question");
    await q.cancel();
    answer(null);
    same((await prompt).stopReason, "cancelled");
    same([fs.existsSync(env.file("n.txt")), q.calls()[0].status], [false, "failed"]);
    same((await q.prompt("again")).stopReason, "end_turn");
    return q;
  } },
  "a question that is left": { answers: [write("n.txt", "x"), { text: "next" }], run: async (env) => {
    const q = await start(env, { permission: () => null });
    await q.open();
    same((await q.prompt("hi")).stopReason, "cancelled");
    same(fs.existsSync(env.file("n.txt")), false);
    return q;
  } },
  "a client that cannot ask, or answers what was not offered": { answers: [write("n.txt", "x"), write("n.txt", "x"), { text: "ok" }],
    run: async (env) => {
      let n = 0;
      const q = await start(env, { permission: () => { n += 1; if (n === 1) throw new Error("no screen"); return "anything"; } });
      await q.open();
      same((await q.prompt("write")).stopReason, "end_turn");
      same([n, fs.existsSync(env.file("n.txt")), q.calls().map((c) => c.status)], [2, false, ["failed", "failed"]]);
      return q;
    } },
  "modes": { answers: [write("n.txt", "x"), { text: "ok" }], run: async (env) => {
    const q = await start(env);
    const id = await q.open();
    same([q.session.modes.currentModeId, q.session.modes.availableModes.length], ["default", 5]);
    await q.request("session/set_mode", { sessionId: id, modeId: "yolo" });
    await q.prompt("write");
    same([q.asked.length, env.read("n.txt")], [0, "x"]);
    same(await fails(q.request("session/set_mode", { sessionId: id, modeId: "all" })), -32602);
    return q;
  } },
  "a mode that a command takes is told": { run: async (env) => {
    const q = await start(env);
    await q.open();
    await q.prompt("/mode plan");
    same(q.kinds("current_mode_update").map((u) => u.currentModeId), ["plan"]);
    same(q.kinds("config_option_update").at(-1).configOptions.find((o) => o.id === "mode").currentValue, "plan");
    return q;
  } },
  "options": { homeFiles: { ".qwen/settings.json": (env) => JSON.stringify({ modelProviders: { openai: ["fake", "other"].map((id) => (
    { id, baseUrl: env.server.url, envKey: "OPENAI_API_KEY" })) } }) }, answers: [{ text: "one" }, { text: "two" }], run: async (env) => {
    const q = await start(env);
    const id = await q.open();
    same(q.session.configOptions.map((o) => o.id), ["mode", "model", "effort"]);
    const changed = await q.request("session/set_config_option", { sessionId: id, configId: "model", value: "other" });
    same(changed.configOptions.find((o) => o.id === "model").currentValue, "other");
    await q.request("session/set_config_option", { sessionId: id, configId: "effort", value: "high" });
    await q.prompt("hi");
    same(env.server.requests().map((r) => r.body.model), ["other"]);
    await q.request("session/set_model", { sessionId: id, modelId: "fake" });
    await q.prompt("hi");
    same(env.server.requests().at(-1).body.model, "fake");
    same(await fails(q.request("session/set_config_option", { sessionId: id, configId: "none", value: "x" })), -32602);
    return q;
  } },
  "load tells it again": { files: { "a.txt": "words\n" }, answers: [call("read_file", { file_path: "a.txt" }), { text: "done" }, { text: "more" }],
    run: async (env) => {
      const before = await start(env);
      const id = await before.open();
      await before.prompt("read");
      await before.close();
      const q = await start(env);
      const loaded = await q.request("session/load", { sessionId: id, cwd: env.project, mcpServers: [] });
      same(loaded.modes.currentModeId, "default");
      same([q.kinds("user_message_chunk").map((u) => u.content.text), q.text(id)], [["read"], "done"]);
      same([q.calls()[0].kind, q.calls()[0].status], ["read", "completed"]);
      await q.prompt("go on", id);
      same(env.server.requests().at(-1).body.messages.filter((m) => m.role === "user").length, 2);
      return q;
    } },
  "resume tells nothing; list, fork, close, delete": { answers: [{ text: "one" }, { text: "two" }, { text: "three" }], run: async (env) => {
    const before = await start(env);
    const id = await before.open();
    await before.prompt("first words");
    await before.close();
    const q = await start(env);
    await q.request("session/resume", { sessionId: id, cwd: env.project });
    same(q.kinds("user_message_chunk").length, 0);
    await q.prompt("second", id);
    const listed = await q.request("session/list", { cwd: env.project });
    same(listed.sessions.map((s) => [s.sessionId, s.cwd, s.title]), [[id, env.project, "first words"]]);
    same((await q.request("session/list", {})).sessions.length, 1);
    const fork = await q.request("session/fork", { sessionId: id, cwd: env.project, mcpServers: [] });
    if (fork.sessionId === id) throw new Error("the same id");
    await q.prompt("third", fork.sessionId);
    same(env.server.requests().at(-1).body.messages.filter((m) => m.role === "user").length, 3);
    await q.request("session/close", { sessionId: fork.sessionId });
    same(await fails(q.prompt("closed", fork.sessionId)), -32002);
    await q.request("session/delete", { sessionId: id });
    same((await q.request("session/list", {})).sessions.map((s) => s.sessionId), [fork.sessionId]);
    same(await fails(q.request("session/load", { sessionId: id, cwd: env.project, mcpServers: [] })), -32002);
    return q;
  } },
  "slash commands": { answers: [{ text: "x" }], run: async (env) => {
    const q = await start(env);
    await q.open();
    const commands = await until(() => q.kinds("available_commands_update")[0], "the commands");
    const names = commands.availableCommands.map((c) => c.name);
    same([names.includes("compact"), names.includes("quit")], [true, false]);
    same((await q.prompt("/about")).stopReason, "end_turn");
    has(q.text(), "qwen");
    await q.prompt("/nonsense");
    has(q.text(), "/nonsense");
    await q.prompt("/clear");
    same(env.server.requests().length, 0);
    return q;
  } },
  "a command that writes by itself": { homeFiles: { ".qwen/commands/loud.lua":
    'return { summary = "loud", run = function(ctx) qwen.os.out("words\\n{}\\n{\\"a\\": 1}\\n") ctx.print "said" return 0 end }' }, run: async (env) => {
    const q = await start(env);
    await q.open();
    same((await q.prompt("/loud")).stopReason, "end_turn");
    same(q.text(), "said\n");
    return q;
  } },
  "a prompt file of the project": { files: { ".qwen/commands/say.md": "Say {{args}} now" }, answers: [{ text: "x" }], run: async (env) => {
    const q = await start(env, { args: ["--trust-folder"] });
    await q.open();
    await q.prompt("/say hello");
    has(env.sent(0), "Say hello now");
    return q;
  } },
  "tool servers of the client": { homeFiles: { "calc.mjs": CALC }, answers: [call("mcp__calc__double", { n: 21 }), { text: "x" }], run: async (env) => {
    const q = await start(env);
    await q.open({ mcpServers: [{ name: "calc", command: process.execPath, args: [path.join(env.home, "calc.mjs")],
      env: [{ name: "SIGN", value: "+" }] }] });
    await q.prompt("double");
    same(q.asked.length, 1, "it is asked about");
    has(env.sent(-1), "is +42");
    return q;
  } },
  "an unsaved buffer is what is read and changed": { files: { "a.txt": "saved\n" }, answers: [call("read_file", { file_path: "a.txt" }),
    call("edit", { file_path: "a.txt", old_string: "unsaved", new_string: "changed" }), { text: "ok" }], run: async (env) => {
    const buffers = { [env.file("a.txt")]: "unsaved\nmore\n" };
    const q = await start(env, { capabilities: FS, handlers: files(buffers) });
    await q.open();
    await q.prompt("edit");
    has(env.sent(1), "unsaved");
    same([buffers[env.file("a.txt")], env.read("a.txt")], ["changed\nmore\n", "changed\nmore\n"]);
    return q;
  } },
  "a buffer that changed since is not lost": { files: { "a.txt": "saved\n" }, answers: [call("read_file", { file_path: "a.txt" }),
    write("a.txt", "new\n"), { text: "ok" }], run: async (env) => {
    const buffers = { [env.file("a.txt")]: "saved\n" };
    const q = await start(env, { capabilities: FS, handlers: files(buffers), permission: () => {
      buffers[env.file("a.txt")] = "typed meanwhile\n";
      return "y";
    } });
    await q.open();
    await q.prompt("write");
    same([buffers[env.file("a.txt")], q.calls().at(-1).status], ["typed meanwhile\n", "failed"]);
    return q;
  } },
  "a new file goes through the editor": { answers: [write("n.txt", "x\n"), { text: "ok" }], run: async (env) => {
    const buffers = {};
    const q = await start(env, { capabilities: FS, handlers: files(buffers) });
    await q.open();
    await q.prompt("write");
    same([buffers[env.file("n.txt")], q.calls()[0].status], ["x\n", "completed"]);
    return q;
  } },
  "an editor that cannot write": { answers: [write("n.txt", "x\n"), { text: "ok" }], run: async (env) => {
    const q = await start(env, { capabilities: FS, handlers: files({}, { "fs/write_text_file": () => { throw new Error("read only"); } }) });
    await q.open();
    await q.prompt("write");
    same([fs.existsSync(env.file("n.txt")), q.calls()[0].status], [false, "failed"]);
    return q;
  } },
  "rules come before the editor": { homeFiles: { ".qwen/settings.json": '{"permissions": {"deny": ["Read(secret.txt)", "Edit(kept.txt)"]}}' },
    files: { "secret.txt": "hidden\n" }, answers: [call("read_file", { file_path: "secret.txt" }), write("kept.txt", "x"),
      call("read_file", { file_path: "/etc/hostname" }), { text: "ok" }], run: async (env) => {
      const asked = [];
      const note = ({ path: name }) => { asked.push(name); return { content: "" }; };
      const q = await start(env, { capabilities: FS, handlers: { "fs/read_text_file": note, "fs/write_text_file": note },
        permission: () => "n" });
      await q.open();
      await q.request("session/set_mode", { sessionId: q.session.sessionId, modeId: "auto-edit" });
      await q.prompt("go");
      same([asked, q.calls().map((c) => c.status)], [[], ["failed", "failed", "failed"]]);
      return q;
    } },
  "a command in the editor's terminal": { answers: [run("echo said; env; exit 3"), { text: "ok" }], run: async (env) => {
    const state = [];
    const q = await start(env, { capabilities: { terminal: true }, handlers: terminals(state) });
    await q.open();
    await q.prompt("run");
    same([q.asked[0].method, state[0].command, state.some((s) => s.released)], ["session/request_permission", "echo said; env; exit 3", true]);
    const [one] = q.calls();
    same([one.content, one.status], [[{ terminalId: "t0", type: "terminal" }], "failed"]);
    has(env.sent(-1), "exit code 3");
    if (env.sent(-1).includes("SECRET_OF_THE_EDITOR")) throw new Error("the editor's environment came along");
    return q;
  } },
  "cancel in the editor's terminal": { answers: [run("sleep 1000"), { text: "ok" }], run: async (env) => {
    const state = [];
    const q = await start(env, { capabilities: { terminal: true }, handlers: terminals(state) });
    await q.open();
    const prompt = q.prompt("run");
    await until(() => state[0], "the terminal");
    await q.cancel();
    same((await prompt).stopReason, "cancelled");
    await until(() => state.some((s) => s.killed) && state.some((s) => s.released), "its end");
    return q;
  } },
  "two sessions at once": { answers: [{ asked: "first", text: ["slow", " one"], fault: "stall", after: "slow" }, { asked: "second", text: "quick" }],
    run: async (env) => {
      const q = await start(env);
      const a = await q.open();
      fs.mkdirSync(path.join(env.dir, "beside"));
      const b = await q.open({ cwd: path.join(env.dir, "beside") });
      const first = q.prompt("first", a);
      await until(() => q.text(a), "a word of the first");
      same((await q.prompt("second", b)).stopReason, "end_turn");
      same([q.text(a), q.text(b)], ["slow", "quick"]);
      await q.cancel(a);
      same((await first).stopReason, "cancelled");
      return q;
    } },
  "one prompt of a session at a time": { answers: [{ text: ["slow", " one"], fault: "stall", after: "slow" }], run: async (env) => {
    const q = await start(env);
    await q.open();
    const first = q.prompt("first");
    await until(() => q.text(), "a word");
    same(await fails(q.prompt("second")), -32600);
    await q.cancel();
    await first;
    return q;
  } },
  "a client that dies": { answers: [run("echo $$ > pid; exec sleep 1000"), { text: "next" }], run: async (env) => {
    const q = await start(env);
    const id = await q.open();
    q.prompt("hi").catch(() => {});
    const pid = await until(() => fs.existsSync(env.file("pid")) && env.read("pid").trim(), "the command");
    q.child.stdin.destroy();
    q.child.stdout.destroy();
    await q.ended;
    await until(() => !fs.existsSync(`/proc/${pid}`), "the end of the command");
    const again = await start(env);
    await again.request("session/load", { sessionId: id, cwd: env.project, mcpServers: [] });
    same(again.kinds("user_message_chunk").map((u) => u.content.text), ["hi"]);
    same(again.calls()[0].status, "failed");
    return again;
  } },
  "an agent that is killed": { answers: [run("echo $$ > pid; exec sleep 1000")], run: async (env) => {
    const q = await start(env);
    await q.open();
    q.prompt("hi").catch(() => {});
    const pid = await until(() => fs.existsSync(env.file("pid")) && env.read("pid").trim(), "the command");
    q.child.kill("SIGKILL");
    await until(() => !fs.existsSync(`/proc/${pid}`), "the end of the command");
    return q;
  } },
  "what is wrong is answered": { run: async (env) => {
    const q = await start(env, { bare: true });
    const code = async (method, params, id) => (await q.ask(method, params, id)).error?.code;
    same(await code("session/new", { cwd: env.project, mcpServers: [] }, 1), -32600, "before initialize");
    same(await code("initialize", {}, 2), -32602);
    same((await q.ask("initialize", { protocolVersion: 1 }, "three")).result.protocolVersion, 1);
    for (const [line, want] of [["nonsense", -32700], ["{", -32700], ["[]", -32600], ["[1]", -32600], ["7", -32600], ["{}", -32600],
      ['{"jsonrpc":"2.0","id":{},"method":"x"}', -32600]]) {
      q.lines.length = 0;
      q.write(`${line}\n`);
      same(await until(() => q.lines.find((l) => l.id === null)?.error.code, line), want, line);
    }
    same(await code("session/nothing", {}, 4), -32601);
    same(await code("session/prompt", { sessionId: "none", prompt: [] }, 5), -32002);
    same(await code("session/new", { cwd: "relative", mcpServers: [] }, 6), -32602);
    same(await code("session/new", { cwd: "/nowhere/at/all", mcpServers: [] }, 7), -32602);
    same(await code("session/new", { cwd: env.project, mcpServers: [7] }, 8), -32602);
    same(await code("authenticate", { methodId: "none" }, 9), -32602);
    const id = (await q.ask("session/new", { cwd: env.project, mcpServers: [] }, 10)).result.sessionId;
    for (const [n, prompt] of [[11, []], [12, "words"], [13, [{ type: "audio", data: "", mimeType: "audio/wav" }]], [14, [7]], [15, [{ type: "text", text: " " }]]]) {
      same(await code("session/prompt", { sessionId: id, prompt }, n), -32602, JSON.stringify(prompt));
    }
    q.write('{"jsonrpc":"2.0","method":"nothing"}\n\n{"jsonrpc":"2.0","id":77,"result":{}}\n');
    same((await q.ask("session/list", {}, 16)).result.sessions, []);
    return q;
  } },
  "a request that is called back": { answers: [{ text: ["slow", " one"], fault: "stall", after: "slow" }, { text: "next" }], run: async (env) => {
    const q = await start(env, { bare: true });
    await q.ask("initialize", { protocolVersion: 1 }, 1);
    const id = (await q.ask("session/new", { cwd: env.project, mcpServers: [] }, 2)).result.sessionId;
    const prompt = q.ask("session/prompt", { sessionId: id, prompt: [{ type: "text", text: "hi" }] }, 3);
    await until(() => q.text(), "a word");
    q.write('{"jsonrpc":"2.0","method":"$/cancel_request","params":{"requestId":3}}\n');
    same((await prompt).error.code, -32800);
    const next = await q.ask("session/prompt", { sessionId: id, prompt: [{ type: "text", text: "hi" }] }, 4);
    same(next.result.stopReason, "end_turn");
    return q;
  } },
  "nothing is configured": { run: async (env) => {
    const q = await start(env, { env: {} });
    same(await fails(q.open()), -32000);
    same(await fails(q.request("authenticate", { methodId: "openai" })), -32000);
    return q;
  } },
  "ways to sign in, in a terminal": { run: async (env) => {
    const q = await start(env, { capabilities: { auth: { terminal: true } } });
    same(q.hello.authMethods.slice(1).every((m) => m.type === "terminal" && m.args[0] === "auth"), true);
    return q;
  } },
  "a service that refuses": { answers: [{ status: 400, json: { error: { message: "no such thing" } }, times: 0 }], run: async (env) => {
    const q = await start(env);
    await q.open();
    same(await fails(q.prompt("hi")), -32603);
    return q;
  } },
  "most turns": { files: { "a.txt": "x" }, answers: [call("read_file", { file_path: "a.txt" }), { text: "x" }], run: async (env) => {
    const q = await start(env, { args: ["--max-session-turns", "1"] });
    await q.open();
    same((await q.prompt("hi")).stopReason, "max_turn_requests");
    return q;
  } },
  "a plan is approved": { answers: [call("exit_plan_mode", { plan: "1. Do it" }), { text: "ok" }], run: async (env) => {
    let seen;
    const q = await start(env, { args: ["--approval-mode", "plan"], permission: (params) => { seen = params; return "auto"; } });
    await q.open();
    await q.prompt("plan it");
    has(JSON.stringify(seen.toolCall.content), "Do it");
    same(q.kinds("current_mode_update").map((u) => u.currentModeId), ["auto-edit"]);
    return q;
  } },
  "questions of the model": { answers: [call("ask_user_question", { questions: [{ question: "Which?", header: "Kind",
    options: [{ label: "red" }, { label: "blue" }] }] }), { text: "ok" }], run: async (env) => {
    const q = await start(env, { permission: (params) => params.options[1].optionId });
    await q.open();
    await q.prompt("ask");
    has(env.sent(-1), "**Kind**: blue");
    return q;
  } },
  "questions of the model as a form": { answers: [call("ask_user_question", { questions: [
    { question: "Which?", header: "Kind", options: [{ label: "red", description: "like a rose" }, { label: "blue" }] },
    { question: "What else?", header: "More", multiSelect: true, options: [{ label: "a" }, { label: "b" }] }] }), { text: "ok" }], run: async (env) => {
    let form;
    const q = await start(env, { capabilities: { elicitation: { form: {} } }, handlers: { "elicitation/create": (params) => {
      form = params.requestedSchema.properties;
      return { action: "accept", content: { "1. Kind": "red", "2. More": ["a", "b"] } };
    } } });
    await q.open();
    await q.prompt("ask");
    same([form["1. Kind"].title, form["2. More"].items.anyOf.length], ["Which?", 2]);
    has(env.sent(-1), "**Kind**: red\\n**More**: a, b");
    return q;
  } },
  "a tool server over http": { answers: [call("mcp__web__triple", { n: 7 }), { text: "x" }], run: async (env) => {
    const seen = [];
    const server = http.createServer(async (request, response) => {
      let body = "";
      for await (const piece of request) body += piece;
      seen.push(request.headers["x-token"]);
      const m = body ? JSON.parse(body) : {};
      const results = { initialize: { protocolVersion: m.params?.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: "web", version: "1" } },
        "tools/list": { tools: [{ name: "triple", inputSchema: { type: "object", properties: { n: { type: "number" } } } }] },
        "tools/call": { content: [{ type: "text", text: `is ${3 * m.params?.arguments?.n}` }] } };
      response.writeHead(results[m.method] ? 200 : 202, { "content-type": "application/json" });
      response.end(results[m.method] ? JSON.stringify({ jsonrpc: "2.0", id: m.id, result: results[m.method] }) : "");
    });
    await new Promise((resolve) => { server.listen(0, "127.0.0.1", resolve); });
    const q = await start(env);
    await q.open({ mcpServers: [{ type: "http", name: "web", url: `http://127.0.0.1:${server.address().port}/mcp`,
      headers: [{ name: "x-token", value: "t" }] }] });
    await q.prompt("triple");
    has(env.sent(-1), "is 21");
    same(seen.every((token) => token === "t"), true, "headers");
    server.close();
    return q;
  } },
  "the title and the cost": { homeFiles: { ".qwen/settings.json": (env) => JSON.stringify({ modelProviders: { openai: [
    { id: "fake", baseUrl: env.server.url, envKey: "OPENAI_API_KEY", prices: { input: 1, output: 2 } }] } }) },
    answers: [{ text: "one", usage: { prompt_tokens: 10, completion_tokens: 5 } }], run: async (env) => {
      const q = await start(env);
      await q.open();
      await q.prompt("name of it");
      same(q.kinds("session_info_update").map((u) => u.title), ["name of it"]);
      same(q.kinds("usage_update").map((u) => [u.used, u.cost]), [[15, { amount: 0.00002, currency: "USD" }]]);
      return q;
    } },
  "a hook that blocks, a budget, a folder that is not trusted": { homeFiles: { ".qwen/hooks/no.lua":
    'return { before_tool = function(_, call) if call.name == "write_file" then return false, "not today" end end }' },
    files: { ".qwen/settings.json": '{"tools": {"approvalMode": "yolo"}}', "a.txt": "x\n" },
    answers: [write("n.txt", "x"), { text: "ok" }, call("read_file", { file_path: "a.txt" }), call("read_file", { file_path: "a.txt" })],
    run: async (env) => {
      const q = await start(env, { args: ["--max-tool-calls", "1"] });
      await q.open();
      same(q.session.modes.currentModeId, "default", "the project has no say");
      await q.prompt("write");
      same([fs.existsSync(env.file("n.txt")), q.calls()[0].status], [false, "failed"]);
      has(env.sent(-1), "not today");
      same((await q.prompt("read twice")).stopReason, "max_turn_requests");
      return q;
    } },
  "a sandbox is kept where the editor has terminals": { answers: [run("echo x > inside; echo x > ../outside; echo done"), { text: "ok" }],
    run: async (env) => {
      const q = await start(env, { args: ["--sandbox"], capabilities: { terminal: true }, handlers: terminals([]) });
      try { await q.open(); } catch { return q; } // none can be had here, and nothing runs
      await q.prompt("run");
      same([q.calls()[0].content[0].type, fs.existsSync(path.join(env.dir, "outside"))], ["content", false]);
      return q;
    } },
  "the process of one session that dies": { answers: [{ text: ["slow", " one"], fault: "stall", after: "slow" }, { text: "ok" }],
    run: async (env) => {
      const q = await start(env);
      const a = await q.open();
      const children = (of) => fs.readFileSync(`/proc/${of}/task/${of}/children`, "utf8").trim().split(" ").filter(Boolean);
      const all = children(q.child.pid).flatMap((child) => [child, ...children(child)]);
      const pid = all.find((one) => fs.readFileSync(`/proc/${one}/cmdline`, "utf8").includes("--acp-session"));
      const b = await q.open();
      const prompt = fails(q.prompt("hi", a));
      await until(() => q.text(a), "a word");
      process.kill(Number(pid), "SIGKILL");
      same(await prompt, -32603);
      same(await fails(q.prompt("again", a)), -32002);
      same((await q.prompt("hi", b)).stopReason, "end_turn");
      return q;
    } },
  "a patch of several files": { homeFiles: { ".qwen/settings.json": '{"tools": {"applyPatch": {"enabled": true}}}' },
    files: { "a.txt": "one\n", "b.txt": "two\n" }, answers: [call("read_file", { file_path: "a.txt" }),
    call("read_file", { file_path: "b.txt" }), call("apply_patch", { input: "*** Begin Patch\n*** Update File: a.txt\n@@\n-one\n+ONE\n"
      + "*** Update File: b.txt\n@@\n-two\n+TWO\n*** Add File: c.txt\n+three\n*** End Patch" }), { text: "ok" }], run: async (env) => {
    const q = await start(env);
    await q.open();
    await q.prompt("patch");
    const one = q.calls().at(-1);
    same([env.read("a.txt"), env.read("b.txt"), env.read("c.txt")], ["ONE\n", "TWO\n", "three\n"]);
    same(one.content.map((c) => [path.basename(c.path), c.oldText ?? null, c.newText]),
      [["a.txt", "one\n", "ONE\n"], ["b.txt", "two\n", "TWO\n"], ["c.txt", null, "three\n"]]);
    same(one.locations.map((l) => path.basename(l.path)), ["a.txt", "b.txt", "c.txt"]);
    return q;
  } },
  "a buffer with other line ends": { files: { "a.txt": "one\r\ntwo\r\n" }, answers: [call("read_file", { file_path: "a.txt" }),
    call("edit", { file_path: "a.txt", old_string: "two", new_string: "three" }), { text: "ok" }], run: async (env) => {
    const buffers = { [env.file("a.txt")]: "one\ntwo\n" }; // as editors have it
    const q = await start(env, { capabilities: FS, handlers: files(buffers) });
    await q.open();
    await q.prompt("edit");
    same(env.read("a.txt"), "one\r\nthree\r\n");
    return q;
  } },
  "an agent asks, too": { answers: [call("task", { description: "write", prompt: "write it", subagent_type: "general-purpose" }),
    { asked: "write it", ...write("n.txt", "x") }, { text: "agent done" }, { text: "ok" }], run: async (env) => {
    const q = await start(env);
    await q.open();
    await q.prompt("delegate");
    same([q.asked.length > 0, env.read("n.txt")], [true, "x"]);
    return q;
  } },
  "two folders, one of them trusted": { files: { ".qwen/commands/mine.md": "words" }, run: async (env) => {
    const other = path.join(env.dir, "other");
    fs.mkdirSync(path.join(other, ".qwen/commands"), { recursive: true });
    fs.writeFileSync(path.join(other, ".qwen/commands/mine.md"), "words");
    fs.writeFileSync(path.join(env.home, ".qwen/trustedFolders.json"), JSON.stringify({ [env.project]: "TRUST_FOLDER" }));
    const q = await start(env);
    const has_mine = async (id) => {
      const told = await until(() => q.kinds("available_commands_update", id)[0], "the commands");
      return told.availableCommands.some((command) => command.name === "mine");
    };
    same([await has_mine(await q.open()), await has_mine(await q.open({ cwd: other }))], [true, false]);
    return q;
  } },
  "a session that is open is loaded again": { answers: [{ text: "one" }, { text: "two" }], run: async (env) => {
    const q = await start(env);
    const id = await q.open();
    await q.prompt("first");
    await q.cancel(); // nothing runs: nothing happens
    await q.request("session/load", { sessionId: id, cwd: env.project, mcpServers: [] });
    same(q.kinds("user_message_chunk").map((u) => u.content.text), ["first"]);
    same((await q.prompt("second", id)).stopReason, "end_turn");
    return q;
  } },
  "more folders": { answers: [call("read_file", { file_path: "@" }), { text: "x" }], run: async (env) => {
    const beside = path.join(env.dir, "beside");
    fs.mkdirSync(beside);
    const q = await start(env);
    await q.open({ additionalDirectories: [beside] });
    const listed = await q.prompt("/directory show");
    same(listed.stopReason, "end_turn");
    has(q.text(), "beside");
    return q;
  } },
  "version 2: text and its states": { answers: [{ text: ["Hel", "lo"], think: "hm" }, { text: "again" }], run: async (env) => {
    const q = await start(env, { version: 2 });
    same([q.hello.protocolVersion, q.hello.info.name], [2, "qwen"]);
    const id = await q.open();
    same(q.session.configOptions.map((o) => o.configId).slice(0, 2), ["mode", "model"]);
    const { messageId } = await q.prompt("hi");
    const idle = await until(() => q.kinds("state_update").find((u) => u.state === "idle"), "the end");
    same([idle.stopReason, q.text(id), q.kinds("user_message")[0].messageId], ["end_turn", "Hello", messageId]);
    same(q.kinds("state_update").map((u) => u.state), ["running", "idle"]);
    same(new Set(q.kinds("agent_message_chunk").map((u) => u.messageId)).size, 1, "one message");
    await q.prompt("more");
    await until(() => q.kinds("state_update").length === 4, "the second end");
    return q;
  } },
  "version 2: an edit, asked about": { files: { "a.txt": "one\n" }, answers: [call("read_file", { file_path: "a.txt" }),
    call("edit", { file_path: "a.txt", old_string: "one", new_string: "two" }), { text: "ok" }], run: async (env) => {
    let seen;
    const q = await start(env, { version: 2, permission: (params) => { seen = params; return "y"; } });
    await q.open();
    await q.prompt("edit");
    await until(() => q.kinds("state_update").some((u) => u.state === "idle"), "the end");
    same(env.read("a.txt"), "two\n");
    same([seen.subject.type, seen.subject.toolCall.kind], ["tool_call", "edit"]);
    same(q.kinds("state_update").map((u) => u.state), ["running", "requires_action", "running", "idle"]);
    const one = q.calls().find((c) => c.kind === "edit");
    same([one.status, one.content[0].changes[0].operation, one.content[0].patch.text.includes("+two")], ["completed", "modify", true]);
    return q;
  } },
  "version 2: plan, cancel, an error": { answers: [call("todo_write", { todos: [{ content: "look", status: "pending" }] }), { text: "x" },
    { text: ["slow", " one"], fault: "stall", after: "slow" }, { status: 400, json: { error: { message: "no such thing" } } }], run: async (env) => {
    const q = await start(env, { version: 2 });
    await q.open();
    const ends = () => q.kinds("state_update").filter((u) => u.state === "idle").map((u) => u.stopReason);
    await q.prompt("plan");
    await until(() => ends().length === 1, "the first end");
    same(q.kinds("plan_update")[0].plan.entries[0].content, "look");
    await q.prompt("slow");
    await until(() => q.text().includes("slow"), "a word");
    await q.cancel();
    await until(() => ends().length === 2, "the second end");
    await q.prompt("wrong");
    await until(() => ends().length === 3, "the third end");
    same(ends(), ["end_turn", "cancelled", "error"]);
    same(await fails(q.prompt([{ type: "audio", data: "", mimeType: "audio/wav" }])), -32602);
    return q;
  } },
  "version 2: resume with what was said, options, sign-in": { answers: [{ text: "one" }], run: async (env) => {
    const before = await start(env, { version: 2 });
    const id = await before.open();
    await before.prompt("first");
    await until(() => before.kinds("state_update").some((u) => u.state === "idle"), "the end");
    await before.close();
    const q = await start(env, { version: 2 });
    await q.request("auth/login", { methodId: "openai" });
    await q.request("session/resume", { sessionId: id, cwd: env.project, replayFrom: { type: "start" } });
    same([q.kinds("user_message_chunk").map((u) => u.content.text), q.text(id)], [["first"], "one"]);
    const changed = await q.request("session/set_config_option", { sessionId: id, configId: "mode", type: "id", value: "plan" });
    same(changed.configOptions.find((o) => o.configId === "mode").currentValue, "plan");
    same((await q.request("session/list", { cwd: env.project })).sessions.length, 1);
    await q.request("session/close", { sessionId: id });
    await q.request("session/delete", { sessionId: id });
    return q;
  } },
};

async function one(name, scenario) {
  const env = await place(scenario);
  let q;
  try {
    q = await scenario.run(env);
    await q.close();
    if (q.wrong.length > 0) throw new Error(q.wrong[0]);
    console.log(`ok ${name}`);
  } catch (e) {
    console.log(`not ok ${name}: ${String(e.message).split("\n")[0]} ${q?.said ?? ""}`.replaceAll("\n", " "));
  } finally {
    q?.child.kill("SIGKILL");
    env.server.close();
  }
}

const wanted = process.env.CASE;
for (const [name, scenario] of Object.entries(cases)) if (!wanted || name === wanted) await one(name, scenario);
process.exit(0);
