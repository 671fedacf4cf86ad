import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, isIP } from 'node:net';
import { hostname } from 'node:os';
import { UserError } from '../shared/user-error.js';

/** The content served at one path, as consecutive parts. */
export interface Route {
  readonly type: string;
  readonly parts: readonly Uint8Array[];
}

/** The content served, by path. */
export type Routes = ReadonlyMap<string, Route>;

/** A listening server. */
export interface Served {
  readonly url: string;
  readonly server: Server;
}

/** What the page may load and run: its own files. */
const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * What its worker may load and run: the images, WebAssembly, threads, whose script is a blob, and the kernels of GPU.js,
 * which are compiled from text.
 */
const workerPolicy = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval' 'unsafe-eval'",
  'worker-src blob:',
  "connect-src 'self'",
].join('; ');

/** The page needs the first two headers to share memory between threads; each of its files needs the third. */
const headers = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-cache',
};

/**
 * Serves routes from memory, cross-origin isolated. A path is only looked up among the routes and never used as a file
 * name. Requests to a name that is not one of this machine are refused, so that no other site can reach the server
 * through a name of its own.
 *
 * @throws UserError when the server cannot listen on the host and port.
 */
export async function serve(routes: Routes, { port, host }: { port: number; host: string }): Promise<Served> {
  const server = createServer(({ method, url, headers }, response) => {
    const route = routes.get((url ?? '').replace(/[?#].*$/, ''));
    if (!isOwnName(headers.host ?? '', host)) refuse(response, 421, 'Misdirected Request');
    else if (method !== 'GET' && method !== 'HEAD') refuse(response, 405, 'Method Not Allowed');
    else if (!route) refuse(response, 404, 'Not Found');
    else send(response, route, method === 'HEAD');
  });
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    throw new UserError(
      `expected --host and --port to listen on, got ${host} and ${port}: ${(error as Error).message}`,
    );
  }
  const { port: given } = server.address() as AddressInfo;
  return { url: `http://${host.includes(':') ? `[${host}]` : host}:${given}/`, server };
}

/** True if a Host header names this machine: by an address, as localhost, by its host name or as `host`. */
function isOwnName(header: string, host: string): boolean {
  if (!URL.canParse(`http://${header}`)) return false;
  const name = new URL(`http://${header}`).hostname.replace(/^\[|\]$/g, '');
  const own = ['localhost', host, hostname(), `${hostname()}.local`];
  return isIP(name) > 0 || own.some((each) => each.toLowerCase() === name);
}

function send(response: ServerResponse, { type, parts }: Route, headOnly: boolean): void {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const policy = type.startsWith('text/html') ? pagePolicy : workerPolicy;
  response.writeHead(200, {
    ...headers,
    'Content-Security-Policy': policy,
    'Content-Type': type,
    'Content-Length': length,
  });
  if (!headOnly) for (const part of parts) response.write(part);
  response.end();
}

function refuse(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, {
    ...headers,
    'Content-Type': 'text/plain',
    ...(status === 405 && { Allow: 'GET, HEAD' }),
  });
  response.end(`${text}\n`);
}
