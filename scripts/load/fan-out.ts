import type { Child } from './child.js';
import type { ClientReport } from './client-process.js';
import { Histogram } from './histogram.js';
import type { Source } from './source.js';

/** One round of one server: so many subscribers get so many events. */
export interface Round {
  readonly subscribers: number;
  readonly deliveries: number;
  readonly lost: number;
  readonly duplicates: number;
  readonly closed: number;
  /** From before the append to the client's message handler, ms. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** Of the server's process, for each message that a client got. */
  readonly microsecondsPerDelivery: number;
  /** One message. */
  readonly sample: string;
}

export interface Load {
  readonly subscribers: number;
  readonly events: number;
  readonly perSecond: number;
}

const PATIENCE_MS = 20_000;

/** Through Azimuth: a run's events, appended as a worker does. */
export async function azimuthRound(
  { server, url, source, clients }: { server: Child; url: string; source: Source; clients: readonly Child[] },
  { subscribers, events, perSecond }: Load,
): Promise<Round> {
  const { id, held, lastSeq } = await source.startRun();
  await open(clients, { url, subscribers, run: { id, after: lastSeq } });
  return measured({ server, clients, subscribers }, () => source.appendSteps(held, lastSeq, events, perSecond));
}

/** The same bytes from a bare ws server. */
export async function bareRound(
  { server, url, clients }: { server: Child; url: string; clients: readonly Child[] },
  { subscribers, events, perSecond }: Load,
  sample: string,
): Promise<Round> {
  await open(clients, { url, subscribers, run: null });
  return measured({ server, clients, subscribers }, async () => {
    await server.ask({ type: 'send', sample, count: events, perSecond });
    return events;
  });
}

async function open(
  clients: readonly Child[],
  { subscribers, ...where }: { url: string; subscribers: number; run: { id: string; after: number } | null },
): Promise<void> {
  const share = (index: number) => Math.floor((subscribers + index) / clients.length);
  await Promise.all(clients.map((client, index) => client.ask({ type: 'open', count: share(index), ...where })));
}

async function measured(
  { server, clients, subscribers }: { server: Child; clients: readonly Child[]; subscribers: number },
  send: () => Promise<number>,
): Promise<Round> {
  const before = await server.ask<number>({ type: 'processor' });
  const lastSeq = await send();
  const question = { type: 'report', lastSeq, patienceMs: PATIENCE_MS };
  const reports = await Promise.all(clients.map((client) => client.ask<ClientReport>(question)));
  const after = await server.ask<number>({ type: 'processor' });
  const sum = (of: (report: ClientReport) => number) => reports.reduce((total, report) => total + of(report), 0);
  const delays = new Histogram();
  for (const report of reports) delays.addAll(report.delays);
  const deliveries = sum(({ received }) => received);
  return {
    subscribers,
    deliveries,
    lost: sum(({ lost }) => lost),
    duplicates: sum(({ duplicates }) => duplicates),
    closed: sum(({ closed }) => closed),
    p50: delays.quantile(0.5),
    p99: delays.quantile(0.99),
    max: delays.quantile(1),
    microsecondsPerDelivery: (after - before) / Math.max(1, deliveries),
    sample: reports[0]?.sample ?? '',
  };
}
