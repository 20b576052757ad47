/** Puts the mock console under `vite` and `vite preview`, with the headers the real one sends. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Connect, Plugin } from 'vite';
import { MockConsole } from './api';

const cookieName = 'yagura-mock';

function policy(nonce: string): string {
  return [
    "default-src 'self'",
    `script-src 'self' 'nonce-${nonce}'`,
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'self'",
  ].join('; ');
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  return text ? JSON.parse(text) : {};
}

function apiHandler(console_: MockConsole): Connect.NextHandleFunction {
  return (request, response, next) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    if (!url.pathname.startsWith('/api/') && url.pathname !== '/healthz') {
      next();
      return;
    }
    void handle(console_, request, response, url);
  };
}

async function handle(
  console_: MockConsole,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
): Promise<void> {
  const cookie = /yagura-mock=([0-9a-f]+)/.exec(request.headers.cookie ?? '')?.[1] ?? '';
  const answer = console_.answer({
    method: request.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    cookie,
    csrf: String(request.headers['x-csrf-token'] ?? ''),
    body: await bodyOf(request),
  });
  response.statusCode = answer.status;
  response.setHeader('X-Request-Id', randomBytes(8).toString('hex'));
  response.setHeader('Cache-Control', 'no-store');
  if (answer.cookie !== undefined) {
    const end = answer.cookie === '' ? '; Max-Age=0' : '';
    response.setHeader(
      'Set-Cookie',
      `${cookieName}=${answer.cookie}; Path=/; HttpOnly; SameSite=Strict${end}`,
    );
  }
  if (answer.body === undefined) {
    response.end();
    return;
  }
  response.setHeader('Content-Type', answer.type ?? 'application/json');
  response.end(JSON.stringify(answer.body));
}

export function mockConsole(): Plugin {
  const hosts = Number(process.env['YAGURA_MOCK_HOSTS'] ?? 10_000);
  return {
    name: 'yagura-mock-console',
    apply: (_, env) => env.command === 'serve',
    configureServer(server) {
      server.middlewares.use(apiHandler(new MockConsole(hosts)));
    },
    configurePreviewServer(server) {
      server.middlewares.use(apiHandler(new MockConsole(hosts)));
      // Pages under the policy of production, so that a violation shows before the console does.
      server.middlewares.use((request, response, next) => {
        const path = new URL(request.url ?? '/', 'http://localhost').pathname;
        if (/\.[a-z0-9]+$/i.test(path) && path !== '/index.html') {
          next();
          return;
        }
        const nonce = randomBytes(16).toString('base64');
        const file = `${server.config.root}/${server.config.build.outDir}/index.html`;
        const page = readFileSync(file, 'utf8').replaceAll('__CSP_NONCE__', nonce);
        response.setHeader('Content-Type', 'text/html; charset=utf-8');
        response.setHeader('Content-Security-Policy', policy(nonce));
        response.setHeader('Cache-Control', 'no-store');
        response.end(page);
      });
    },
  };
}
