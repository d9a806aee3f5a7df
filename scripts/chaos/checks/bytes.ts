import { isDeepStrictEqual } from 'node:util';
import type { SeenEvent } from '../client/operations.js';
import { type Check, rowIdOf } from './check.js';

/** The same request gave the same bytes; killed trainings gave those of the undisturbed ones; what is kept is whole. */
export const bytesCheck: Check = async (parts) => {
  sameRequests(parts);
  await sameBanks(parts);
  await wholeBlobs(parts);
};

/** Images have the hash of their bytes for an id. */
function picturesOf(events: readonly SeenEvent[]): string[] {
  const frames = events.flatMap(({ image, stepIndex, coarse }) =>
    image ? [`${coarse} ${stepIndex} ${image.id}`] : [],
  );
  const results = events.flatMap(({ result, original }) => (result ? [`${result.id} ${original?.id}`] : []));
  return [...frames.sort(), ...results];
}

function sameRequests({ ledger, violations }: Parameters<Check>[0]): void {
  const first = new Map<string, { runId: string; pictures: string[] }>();
  for (const { runId, events, isComplete } of ledger.sequences) {
    const run = ledger.runs.get(runId);
    if (run?.kind !== 'edit' || run.status !== 'SUCCEEDED' || !isComplete) continue;
    const pictures = picturesOf(events);
    const known = first.get(run.key);
    if (!known) first.set(run.key, { runId, pictures });
    else if (!isDeepStrictEqual(known.pictures, pictures))
      violations.report('bytes', `edits ${known.runId} and ${runId} asked for the same and gave other images`, null);
  }
}

async function sameBanks({ cluster, ledger, violations, world }: Parameters<Check>[0]): Promise<void> {
  const banks = `SELECT index, version, parameters_hash, statistics_hash, accuracy, effect_size, score, fidelity
    FROM direction WHERE discovery_id = $1 ORDER BY index`;
  for (const [name, referenceId] of world.references) {
    const reference = await cluster.postgres.query(banks, [rowIdOf(referenceId)]);
    for (const { id, key, status } of ledger.runs.values()) {
      if (key !== name || status !== 'SUCCEEDED') continue;
      const rows = await cluster.postgres.query(banks, [rowIdOf(id)]);
      if (!isDeepStrictEqual(rows, reference))
        violations.report(
          'bytes',
          `discovery ${id} (${name}) differs from ${referenceId}, which nothing disturbed`,
          null,
        );
    }
  }
}

async function wholeBlobs({ cluster, violations }: Parameters<Check>[0]): Promise<void> {
  const broken = await cluster.postgres.query<{ hash: string }>(
    "SELECT hash FROM blob WHERE encode(sha256(bytes), 'hex') <> hash",
  );
  for (const { hash } of broken) violations.report('bytes', `blob ${hash} is damaged`, null);
}
