// Lays the bodies of tests/cases/requests before the parameter types of the official SDKs, in one run of the TypeScript compiler.
// Usage: types.mjs MODULES REQUESTS SCRATCH     Prints a JSON list of {name, problem?}, one for each body and for each field of a vendor's own.
import { spawnSync } from "node:child_process";
import { readFileSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

const IMPORTS = `
import type { MessageCreateParams } from "@anthropic-ai/sdk/resources/messages";
import type { Content, GenerationConfig, SafetySetting, Tool } from "@google/genai";
import type { ChatCompletionCreateParams } from "openai/resources/chat/completions";
import type { ResponseCreateParams } from "openai/resources/responses/responses";
// The SDK has arguments where the wire has one object, and an enum where the wire has words, which may be small.
type Wire<T> = T extends string ? \`\${T}\` | Lowercase<\`\${T}\`> : T extends object ? { [K in keyof T]: Wire<T[K]> } : T;
type GenerateContent = Wire<{ contents: Content[]; systemInstruction?: Content; tools?: Tool[]; generationConfig?: GenerationConfig; safetySettings?: SafetySetting[] }>;
`;

const TYPES = [
  [/\/messages$/, "MessageCreateParams"], [/:streamGenerateContent\?/, "GenerateContent"],
  [/\/responses$/, "ResponseCreateParams"], [/\/chat\/completions(\?|$)/, "ChatCompletionCreateParams"],
];

// Fields that the SDKs do not know, and who does. Each is laid before the types as well, to see that it is so.
const OWN = {
  ChatCompletionCreateParams: {
    "messages.*.content.*.cache_control": "DashScope, OpenRouter",
    "messages.*.reasoning_content": "thinking, sent back: DeepSeek and most others",
    "messages.*.reasoning_details": "thinking, sent back: OpenRouter, MiniMax",
    "tools.*.cache_control": "DashScope",
    "chat_template_kwargs": "llama.cpp, vLLM",
    "enable_thinking": "DashScope",
    "reasoning": "OpenRouter",
    "reasoning_format": "Groq",
    "thinking": "Z.AI",
    "vl_high_resolution_images": "DashScope",
  },
  MessageCreateParams: { "temperature": "older models; a person's own samplingParams" },
};

// Takes out what the path names; true when something was there.
function take(value, [step, ...rest]) {
  if (value === null || typeof value !== "object") return false;
  if (step === "*") return Object.values(value).map((item) => take(item, rest)).includes(true);
  if (!(step in value)) return false;
  if (rest.length > 0) return take(value[step], rest);
  delete value[step];
  return true;
}

const [modules, requests, scratch] = process.argv.slice(2);
const lines = IMPORTS.split("\n"), checks = new Map();
function add(name, type, body) {
  lines.push(`const b${lines.length}: ${type} = ${JSON.stringify(body)};`);
  checks.set(lines.length, { name });
}

const idle = new Set(Object.values(OWN).flatMap(Object.keys));
for (const file of readdirSync(requests).filter((name) => name.endsWith(".want")).sort()) {
  const [head, , text] = readFileSync(join(requests, file), "utf8").split("\n");
  const type = TYPES.find(([path]) => path.test(head))?.[1] ?? "never";
  const body = JSON.parse(text);
  const own = Object.keys(OWN[type] ?? {}).filter((path) => take(body, path.split(".")));
  add(file, type, body);
  for (const path of own) {
    const more = JSON.parse(text);
    for (const other of own) if (other !== path) take(more, other.split("."));
    idle.delete(path);
    lines.push("// @ts-expect-error");
    const line = lines.length;
    add(`${file}: ${path} is unknown to the SDK`, type, more);
    checks.set(line, checks.get(lines.length));
  }
}
for (const path of idle) checks.set(path, { name: path, problem: "no request has it" });

symlinkSync(resolve(modules), join(scratch, "node_modules"));
writeFileSync(join(scratch, "bodies.ts"), lines.join("\n"));
const options = ["--noEmit", "--strict", "--skipLibCheck", "--target", "es2022", "--module", "nodenext", "--types", "", "--pretty", "false"];
const run = spawnSync(join("node_modules", "typescript", "bin", "tsc"), [...options, "bodies.ts"], { cwd: scratch, encoding: "utf8" });
if (run.error) throw run.error;
const words = run.stdout + run.stderr;
for (const [, line, problem] of words.matchAll(/^bodies\.ts\((\d+),\d+\): (.*(?:\n .*)*)/gm)) {
  const check = checks.get(Number(line));
  if (check) check.problem = (check.problem ? check.problem + "\n" : "") + problem;
}
const found = [...new Set(checks.values())];
if (run.status !== 0 && !found.some((check) => check.problem)) throw new Error(words);
console.log(JSON.stringify(found));
