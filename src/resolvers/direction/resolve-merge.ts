import { randomUUID } from 'node:crypto';
import type { MergeOrder } from '../../jobs/index.js';
import type { DirectionRow } from '../../storage/types.js';
import { checkCount, checkNumber, checkText } from '../checks.js';
import type { RequestContext } from '../context.js';
import { ApiError, inputError, mismatch } from '../errors.js';
import { rowIdOf } from '../ids.js';
import { directionOf } from '../nodes.js';
import type { MergeDirectionsInput } from './direction.input.js';

const PARTS_MAX = 16;
const REMOVED_MAX = 8;
const NAME_MAX = 120;

/** What a worker is asked for; the directions are there, of one model, and learned. */
export async function resolveMerge(context: RequestContext, input: MergeDirectionsInput): Promise<MergeOrder> {
  if (input.parts.length === 0) throw inputError('input.parts', 'at least one direction', 0);
  const parts = checkCount('input.parts', input.parts, PARTS_MAX).map(({ directionId, weight }, index) => ({
    directionId: rowIdOf('Direction', `input.parts[${index}].directionId`, directionId),
    weight: checkNumber(`input.parts[${index}].weight`, weight, { min: -100, max: 100 }),
  }));
  const projectOut = checkCount('input.projectOut', input.projectOut ?? [], REMOVED_MAX).map((id, index) =>
    rowIdOf('Direction', `input.projectOut[${index}]`, id),
  );
  const rowOf = async (id: string) => (await directionOf(context, id)).row;
  const [added, removed] = await Promise.all([
    Promise.all(parts.map(({ directionId }) => rowOf(directionId))),
    Promise.all(projectOut.map(rowOf)),
  ]);
  const [first] = added as [DirectionRow];
  added.forEach((row, index) => {
    check(row, `input.parts[${index}].directionId`, first);
  });
  removed.forEach((row, index) => {
    check(row, `input.projectOut[${index}]`, first);
  });
  const sum = added.map(({ name }, index) => `${parts[index]?.weight} ${name}`).join(' + ');
  return {
    id: randomUUID(),
    modelId: first.modelId,
    name: input.name == null ? sum.slice(0, NAME_MAX) : checkText('input.name', input.name, { min: 1, max: NAME_MAX }),
    parts,
    projectOut,
    reverseProcess: input.reverseProcess ?? agreed(added),
  };
}

function check(row: DirectionRow, argument: string, { modelId }: DirectionRow): void {
  if (row.modelId !== modelId)
    throw mismatch(argument, 'a direction of the same model', `"${row.name}", of another one`);
  if (row.kind === 'BLOCK') {
    const advice = 'It depends on the sample; mix it with others in an edit.';
    throw mismatch(argument, 'a direction that is the same for every sample', `"${row.name}", of kind BLOCK`, advice);
  }
  if (row.parametersHash === null)
    throw new ApiError(
      'CONFLICT',
      `${argument}: "${row.name}" has no parameters yet. Wait for its first CheckpointSaved.`,
    );
}

function agreed(rows: readonly DirectionRow[]): 'ASYMMETRIC' | 'SYMMETRIC' {
  const [process, ...others] = new Set(rows.map(({ reverseProcess }) => reverseProcess));
  if (others.length > 0) throw mismatch('input.reverseProcess', 'one, since the parts differ', 'none', 'Pass it.');
  return process === 'ASYMMETRIC' ? 'ASYMMETRIC' : 'SYMMETRIC';
}
