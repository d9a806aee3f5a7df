import type { Api } from '../support/api.js';
import { APPLY, EDIT_PROGRESS, type EditEvent } from './operations.js';

export interface EditInput {
  readonly modelId: string;
  readonly seed: number;
  readonly shifts: readonly { readonly directionId: string; readonly strength: number }[];
  readonly previewEvery?: number;
}

/** One edit from start to finish: the predicted x0 of its steps, and the result. */
export async function runEdit(api: Api, input: EditInput): Promise<{ frames: Buffer[]; result: Buffer }> {
  const { applyEdit } = await api.query<{ applyEdit: { id: string } }>(APPLY, { input });
  const frames: string[] = [];
  let result = '';
  for await (const { editProgress: event } of api.subscribe<{ editProgress: EditEvent }>(EDIT_PROGRESS, applyEdit)) {
    if (event.__typename === 'EditFrame') frames.push(event.image.url);
    if (event.__typename === 'EditFinished') result = event.result.url;
    if (event.__typename === 'StatusChanged' && event.error) throw new Error(`edit: ${event.error.message}`);
  }
  return { frames: await Promise.all(frames.map((url) => api.image(url))), result: await api.image(result) };
}

/** Runs the edits, a few in flight at a time, in order. */
export async function runEdits(
  api: Api,
  inputs: readonly EditInput[],
  onDone: (done: number) => void,
): Promise<Buffer[]> {
  const results: Buffer[] = [];
  let next = 0;
  let done = 0;
  const lane = async () => {
    while (next < inputs.length) {
      const index = next;
      next += 1;
      results[index] = (await runEdit(api, { ...(inputs[index] as EditInput), previewEvery: 1000 })).result;
      done += 1;
      onDone(done);
    }
  };
  await Promise.all([lane(), lane(), lane()]);
  return results;
}
