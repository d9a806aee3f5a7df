import { pino } from 'pino';
import { tokenCommand } from './commands/token.js';
import { readEnvironment } from './environment.js';
import { startServer } from './server.js';

/** Environment → server. Standard output carries one line, the address; the log goes to standard error. */
async function main(): Promise<void> {
  const [command, ...words] = process.argv.slice(2);
  if (command === 'token') return tokenCommand(words, process.env);
  const { logLevel, ...options } = readEnvironment(process.env);
  // No other process needs it, least of all the one that reads strangers' files.
  delete process.env['AZIMUTH_TOKEN'];
  const logger = pino(
    { level: logLevel, redact: ['databaseUrl', '*.databaseUrl', 'req.headers.authorization'] },
    pino.destination(2),
  );
  const starting = startServer({ ...options, logger, worker: true });
  stopOnSignals(async () => (await starting).close());
  const server = await starting;
  console.log(`Azimuth is listening on ${server.url}`);
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
