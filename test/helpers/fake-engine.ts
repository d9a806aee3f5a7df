import type {
  DirectionFileContent,
  DiscoveryEstimate,
  EditEvent,
  EditFrame,
  EditRequest,
  EncodedImage,
  Engine,
  GalleryEvent,
  GradientCheck,
  Inversion,
  MemoryReport,
  MergedDirection,
  MergeRequest,
  ModelDescription,
  SweepEvent,
  SweepRequest,
} from '../../src/engine/index.js';

const picture = (byte: number): EncodedImage => ({
  bytes: Uint8Array.of(byte),
  width: 1,
  height: 1,
  contentType: 'image/png',
});

const frame = (samplingSteps: number): EditFrame => ({
  type: 'frame',
  coarse: false,
  stepIndex: 0,
  timestep: 999,
  samplingSteps,
  image: picture(1),
  original: null,
  difference: null,
});

const DESCRIPTION: ModelDescription = {
  hash: 'a'.repeat(64),
  resolution: 8,
  channels: 3,
  parameterCount: 1,
  hShape: [1, 1, 1],
  hTap: 'mid_block',
  trainTimesteps: 1000,
  betaSchedule: 'linear',
  predictionType: 'epsilon',
  report: {
    format: 'fake',
    files: [],
    config: [],
    weights: { matched: 1, ignored: [], parameters: 1, bytes: 4 },
    taps: [],
    schedule: {
      trainTimesteps: 1000,
      betaSchedule: 'linear',
      predictionType: 'epsilon',
      timestepSpacing: 'leading',
      firstAlphaBar: 1,
      lastAlphaBar: 0,
      meaning: '',
    },
    secondsPerForward: 1,
    warnings: [],
  },
};

/** An engine that computes nothing: what it does at each edit is set from outside, so that jobs can be tested alone. */
export class FakeEngine implements Engine {
  readonly devices = [{ name: 'cpu', available: true, reason: 'fake', chosen: true }];
  readonly software = ['fake 1'];
  readonly processor = 'none';
  /** Awaited before an edit's first frame. */
  beforeEdit: () => Promise<void> = async () => {};
  /** Awaited before an edit's result; throws what the edit shall fail with. */
  duringEdit: (request: EditRequest, signal: AbortSignal) => Promise<void> = async () => {};
  /** The same, before the result of each of a sweep's variations. */
  duringSweep: (variation: number) => Promise<void> = async () => {};
  /** Awaited in place of a gallery. */
  duringGallery: (options: Parameters<Engine['gallery']>[2]) => Promise<void> = async () => {};
  edits = 0;
  sweeps = 0;
  inversions = 0;

  async importModel(..._: Parameters<Engine['importModel']>): Promise<ModelDescription> {
    return DESCRIPTION;
  }

  async foretellMemory(): Promise<MemoryReport> {
    return { editingBytes: 1, trainingBytes: 2, usableBytes: 3, advice: null };
  }

  async checkGradients(): Promise<GradientCheck> {
    return { verdict: 'PASSED', inputSize: 8, errorByX: 0, errorByH: 0, message: '' };
  }

  async *gallery(
    _: unknown,
    __: unknown,
    options: Parameters<Engine['gallery']>[2],
  ): AsyncGenerator<GalleryEvent, void, void> {
    await this.duringGallery(options);
    const facts = { count: 1, samplingSteps: 1, min: 0, max: 0, mean: 0, deviation: 0 };
    yield { type: 'check', check: { verdict: 'PASSED', ...facts, message: '' } };
  }

  async *discover(): AsyncGenerator<never, void, void> {}

  async *edit(_: unknown, request: EditRequest, signal: AbortSignal): AsyncGenerator<EditEvent, void, void> {
    this.edits += 1;
    await this.beforeEdit();
    yield frame(request.samplingSteps);
    await this.duringEdit(request, signal);
    yield { type: 'result', result: picture(2), original: picture(3) };
  }

  async *sweep(
    _: unknown,
    request: SweepRequest,
    { yieldTo, shouldSkip }: Parameters<Engine['sweep']>[2],
  ): AsyncGenerator<SweepEvent, void, void> {
    this.sweeps += 1;
    for (const variation of request.variations.keys()) {
      await yieldTo();
      if (shouldSkip(variation)) continue;
      yield { ...frame(request.samplingSteps), variation };
      await this.duringSweep(variation);
      yield { type: 'result', result: picture(2), original: picture(3), variation };
    }
  }

  sweepBatch(variations: number): number {
    return variations + 1;
  }

  async invert(): Promise<Inversion> {
    this.inversions += 1;
    return { latents: Uint8Array.of(4), psnr: 40 };
  }

  async merge(_: unknown, { removed }: MergeRequest): Promise<MergedDirection> {
    return {
      parameters: Uint8Array.of(5),
      effectSize: 0.5,
      leakage: removed.map(() => ({ before: 0.75, after: 0.125 })),
    };
  }

  async estimate(): Promise<DiscoveryEstimate> {
    return { secondsPerStep: 1, totalSeconds: 2, peakMemoryBytes: 3, fits: true, advice: null };
  }

  async filmstrip(): Promise<EncodedImage[]> {
    return [];
  }

  async exportDirections(): Promise<Uint8Array> {
    return new Uint8Array();
  }

  async readDirections(): Promise<DirectionFileContent> {
    return { kind: 'GLOBAL', reverseProcess: 'SYMMETRIC', samplingSteps: 1, directions: [] };
  }

  async close(): Promise<void> {}
}
