import { randomUUID } from 'node:crypto';
import { eq } from 'drizzle-orm';
import type { Queryable } from './connection.js';
import { putBlob, readBlob } from './images.js';
import { direction, directionFile } from './tables.js';
import type { DirectionFileRow, DirectionRecordRow, Storage } from './types.js';

/** SHA-256 of no bytes: the statistics of directions that need none. */
export const NO_STATISTICS = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

export function directionFileStore(database: Queryable): Storage['directionFiles'] {
  const find = async (hash: string): Promise<DirectionFileRow | null> => {
    const [row] = await database.select().from(directionFile).where(eq(directionFile.hash, hash));
    return row ?? null;
  };
  return {
    put: (bytes) => putDirectionFile(database, bytes),
    find,
    bytes: async (hash) => ((await find(hash)) ? readBlob(database, hash) : null),
  };
}

export async function putDirectionFile(tx: Queryable, bytes: Uint8Array): Promise<DirectionFileRow> {
  const row = { hash: await putBlob(tx, bytes), byteSize: bytes.byteLength };
  await tx.insert(directionFile).values(row).onConflictDoNothing();
  return row;
}

/** Directions of a file, whose bytes are their parameters; ids in the order of the file. */
export async function insertImported(
  tx: Queryable,
  modelId: string,
  bytes: Uint8Array,
  content: {
    readonly kind: string;
    readonly reverseProcess: string;
    readonly samplingSteps: number;
    readonly directions: readonly DirectionRecordRow[];
  },
): Promise<string[]> {
  const parametersHash = await putBlob(tx, bytes);
  const statisticsHash = await putBlob(tx, new Uint8Array());
  const { kind, reverseProcess, samplingSteps } = content;
  const rows = content.directions.map(({ tags, fidelity, ...record }, index) => ({
    ...record,
    id: randomUUID(),
    modelId,
    origin: 'IMPORTED' as const,
    index,
    kind,
    reverseProcess,
    samplingSteps,
    tags: [...tags],
    fidelity: [...fidelity],
    statisticsHash,
    parametersHash,
  }));
  await tx.insert(direction).values(rows);
  return rows.map(({ id }) => id);
}
