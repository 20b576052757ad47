// What the tests are run against, in this order:
//   YAGURA_URL (+ YAGURA_USER, YAGURA_PASSWORD)  a console that somebody started
//   the real system: `yagura up` from YAGURA_BIN (default build/release/bin) in a temporary folder
//   YAGURA_E2E_MOCK=1                            the development mock under `vite preview`
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const startTimeoutMs = 120_000;
const stopTimeoutMs = 20_000;

export async function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Starts a program and resolves once its output satisfies `ready`, which returns what it read. */
function start(command, args, options, ready) {
  const child = spawn(command, args, {
    ...options,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGTERM');
      reject(new Error(`${command} was not ready in time:\n${output}`));
    }, startTimeoutMs);
    const read = (chunk) => {
      output += chunk;
      const found = ready(output);
      if (!found) return;
      clearTimeout(timer);
      resolve({ child, ...found });
    };
    child.stdout.setEncoding('utf8').on('data', read);
    child.stderr.setEncoding('utf8').on('data', read);
    child.once('error', reject);
    child.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`${command} ended (${code}):\n${output}`));
    });
  });
}

async function stop(child) {
  if (child.exitCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
  await ended;
  clearTimeout(timer);
}

async function realSystem(program) {
  const data = mkdtempSync(join(tmpdir(), 'yagura-e2e-'));
  // Started as root the daemons run as an account of their own, which must be able to pass.
  chmodSync(data, 0o755);
  const consolePort = await freePort();
  const transportPort = await freePort();
  const args = [
    'up',
    '--data',
    join(data, 'installation'),
    '--console-port',
    String(consolePort),
    '--transport-port',
    String(transportPort),
  ];
  try {
    const { child, url, user, password } = await start(program, args, { cwd: root }, (text) => {
      const plain = text.replace(/\u001b\[[0-9;]*m/g, '');
      const address = /https:\/\/[^\s/]+:\d+/.exec(plain)?.[0];
      const [, name, secret] = /user (\S+), one-time password (\S+)/.exec(plain) ?? [];
      return address && secret ? { url: address, user: name, password: secret } : null;
    });
    return {
      kind: 'system',
      url,
      user,
      password,
      close: async () => {
        await stop(child);
        rmSync(data, { recursive: true, force: true });
      },
    };
  } catch (error) {
    rmSync(data, { recursive: true, force: true });
    throw error;
  }
}

async function mock() {
  const port = await freePort();
  const vite = join(root, 'ui/node_modules/vite/bin/vite.js');
  const { child } = await start(
    process.execPath,
    [vite, 'preview', '--port', String(port)],
    { cwd: join(root, 'ui') },
    (text) => (text.includes(String(port)) ? {} : null),
  );
  return {
    kind: 'mock',
    url: `http://127.0.0.1:${port}`,
    user: 'admin',
    password: 'yagura-demo',
    close: () => stop(child),
  };
}

/** null with a reason when there is nothing to test against. */
export async function openTarget() {
  if (process.env.YAGURA_URL) {
    const { YAGURA_URL: url, YAGURA_USER: user = 'admin', YAGURA_PASSWORD: password } = process.env;
    if (!password) return { target: null, reason: 'YAGURA_PASSWORD is not set' };
    return {
      target: {
        kind: 'given',
        url,
        user,
        password,
        close: async () => undefined,
      },
    };
  }
  if (process.env.YAGURA_E2E_MOCK === '1') return { target: await mock() };
  const program = join(process.env.YAGURA_BIN ?? join(root, 'build/release/bin'), 'yagura');
  if (!existsSync(program)) return { target: null, reason: `${program} is not built` };
  return { target: await realSystem(program) };
}
