import { setTimeout } from 'node:timers/promises';
import { fixture } from '../../test/helpers/models.js';
import { QUERIES } from './client/operations.js';
import type { User } from './client/user.js';
import type { Timeline } from './timeline.js';

/** A discovery that takes seconds; what its directions are is known from a run that nothing disturbed. */
export interface Training {
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>> & { readonly trainingSteps: number };
}

/** What the users work with. */
export interface World {
  readonly tinyId: string;
  readonly portraitsId: string;
  readonly trainings: readonly Training[];
  /** Directions that are final, of runs that nothing disturbed, by the name of their training. */
  readonly directions: ReadonlyMap<string, readonly string[]>;
  /** The undisturbed run of each training. */
  readonly references: ReadonlyMap<string, string>;
}

/** The training on the model that ships; the others are on one of 8 × 8 pixels. */
export const PORTRAITS = 'portraits';

const common = { samplingSteps: 2, start: 'PRINCIPAL', checkpointEvery: 5, previewEvery: 10, batchSize: 4 };

function trainingsOf(tinyId: string, portraitsId: string): Training[] {
  const { start: _, ...shift } = common;
  return [
    { name: 'subspace', input: { ...common, modelId: tinyId, directions: 3, trainingSteps: 60, seed: 5 } },
    {
      name: 'global',
      input: { ...shift, modelId: tinyId, shift: 'GLOBAL', directions: 2, trainingSteps: 60, seed: 6 },
    },
    {
      name: PORTRAITS,
      input: { ...common, modelId: portraitsId, directions: 2, trainingSteps: 6, checkpointEvery: 2, seed: 7 },
    },
  ];
}

/** Imports the models and runs each training once, undisturbed. `hasPortraits`: also on the model that ships. */
export async function prepare(user: User, timeline: Timeline, hasPortraits: boolean): Promise<World> {
  const tinyId = await importTiny(user);
  const portraitsId = await readyModel(user, 'portraits-32');
  timeline.note('the models are there');
  const trainings = trainingsOf(tinyId, portraitsId).filter(({ name }) => hasPortraits || name !== PORTRAITS);
  const directions = new Map<string, readonly string[]>();
  const references = new Map<string, string>();
  for (const { name, input } of trainings) {
    const idempotencyKey = user.newKey();
    const started = await user.mutate<{ id: string }>('startDiscovery', { input: { ...input, idempotencyKey } });
    const id = started?.id ?? '';
    user.ledger.acknowledge('startDiscovery', id, input, idempotencyKey);
    user.ledger.addRun(id, 'discovery', name);
    await user.follow(id, 'discovery').ended;
    references.set(name, id);
    timeline.note(`${name}: the undisturbed run has ended`);
    directions.set(name, await directionIds(user, id));
  }
  return { tinyId, portraitsId, trainings, directions, references };
}

export async function directionIds(user: User, discoveryId: string): Promise<string[]> {
  type Page = { discovery: { directions: { edges: { node: { id: string } }[] } } };
  const { discovery } = await user.query<Page>(QUERIES.directions, { id: discoveryId });
  return discovery.directions.edges.map(({ node }) => node.id);
}

async function importTiny(user: User): Promise<string> {
  const mutation = 'mutation ($input: ImportModelInput!) { importModel(input: $input) { id } }';
  const input = { path: fixture('variants/v-zero-snr'), name: 'tiny' };
  await user.query(mutation, { input });
  return readyModel(user, 'tiny');
}

async function readyModel(user: User, name: string): Promise<string> {
  type Page = { models: { edges: { node: { id: string; name: string; status: string } }[] } };
  for (;;) {
    const { models } = await user.query<Page>(QUERIES.models);
    const found = models.edges.find(({ node }) => node.name === name)?.node;
    if (found?.status === 'READY') return found.id;
    if (found?.status === 'FAILED') throw new Error(`The import of ${name} failed.`);
    await setTimeout(100);
  }
}
