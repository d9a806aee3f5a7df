import type { EditResult } from '../engine/index.js';
import { type Held, StaleEpochError } from '../storage/index.js';
import type { EditRow } from '../storage/types.js';
import { type EditPlan, imageBaseOf, planOf } from './edit-plan.js';
import { FrameWriter } from './frame-writer.js';
import type { JobContext } from './job.js';
import { modelRef } from './model-ref.js';
import { withProvenance } from './provenance.js';

/** One edit of a sweep in this worker's hands. */
export interface SweepMember {
  readonly row: EditRow;
  readonly held: Held;
  /** Somebody asked for its end. */
  readonly cancelled: AbortSignal;
  /** It has its final status. */
  isOver: boolean;
}

interface Running {
  readonly member: SweepMember;
  readonly plan: EditPlan;
  readonly frames: FrameWriter;
}

/** `total` edits make the sweep; `members` are those of them that are not over. They share inversion, base and sessions. */
export async function sweepJob(
  context: JobContext,
  members: readonly SweepMember[],
  total: number,
  signal: AbortSignal,
): Promise<void> {
  const { work, engine, interactive } = context;
  const [first] = members;
  if (!first) return;
  const model = await work.models.row(first.row.modelId);
  const base = await imageBaseOf(context, first.row, model, signal);
  const batch = engine.sweepBatch(total, model.resolution);
  const started = await Promise.all(members.map((member) => start(context, member, { model, base, batch })));
  const running = started.filter((one) => one !== null);
  const wanted = () => running.filter(({ member }) => !member.isOver);
  const nobody = new AbortController();
  const dropCancelled = async () => {
    for (const { member, frames } of wanted()) if (member.cancelled.aborted) await drop(context, member, frames);
    if (wanted().length === 0) nobody.abort();
  };
  const [leader] = running;
  if (!leader) return;
  const { shifts: _, ...shared } = leader.plan.request;
  const request = { ...shared, batch, variations: running.map(({ plan }) => plan.request.shifts) };
  const events = engine.sweep(await modelRef(context, model), request, {
    signal: AbortSignal.any([signal, nobody.signal]),
    yieldTo: async () => {
      await interactive.yieldToEdits();
      await dropCancelled();
    },
    shouldSkip: (variation) => running[variation]?.member.isOver ?? true,
  });
  // Results are written beside the sampling of the next batch.
  const results: Promise<void>[] = [];
  try {
    for await (const { variation, ...event } of events) {
      const one = running[variation] as Running;
      if (one.member.isOver) continue;
      if (event.type === 'frame') await unlessLost(one.member, () => one.frames.push(event));
      else {
        const result = unlessLost(one.member, () => finish(context, one, event));
        // What it fails with is thrown at the end.
        result.catch(() => {});
        results.push(result);
      }
    }
    await Promise.all(results);
  } catch (error) {
    await Promise.allSettled(results);
    for (const { member, frames } of wanted()) await unlessLost(member, () => frames.drain());
    // What nobody wants any more has ended, and not failed.
    if (wanted().length > 0) throw error;
  }
}

/** Null for an edit that is over by now: another one has left what it asks for. */
async function start(
  context: JobContext,
  member: SweepMember,
  { model, base, batch }: { model: Parameters<typeof planOf>[2]; base: Parameters<typeof planOf>[3]; batch: number },
): Promise<Running | null> {
  const { work } = context;
  const { held } = member;
  const row = { ...member.row, options: { ...member.row.options, batch } };
  const plan = await planOf(context, row, model, base);
  const { shifts, provenance, requestHash, known } = plan;
  const announced = await work.edits.announcedFrames(held.runId);
  const options = { ...row.options, ...(known ? { cached: true } : {}) };
  await work.edits.start(held, { shifts, provenance, requestHash, options });
  if (!known) return { member, plan, frames: new FrameWriter(work, held, announced) };
  await work.edits.repeat(held, known, announced);
  member.isOver = true;
  return null;
}

async function finish({ work }: JobContext, { member, plan, frames }: Running, event: EditResult): Promise<void> {
  await frames.drain();
  const { provenance, reconstructionPsnr } = plan;
  const result = withProvenance(event.result, provenance, true);
  const original = withProvenance(event.original, provenance, false);
  await work.edits.finish(member.held, result, original, reconstructionPsnr);
  member.isOver = true;
}

async function drop({ work }: JobContext, member: SweepMember, frames: FrameWriter): Promise<void> {
  await unlessLost(member, async () => {
    await frames.drain();
    await work.setStatus(member.held, 'CANCELLED');
  });
  member.isOver = true;
}

/** An edit that another worker has taken over is over here; the others go on. */
async function unlessLost(member: SweepMember, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof StaleEpochError)) throw error;
    member.isOver = true;
  }
}
