import { isDeepStrictEqual } from 'node:util';
import { QUERIES } from '../client/operations.js';
import type { User } from '../client/user.js';
import type { Acknowledged } from '../ledger.js';
import { type Check, forEach, rowIdOf } from './check.js';

type Fields = Readonly<Record<string, unknown>>;

/** Everything that was acknowledged is there, as it was asked for. */
export const mutationsCheck: Check = async ({ cluster, ledger, violations, user }) => {
  const rows = await cluster.postgres.query<{ id: string; key: string | null }>(
    'SELECT id, idempotency_key AS key FROM run',
  );
  const keys = new Map(rows.map(({ id, key }) => [id, key]));
  await forEach(ledger.acknowledged, async (one) => {
    const { name, id, idempotencyKey } = one;
    const wrong = await differences(user, one);
    if (idempotencyKey !== null && keys.get(rowIdOf(id)) !== idempotencyKey) wrong.push('idempotencyKey');
    if (wrong.length > 0) violations.report('mutations', `${name} ${id}: ${wrong.join(', ')}`, one.atMs);
  });
  await forEach([...ledger.names], async ([id, possible]) => {
    const { name, tags, favourite } = (await direction(user, id)) ?? {};
    if (possible.some((wanted) => isDeepStrictEqual(wanted, { name, tags, favourite }))) return;
    const got = JSON.stringify({ name, tags, favourite });
    violations.report('mutations', `updateDirection ${id}: ${got} is none of ${JSON.stringify(possible)}`, null);
  });
};

async function differences(user: User, { name, id, expected }: Acknowledged): Promise<string[]> {
  if (name === 'upload') return [];
  const actual = await read(user, name, id);
  if (actual === null) return ['it is gone'];
  // How often there is a frame shows in the log alone.
  const { modelId: _, previewEvery: __, ...fields } = expected as Fields;
  return Object.entries(fields).flatMap(([field, wanted]) =>
    isDeepStrictEqual(actual[field], wanted)
      ? []
      : [`${field} is ${JSON.stringify(actual[field])} and not ${JSON.stringify(wanted)}`],
  );
}

function read(user: User, name: Acknowledged['name'], id: string): Promise<Fields | null> {
  if (name === 'mergeDirections' || name === 'updateDirection') return direction(user, id);
  return /Discovery$/.test(name) ? discovery(user, id) : edit(user, id);
}

async function discovery(user: User, id: string): Promise<Fields | null> {
  const { discovery: found } = await user.query<{ discovery: { config: Fields } | null }>(QUERIES.discovery, { id });
  return found?.config ?? null;
}

async function edit(user: User, id: string): Promise<Fields | null> {
  type Found = Fields & { image: { id: string } | null; shifts: { direction: { id: string }; strength: number }[] };
  const { edit: found } = await user.query<{ edit: Found | null }>(QUERIES.edit, { id });
  if (!found) return null;
  const shifts = found.shifts.map(({ direction: { id: directionId }, strength }) => ({ directionId, strength }));
  return { ...found, imageId: found.image?.id, shifts };
}

async function direction(user: User, id: string): Promise<Fields | null> {
  type Found = Fields & { merge: { parts: { weight: number; direction: { id: string } }[] } | null };
  const { direction: found } = await user.query<{ direction: Found | null }>(QUERIES.direction, { id });
  if (!found) return null;
  const parts = found.merge?.parts.map(({ weight, direction: { id: directionId } }) => ({ directionId, weight }));
  return { ...found, parts };
}
