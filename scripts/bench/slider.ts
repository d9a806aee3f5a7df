import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Api } from '../support/api.js';
import { launchServer } from '../support/launch.js';
import { median } from './contender.js';
import { EditClient, type Seen } from './slider/client.js';

export interface SliderOptions {
  /** Data folder whose directions are used; a new one, whose discovery takes minutes, where null. */
  readonly data: string | null;
  readonly seconds: number;
  readonly rounds: number;
}

const TICK_MS = 50;
const STEPS = 20;
const SWEEP_STRENGTHS = Array.from({ length: 16 }, (_, n) => n - 7.5);

interface Base {
  readonly modelId: string;
  readonly directionId: string;
}

/** What a slider feels like: the shipped model, a server as a user starts it, and a client that moves. */
export async function slider({ data, seconds, rounds }: SliderOptions) {
  const folder = data ?? mkdtempSync(join(tmpdir(), 'azimuth-slider-'));
  console.log(`data in ${folder}`);
  const server = await launchServer(folder, { AZIMUTH_DEVICE: 'cpu' });
  const api = new Api(server.url);
  try {
    const base = await baseOf(api);
    const client = new EditClient(api);
    const stepMs = await unetStep(client, base, rounds);
    const moved = await move(client, base, seconds);
    const felt = { unetStepMs: stepMs, ...feeling(moved, seconds) };
    print('slider', felt);
    const frames = await frameCost(client, base, rounds);
    print('frames', frames);
    const sweep = await sweepGain(client, base, rounds);
    print('sweep', sweep);
    return { ...felt, ...frames, ...sweep };
  } finally {
    await api.close();
    await server.stop();
  }
}

function print(title: string, figures: Readonly<Record<string, number>>): void {
  const rounded = Object.entries(figures).map(([name, value]) => `${name} ${Number(value.toPrecision(3))}`);
  console.log(`${title}: ${rounded.join(', ')}`);
}

/** The shipped model and one of its directions; any will do. */
export async function baseOf(api: Api): Promise<Base> {
  const query = '{ models(first: 1) { edges { node { id directions(first: 1) { edges { node { id } } } } } } }';
  type Page<Node> = { readonly edges: readonly { readonly node: Node }[] };
  const look = async () => {
    const { models } = await api.query<{ models: Page<{ id: string; directions: Page<{ id: string }> }> }>(query);
    return models.edges[0]?.node;
  };
  const model = await look();
  if (!model) throw new Error('the server has no model');
  if (model.directions.edges.length === 0) {
    const short = { directions: 2, trainingSteps: 1, batchSize: 2, samplingSteps: 2, previewEvery: 0 };
    const input = { modelId: model.id, method: 'RANDOM', shift: 'GLOBAL', ...short };
    const mutation = 'mutation ($input: StartDiscoveryInput!) { startDiscovery(input: $input) { id } }';
    const { startDiscovery } = await api.query<{ startDiscovery: { id: string } }>(mutation, { input });
    const progress = 'subscription ($id: ID!) { trainingProgress(discoveryId: $id) { __typename } }';
    for await (const _ of api.subscribe(progress, startDiscovery));
  }
  const directionId = (await look())?.directions.edges[0]?.node.id;
  if (!directionId) throw new Error('the discovery left no direction');
  return { modelId: model.id, directionId };
}

let seed = Date.now() % 1_000_000;
/** An edit of a base that nobody has edited yet. */
function fresh({ modelId, directionId }: Base, fields: Record<string, unknown> = {}): Record<string, unknown> {
  seed += 1;
  return { modelId, seed, samplingSteps: STEPS, previewEvery: 1000, shifts: [{ directionId, strength: 2 }], ...fields };
}

async function computed(client: EditClient, input: Record<string, unknown>): Promise<number> {
  const { seen, ended } = await client.apply(input);
  await ended;
  return seen.computedMs ?? Number.NaN;
}

/** One warm edited step of batch 1: what 80 more of them, and 80 of the unedited image, take. */
async function unetStep(client: EditClient, base: Base, rounds: number): Promise<number> {
  await computed(client, fresh(base));
  const steps = [];
  for (let round = 0; round < rounds; round += 1) {
    const long = await computed(client, fresh(base, { samplingSteps: 100 }));
    steps.push((long - (await computed(client, fresh(base)))) / 160);
  }
  return median(steps);
}

/** A new strength every 50 ms, each replacing the last; the client waits for the id of one before it sends the next. */
async function move(client: EditClient, base: Base, seconds: number): Promise<Seen[]> {
  const edits: { seen: Seen; ended: Promise<void> }[] = [];
  const startedAt = performance.now();
  const input = fresh(base, { previewEvery: 1, coarseSteps: 3, previewFormat: 'JPEG' });
  for (let tick = 0; performance.now() - startedAt < seconds * 1000; tick += 1) {
    const strength = 6 * Math.sin(tick / 9) + tick / 1e6;
    const shifts = [{ directionId: base.directionId, strength }];
    edits.push(await client.apply({ ...input, shifts, replaces: edits.at(-1)?.seen.id ?? null }));
    const next = startedAt + (tick + 1) * TICK_MS;
    await setTimeout(Math.max(0, next - performance.now()));
  }
  await Promise.all(edits.map(({ ended }) => ended));
  return edits.map(({ seen }) => seen);
}

function feeling(edits: readonly Seen[], seconds: number) {
  const shown = edits.filter(({ firstFrameAt }) => firstFrameAt !== null);
  const superseded = edits
    .slice(0, -1)
    .flatMap(({ status, endedAt }, index) =>
      status === 'CANCELLED' && endedAt !== null ? [endedAt - (edits[index + 1]?.sentAt ?? endedAt)] : [],
    );
  const last = edits.at(-1) as Seen;
  return {
    requests: edits.length,
    medianFirstFrameMs: median(shown.map(({ firstFrameAt, sentAt }) => (firstFrameAt ?? 0) - sentAt)),
    editsShownPerSecond: shown.length / seconds,
    medianCancelledMs: median(superseded),
    lastToItsEndMs: (last.endedAt ?? Number.NaN) - last.sentAt,
    lastSucceeded: last.status === 'SUCCEEDED' ? 1 : 0,
    neitherCancelledNorSucceeded: edits.filter(({ status }) => status !== 'CANCELLED' && status !== 'SUCCEEDED').length,
  };
}

/** With a frame every step over without, interleaved. */
async function frameCost(client: EditClient, base: Base, rounds: number) {
  const ratios = [];
  for (let round = 0; round < rounds; round += 1) {
    const without = await computed(client, fresh(base));
    ratios.push((await computed(client, fresh(base, { previewEvery: 1 }))) / without);
  }
  return { framesCost: median(ratios) };
}

/** Sixteen edits of one base, asked for at once, over a sweep of sixteen. */
async function sweepGain(client: EditClient, base: Base, rounds: number) {
  const { directionId } = base;
  const gains = [];
  for (let round = 0; round <= rounds; round += 1) {
    const edit = fresh(base, { shifts: [] });
    const swept = await lasting(() => client.sweep({ edit, directionIds: [directionId], strengths: SWEEP_STRENGTHS }));
    const other = fresh(base);
    const edits = await lasting(() =>
      Promise.all(SWEEP_STRENGTHS.map((strength) => client.apply({ ...other, shifts: [{ directionId, strength }] }))),
    );
    // The first round builds sessions.
    if (round > 0) gains.push(edits / swept);
  }
  return { sweepGain: median(gains) };
}

async function lasting(start: () => Promise<{ readonly ended: Promise<void> }[]>): Promise<number> {
  const startedAt = performance.now();
  await Promise.all((await start()).map(({ ended }) => ended));
  return performance.now() - startedAt;
}
