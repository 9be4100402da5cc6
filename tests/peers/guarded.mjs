// A tool server of the official SDK behind oauth2-mock-server, which issues, checks and renews its tokens. Options and later changes
// are JSON: {"prm": "header"|"path"|"root"|"none", "issuer": TEXT, "fault": NAME, ...}; a line on standard input is one more change, answered with "ok".
// Prints "READY URL ISSUER"; LOG gets one line of JSON for each request that has to do with signing in, and each call with its token.
// Usage: guarded.mjs NODE_MODULES LOG OPTIONS
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { randomUUID } from "node:crypto";
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import readline from "node:readline";

const [modules, log, given] = process.argv.slice(2);
const require = createRequire(path.resolve(modules, "x.js"));
const load = (name) => import(pathToFileURL(require.resolve(name)).href);
const { OAuth2Server } = await load("oauth2-mock-server");
const { McpServer } = await load("@modelcontextprotocol/sdk/server/mcp.js");
const { StreamableHTTPServerTransport } = await load("@modelcontextprotocol/sdk/server/streamableHttp.js");

const options = { prm: "header", ttl: 3600, ...JSON.parse(given) };
const note = (entry) => fs.appendFileSync(log, JSON.stringify(entry) + "\n");
const dead = new Set(); // access tokens that count no longer
let issued = [];

const oauth = new OAuth2Server();
await oauth.issuer.keys.generate("RS256");
await oauth.start(0, "127.0.0.1");
const issuer = oauth.issuer.url;
oauth.service.on("beforeWellKnownOpenIdConfiguration", (answer) => {
  note({ at: "metadata" });
  answer.body.scopes_supported = ["mcp:read", "mcp:write", "offline_access"];
  answer.body.authorization_response_iss_parameter_supported = options.iss !== undefined;
  if (options.fault === "mix-up") answer.body.issuer = "https://honest.example";
  if (options.fault === "no-pkce") delete answer.body.code_challenge_methods_supported;
  if (options.fault === "plain-pkce") answer.body.code_challenge_methods_supported = ["plain"];
  if (options.fault === "no-metadata") answer.statusCode = 404;
  if (options.fault === "plain-http") answer.body.token_endpoint = "http://evil.example/token";
  if (options.registration) answer.body.registration_endpoint = options.registration;
  if (options.ways) answer.body.token_endpoint_auth_methods_supported = options.ways;
  if (options.grants) answer.body.grant_types_supported = options.grants;
});
oauth.service.on("beforeAuthorizeRedirect", (answer, req) => {
  note({ at: "authorize", ...req.query });
  const to = answer.url.searchParams;
  if (options.fault === "denied") {
    to.delete("code");
    to.set("error", "access_denied");
    to.set("error_description", "no such luck");
  }
  if (options.fault === "state") to.set("state", "another");
  if (options.iss) to.set("iss", options.iss === "right" ? issuer : options.iss);
});
oauth.service.on("beforeTokenSigning", (token, req) => {
  token.payload.jti = randomUUID(); // two tokens of one second are two
  token.payload.scope = req.body?.scope ?? options.scope ?? token.payload.scope;
});
oauth.service.on("beforeResponse", (answer, req) => {
  note({ at: "token", authorization: req.headers.authorization, ...req.body });
  answer.body.expires_in = options.ttl;
  answer.body.scope = options.scope ?? "mcp:read";
  if (options.rotates === false && req.body.grant_type === "refresh_token") delete answer.body.refresh_token;
  if (options.fault === "token-down") Object.assign(answer, { statusCode: 503, body: { error: "temporarily_unavailable" } });
  else if (options.fault === "refresh-over" && req.body.grant_type === "refresh_token") {
    Object.assign(answer, { statusCode: 400, body: { error: "invalid_grant", error_description: "it is over" } });
  } else if (options.fault === "mac") answer.body.token_type = "mac";
  else issued.push(answer.body.access_token);
});

function tools() {
  const server = new McpServer({ name: "guarded", version: "1" });
  server.registerTool("read", { description: "Reads." }, async () => ({ content: [{ type: "text", text: "read it" }] }));
  server.registerTool("write", { description: "Writes." }, async () => ({ content: [{ type: "text", text: "wrote it" }] }));
  return server;
}

const listener = http.createServer(async (req, res) => {
  const url = `http://127.0.0.1:${listener.address().port}`;
  const say = (status, body, headers) => {
    res.writeHead(status, { "Content-Type": "application/json", ...headers });
    res.end(JSON.stringify(body));
  };
  const meta = { header: "/meta.json", path: "/.well-known/oauth-protected-resource/mcp", root: "/.well-known/oauth-protected-resource" }[options.prm];
  if (req.url === meta) {
    note({ at: "resource" });
    return say(200, { resource: options.resource ?? `${url}/mcp`, authorization_servers: [options.issuer ?? issuer], scopes_supported: ["mcp:read"] });
  }
  let text = "";
  for await (const piece of req) text += piece;
  if (req.url === "/register") {
    note({ at: "register", ...JSON.parse(text) });
    if (options.fault === "register") return say(400, { error: "invalid_redirect_uri", error_description: "not that one" });
    return say(201, { client_id: "registered", client_secret: "secret-of-the-client", ...options.client });
  }
  if (req.url === "/away") return say(200, {});
  if (req.url !== "/mcp") return say(404, {});
  if (options.moved) return say(307, {}, { Location: options.moved });
  const body = JSON.parse(text || "{}"), token = req.headers.authorization?.match(/^Bearer (.*)$/)?.[1];
  note({ at: "mcp", verb: req.method, method: body.method, token: token && issued.indexOf(token) });
  const where = options.prm === "header" ? `, resource_metadata="${url}/meta.json"` : "";
  if (!issued.includes(token) || dead.has(token)) {
    return say(401, { error: "invalid_token" }, { "WWW-Authenticate": `Basic realm="x", Bearer realm="a, \\"b\\"", scope="mcp:read"${where}` });
  }
  if (req.method !== "POST") return say(405, {});
  const rights = JSON.parse(Buffer.from(token.split(".")[1], "base64url")).scope ?? "";
  if (body.params?.name === "write" && !(options.scope ?? rights).includes("mcp:write")) {
    return say(403, {}, { "WWW-Authenticate": `Bearer error="insufficient_scope", scope="mcp:write"${where}` });
  }
  const server = tools(), transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined });
  res.on("close", () => server.close());
  await server.connect(transport);
  await transport.handleRequest(req, res, body);
});
await new Promise((ready) => listener.listen(0, "127.0.0.1", ready));
console.log(`READY http://127.0.0.1:${listener.address().port}/mcp ${issuer}`);

for await (const line of readline.createInterface({ input: process.stdin })) {
  const change = JSON.parse(line);
  if (change.refuse) issued.forEach((token) => dead.add(token));
  Object.assign(options, change);
  console.log("ok");
}
process.exit(0);
