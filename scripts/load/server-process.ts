import { pino } from 'pino';
import { startServer } from '../../src/server.js';
import { answerParent, processorMicroseconds } from './child.js';

/** The API process of the load test: the real server, without a worker. */

export type ServerMessage =
  | { readonly type: 'start'; readonly databaseUrl: string; readonly dataDir: string }
  | { readonly type: 'processor' };

let server: Awaited<ReturnType<typeof startServer>> | null = null;

answerParent<ServerMessage>(
  async (message) => {
    if (message.type === 'processor') return processorMicroseconds();
    const { databaseUrl, dataDir } = message;
    const logger = pino({ level: 'warn' }, pino.destination(2));
    const options = { host: '127.0.0.1', port: 0, device: 'cpu', worker: false, logger };
    server = await startServer({ ...options, databaseUrl, dataDir });
    return server.url;
  },
  async () => server?.close(),
);
