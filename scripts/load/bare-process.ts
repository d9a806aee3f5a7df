import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { WebSocketServer } from 'ws';
import { answerParent, processorMicroseconds } from './child.js';
import { numbered } from './message.js';

/** What Azimuth is measured against: a server that does nothing but send one text to every client, by WebSocket or by HTTP. */

export type BareMessage =
  | { readonly type: 'start' }
  | { readonly type: 'processor' }
  /** Gives the address at which every request is answered with `sample`. */
  | { readonly type: 'answer'; readonly sample: string }
  | { readonly type: 'send'; readonly sample: string; readonly count: number; readonly perSecond: number };

const sockets = new WebSocketServer({ host: '127.0.0.1', port: 0 });
const listening = new Promise((resolve) => sockets.once('listening', resolve));

async function sendAll({ sample, count, perSecond }: Extract<BareMessage, { type: 'send' }>): Promise<void> {
  const startedAt = performance.now();
  for (let seq = 1; seq <= count; seq += 1) {
    await setTimeout(Math.max(0, startedAt + (seq * 1000) / perSecond - performance.now()));
    const text = numbered(sample, seq, Date.now());
    for (const client of sockets.clients) client.send(text);
  }
}

async function answerAll(sample: string): Promise<string> {
  const server = createServer((request, response) => {
    request.resume().once('end', () => {
      response.setHeader('content-type', 'application/json');
      response.end(sample);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

answerParent<BareMessage>(async (message) => {
  if (message.type === 'answer') return answerAll(message.sample);
  if (message.type === 'processor') return processorMicroseconds();
  if (message.type === 'send') return sendAll(message);
  await listening;
  return `http://127.0.0.1:${(sockets.address() as AddressInfo).port}`;
});
