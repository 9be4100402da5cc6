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

const server = createServer(async (request, response) => {
  const known = sessions.get(request.headers['mcp-session-id']);
  const front = known ?? (await open());
  await front.handleRequest(request, response);
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
