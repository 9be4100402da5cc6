// The official clients of the Model Context Protocol use `qwen mcp serve`: version 1 of the library,
// and version 2 in both ways of beginning. One line a check: "ok NAME" or "not ok NAME: WHY".
// Usage: node mcp_serve.mjs NODE_MODULES QWEN PROJECT; PROJECT has notes.txt, and secret.txt, which a
// rule refuses; the environment says how a model is reached.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const [modules, qwen, project] = process.argv.slice(2);
const load = (name) => import(pathToFileURL(`${modules}/@modelcontextprotocol/${name}`));
const one = { ...(await load('sdk/dist/esm/client/index.js')), ...(await load('sdk/dist/esm/client/stdio.js')) };
const types = await load('sdk/dist/esm/types.js');
const two = { ...(await load('client/dist/index.mjs')), ...(await load('client/dist/stdio.mjs')) };

const file = (name) => `${project}/${name}`;
const words = (result) => result.content.map((part) => part.text ?? '').join('\n');

// A connection; `person` answers what is asked, nobody can be asked without it.
async function connect(era, person, flags = []) {
  const lib = era === 'v1' ? one : two;
  const options = { capabilities: person ? { elicitation: {} } : {} };
  if (era !== 'v1') options.versionNegotiation = { mode: era };
  const client = new lib.Client({ name: 'test', version: '1' }, options);
  const asked = [];
  if (person) {
    client.setRequestHandler(era === 'v1' ? types.ElicitRequestSchema : 'elicitation/create', (request) => {
      asked.push(request.params);
      return person(request.params);
    });
  }
  const transport = new lib.StdioClientTransport({ command: qwen, args: [...flags, 'mcp', 'serve'],
    cwd: project, env: process.env, stderr: 'ignore' });
  await client.connect(transport);
  const call = (name, args, options) => era === 'v1'
    ? client.callTool({ name, arguments: args }, undefined, options)
    : client.callTool({ name, arguments: args }, options);
  return { client, asked, call };
}

const choose = (pattern) => (params) => ({ action: 'accept',
  content: { answer: params.requestedSchema.properties.answer.enum.find((label) => pattern.test(label)) } });

function expect(yes, what) {
  if (!yes) throw new Error(what);
}

const write = { file_path: file('new.txt'), content: 'new\n' };

const checks = {
  async 'what it offers'(era) {
    const { client } = await connect(era);
    const names = (await client.listTools()).tools.map((tool) => tool.name);
    for (const name of ['read_file', 'run_shell_command', 'edit', 'web_fetch', 'task']) {
      expect(names.includes(name), `${name} is missing in ${names}`);
    }
    for (const name of ['todo_write', 'tool_search', 'ask_user_question']) {
      expect(!names.includes(name), `${name} is there`);
    }
    expect(client.getServerVersion().name === 'qwen', 'its name');
    expect(client.getInstructions().includes(project), 'its instructions');
    await client.close();
  },
  async 'a file is read'(era) {
    const { client, call } = await connect(era);
    const result = await call('read_file', { file_path: file('notes.txt') });
    expect(!result.isError && words(result).includes('a note'), words(result));
    await client.close();
  },
  async 'arguments that do not fit'(era) {
    const { client, call } = await connect(era);
    const result = await call('read_file', { file_path: 7 });
    expect(result.isError, JSON.stringify(result));
    await client.close();
  },
  async 'no such tool'(era) {
    const { client, call } = await connect(era);
    const error = await call('none', {}).then(() => null, (e) => e);
    expect(error?.code === -32602, String(error));
    await client.close();
  },
  async 'nobody can be asked'(era) {
    const { client, call } = await connect(era);
    const result = await call('write_file', write);
    expect(result.isError && !existsSync(write.file_path), words(result));
    await client.close();
  },
  async 'a person says yes'(era) {
    const { client, call, asked } = await connect(era, choose(/^Yes$/));
    const result = await call('write_file', write);
    expect(!result.isError, words(result));
    expect(readFileSync(write.file_path, 'utf8') === 'new\n', 'what was written');
    expect(asked.length === 1 && asked[0].message.includes('new.txt'), JSON.stringify(asked));
    await client.close();
  },
  async 'a person says yes for the session'(era) {
    const { client, call, asked } = await connect(era, choose(/^Yes, and/));
    for (const text of ['a', 'b']) {
      const result = await call('run_shell_command', { command: `touch new.txt; echo ${text}` });
      expect(!result.isError && words(result).includes(text), words(result));
    }
    expect(asked.length >= 1 && asked.length <= 2, `${asked.length} questions`);
    await client.close();
  },
  async 'a person says no, and why'(era) {
    const { client, call } = await connect(era, (params) => ({ action: 'accept',
      content: { ...choose(/^No/)(params).content, words: 'not today' } }));
    const result = await call('write_file', write);
    expect(result.isError && words(result).includes('not today'), words(result));
    expect(!existsSync(write.file_path), 'it was written');
    await client.close();
  },
  async 'a person declines'(era) {
    for (const action of ['decline', 'cancel']) {
      const { client, call } = await connect(era, () => ({ action }));
      const result = await call('write_file', write);
      expect(result.isError && !existsSync(write.file_path), words(result));
      await client.close();
    }
  },
  async 'rules hold'(era) {
    const { client, call } = await connect(era, choose(/^Yes$/), ['--yolo']);
    const result = await call('read_file', { file_path: file('secret.txt') });
    expect(result.isError && !words(result).includes('hush'), words(result));
    const plain = await call('run_shell_command', { command: 'echo free' });
    expect(words(plain).includes('free'), words(plain));
    await client.close();
  },
  async 'progress'(era) {
    const { client, call } = await connect(era, undefined, ['--yolo']);
    const heard = [];
    await call('run_shell_command', { command: 'for i in 1 2 3; do echo step $i; sleep 0.1; done' },
      { onprogress: (p) => heard.push(p) });
    expect(heard.length > 0 && heard.some((p) => /step/.test(p.message)), JSON.stringify(heard));
    await client.close();
  },
  async 'a call is stopped'(era) {
    const { client, call } = await connect(era, undefined, ['--yolo']);
    const stop = new AbortController();
    const error = await call('run_shell_command', { command: 'echo $$ > pid; exec sleep 600' },
      { signal: stop.signal, onprogress: () => {}, ...wait(() => existsSync(file('pid'))
        && readFileSync(file('pid'), 'utf8').endsWith('\n'), () => stop.abort()) })
      .then(() => null, (e) => e);
    expect(error, 'it ended');
    const pid = readFileSync(file('pid'), 'utf8').trim();
    while (existsSync(`/proc/${pid}`)) await new Promise((go) => setTimeout(go, 20));
    const after = await call('read_file', { file_path: file('notes.txt') });
    expect(words(after).includes('a note'), words(after));
    rmSync(file('pid'));
    await client.close();
  },
  async 'two at once'(era) {
    const { client, call } = await connect(era, undefined, ['--yolo']);
    const both = await Promise.all(['a', 'b'].map((name) => call('run_shell_command',
      { command: `echo ${name} > ${name}.up; until [ -e a.up ] && [ -e b.up ]; do sleep 0.02; done; rm -f ${name}.done; echo ${name}` })));
    expect(words(both[0]).includes('a') && words(both[1]).includes('b'), both.map(words).join());
    for (const name of ['a.up', 'b.up']) rmSync(file(name));
    await client.close();
  },
  async 'an agent'(era) {
    const { client, call } = await connect(era);
    const result = await call('task', { subagent_type: 'explore', prompt: 'look', description: 'look' });
    expect(words(result).includes('from the model'), words(result));
    await client.close();
  },
  async 'prompts'(era) {
    const { client } = await connect(era);
    const { prompts } = await client.listPrompts();
    expect(prompts.map((p) => p.name).join() === 'greet', JSON.stringify(prompts));
    const got = await client.getPrompt({ name: 'greet', arguments: { arguments: 'Ada' } });
    expect(got.messages[0].content.text.includes('Greet Ada'), JSON.stringify(got));
    await client.close();
  },
};

// Options of a call; does something once a condition holds.
function wait(condition, then) {
  const timer = setInterval(() => {
    if (!condition()) return;
    clearInterval(timer);
    then();
  }, 20);
  return {};
}

let bad = 0;
for (const era of ['v1', 'legacy', 'auto']) {
  for (const [name, check] of Object.entries(checks)) {
    try {
      await check(era);
      console.log(`ok ${era}: ${name}`);
    } catch (e) {
      bad += 1;
      console.log(`not ok ${era}: ${name}: ${e.stack}`.replaceAll('\n', ' '));
    }
    rmSync(write.file_path, { force: true });
  }
}
process.exit(bad ? 1 : 0);
