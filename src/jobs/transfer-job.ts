import { readFile, stat } from 'node:fs/promises';
import { requireBelow } from '../access/model-roots.js';
import { EngineError, type ExportedDirection } from '../engine/index.js';
import type { DirectionFileRow, DirectionRow } from '../storage/types.js';
import { bankOf, pinned } from './bank.js';
import type { JobContext } from './job.js';
import { modelRef } from './model-ref.js';
import type { TransferRequest } from './transfer.js';

/** A file beyond this is refused before it is read. */
const MAX_FILE_BYTES = 512 * 2 ** 20;

/** Writes directions into a file, or takes them from one. */
export async function transferJob(
  context: JobContext,
  request: TransferRequest,
): Promise<DirectionFileRow | readonly string[]> {
  const ref = await modelRef(context, await context.work.models.row(request.modelId));
  const { work, engine, blobs } = context;
  if (request.action === 'export') {
    const rows = new Map((await work.directions(request.directionIds)).map((row) => [row.id, row]));
    const directions: ExportedDirection[] = [];
    for (const id of request.directionIds) {
      const row = rows.get(id);
      if (!row) throw new EngineError('BAD_USER_INPUT', `direction ${id} has been deleted.`);
      directions.push({ bank: await bankOf(blobs, pinned(row)), directionIndex: row.index, record: recordOf(row) });
    }
    return work.putDirectionFile(await engine.exportDirections(ref, directions));
  }
  const { file } = request;
  if ('path' in file && context.modelRoots) await requireBelow(context.modelRoots, 'input.path', file.path);
  const bytes = 'hash' in file ? await work.blob(file.hash) : await fileAt(file.path);
  return work.importDirections(request.modelId, bytes, await engine.readDirections(ref, bytes));
}

function recordOf(row: DirectionRow): ExportedDirection['record'] {
  const { name, tags, dead, fidelity, fidelityBaseline, strengthRange } = row;
  const { accuracy, strengthError, monotonicity, effectSize, uniqueness, score } = row;
  const measures = { accuracy, strengthError, monotonicity, effectSize, uniqueness, score };
  return { name, tags, ...measures, dead, fidelity, fidelityBaseline, strengthRange };
}

async function fileAt(path: string): Promise<Uint8Array> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new EngineError(
      'BAD_USER_INPUT',
      `input.path: expected a file on the server's disk, found none at ${path}.`,
      {
        cause,
      },
    );
  });
  if (!found.isFile() || found.size > MAX_FILE_BYTES) {
    const got = found.isFile() ? `${found.size} bytes` : 'something else';
    throw new EngineError(
      'BAD_USER_INPUT',
      `input.path: expected a file of at most ${MAX_FILE_BYTES} bytes, got ${got}.`,
    );
  }
  return readFile(path);
}
