import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type EditInput, runEdit, runEdits } from './demo/edits.js';
import { DIRECTIONS, type Direction, MODEL, PROGRESS, START, type TrainingEvent } from './demo/operations.js';
import { animation, grid } from './demo/pictures.js';
import { Api } from './support/api.js';
import { launchServer } from './support/launch.js';
import { optionsOf } from './support/options.js';
import { Progress } from './support/progress.js';

/**
 * A creative app in small: starts a discovery, follows it over graphql-ws, and edits along what it found. Talks to the
 * server at --url, or to one that it starts itself; writes pictures into --out.
 */
const USAGE =
  'usage: npm run demo -- [--url URL] [--discovery ID] [--steps 400] [--directions 16] [--sampling-steps 5] [--seed 0] [--out out/demo] [--json]';
const STRENGTHS = [-6, -4, -2, 0, 2, 4, 6];
const SEEDS = [11, 5];
const SWING = Array.from({ length: 17 }, (_, index) => -6 + index * 0.75);

interface Found {
  readonly status: string;
  readonly device: string | null;
  readonly secondsPerStep: number | null;
  readonly peakMemoryBytes: number | null;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly directions: { readonly edges: readonly { readonly node: Direction }[] };
}

const { values } = optionsOf(USAGE, {
  options: {
    url: { type: 'string' },
    discovery: { type: 'string' },
    steps: { type: 'string', default: '400' },
    directions: { type: 'string', default: '16' },
    'sampling-steps': { type: 'string', default: '5' },
    seed: { type: 'string', default: '0' },
    out: { type: 'string', default: 'out/demo' },
    json: { type: 'boolean', default: false },
  },
});

async function main(): Promise<void> {
  await mkdir(values.out, { recursive: true });
  const own = values.url ? null : await launchServer(join(values.out, 'data'));
  const api = new Api(values.url ?? own?.url ?? '');
  try {
    await run(api);
  } finally {
    await api.close();
    await own?.stop();
  }
}

async function run(api: Api): Promise<void> {
  const modelId = await readyModel(api);
  const id = values.discovery ?? (await startDiscovery(api, modelId));
  await follow(api, id);
  const { discovery } = await api.query<{ discovery: Found }>(DIRECTIONS, { id });
  const directions = discovery.directions.edges.map(({ node }) => node);
  await filmstrips(api, modelId, directions);
  if (directions[0]) await animate(api, modelId, directions[0]);
  report(id, discovery, directions);
}

async function readyModel(api: Api): Promise<string> {
  type Models = { models: { edges: { node: { id: string; name: string; status: string } }[] } };
  const { models } = await api.query<Models>(MODEL);
  const model = models.edges.map(({ node }) => node).find(({ status }) => status === 'READY');
  if (!model) throw new Error('No model is READY.');
  return model.id;
}

async function startDiscovery(api: Api, modelId: string): Promise<string> {
  const input = {
    modelId,
    directions: Number(values.directions),
    trainingSteps: Number(values.steps),
    samplingSteps: Number(values['sampling-steps']),
    seed: Number(values.seed),
  };
  return (await api.query<{ startDiscovery: { id: string } }>(START, { input })).startDiscovery.id;
}

/** Follows a discovery to its end; every event must come once and in order. */
async function follow(api: Api, id: string): Promise<void> {
  const progress = new Progress('discovery ');
  let seq = 0;
  for await (const { trainingProgress: event } of api.subscribe<{ trainingProgress: TrainingEvent }>(PROGRESS, {
    id,
  })) {
    if (event.seq <= seq) continue;
    if (event.seq !== seq + 1) throw new Error(`event ${event.seq} came after ${seq}`);
    seq = event.seq;
    if (event.__typename === 'StatusChanged' && event.error) throw new Error(event.error.message);
    if (event.__typename !== 'TrainingStep') continue;
    const { step, totalSteps, loss, accuracy, secondsPerStep, peakMemoryBytes } = event;
    const left = Math.round(((totalSteps - step) * secondsPerStep) / 60);
    const memory = Math.round(peakMemoryBytes / 2 ** 20);
    const note = `loss ${loss.toFixed(2)}  accuracy ${accuracy.toFixed(2)}  ${secondsPerStep.toFixed(2)} s/step  ${memory} MiB  ${left} min left`;
    progress.update(step, totalSteps, note);
  }
}

/** One PNG a direction, strengths from left to right, a row a seed; and all of them, one below the other. */
async function filmstrips(api: Api, modelId: string, directions: readonly Direction[]): Promise<void> {
  const inputs: EditInput[] = directions.flatMap(({ id }) =>
    SEEDS.flatMap((seed) => STRENGTHS.map((strength) => ({ modelId, seed, shifts: [{ directionId: id, strength }] }))),
  );
  const progress = new Progress('filmstrips');
  const images = await runEdits(api, inputs, (done) => progress.update(done, inputs.length, ''));
  const rows = Array.from({ length: inputs.length / STRENGTHS.length }, (_, row) =>
    images.slice(row * STRENGTHS.length, (row + 1) * STRENGTHS.length),
  );
  for (const [position, { index, name, accuracy }] of directions.entries()) {
    const title = `${name}: strength ${STRENGTHS.join(', ')}; accuracy ${(accuracy ?? 0).toFixed(2)}`;
    const strip = rows.slice(position * SEEDS.length, (position + 1) * SEEDS.length);
    await writeFile(join(values.out, `direction-${String(index).padStart(2, '0')}.png`), await grid(strip, title));
  }
  const first = rows.filter((_, row) => row % SEEDS.length === 0);
  await writeFile(join(values.out, 'directions.png'), await grid(first));
}

/** The best direction from one end to the other, and the predicted x0 of every timestep of one edit along it. */
async function animate(api: Api, modelId: string, { id }: Direction): Promise<void> {
  const inputs = SWING.map((strength) => ({ modelId, seed: SEEDS[0] ?? 0, shifts: [{ directionId: id, strength }] }));
  const swing = await runEdits(api, inputs, () => {});
  await writeFile(join(values.out, 'edit.gif'), await animation(swing, 80));
  const { frames, result } = await runEdit(api, { ...(inputs.at(-1) as EditInput), previewEvery: 2 });
  await writeFile(join(values.out, 'timesteps.png'), await grid([[...frames, result]]));
}

function report(id: string, discovery: Found, directions: readonly Direction[]): void {
  const seconds = (Date.parse(discovery.finishedAt) - Date.parse(discovery.startedAt)) / 1000;
  const mean = directions.reduce((sum, { accuracy }) => sum + (accuracy ?? 0), 0) / Math.max(1, directions.length);
  console.log(`discovery ${id}: ${discovery.status} in ${(seconds / 60).toFixed(1)} min on ${discovery.device}`);
  console.log(
    `accuracy ${mean.toFixed(3)} over ${directions.length} directions (chance ${(1 / directions.length).toFixed(3)})`,
  );
  for (const { name, accuracy, strengthError, effectSize } of directions) {
    const cells = [accuracy, strengthError, effectSize].map((value) => (value ?? Number.NaN).toFixed(3));
    console.log(`  ${name.padEnd(14)} accuracy ${cells[0]}  strength error ${cells[1]}  effect size ${cells[2]}`);
  }
  console.log(`pictures in ${values.out}`);
  if (values.json) console.log(JSON.stringify({ id, seconds, accuracy: mean, directions }));
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
