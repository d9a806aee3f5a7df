#!/usr/bin/env node
import { pino } from 'pino';
import { readEnvironment } from './environment.js';
import { requestFields } from './request-id.js';
import { type Role, readRole, requireShared, USAGE } from './roles.js';

/** Command line and environment → processes. Standard output carries one line; the log goes to standard error. */
async function main(): Promise<void> {
  const args = process.argv.slice(2);
  const [command, ...rest] = args;
  if (command === 'token') return (await import('./commands/token.js')).tokenCommand(rest, process.env);
  if (command === 'backup' || command === 'restore')
    return (await import('./commands/backup.js')).backupCommand(command, rest, process.env);
  const role = readRole(args);
  if (role === null) return console.log(USAGE);
  const { logLevel, ...options } = readEnvironment(process.env);
  // No other process needs it, least of all the one that reads strangers' files.
  delete process.env['AZIMUTH_TOKEN'];
  requireShared(role, options.databaseUrl);
  const logger = pino(
    {
      level: logLevel,
      redact: ['databaseUrl', '*.databaseUrl', 'req.headers.authorization'],
      mixin: requestFields,
    },
    pino.destination(2),
  );
  const starting = start(role, { ...options, logger });
  stopOnSignals(async () => (await starting).close());
  console.log((await starting).says);
}

type Options = Omit<ReturnType<typeof readEnvironment>, 'logLevel'> & { readonly logger: pino.Logger };

async function start(role: Role, options: Options): Promise<{ says: string; close(): Promise<void> }> {
  const { databaseUrl, device } = options;
  // Each role loads what it runs: a worker's host no GraphQL, and neither of them the engine.
  if (role === 'worker' && databaseUrl !== null) {
    const { startWorkerHost } = await import('./worker-host.js');
    const { url, close } = await startWorkerHost({ ...options, databaseUrl });
    return { says: `Azimuth is working on device ${device}${url ? `, its health on ${url}` : ''}`, close };
  }
  const { startServer } = await import('./server.js');
  const { url, close } = await startServer({ ...options, worker: role === 'all' });
  return { says: `Azimuth is listening on ${url}`, close };
}

/** The first signal stops everything in order, the second at once. */
function stopOnSignals(close: () => Promise<void>): void {
  let stopping = false;
  const onSignal = (signal: NodeJS.Signals) => {
    if (stopping) process.exit(signal === 'SIGINT' ? 130 : 143);
    stopping = true;
    close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
