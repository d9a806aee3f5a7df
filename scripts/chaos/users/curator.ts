import { setTimeout } from 'node:timers/promises';
import type { User } from '../client/user.js';
import type { World } from '../world.js';
import { apply } from './editor.js';

/** Names, tags and merges directions; nobody else touches those. */
export async function curate(user: User, world: World, over: AbortSignal): Promise<void> {
  for (let turn = 0; !over.aborted; turn += 1) {
    await rename(user, world, turn);
    if (turn % 5 === 4) await merge(user, world, turn);
    await setTimeout(user.random.below(400));
  }
}

async function rename(user: User, world: World, turn: number): Promise<void> {
  const { ledger, random } = user;
  const id = random.pick([...world.directions.values()].flat());
  const wanted = { name: `Name ${turn}`, tags: [`tag-${turn}`, 'chaos'], favourite: turn % 2 === 0 };
  const before = ledger.names.get(id) ?? [];
  // Until it is acknowledged, both may be there.
  ledger.names.set(id, [...before, wanted]);
  await user.mutate('updateDirection', { input: { id, ...wanted } });
  ledger.names.set(id, [wanted]);
  ledger.acknowledge('updateDirection', id, {}, null);
}

async function merge(user: User, world: World, turn: number): Promise<void> {
  const [first = '', second = ''] = world.directions.get('global') ?? [];
  const parts = [
    { directionId: first, weight: 1 },
    { directionId: second, weight: 0.5 + (turn % 64) },
  ];
  const merged = await user.mutate<{ id: string }>('mergeDirections', { input: { name: `Merged ${turn}`, parts } });
  if (!merged) return;
  user.ledger.acknowledge('mergeDirections', merged.id, { name: `Merged ${turn}`, parts }, null);
  const shifts = [{ directionId: merged.id, strength: 2 }];
  await (await apply(user, { modelId: world.tinyId, seed: 1, shifts, samplingSteps: 6, previewEvery: 1 })).ended;
}
