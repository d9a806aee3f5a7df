import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { packageFile } from '../../src/package.js';

export interface LaunchedServer {
  readonly url: string;
  readonly pid: number;
  /** SIGTERM; resolves to the exit code. */
  stop(): Promise<number | null>;
}

/** Starts the compiled server as a process of its own on a free port, and waits until it answers `/readyz` with 200. */
export async function launchServer(dataDir: string, env: NodeJS.ProcessEnv = {}): Promise<LaunchedServer> {
  const child = spawn(process.execPath, [packageFile('dist/src/main.js')], {
    env: { ...process.env, AZIMUTH_DATA: dataDir, PORT: '0', LOG_LEVEL: 'warn', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const address = new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const url = /listening on (\S+)/.exec(line)?.[1];
      if (url) resolve(url);
    });
    void exited.then((code) => reject(new Error(`The server ended with code ${code} before it listened.`)));
  });
  const url = await address;
  await ready(url);
  return {
    url,
    pid: child.pid as number,
    stop: () => {
      child.kill('SIGTERM');
      return exited;
    },
  };
}

const READY_TIMEOUT_MS = 120_000;

async function ready(url: string): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  let last = '';
  while (Date.now() < deadline) {
    const response = await fetch(`${url}/readyz`).catch(() => null);
    if (response?.ok) return;
    last = (await response?.text()) ?? 'no answer';
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`The server is not ready after ${READY_TIMEOUT_MS / 1000} s: ${last}`);
}
