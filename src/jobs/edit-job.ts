import type { EditRequest } from '../engine/index.js';
import type { Held } from '../storage/index.js';
import type { DirectionRow, EditRow, ModelRow } from '../storage/types.js';
import { bankOf } from './bank.js';
import type { JobContext, JobSignals } from './job.js';
import { modelRef } from './model-ref.js';

/** Runs one edit: frames as they come, then the result beside the unedited image. */
export async function editJob(context: JobContext, held: Held, { signal }: JobSignals): Promise<void> {
  const { work, engine } = context;
  const row = await work.edit(held.runId);
  const model = await work.model(row.modelId);
  const directions = new Map(
    (await work.directions(row.shifts.map(({ directionId }) => directionId))).map((found) => [found.id, found]),
  );
  const request = await requestOf(context, row, directions);
  await work.startEdit(held, {
    shifts: withVersions(row, directions),
    provenance: provenanceOf(context, row, model, directions),
  });
  const announced = await work.announcedFrames(held.runId);
  for await (const event of engine.edit(modelRef(model), request, signal)) {
    if (event.type === 'result') await work.finishEdit(held, event.result, event.original);
    else if (!announced.has(event.stepIndex)) {
      const { stepIndex, timestep, samplingSteps } = event;
      await work.frame(held, { stepIndex, timestep, samplingSteps }, event.image);
    }
  }
}

async function requestOf(
  { work }: JobContext,
  row: EditRow,
  directions: ReadonlyMap<string, DirectionRow>,
): Promise<EditRequest> {
  const shifts = [];
  for (const { directionId, strength, curve } of row.shifts) {
    const direction = directions.get(directionId);
    if (!direction) throw new Error(`direction ${directionId} is gone`);
    shifts.push({ bank: await bankOf(work, direction), directionIndex: direction.index, strength, curve });
  }
  const { samplingSteps, eta, previewEvery, previewSize } = row;
  const reverseProcess = row.reverseProcess === 'ASYMMETRIC' ? 'ASYMMETRIC' : 'SYMMETRIC';
  return { seed: row.seed ?? 0, shifts, samplingSteps, reverseProcess, eta, previewEvery, previewSize };
}

function withVersions(row: EditRow, directions: ReadonlyMap<string, DirectionRow>): EditRow['shifts'] {
  return row.shifts.map((shift) => ({
    ...shift,
    directionVersion: directions.get(shift.directionId)?.version ?? null,
  }));
}

/** Everything that determined the bytes of the result. */
function provenanceOf(
  { engine, version }: JobContext,
  row: EditRow,
  model: ModelRow,
  directions: ReadonlyMap<string, DirectionRow>,
): Record<string, unknown> {
  const shifts = row.shifts.map(({ directionId, strength, curve }) => {
    const direction = directions.get(directionId);
    const { parametersHash, statisticsHash, index } = direction ?? {};
    return {
      directionId,
      directionVersion: direction?.version,
      parametersHash,
      statisticsHash,
      index,
      strength,
      curve,
    };
  });
  const { seed, samplingSteps, reverseProcess, eta } = row;
  return {
    modelHash: model.hash,
    seed,
    shifts,
    samplingSteps,
    reverseProcess,
    eta,
    version,
    device: engine.devices.find(({ chosen }) => chosen)?.name ?? 'cpu',
  };
}
