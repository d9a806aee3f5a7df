import type { Held } from '../storage/index.js';
import type { EditRow } from '../storage/types.js';
import { imageBaseOf, planOf } from './edit-plan.js';
import { FrameWriter } from './frame-writer.js';
import type { JobContext, JobSignals } from './job.js';
import { modelRef } from './model-ref.js';
import { withProvenance } from './provenance.js';

/** Runs one edit: frames as they come, then the result beside the unedited image. */
export async function editJob(context: JobContext, held: Held, { signal }: JobSignals): Promise<void> {
  const { work, engine } = context;
  const row = await work.edits.row(held.runId);
  const [model, announced] = await Promise.all([work.models.row(row.modelId), work.edits.announcedFrames(held.runId)]);
  const base = await imageBaseOf(context, row, model, signal);
  const { request, known, reconstructionPsnr, ...facts } = await planOf(context, row, model, base);
  const { shifts, provenance, requestHash } = facts;
  const options = { ...row.options, ...(known ? { cached: true } : {}) };
  const started = work.edits.start(held, { shifts, provenance, requestHash, options });
  if (known) return started.then(() => work.edits.repeat(held, known, announced));
  // Beside the first step: nobody reads it before the end. What it fails with is thrown there.
  started.catch(() => {});
  const frames = new FrameWriter(work, held, announced);
  // Unedited twins would make the first frame two steps late.
  const showsFirst = !request.previewTwins && announced.size === 0;
  const patience = showsFirst ? afterFirstFrame(signal) : { signal, shown: () => {} };
  try {
    for await (const event of engine.edit(await modelRef(context, model), request, patience.signal)) {
      if (event.type === 'frame') {
        patience.shown();
        await frames.push(event);
      } else {
        await Promise.all([started, frames.drain()]);
        const [result, original] = [
          withProvenance(event.result, provenance, true),
          withProvenance(event.original, provenance, false),
        ];
        await work.edits.finish(held, result, original, reconstructionPsnr);
      }
    }
  } catch (error) {
    // The final status comes after the frames that were announced before it.
    await frames.drain();
    throw error;
  }
  await compareWithFirst(context, row);
}

/**
 * A signal that follows another one, but not before the first frame has been shown: however fast a slider is moved, each
 * edit that was begun is seen, for the price of one step.
 */
function afterFirstFrame(signal: AbortSignal): { readonly signal: AbortSignal; readonly shown: () => void } {
  const controller = new AbortController();
  let isShown = false;
  const follow = () => {
    if (isShown && signal.aborted) controller.abort(signal.reason);
  };
  signal.addEventListener('abort', follow, { once: true });
  const shown = () => {
    isShown = true;
    follow();
  };
  return { signal: controller.signal, shown };
}

/** Says so where an edit that was run again gave other bytes. */
async function compareWithFirst({ work }: JobContext, { id, rerunOfId }: EditRow): Promise<void> {
  if (rerunOfId === null) return;
  const [first, again] = [await work.edits.row(rerunOfId), await work.edits.row(id)];
  if (first.resultImageId === null || first.resultImageId === again.resultImageId) return;
  const differing = ['version', 'software', 'device', 'processor'].filter(
    (key) => JSON.stringify(first.provenance[key]) !== JSON.stringify(again.provenance[key]),
  );
  const because = differing.length > 0 ? ` These differ: ${differing.join(', ')}.` : '';
  await work.edits.warn(id, `The result is not that of the edit that was run again, byte for byte.${because}`);
}
