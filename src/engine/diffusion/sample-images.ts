import { vjp } from '../autodiff/vjp.js';
import type { Graph, Value } from '../graph/graph.js';
import { type FloatTensor, floatTensor, sizeOf } from '../graph/tensor.js';
import { Tape } from '../ops/tape.js';
import type { Device } from '../runtime/device.js';
import { Session } from '../runtime/session.js';
import { withinBudget } from './memory-plan.js';
import { type DiffusionModel, imageShape } from './model.js';
import type { Between } from './trajectory.js';

type Part = 'decode' | 'pull' | 'encode';

/** The graphs of {@link SampleImages}, each for one sample; null for models whose samples are images. */
export function imageGraphs(
  model: DiffusionModel,
  { memoryBudget }: Pick<Device, 'memoryBudget'>,
): Readonly<Record<Part, () => Graph>> | null {
  const { latents, sampleShape } = model;
  if (!latents) return null;
  const decoded = () => {
    const tape = new Tape();
    const x = tape.input('x', [1, ...sampleShape]);
    return { tape, x, image: latents.decode(tape, x) };
  };
  return {
    decode: () => {
      const { tape, image } = decoded();
      return tape.graph({ y: image });
    },
    pull: () => {
      const { tape, x, image } = decoded();
      const [y] = vjp(tape, [image], [tape.input('cotangent', image.shape)], [x]) as [Value];
      return withinBudget(tape.graph({ y }), ['cotangent'], memoryBudget);
    },
    encode: () => {
      const tape = new Tape();
      return tape.graph({ y: latents.encode(tape, tape.input('x', [1, ...latents.imageShape])) });
    },
  };
}

/**
 * What a model's samples look like: they are images, or a latent model's decoder makes images of them. One sample a session
 * run, since a decoder takes far more memory than the UNet; sessions open when they are first needed.
 */
export class SampleImages {
  private readonly sessions = new Map<Part, Promise<Session>>();

  constructor(
    readonly model: DiffusionModel,
    private readonly device: Device,
  ) {}

  /** `[C,H,W]` of one image. */
  get shape(): readonly [number, number, number] {
    return imageShape(this.model);
  }

  /** Samples `[N,…]` → images `[N,C,H,W]` in about [-1,1]. */
  async of(samples: FloatTensor, between: Between): Promise<FloatTensor> {
    return this.each('decode', samples, this.shape, between);
  }

  /** What reconstructor, discriminator and effects see of samples `[N,…]`. */
  async seen(samples: FloatTensor, between: Between): Promise<FloatTensor> {
    return this.areSeen ? this.of(samples, between) : samples;
  }

  /** ∂L/∂samples from ∂L/∂(what is seen of them), both `[N,…]`. */
  async pull(samples: FloatTensor, cotangent: FloatTensor, between: Between): Promise<FloatTensor> {
    return this.areSeen ? this.each('pull', samples, this.model.sampleShape, between, cotangent) : cotangent;
  }

  /** Images `[N,C,H,W]` in [-1,1] → samples `[N,…]`. */
  async inverse(images: FloatTensor, between: Between): Promise<FloatTensor> {
    return this.each('encode', images, this.model.sampleShape, between);
  }

  private get areSeen(): boolean {
    return this.model.latents?.imagesAreSeen ?? false;
  }

  async release(): Promise<void> {
    const opened = [...this.sessions.values()];
    this.sessions.clear();
    for (const session of opened) await (await session).release();
  }

  private async each(
    part: Part,
    x: FloatTensor,
    shape: readonly number[],
    between: Between,
    cotangent?: FloatTensor,
  ): Promise<FloatTensor> {
    if (!this.model.latents) return x;
    const session = await this.session(part);
    const count = x.shape[0] ?? 1;
    const out = floatTensor([count, ...shape]);
    for (let row = 0; row < count; row += 1) {
      await between();
      const feeds = { x: rowOf(x, row), ...(cotangent ? { cotangent: rowOf(cotangent, row) } : {}) };
      out.data.set((await session.run(feeds))['y']?.data ?? [], row * sizeOf(shape));
    }
    return out;
  }

  private session(part: Part): Promise<Session> {
    const graphs = imageGraphs(this.model, this.device);
    const session = this.sessions.get(part) ?? Session.create(graphs?.[part]() as Graph, this.device);
    this.sessions.set(part, session);
    return session;
  }
}

function rowOf({ shape: [count = 1, ...rest], data }: FloatTensor, row: number): FloatTensor {
  const width = data.length / count;
  return floatTensor([1, ...rest], data.slice(row * width, (row + 1) * width));
}
