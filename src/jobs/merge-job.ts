import type { DirectionRow } from '../storage/types.js';
import { bankOf, pinned } from './bank.js';
import type { JobContext } from './job.js';
import type { MergeOrder } from './merger.js';
import { modelRef } from './model-ref.js';

/** Makes one direction of others, and keeps it. */
export async function mergeJob(context: JobContext, order: MergeOrder, signal: AbortSignal): Promise<null> {
  const { work, engine } = context;
  const { id, modelId, name, parts, projectOut, reverseProcess } = order;
  const model = await work.models.row(modelId);
  const rows = await work.directions([...parts.map(({ directionId }) => directionId), ...projectOut]);
  const rowOf = (directionId: string) => rows.find((row) => row.id === directionId) as DirectionRow;
  const refOf = async (directionId: string) => {
    const pin = pinned(rowOf(directionId));
    return { bank: await bankOf(context.blobs, pin), directionIndex: pin.index };
  };
  const [first] = parts.map(({ directionId }) => rowOf(directionId));
  const samplingSteps = first?.samplingSteps ?? 1;
  const request = {
    parts: await Promise.all(parts.map(async (part) => ({ ...(await refOf(part.directionId)), weight: part.weight }))),
    removed: await Promise.all(projectOut.map(refOf)),
    reverseProcess,
    samplingSteps,
  };
  const { parameters, effectSize, leakage } = await engine.merge(await modelRef(context, model), request, signal);
  const versioned = (directionId: string) => ({ directionId, directionVersion: rowOf(directionId).version });
  const merge = {
    parts: parts.map(({ directionId, weight }) => ({ ...versioned(directionId), weight })),
    removed: projectOut.map((directionId, index) => ({
      ...versioned(directionId),
      leakageBefore: leakage[index]?.before ?? 0,
      leakageAfter: leakage[index]?.after ?? 0,
    })),
  };
  const { statisticsHash = null } = first ?? {};
  const origin = 'MERGED' as const;
  const facts = { id, modelId, name, origin, index: 0, kind: 'PER_TIMESTEP', reverseProcess, samplingSteps };
  await work.edits.saveMerged({ ...facts, effectSize, statisticsHash, merge }, parameters);
  return null;
}
