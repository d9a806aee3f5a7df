import { setTimeout } from 'node:timers/promises';
import sharp from 'sharp';
import type { User } from '../client/user.js';
import type { Fate } from '../ledger.js';
import { PORTRAITS, type World } from '../world.js';

type EditInput = Readonly<Record<string, unknown>>;
/** Few, so that the same request comes again and again. */
const SEEDS = [1, 2, 3];
const STRENGTHS = [-3, 2, 4];
const SLIDER_MOVES = 5;
const PICTURES = 4;

/** Edits, drags sliders, sweeps, uploads, cancels and runs again. */
export async function edit(user: User, world: World, over: AbortSignal): Promise<void> {
  const deeds = [single, single, slide, sweep, cancelled, fromPicture, again];
  while (!over.aborted) {
    await user.random.pick(deeds)(user, world);
    await setTimeout(user.random.below(300));
  }
}

function someInput(user: User, world: World): EditInput {
  const { random } = user;
  const name = random.pick([...world.directions.keys()]);
  const directionId = random.pick(world.directions.get(name) ?? []);
  return {
    modelId: name === PORTRAITS ? world.portraitsId : world.tinyId,
    seed: random.pick(SEEDS),
    shifts: [{ directionId, strength: random.pick(STRENGTHS) }],
    samplingSteps: 6,
    previewEvery: random.pick([1, 2]),
  };
}

/** Starts an edit; gives its id once it was acknowledged. */
export async function apply(user: User, input: EditInput, fate: Fate = 'finish', replaces: string | null = null) {
  const idempotencyKey = user.newKey();
  const full = { ...input, idempotencyKey, ...(replaces ? { replaces } : {}) };
  const started = await user.mutate<{ id: string }>('applyEdit', { input: full });
  const id = started?.id ?? '';
  user.ledger.acknowledge('applyEdit', id, input, idempotencyKey);
  user.ledger.addRun(id, 'edit', JSON.stringify(input), fate);
  return { id, ended: user.follow(id, 'edit').ended };
}

async function single(user: User, world: World): Promise<void> {
  await (await apply(user, someInput(user, world))).ended;
}

async function slide(user: User, world: World): Promise<void> {
  const input = someInput(user, world);
  let last: { id: string; ended: Promise<void> } | null = null;
  for (let move = 0; move < SLIDER_MOVES; move += 1) {
    const strength = move - SLIDER_MOVES / 2;
    const [shift] = input['shifts'] as { directionId: string }[];
    const previous: string | null = last?.id ?? null;
    const run = previous === null ? undefined : user.ledger.runs.get(previous);
    // From here on its end may be either, even where this attempt is never answered.
    if (run) run.fate = 'replaced';
    last = await apply(user, { ...input, shifts: [{ ...shift, strength }] }, 'finish', previous);
    await setTimeout(user.random.below(120));
  }
  await last?.ended;
}

async function sweep(user: User, world: World): Promise<void> {
  const { shifts: _, ...base } = someInput(user, world);
  const name = base['modelId'] === world.portraitsId ? PORTRAITS : 'subspace';
  const directionIds = (world.directions.get(name) ?? []).slice(0, 2);
  const input = { edit: { ...base, shifts: [] }, directionIds, strengths: STRENGTHS };
  const idempotencyKey = user.newKey();
  const edits = await user.mutate<{ id: string }[]>('startSweep', { input: { ...input, idempotencyKey } });
  const places = directionIds.flatMap((directionId) => STRENGTHS.map((strength) => ({ directionId, strength })));
  const ends = (edits ?? []).map(({ id }, place) => {
    const expected = { ...base, shifts: [places[place]] };
    user.ledger.acknowledge('startSweep', id, expected, place === 0 ? idempotencyKey : null);
    user.ledger.addRun(id, 'edit', `sweep ${place} ${JSON.stringify(input)}`);
    return user.follow(id, 'edit').ended;
  });
  await Promise.all(ends);
}

async function cancelled(user: User, world: World): Promise<void> {
  const { id, ended } = await apply(user, { ...someInput(user, world), samplingSteps: 40 });
  await setTimeout(user.random.below(200));
  const run = user.ledger.runs.get(id);
  if (run) run.fate = 'cancel';
  const done = await user.mutate('cancelEdit', { id }, 'CONFLICT');
  if (run) run.cancelledAtMs = Date.now();
  if (done) user.ledger.acknowledge('cancelEdit', id, {}, null);
  await ended;
}

/** One of a few pictures, each uploaded many times. */
async function fromPicture(user: User, world: World): Promise<void> {
  const shade = user.random.below(PICTURES) * 60;
  const create = { width: 8, height: 8, channels: 3, background: { r: shade, g: 255 - shade, b: 128 } } as const;
  const imageId = await user.upload(await sharp({ create }).png().toBuffer());
  const { seed: _, ...input } = someInput(user, world);
  await (await apply(user, { ...input, imageId })).ended;
}

async function again(user: User, _: World): Promise<void> {
  const { ledger, random } = user;
  const done = [...ledger.runs.values()].filter(({ kind, status }) => kind === 'edit' && status === 'SUCCEEDED');
  if (done.length === 0) return;
  const first = random.pick(done);
  const rerun = await user.mutate<{ id: string }>('rerunEdit', { id: first.id });
  if (!rerun) return;
  ledger.acknowledge('rerunEdit', rerun.id, {}, null);
  ledger.addRun(rerun.id, 'edit', first.key);
  await user.follow(rerun.id, 'edit').ended;
}
