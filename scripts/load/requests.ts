import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Api } from '../support/api.js';
import { launchServer } from '../support/launch.js';
import { settledModel } from '../support/settled-model.js';
import type { Child } from './child.js';

/** Requests that so many clients made, each its next one after the answer to its last. */
export interface Answered {
  readonly clients: number;
  readonly perSecond: number;
  /** From the request to the whole answer, ms. */
  readonly p50: number;
  readonly p99: number;
}

export interface Requests {
  /** A page of models, on an otherwise idle server. */
  readonly read: Answered;
  /** The same bytes from a bare HTTP server. */
  readonly bare: Answered;
  /** `applyEdit` until it is acknowledged, while edits run. */
  readonly accepted: Answered;
  /** An edit from its request to its result. */
  readonly edited: Answered;
}

const READERS = 16;
const EDITORS = 4;
const SAMPLING_STEPS = 10;
const READ = '{ models(first: 10) { totalCount edges { cursor node { id name status resolution } } } }';
const APPLY = 'mutation ($input: ApplyEditInput!) { applyEdit(input: $input) { id } }';
const PROGRESS = 'subscription ($id: ID!) { editProgress(editId: $id, frames: LATEST) { __typename } }';

/** What one server with its worker answers: reads beside a bare HTTP server, then edits of the shipped model. */
export async function requests(bare: Child, seconds: number): Promise<Requests> {
  const folder = mkdtempSync(join(tmpdir(), 'azimuth-load-'));
  const server = await launchServer(folder, { AZIMUTH_DEVICE: 'cpu' });
  const api = new Api(server.url);
  try {
    const modelId = await settledModel(api);
    const sample = JSON.stringify({ data: await api.query(READ) });
    const bareApi = new Api(await bare.ask<string>({ type: 'answer', sample }));
    // Both are warm before either counts.
    const rounds: (readonly [Answered, Answered])[] = [];
    for (const length of [1, seconds, seconds, seconds])
      rounds.push([await reads(api, length), await reads(bareApi, length)]);
    const [read, bareRead] = [0, 1].map((which) => middle(rounds.slice(1).map((round) => round[which] as Answered)));
    return { read: read as Answered, bare: bareRead as Answered, ...(await edits(api, modelId, seconds)) };
  } finally {
    await api.close();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Of several rounds the one in the middle. */
function middle(rounds: readonly Answered[]): Answered {
  return [...rounds].sort((a, b) => a.p50 - b.p50)[Math.floor(rounds.length / 2)] as Answered;
}

const reads = (api: Api, seconds: number) => answered(READERS, seconds, () => api.query(READ));

async function edits(api: Api, modelId: string, seconds: number): Promise<Pick<Requests, 'accepted' | 'edited'>> {
  let seed = 1;
  const waits: number[] = [];
  const edit = async () => {
    const input = { modelId, seed: ++seed, shifts: [], samplingSteps: SAMPLING_STEPS };
    const startMs = performance.now();
    const { applyEdit } = await api.query<{ applyEdit: { id: string } }>(APPLY, { input });
    waits.push(performance.now() - startMs);
    for await (const _ of api.subscribe(PROGRESS, applyEdit));
  };
  await edit();
  waits.length = 0;
  const edited = await answered(EDITORS, 2 * seconds, edit);
  return { edited, accepted: summary(EDITORS, edited.perSecond, waits) };
}

async function answered(clients: number, seconds: number, request: () => Promise<unknown>): Promise<Answered> {
  const waits: number[] = [];
  const startMs = performance.now();
  const endMs = startMs + 1000 * seconds;
  const client = async () => {
    while (performance.now() < endMs) {
      const sentMs = performance.now();
      await request();
      waits.push(performance.now() - sentMs);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return summary(clients, (1000 * waits.length) / (performance.now() - startMs), waits);
}

function summary(clients: number, perSecond: number, waits: readonly number[]): Answered {
  const sorted = [...waits].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { clients, perSecond, p50: at(0.5), p99: at(0.99) };
}

/** In Markdown. */
export function requestTable({ read, bare, accepted, edited }: Requests): string {
  const line = (what: string, { clients, perSecond, p50, p99 }: Answered) =>
    `| ${[what, clients, perSecond.toFixed(perSecond < 100 ? 1 : 0), `${p50.toFixed(1)} ms`, `${p99.toFixed(1)} ms`].join(' | ')} |`;
  return [
    '| request | clients | a second | p50 | p99 |',
    '| :-- | --: | --: | --: | --: |',
    line('a page of models', read),
    line('the same bytes from bare node:http', bare),
    line('`applyEdit` until it is acknowledged, while edits run', accepted),
    line(`an edit of ${SAMPLING_STEPS} steps from request to result`, edited),
  ].join('\n');
}
