// Queries of Qwen Code's SDK against our program and the scripted server: each case has a script of
// answers, options, and what must come of it. Prints one line a case: "ok NAME" or "not ok NAME: why".
// Usage: node sdk.mjs NODE_MODULES QWEN SERVER.py SCRATCH
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import fs from "node:fs";
import path from "node:path";
import readline from "node:readline";

const [modules, qwen, server, scratch] = process.argv.slice(2).map((p) => path.resolve(p));
const require = createRequire(path.join(modules, "x.js"));
const load = (name) => import(pathToFileURL(require.resolve(name)).href);
const { query, tool, createSdkMcpServer, isAbortError, isSDKSystemMessage, isSDKAssistantMessage, isSDKResultMessage,
  isSDKPartialAssistantMessage, isSDKUserMessage } = await load("@qwen-code/sdk");
const { z } = await load("zod");

const call = (name, args) => ({ calls: [{ name, arguments: args }] });
const same = (got, want, what) => {
  const [a, b] = [JSON.stringify(got), JSON.stringify(want)];
  if (a !== b) throw new Error(`${what ?? "value"}: got ${a}, want ${b}`);
};

async function serve(answers, dir) {
  const script = path.join(dir, "script.json");
  const log = path.join(dir, "log.jsonl");
  fs.writeFileSync(script, JSON.stringify(answers));
  fs.writeFileSync(log, "");
  const child = spawn("python3", [server, script, log], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = readline.createInterface({ input: child.stdout });
  const { value } = await lines[Symbol.asyncIterator]().next();
  const requests = () => fs.readFileSync(log, "utf8").split("\n").filter(Boolean).map((l) => JSON.parse(l)).filter((r) => r.method === "POST");
  return { url: `http://127.0.0.1:${value.split(" ")[1]}/v1`, close: () => child.stdin.end(), requests };
}

async function* messages(texts, between) {
  for (const [i, content] of texts.entries()) {
    if (i > 0 && between) await between(i);
    yield { type: "user", session_id: "", message: { role: "user", content }, parent_tool_use_id: null };
  }
}

const question = { questions: [{ question: "Which color?", header: "Color", options: [{ label: "Red" }, { label: "Blue" }] }] };
const told = (env) => JSON.stringify(env.requests().at(-1).body.messages.at(-1));
const includes = (text, words) => {
  if (!text.includes(words)) throw new Error(`"${words}" is not in ${text}`);
};

const last = (all) => all.filter((m) => m.type === "result").at(-1);
const results = (all) => all.filter((m) => m.type === "user").flatMap((m) => m.message.content);
const kinds = (all) => all.map((m) => m.type + (m.type === "system" ? ":" + m.subtype : "")).join(" ");

const cases = {
  text: { answers: [{ text: "Hello." }], prompt: "hi", check: (all) => {
    same(kinds(all), "system:init assistant result");
    same([last(all).subtype, last(all).result, last(all).num_turns], ["success", "Hello.", 1]);
  } },
  "system init": { answers: [{ text: "x" }], prompt: "hi", check: (all, env) => {
    same([all[0].cwd, all[0].model, all[0].permission_mode], [env.project, "fake", "default"]);
    if (!all[0].tools.includes("read_file")) throw new Error("no read_file among the tools");
  } },
  usage: { answers: [{ text: "x" }], prompt: "hi", check: (all) => same(last(all).usage.total_tokens, 15) },
  "an environment of its own": { answers: [{ text: "x" }], prompt: "hi", options: { env: { QWEN_SDK_TEST: "1" } },
    check: (all) => same(last(all).subtype, "success") },
  "a tool that only reads": { answers: [call("read_file", { file_path: "a.txt" }), { text: "done" }], prompt: "read",
    files: { "a.txt": "words of a\n" }, check: (all) => {
      same(results(all)[0].is_error, false);
      same([last(all).num_turns, last(all).result], [2, "done"]);
    } },
  "a refused edit without a handler": { answers: [call("write_file", { file_path: "n.txt", content: "x" }), { text: "ok" }],
    prompt: "write", check: (all, env) => {
      same(results(all)[0].is_error, true);
      same(fs.existsSync(path.join(env.project, "n.txt")), false);
    } },
  "canUseTool allows": { answers: [call("write_file", { file_path: "n.txt", content: "x" }), { text: "ok" }], prompt: "write",
    options: { canUseTool: async (name, input) => ({ behavior: "allow", updatedInput: input }) },
    check: (all, env) => same(fs.readFileSync(path.join(env.project, "n.txt"), "utf8"), "x") },
  "canUseTool is told the name and the input": { answers: [call("write_file", { file_path: "n.txt", content: "x" }), { text: "ok" }],
    prompt: "write", state: [], options: (state) => ({ canUseTool: async (name, input) => {
      state.push([name, input.content]);
      return { behavior: "allow", updatedInput: input };
    } }), check: (all, env, state) => same(state, [["write_file", "x"]]) },
  "canUseTool denies": { answers: [call("write_file", { file_path: "n.txt", content: "x" }), { text: "ok" }], prompt: "write",
    options: { canUseTool: async () => ({ behavior: "deny", message: "not on Mondays" }) }, check: (all, env) => {
      same(results(all)[0].is_error, true);
      same(fs.existsSync(path.join(env.project, "n.txt")), false);
      const sent = env.requests().at(-1).body.messages.at(-1).content;
      if (!JSON.stringify(sent).includes("not on Mondays")) throw new Error("the model is not told why: " + JSON.stringify(sent));
    } },
  "canUseTool changes the input": { answers: [call("write_file", { file_path: "n.txt", content: "x" }), { text: "ok" }], prompt: "write",
    options: { canUseTool: async (name, input) => ({ behavior: "allow", updatedInput: { ...input, content: "y" } }) },
    check: (all, env) => same(fs.readFileSync(path.join(env.project, "n.txt"), "utf8"), "y") },
  "a changed input that does not fit": { answers: [call("write_file", { file_path: "n.txt", content: "x" }), { text: "ok" }],
    prompt: "write", options: { canUseTool: async () => ({ behavior: "allow", updatedInput: { nonsense: 1 } }) },
    check: (all, env) => {
      same(results(all)[0].is_error, true);
      same(fs.existsSync(path.join(env.project, "n.txt")), false);
    } },
  "canUseTool throws": { answers: [call("write_file", { file_path: "n.txt", content: "x" }), { text: "ok" }], prompt: "write",
    options: { canUseTool: async () => { throw new Error("broken handler"); } }, check: (all, env) => {
      same(results(all)[0].is_error, true);
      same(fs.existsSync(path.join(env.project, "n.txt")), false);
    } },
  "a command is asked about": { answers: [call("run_shell_command", { command: "touch made", is_background: false }), { text: "ok" }],
    prompt: "run", options: { canUseTool: async (name, input) => ({ behavior: input.command === "touch made" ? "allow" : "deny", updatedInput: input }) },
    check: (all, env) => same(fs.existsSync(path.join(env.project, "made")), true) },
  "allowedTools need no handler": { answers: [call("run_shell_command", { command: "touch made", is_background: false }), { text: "ok" }],
    prompt: "run", options: { allowedTools: ["run_shell_command(touch *)"] },
    check: (all, env) => same(fs.existsSync(path.join(env.project, "made")), true) },
  "excludeTools are not offered": { answers: [{ text: "x" }], prompt: "hi", options: { excludeTools: ["write_file"] },
    check: (all) => same(all[0].tools.includes("write_file"), false) },
  "coreTools": { answers: [{ text: "x" }], prompt: "hi", options: { coreTools: ["read_file"] },
    check: (all) => same([all[0].tools.includes("read_file"), all[0].tools.includes("edit")], [true, false]) },
  yolo: { answers: [call("write_file", { file_path: "n.txt", content: "x" }), { text: "ok" }], prompt: "write",
    options: { permissionMode: "yolo" }, check: (all, env) => same(fs.existsSync(path.join(env.project, "n.txt")), true) },
  "auto-edit": { answers: [call("write_file", { file_path: "n.txt", content: "x" }), { text: "ok" }], prompt: "write",
    options: { permissionMode: "auto-edit" }, check: (all, env) => same(fs.existsSync(path.join(env.project, "n.txt")), true) },
  plan: { answers: [call("write_file", { file_path: "n.txt", content: "x" }), { text: "ok" }], prompt: "write",
    options: { permissionMode: "plan" }, check: (all, env) => same(fs.existsSync(path.join(env.project, "n.txt")), false) },
  "several turns": { answers: [{ text: "one" }, { text: "two" }, { text: "three" }], prompt: () => messages(["a", "b", "c"]),
    check: (all, env) => {
      same(all.filter((m) => m.type === "result").map((m) => m.result), ["one", "two", "three"]);
      same(env.requests().at(-1).body.messages.filter((m) => m.role === "user").length, 3);
      same(all.filter((m) => m.type === "system").length, 1, "one beginning");
    } },
  "content in blocks": { answers: [{ text: "x" }], prompt: () => messages([[{ type: "text", text: "in blocks" }]]),
    check: (all, env) => {
      const sent = JSON.stringify(env.requests()[0].body.messages);
      if (!sent.includes("in blocks")) throw new Error("not sent: " + sent);
    } },
  "partial messages": { answers: [{ text: ["Hel", "lo"] }], prompt: "hi", options: { includePartialMessages: true }, check: (all) => {
    const deltas = all.filter((m) => m.type === "stream_event" && m.event.type === "content_block_delta").map((m) => m.event.delta.text);
    same(deltas.join(""), "Hello");
  } },
  "a system prompt": { answers: [{ text: "x" }], prompt: "hi", options: { systemPrompt: "You are terse." },
    check: (all, env) => same(env.requests()[0].body.messages[0].content.includes("You are terse."), true) },
  "more for the system prompt": { answers: [{ text: "x" }], prompt: "hi",
    options: { systemPrompt: { type: "preset", preset: "qwen_code", append: "Be terse." } },
    check: (all, env) => same(env.requests()[0].body.messages[0].content.includes("Be terse."), true) },
  "most turns": { answers: [call("read_file", { file_path: "a.txt" }), call("read_file", { file_path: "a.txt" }), { text: "x" }],
    prompt: "hi", files: { "a.txt": "x" }, options: { maxSessionTurns: 1 }, check: (all) => {
      same([last(all).subtype, last(all).is_error], ["error_max_turns", true]);
    } },
  "a service that refuses": { answers: [{ status: 401, json: { error: { message: "no such key" } }, times: 0 }], prompt: "hi",
    check: (all) => {
      same([last(all).subtype, last(all).is_error], ["error_during_execution", true]);
      if (!last(all).error.message.includes("no such key")) throw new Error(JSON.stringify(last(all).error));
    } },
  "a session of that id, resumed": { answers: [{ text: "one" }, { text: "two" }], prompt: "first",
    options: { sessionId: "11111111-2222-4333-8444-555555555555" },
    then: { prompt: "second", options: { resume: "11111111-2222-4333-8444-555555555555" } }, check: (all, env) => {
      same(all[0].session_id, "11111111-2222-4333-8444-555555555555");
      same(env.requests()[1].body.messages.filter((m) => m.role === "user").length, 2);
    } },
  "a tool of a server in the program": { answers: [call("mcp__sums__add", { a: 40, b: 2 }), { text: "42" }], prompt: "add",
    options: () => ({ permissionMode: "yolo", mcpServers: { sums: createSdkMcpServer({ name: "sums", tools: [
      tool("add", "Add two numbers", { a: z.number(), b: z.number() }, async (args) => ({ content: [{ type: "text", text: `sum ${args.a + args.b}` }] })),
    ] }) } }), check: (all, env) => {
      const sent = JSON.stringify(env.requests().at(-1).body.messages.at(-1));
      if (!sent.includes("sum 42")) throw new Error("the result: " + sent);
    } },
  "a tool of such a server that fails": { answers: [call("mcp__sums__bad", {}), { text: "x" }], prompt: "add",
    options: () => ({ permissionMode: "yolo", mcpServers: { sums: createSdkMcpServer({ name: "sums", tools: [
      tool("bad", "Fails", {}, async () => { throw new Error("no sums today"); }),
    ] }) } }), check: (all) => same([results(all)[0].is_error, last(all).subtype], [true, "success"]) },
  "an external server": { answers: [call("mcp__calc__double", { n: 21 }), { text: "x" }], prompt: "add",
    options: (state, env) => ({ permissionMode: "yolo", mcpServers: { calc: { command: process.execPath, args: [path.join(env.home, "calc.mjs")] } } }),
    homeFiles: { "calc.mjs": `
import readline from "node:readline";
for await (const line of readline.createInterface({ input: process.stdin })) {
  const m = JSON.parse(line);
  const reply = (result) => console.log(JSON.stringify({ jsonrpc: "2.0", id: m.id, result }));
  if (m.method === "initialize") reply({ protocolVersion: m.params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: "calc", version: "1" } });
  if (m.method === "tools/list") reply({ tools: [{ name: "double", inputSchema: { type: "object", properties: { n: { type: "number" } } } }] });
  if (m.method === "tools/call") reply({ content: [{ type: "text", text: "is " + 2 * m.params.arguments.n }] });
}` }, check: (all, env) => {
      const sent = JSON.stringify(env.requests().at(-1).body.messages.at(-1));
      if (!sent.includes("is 42")) throw new Error("the result: " + sent);
    } },
  abort: { answers: [{ text: ["slow", " answer"], fault: "stall", after: 200 }], prompt: "hi", aborts: true,
    check: (all, env, state, error) => same(isAbortError(error), true) },
  "abort while a command runs": { answers: [call("run_shell_command", { command: "echo $$ >pid; exec sleep 300", is_background: false })], prompt: "hi",
    options: { permissionMode: "yolo" }, aborts: (env) => fs.existsSync(path.join(env.project, "pid")), check: async (all, env, state, error) => {
      same(isAbortError(error), true);
      const pid = Number(fs.readFileSync(path.join(env.project, "pid"), "utf8"));
      for (let i = 0; fs.existsSync(`/proc/${pid}`); i++) {
        if (i === 1000) throw new Error("the command goes on");
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    } },
  "abort while it asks": { answers: [call("write_file", { file_path: "n.txt", content: "x" }), { text: "ok" }], prompt: "write",
    options: (state, env) => ({ canUseTool: (name, input, { signal }) => new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => reject(new Error("aborted")));
      env.abort();
    }) }), aborts: () => false, check: (all, env, state, error) => {
      same([isAbortError(error), fs.existsSync(path.join(env.project, "n.txt"))], [true, false]);
    } },
  "another mode while it runs": { answers: [call("write_file", { file_path: "n.txt", content: "x" }), { text: "ok" },
    call("write_file", { file_path: "n.txt", content: "x" }), { text: "ok" }], prompt: (env) => messages(["first", "second"], async () => {
      await env.answered();
      await env.query.setPermissionMode("yolo");
    }), check: (all, env) => {
      same(results(all).map((r) => r.is_error), [true, false]);
      same(fs.readFileSync(path.join(env.project, "n.txt"), "utf8"), "x");
    } },
  "another model while it runs": { answers: [{ text: "one" }, { text: "two" }],
    prompt: (env) => messages(["first", "second"], async () => {
      await env.answered();
      await env.query.setModel("other");
    }),
    check: (all, env) => same(env.requests().map((r) => r.body.model), ["fake", "other"]) },
  "what commands there are": { answers: [{ text: "one" }], prompt: "hi", during: async (q, state) => {
    state.push((await q.supportedCommands()).commands.includes("compact"));
  }, state: [], check: (all, env, state) => same(state, [true]) },
  "the state of servers": { answers: [{ text: "one" }], prompt: "hi", state: [],
    options: () => ({ mcpServers: { sums: createSdkMcpServer({ name: "sums", tools: [] }) } }),
    during: async (q, state) => { state.push(typeof (await q.mcpServerStatus()).status.sums); },
    check: (all, env, state) => same(state, ["string"]) },
  "a slash command": { answers: [], prompt: "/about", check: (all) => {
    same(last(all).subtype, "success");
    if (!last(all).result.includes("qwen")) throw new Error(last(all).result);
  } },
  "a question of the model": { answers: [call("ask_user_question", question), { text: "ok" }], prompt: "ask",
    options: { canUseTool: async (name, input) => name === "ask_user_question"
      ? { behavior: "allow", updatedInput: { ...input, answers: Object.fromEntries(input.questions.map((q, i) => [String(i), q.options[1].label])) } }
      : { behavior: "deny", message: "no" } },
    check: (all, env) => includes(told(env), "Blue") },
  "a question that is declined": { answers: [call("ask_user_question", question), { text: "ok" }], prompt: "ask",
    options: { canUseTool: async () => ({ behavior: "deny", message: "not now" }) },
    check: (all, env) => includes(told(env), "declined") },
  "a question without an answer": { answers: [call("ask_user_question", question), { text: "ok" }], prompt: "ask",
    options: { canUseTool: async (name, input) => ({ behavior: "allow", updatedInput: input }) },
    check: (all, env) => includes(told(env), "no answer") },
  "a plan": { answers: [call("exit_plan_mode", { plan: "write it" }), call("write_file", { file_path: "n.txt", content: "x" }), { text: "ok" }],
    prompt: "plan", state: [], options: (state) => ({ permissionMode: "plan", canUseTool: async (name, input) => {
      state.push(name);
      return { behavior: "allow", updatedInput: input };
    } }), check: (all, env, state) => {
      same(state, ["exit_plan_mode", "write_file"]);
      same(fs.existsSync(path.join(env.project, "n.txt")), true);
    } },
  "a plan that is refused": { answers: [call("exit_plan_mode", { plan: "write it" }), call("write_file", { file_path: "n.txt", content: "x" }), { text: "ok" }],
    prompt: "plan", options: { permissionMode: "plan", canUseTool: async () => ({ behavior: "deny", message: "smaller steps" }) },
    check: (all, env) => {
      same(fs.existsSync(path.join(env.project, "n.txt")), false);
      includes(JSON.stringify(env.requests()[1].body.messages.at(-1)), "smaller steps");
    } },
  "agents of the program": { answers: [call("task", { subagent_type: "judge", prompt: "is it good?" }), { text: "it is" }, { text: "good" }],
    prompt: "judge", options: { agents: [{ name: "judge", description: "Judges", systemPrompt: "You are a judge.", level: "session", tools: ["read_file"] }] },
    check: (all, env) => {
      same([all[0].agents.includes("judge"), last(all).result], [true, "good"]);
      const asked = env.requests()[1].body;
      includes(JSON.stringify(asked.messages[0]), "You are a judge.");
      same(asked.tools.map((t) => t.function.name), ["read_file"]);
    } },
  "servers in the first message": { answers: [{ text: "x" }], prompt: "hi",
    options: () => ({ mcpServers: { calculator: createSdkMcpServer({ name: "calculator", tools: [
      tool("calculate_sum", "Add two numbers", { a: z.number(), b: z.number() }, async (args) => ({ content: [{ type: "text", text: String(args.a + args.b) }] })),
    ] }) } }), check: (all) => {
      same(all[0].mcp_servers, [{ name: "calculator", status: "connected" }]);
      same(all[0].tools.includes("mcp__calculator__calculate_sum"), true);
    } },
  "a tool of the program needs no question": { answers: [call("mcp__sums__add", { a: 40, b: 2 }), { text: "42" }], prompt: "add",
    options: () => ({ mcpServers: { sums: createSdkMcpServer({ name: "sums", tools: [
      tool("add", "Add two numbers", { a: z.number(), b: z.number() }, async (args) => ({ content: [{ type: "text", text: `sum ${args.a + args.b}` }] })),
    ] }) } }), check: (all, env) => includes(told(env), "sum 42") },
  "the methods of a query": { answers: [{ text: "one" }], prompt: "hi", state: [], during: async (q, state) => {
    const usage = await q.getContextUsage(true);
    state.push(q.getSessionId().length, q.isClosed(), usage.contextWindowSize > 1000, usage.totalTokens > 100, usage.showDetails);
    const models = await q.getAvailableModels();
    state.push(models.models[0].id, (await q.getUsageInfo("week")).summary.requests >= 0);
  }, check: (all, env, state) => same(state, [36, false, true, true, true, "fake", true]) },
  effort: { answers: [{ text: "one" }, { text: "two" }], options: { effort: "low" }, state: [],
    prompt: (env) => messages(["first", "second"], async () => {
      await env.answered();
      env.state.push(env.query.getInitialEffortStatus()?.applied, await env.query.setEffort("high"));
    }), check: (all, env, state) => {
      same(state, [true, true]);
      same(env.requests().map((r) => r.body.reasoning?.effort), ["low", "high"]);
    } },
  "a turn goes on": { answers: [{ text: ["slow", " answer"], fault: "stall", after: 200 }, { text: "whole" }], state: [],
    prompt: (env) => messages(["first", ""], async () => {
      await env.answered();
      env.state.push((await env.query.continueLastTurn()).accepted);
    }), interrupts: true, check: (all, env, state) => {
      same(state, [true]);
      same(all.filter((m) => m.type === "result").map((m) => m.result ?? m.is_error), [true, "whole"]);
    } },
  "nothing to go on with": { answers: [{ text: "whole" }], state: [], prompt: "hi", during: async (q, state) => {
    const answer = await q.continueLastTurn();
    state.push(answer.accepted);
  }, check: (all, env, state) => same(state, [false]) },
  "type guards": { answers: [call("read_file", { file_path: "a.txt" }), { text: "x" }], prompt: "hi", files: { "a.txt": "x" },
    options: { includePartialMessages: true }, check: (all) => {
      const guards = [isSDKSystemMessage, isSDKAssistantMessage, isSDKResultMessage, isSDKPartialAssistantMessage, isSDKUserMessage];
      same(guards.map((guard) => all.some(guard)), [true, true, true, true, true]);
      same(all.every((m) => guards.some((guard) => guard(m))), true);
    } },
  timeouts: { answers: [call("write_file", { file_path: "n.txt", content: "x" }), { text: "ok" }], prompt: "write",
    options: { timeout: { canUseTool: 300, mcpRequest: 600000, controlRequest: 60000, streamClose: 15000 },
      canUseTool: () => new Promise(() => {}) }, check: (all, env) => {
      same([results(all)[0].is_error, fs.existsSync(path.join(env.project, "n.txt"))], [true, false]);
    } },
  "close ends it": { answers: [{ text: ["slow", " answer"], fault: "stall", after: 200 }], prompt: "hi",
    during: async (q) => { await q.close(); }, check: () => {} },
  "an interrupt": { answers: [{ text: ["slow", " answer"], fault: "stall", after: 200 }, { text: "next" }],
    prompt: (env) => messages(["first", "second"], () => env.answered()), interrupts: true, check: (all) => {
      same(all.filter((m) => m.type === "result").map((m) => m.is_error), [true, false]);
    } },
};

// The first request is there: an earlier interrupt would leave its answer to the next one.
async function asked(env) {
  while (env.requests().length === 0) await new Promise((go) => setTimeout(go, 10));
}

async function run(name, one, index) {
  const dir = path.join(scratch, String(index));
  const env = { home: path.join(dir, "home"), project: path.join(dir, "project") };
  for (const folder of [env.home, env.project]) fs.mkdirSync(folder, { recursive: true });
  for (const [file, words] of Object.entries(one.files ?? {})) fs.writeFileSync(path.join(env.project, file), words);
  for (const [file, words] of Object.entries(one.homeFiles ?? {})) fs.writeFileSync(path.join(env.home, file), words);
  const played = await serve(one.answers, dir);
  env.requests = played.requests;
  const state = one.state ?? [];
  const all = [];
  let tell;
  const answered = new Promise((resolve) => { tell = resolve; });
  env.answered = () => answered; // the first result has come
  env.state = state;
  let error;
  try {
    for (const step of [one, one.then].filter(Boolean)) {
      const abortController = new AbortController();
      const own = typeof step.options === "function" ? step.options(state, env) : step.options ?? {};
      const options = { pathToQwenExecutable: qwen, cwd: env.project, model: "fake", authType: "openai", abortController,
        ...own, env: { HOME: env.home, OPENAI_BASE_URL: played.url, OPENAI_API_KEY: "k", ...own.env } };
      const prompt = typeof step.prompt === "function" ? step.prompt(env) : step.prompt;
      const q = query({ prompt, options });
      env.query = q;
      env.abort = () => abortController.abort();
      const watch = setInterval(() => { if (typeof step.aborts === "function" && step.aborts(env)) env.abort(); }, 20);
      try {
        for await (const message of q) {
          all.push(message);
          if (message.type === "result") tell();
          if (message.type === "system" && step.during) await step.during(q, state);
          if (message.type === "system" && step.aborts === true) abortController.abort();
          if (message.type === "system" && step.interrupts) asked(env).then(() => q.interrupt()).catch(() => {});
        }
      } catch (e) {
        error = e;
        if (!step.aborts) throw e;
      } finally {
        clearInterval(watch);
      }
    }
    await one.check(all, env, state, error);
    console.log(`ok ${name}`);
  } catch (e) {
    console.log(`not ok ${name}: ${e.message.split("\n")[0]} (${kinds(all)})`);
  } finally {
    played.close();
  }
}

const wanted = process.env.CASE;
for (const [index, [name, one]] of Object.entries(cases).entries()) {
  if (!wanted || name === wanted) await run(name, one, index);
}
