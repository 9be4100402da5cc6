// Lets clients that speak streamable HTTP talk to a tool server on standard input and output: the
// official library's two transports, with nothing between them.
// Usage: node mcp_bridge.mjs NODE_MODULES COMMAND [ARGS...]; prints the port.
import { createServer } from 'node:http';
import { randomUUID } from 'node:crypto';
import { pathToFileURL } from 'node:url';

const [modules, command, ...args] = process.argv.slice(2);
const load = (name) =>
  import(pathToFileURL(`${modules}/@modelcontextprotocol/sdk/dist/esm/${name}.js`));
const { StreamableHTTPServerTransport } = await load('server/streamableHttp');
const { StdioClientTransport } = await load('client/stdio');

const sessions = new Map();

async function open() {
  const child = new StdioClientTransport({ command, args, env: process.env, stderr: 'inherit' });
  const front = new StreamableHTTPServerTransport({
    sessionIdGenerator: () => randomUUID(),
    onsessioninitialized: (id) => sessions.set(id, front),
  });
  const streams = new Map(); // of a progress token: the request that gave it
  let latest;
  front.onmessage = (message) => {
    if (message.method && message.id !== undefined) {
      latest = message.id;
      const token = message.params?._meta?.progressToken;
      if (token !== undefined) streams.set(token, message.id);
    }
    child.send(message);
  };
  child.onmessage = (message) => {
    const of = streams.get(message.params?.progressToken) ?? latest;
    front.send(message, message.method && of !== undefined ? { relatedRequestId: of } : undefined)
      .catch(() => {});
  };
  front.onclose = () => child.close();
  child.onclose = () => front.close();
  await child.start();
  await front.start();
  return front;
}

// The revision without a greeting: one program answers all, under numbers of ours.
const META = 'io.modelcontextprotocol/';
const STATUS = { [-32601]: 404 };
const waiting = new Map();
let shared, last = 0;

async function alone() {
  if (shared) return shared;
  shared = new StdioClientTransport({ command, args, env: process.env, stderr: 'inherit' });
  shared.onmessage = (message) => {
    const of = message.method
      ? message.params?._meta?.[`${META}subscriptionId`] ?? message.params?.progressToken ?? last
      : message.id;
    waiting.get(of)?.(message);
  };
  await shared.start();
  return shared;
}

async function answerAlone(message, response) {
  const child = await alone();
  const id = (last += 1);
  const given = message.params._meta.progressToken;
  if (given !== undefined) message.params._meta.progressToken = id;
  response.on('close', () => {
    if (waiting.delete(id)) child.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: id } });
  });
  waiting.set(id, (reply) => {
    const params = reply.params;
    if (params?.progressToken === id) params.progressToken = given;
    if (params?._meta?.[`${META}subscriptionId`] === id) params._meta[`${META}subscriptionId`] = message.id;
    if (!reply.method) reply.id = message.id;
    if (!response.headersSent && reply.error) {
      waiting.delete(id);
      response.writeHead(STATUS[reply.error.code] ?? 400, { 'content-type': 'application/json' });
      return response.end(JSON.stringify(reply));
    }
    if (!response.headersSent) response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(`data: ${JSON.stringify(reply)}\n\n`);
    if (!reply.method) {
      waiting.delete(id);
      response.end();
    }
  });
  child.send({ ...message, id });
}

async function read(request) {
  let text = '';
  for await (const piece of request) text += piece;
  return text ? JSON.parse(text) : undefined;
}

const server = createServer(async (request, response) => {
  const body = request.method === 'POST' ? await read(request) : undefined;
  const modern = body?.params?._meta?.[`${META}protocolVersion`] !== undefined
    || request.headers['mcp-protocol-version'] > '2026';
  if (modern && body.id !== undefined) {
    body.params ??= {};
    body.params._meta ??= {};
    return answerAlone(body, response);
  }
  if (modern) return response.writeHead(202).end();
  const front = sessions.get(request.headers['mcp-session-id']) ?? (await open());
  await front.handleRequest(request, response, body);
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
