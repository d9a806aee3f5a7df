import { randomUUID } from 'node:crypto';
import type { DiscoveryEvent } from '../engine/index.js';
import type { Held, Work } from '../storage/index.js';
import { progress } from './checkup-job.js';
import type { JobContext, JobSignals } from './job.js';
import { modelRef } from './model-ref.js';

/** The highest step of each kind of event in the run's log: what is at or below it is not announced again. */
type Announced = Awaited<ReturnType<Work['trainings']['announced']>>;

/** Trains from the last checkpoint, if there is one, and writes what happens into the run's log. */
export async function discoveryJob(context: JobContext, held: Held, signals: JobSignals): Promise<void> {
  const { work, engine, interactive, enqueue } = context;
  const row = await work.trainings.row(held.runId);
  const model = await work.models.row(row.modelId);
  const last = await work.trainings.checkpoint(held.runId);
  const announced = await work.trainings.announced(held.runId);
  const device = engine.devices.find(({ chosen }) => chosen)?.name ?? 'cpu';
  await work.trainings.start(held, { device, resumedFromStep: last?.step ?? null });
  const statistics = row.statisticsHash
    ? await work.blob(row.statisticsHash)
    : await work.trainings.adoptStatistics(held, row.modelId);
  const config = row.config;
  const writer = new DiscoveryWriter(work, held, row.totalSteps, announced, row.modelId);
  await writer.prepare();
  const { signal, pause } = untilCheckpoint(signals, writer);
  const options = { state: last?.state ?? null, statistics, signal, pause, yieldTo: interactive.yieldTo };
  const ref = await modelRef(context, model);
  for await (const event of engine.discover(ref, config, options)) {
    if (event.type === 'step') context.metrics.step();
    await writer.write(event);
  }
  // Handed back by whoever called.
  if (!writer.isFinished && !signals.pause.aborted) throw new Error('the worker leaves a training at a checkpoint');
  if (!writer.isFinished) return work.setStatus(held, 'PAUSED');
  await work.trainings.finish(held, (tx) => enqueue(tx, 'gallery', randomUUID(), { discoveryId: held.runId }));
}

/** A worker that leaves waits for the checkpoint of the step under way; before the first step there is nothing to keep. */
function untilCheckpoint(
  { signal, pause, leave }: JobSignals,
  writer: DiscoveryWriter,
): { readonly signal: AbortSignal; readonly pause: AbortSignal } {
  const idle = new AbortController();
  const onLeave = () => {
    if (!writer.hasStepped) idle.abort();
  };
  leave.addEventListener('abort', onLeave, { once: true });
  if (leave.aborted) onLeave();
  return { signal: AbortSignal.any([signal, idle.signal]), pause: AbortSignal.any([pause, leave]) };
}

class DiscoveryWriter {
  private previewsOfLastStep = 0;
  private readonly noteStatistics: ReturnType<typeof progress>;
  /** Whether the last event of a discovery has come; one that was paused ends without it. */
  isFinished = false;
  /** Whether a step was made that the last checkpoint does not have. */
  hasStepped = false;

  constructor(
    private readonly work: Work,
    private readonly held: Held,
    private readonly totalSteps: number,
    private readonly announced: Announced,
    private readonly modelId: string,
  ) {
    this.noteStatistics = progress((stage) => work.models.putStageOf(held, stage), { modelId, name: 'STATISTICS' });
  }

  /** A kill may have come between the previews of one step. */
  async prepare(): Promise<void> {
    if (this.announced.preview > 0)
      this.previewsOfLastStep = await this.work.trainings.announcedPreviews(this.held.runId, this.announced.preview);
  }

  async write(event: DiscoveryEvent): Promise<void> {
    const { held, announced } = this;
    const { models, trainings } = this.work;
    if (event.type === 'step' || event.type === 'checkpoint') this.hasStepped = event.type === 'step';
    if (event.type === 'phase' && event.phase === 'statistics') await this.noteStatistics(event.done, event.total);
    if (event.type === 'statistics') {
      await trainings.saveStatistics(held, event.bytes);
      await models.putStageOf(held, {
        modelId: this.modelId,
        name: 'STATISTICS',
        status: 'DONE',
        done: 1,
        total: 1,
      });
    }
    if (event.type === 'step' && event.step > announced.step) {
      const { type: _, ...payload } = event;
      await trainings.step(held, { ...payload, totalSteps: this.totalSteps });
    }
    if (event.type === 'preview') await this.preview(event);
    if (event.type === 'checkpoint')
      await trainings.saveCheckpoint(
        held,
        event.step,
        event.state,
        event.parameters,
        event.step > announced.checkpoint,
      );
    if (event.type === 'scorecard') this.isFinished = event.isFinal;
    if (event.type === 'scorecard')
      await trainings.saveScores(held, event.step, event.scores, event.step > announced.scorecard);
  }

  private async preview(event: Extract<DiscoveryEvent, { type: 'preview' }>): Promise<void> {
    const { type: _, original, shifted, ...payload } = event;
    const { preview } = this.announced;
    if (event.step < preview || (event.step === preview && event.stepIndex < this.previewsOfLastStep)) return;
    await this.work.trainings.preview(this.held, payload, original, shifted);
  }
}
