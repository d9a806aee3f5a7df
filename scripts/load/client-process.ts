import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import WebSocket from 'ws';
import { answerParent } from './child.js';
import { Histogram } from './histogram.js';
import { SUBSCRIPTION, sentAtOf, seqOf } from './message.js';

/** A process full of clients; each counts what it got, what it missed and what it got twice. */

export interface ClientReport {
  readonly received: number;
  readonly lost: number;
  readonly duplicates: number;
  /** Clients that were disconnected. */
  readonly closed: number;
  readonly delays: { readonly counts: readonly number[] };
  /** One message, as it came. */
  readonly sample: string;
}

export type ClientMessage =
  | {
      readonly type: 'open';
      readonly url: string;
      readonly count: number;
      readonly run: { id: string; after: number } | null;
    }
  /** Waits until everybody has `lastSeq`, but not for long, and closes. */
  | { readonly type: 'report'; readonly lastSeq: number; readonly patienceMs: number };

/** Sockets that are opened at once. */
const OPENING = 50;

class Counter {
  received = 0;
  lost = 0;
  duplicates = 0;
  closed = 0;
  sample = '';
  readonly delays = new Histogram();
  private readonly sockets: { readonly socket: WebSocket; seq: number }[] = [];

  async open(url: string, count: number, run: { id: string; after: number } | null): Promise<void> {
    for (let opened = 0; opened < count; opened += OPENING)
      await Promise.all(Array.from({ length: Math.min(OPENING, count - opened) }, () => this.connect(url, run)));
  }

  private async connect(url: string, run: { id: string; after: number } | null): Promise<void> {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, run ? 'graphql-transport-ws' : []);
    const client = { socket, seq: run?.after ?? 0 };
    this.sockets.push(client);
    socket.on('close', () => {
      this.closed += 1;
    });
    await new Promise((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    if (run) await subscribe(socket, run);
    socket.on('message', (data) => this.count(client, data.toString()));
  }

  private count(client: { seq: number }, text: string): void {
    const seq = seqOf(text);
    // A final status counts as an event, a keep-alive does not.
    if (Number.isNaN(seq)) return;
    this.received += 1;
    if (seq <= client.seq) this.duplicates += 1;
    this.lost += Math.max(0, seq - client.seq - 1);
    client.seq = Math.max(client.seq, seq);
    const sentAt = sentAtOf(text);
    if (Number.isNaN(sentAt)) return;
    this.delays.add(Date.now() - sentAt);
    this.sample = text;
  }

  async report(lastSeq: number, patienceMs: number): Promise<ClientReport> {
    const deadline = Date.now() + patienceMs;
    while (this.sockets.some(({ seq }) => seq < lastSeq) && Date.now() < deadline) await setTimeout(20);
    for (const { seq } of this.sockets) this.lost += Math.max(0, lastSeq - seq);
    const { received, lost, duplicates, closed, delays, sample } = this;
    return { received, lost, duplicates, closed, delays: { counts: delays.counts }, sample };
  }

  close(): void {
    for (const { socket } of this.sockets) socket.terminate();
  }
}

/** Resolves when the server has begun the subscription: it answers in the order of the questions. */
async function subscribe(socket: WebSocket, { id, after }: { id: string; after: number }): Promise<void> {
  const send = (message: object) => socket.send(JSON.stringify(message));
  const answered = (type: string) =>
    new Promise<void>((resolve) => {
      const listen = (data: WebSocket.RawData) => {
        if (!data.toString().includes(`"type":"${type}"`)) return;
        socket.off('message', listen);
        resolve();
      };
      socket.on('message', listen);
    });
  const acknowledged = answered('connection_ack');
  send({ type: 'connection_init' });
  await acknowledged;
  const ponged = answered('pong');
  const payload = { query: SUBSCRIPTION, operationName: 'Load', variables: { id, after } };
  send({ id: randomUUID(), type: 'subscribe', payload });
  send({ type: 'ping' });
  await ponged;
}

let counter = new Counter();

answerParent<ClientMessage>(async (message) => {
  if (message.type === 'open') {
    counter = new Counter();
    return counter.open(message.url, message.count, message.run);
  }
  const report = await counter.report(message.lastSeq, message.patienceMs);
  counter.close();
  return report;
});
