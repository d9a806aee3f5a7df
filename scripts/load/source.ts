import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { parseGlobalId } from '../../src/resolvers/ids.js';
import { type Held, openPool, Work } from '../../src/storage/index.js';
import { Api } from '../support/api.js';

/** What a worker does to a run, by the same storage layer and without the computing. */
export class Source {
  private readonly work: Work;
  private readonly api: Api;
  private modelId = '';

  private constructor(
    url: string,
    private readonly pool: ReturnType<typeof openPool>,
  ) {
    this.work = new Work(pool.database);
    this.api = new Api(url);
  }

  /** `url`: of the API, which makes the rows. */
  static async open(databaseUrl: string, url: string): Promise<Source> {
    const source = new Source(url, openPool(databaseUrl, 2));
    source.modelId = await source.readyModel();
    return source;
  }

  get model(): string {
    return this.modelId;
  }

  /** A discovery that this process holds, and where its log ends. */
  async startRun(): Promise<{ id: string; held: Held; lastSeq: number }> {
    const mutation = 'mutation ($input: StartDiscoveryInput!) { startDiscovery(input: $input) { id } }';
    const { startDiscovery } = await this.api.query<{ startDiscovery: { id: string } }>(mutation, {
      input: { modelId: this.modelId },
    });
    return { id: startDiscovery.id, held: await this.take(startDiscovery.id), lastSeq: 2 };
  }

  /** Appends training steps at a steady pace; gives the seq of the last. */
  async appendSteps(held: Held, first: number, count: number, perSecond: number): Promise<number> {
    const startedAt = performance.now();
    for (let step = 1; step <= count; step += 1) {
      await setTimeout(Math.max(0, startedAt + (step * 1000) / perSecond - performance.now()));
      const losses = {
        classificationLoss: 2.0794,
        strengthLoss: 1.251,
        adversarialLoss: null,
        discriminatorLoss: null,
      };
      const facts = {
        step,
        totalSteps: count,
        accuracy: 0.125,
        secondsPerStep: 0.0512,
        peakMemoryBytes: 1_234_567_890,
      };
      await this.work.trainings.step(held, { ...losses, ...facts, loss: Date.now() });
    }
    return first + count;
  }

  async close(): Promise<void> {
    await this.api.close();
    await this.pool.pool.end();
  }

  private async readyModel(): Promise<string> {
    const mutation = 'mutation ($input: ImportModelInput!) { importModel(input: $input) { id } }';
    const input = { path: `/nowhere/${randomUUID()}`, name: 'load' };
    const { id } = (await this.api.query<{ importModel: { id: string } }>(mutation, { input })).importModel;
    const description = { hash: 'a'.repeat(64), resolution: 32, channels: 3, hShape: [8, 4, 4], trainTimesteps: 1000 };
    await this.work.models.finishImport(await this.take(id), description, async () => {});
    return id;
  }

  private async take(id: string): Promise<Held> {
    const held = await this.work.take(parseGlobalId(id)?.rowId ?? '', randomUUID());
    if (held === null) throw new Error(`${id} is over`);
    return held;
  }
}
