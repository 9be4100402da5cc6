// A client of the Agent Client Protocol, by the protocol's own library, for acp.mjs: starts our agent, judges each message that it sends
// by the JSON schema of the protocol, and keeps what came.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { Readable, Transform, Writable } from "node:stream";
import { pathToFileURL } from "node:url";
import fs from "node:fs";
import path from "node:path";
import readline from "node:readline";

const [modules, qwen, server, scratch] = process.argv.slice(2).map((p) => path.resolve(p));
const require = createRequire(path.join(modules, "x.js"));
const load = (name) => import(pathToFileURL(require.resolve(name)).href);
const Ajv = require("ajv/dist/2020.js").default;
const VERSIONS = {
  1: { module: "@agentclientprotocol/sdk", schema: "v1/schema.unstable.json" },
  2: { module: "@agentclientprotocol/sdk/experimental/v2", schema: "v2/schema.unstable.json" },
};

const judges = {};
async function judge(version) {
  if (judges[version]) return judges[version];
  const { module, schema } = VERSIONS[version];
  const acp = await load(module);
  const text = fs.readFileSync(path.join(modules, "@agentclientprotocol/sdk/schema", schema), "utf8");
  const root = JSON.parse(text);
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
  ajv.addSchema({ $id: "acp", $defs: root.$defs });
  const compiled = {};
  const check = (name, value) => {
    compiled[name] ??= ajv.compile({ $ref: `acp#/$defs/${name}` });
    return compiled[name](value) ? null : `${name}: ${ajv.errorsText(compiled[name].errors)}`;
  };
  const names = (method, end) => Object.keys(root.$defs).filter((n) => root.$defs[n]["x-method"] === method && n.endsWith(end));
  judges[version] = { acp, check, of: (method, end) => names(method, end)[0] };
  return judges[version];
}

const EXTENSIONS = new Set(["session/set_model"]);

// What is wrong with a message of the agent; `asked`: the methods of our requests by id.
function problem(judge, asked, line) {
  let message;
  try { message = JSON.parse(line); } catch { return "no JSON"; }
  if (message.jsonrpc !== "2.0") return "no JSON-RPC 2.0";
  if (message.method) {
    const name = judge.of(message.method, message.id === undefined ? "Notification" : "Request");
    return name ? judge.check(name, message.params) : `${message.method} is in no schema`;
  }
  if (message.error) return judge.check("Error", message.error);
  const method = asked.get(message.id);
  const name = method && judge.of(method, "Response");
  if (name) return judge.check(name, message.result);
  return EXTENSIONS.has(method) ? null : `an answer to ${method ?? "nothing"}`;
}

export async function serve(answers, dir) {
  const [script, log] = [path.join(dir, "script.json"), path.join(dir, "log.jsonl")];
  fs.writeFileSync(script, JSON.stringify(answers));
  fs.writeFileSync(log, "");
  const child = spawn("python3", [server, script, log], { stdio: ["pipe", "pipe", "inherit"] });
  const { value } = await readline.createInterface({ input: child.stdout })[Symbol.asyncIterator]().next();
  const rows = () => fs.readFileSync(log, "utf8").split("\n").filter((l) => l.endsWith("}")).map((l) => JSON.parse(l));
  return { url: `http://127.0.0.1:${value.split(" ")[1]}/v1`, close: () => child.stdin.end(), rows,
    requests: () => rows().filter((r) => r.method === "POST") };
}

export async function until(fn, what) {
  for (let i = 0; i < 60000; i++) {
    const value = await fn();
    if (value) return value;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`it never came: ${what}`);
}

let count = 0;

// A place for a case: folders, files, a server with its answers.
export async function place(one) {
  const dir = path.join(fs.realpathSync(scratch), String(count++));
  const env = { dir, home: path.join(dir, "home"), project: path.join(dir, "project") };
  for (const folder of [env.home, env.project]) fs.mkdirSync(folder, { recursive: true });
  const put = (root, files) => {
    for (const [file, words] of Object.entries(files ?? {})) {
      fs.mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
      fs.writeFileSync(path.join(root, file), typeof words === "function" ? words(env) : words);
    }
  };
  env.server = await serve(one.answers ?? [], dir);
  put(env.project, one.files);
  put(env.home, { ".qwen/system.json": '{"local": {"servers": []}}', ...one.homeFiles });
  env.file = (name) => path.join(env.project, name);
  env.read = (name) => fs.readFileSync(env.file(name), "utf8");
  env.sent = (n) => JSON.stringify(env.server.requests().at(n).body.messages);
  return env;
}

// Starts the agent. `client`: capabilities, version, args, env, and handlers by method.
export async function start(env, client = {}) {
  const version = client.version ?? 1;
  const rules = await judge(version);
  const variables = client.env ?? { OPENAI_BASE_URL: env.server.url, OPENAI_API_KEY: "k", OPENAI_MODEL: "fake" };
  const child = spawn(qwen, ["--acp", ...(client.args ?? [])], { cwd: env.dir, stdio: ["pipe", "pipe", "pipe"],
    env: { PATH: process.env.PATH, TMPDIR: process.env.TMPDIR, LANG: "C.UTF-8", HOME: env.home,
      QWEN_CODE_SYSTEM_SETTINGS_PATH: path.join(env.home, ".qwen/system.json"), ...variables } });
  const self = { child, lines: [], wrong: [], updates: [], asked: [], said: "", raw: {} };
  const methods = new Map();
  child.stderr.on("data", (bytes) => { self.said += bytes; });
  self.ended = new Promise((resolve) => child.on("close", resolve));
  const lines = readline.createInterface({ input: child.stdout.pipe(new Transform({ transform(bytes, _, done) {
    this.push(bytes);
    if (self.toLibrary) self.toLibrary.write(bytes);
    done();
  }, flush(done) { self.toLibrary?.end(); done(); } })) });
  lines.on("line", (line) => {
    const why = problem(rules, methods, line);
    if (why) self.wrong.push(`${why}: ${line.slice(0, 300)}`);
    let message;
    try { message = JSON.parse(line); } catch { return; }
    self.lines.push(message);
    if (message.method === "session/update") self.updates.push({ id: message.params.sessionId, ...message.params.update });
    if (message.method && message.id !== undefined) self.asked.push(message);
    if (!message.method) self.raw[message.id]?.(message);
  });
  self.kinds = (kind, id) => self.updates.filter((u) => u.sessionUpdate === kind && (!id || u.id === id));
  self.text = (id) => self.kinds("agent_message_chunk", id).map((u) => u.content.text).join("");
  self.calls = () => { // each call as its updates leave it
    const out = {};
    for (const u of self.updates) if (u.toolCallId) out[u.toolCallId] = { ...out[u.toolCallId], ...u };
    return Object.values(out);
  };
  // Bytes of our own, beside the library.
  self.write = (text) => child.stdin.write(text);
  self.ask = (method, params, id) => new Promise((resolve) => {
    methods.set(id, method);
    self.raw[id] = resolve;
    self.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`);
  });
  self.close = () => { child.stdin.end(); return self.ended; };
  if (client.bare) return self;
  const app = rules.acp.client();
  const permission = client.permission ?? (() => "y");
  app.onRequest("session/request_permission", async (context) => {
    const option = await permission(context.params, self);
    return { outcome: option ? { outcome: "selected", optionId: option } : { outcome: "cancelled" } };
  });
  for (const [method, handler] of Object.entries(client.handlers ?? {})) {
    app.onRequest(method, (context) => handler(context.params, self));
  }
  app.onNotification("session/update", () => {});
  self.toLibrary = new Transform({ transform(bytes, _, done) { done(null, bytes); } });
  const toAgent = new Transform({ transform(bytes, _, done) {
    for (const line of String(bytes).split("\n").filter(Boolean)) {
      try { const m = JSON.parse(line); if (m.method) methods.set(m.id, m.method); } catch { /* a part of a line */ }
    }
    done(null, bytes);
  } });
  toAgent.pipe(child.stdin);
  child.stdin.on("error", () => {});
  self.connection = app.connect(rules.acp.ndJsonStream(Writable.toWeb(toAgent), Readable.toWeb(self.toLibrary)));
  self.agent = self.connection.agent;
  self.request = (method, params) => self.agent.request(method, params, ...[]);
  self.hello = await self.request("initialize", version === 1
    ? { protocolVersion: client.asks ?? 1, clientCapabilities: client.capabilities ?? {} }
    : { protocolVersion: 2, info: { name: "test", version: "1" }, capabilities: client.capabilities ?? {} });
  self.open = async (more) => {
    self.session = await self.request("session/new", { cwd: env.project, mcpServers: [], ...more });
    return self.session.sessionId;
  };
  self.prompt = (words, id) => self.request("session/prompt", { sessionId: id ?? self.session.sessionId,
    prompt: typeof words === "string" ? [{ type: "text", text: words }] : words });
  self.cancel = (id) => self.agent.notify("session/cancel", { sessionId: id ?? self.session.sessionId });
  return self;
}
