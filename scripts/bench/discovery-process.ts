import { createInterface } from 'node:readline';
import type { DiffusionModel } from '../../src/engine/diffusion/model.js';
import { STREAMS } from '../../src/engine/diffusion/random.js';
import { drawChoice, drawNoise } from '../../src/engine/discovery/draw.js';
import { startingShifts } from '../../src/engine/discovery/start.js';
import type { TrainingState } from '../../src/engine/discovery/state.js';
import { Trainer } from '../../src/engine/discovery/trainer.js';
import type { FloatTensor } from '../../src/engine/graph/tensor.js';
import type { DiscoveryConfig } from '../../src/engine/index.js';
import { loadModel } from '../../src/engine/models/load-model.js';
import { type Device, openDevice } from '../../src/engine/runtime/device.js';
import { measureStatistics, withIndependent } from '../../src/engine/shift/statistics.js';
import { DISCOVERY_DEFAULTS } from '../../src/resolvers/discovery/defaults.js';

/**
 * Azimuth's side of the accuracy benchmark: `discovery-process.js MODEL THREADS SEED STEPS GRADIENT_STEPS`, a discovery at the
 * defaults but for these that answers what pytorch/discovery.py answers.
 */
const [folder = '', threads = '2', seed = '0', steps = '5', gradientSteps = steps] = process.argv.slice(2);
const nothing = async () => {};
/** Of the samples that the accuracy is measured on. */
const EVALUATION_SEED = 2 ** 30;

class Discovery {
  private seconds = 0;

  private constructor(
    private readonly model: DiffusionModel,
    private readonly config: DiscoveryConfig,
    private readonly trainer: Trainer,
    private state: TrainingState,
  ) {}

  static async create(model: DiffusionModel, config: DiscoveryConfig, device: Device): Promise<Discovery> {
    const components = await measureStatistics(model, device, nothing, nothing);
    const statistics = await withIndependent(components, model, device, nothing, nothing);
    const trainer = await Trainer.create(model, config, statistics, device);
    const start = await startingShifts({ model, config, statistics, device }, nothing);
    return new Discovery(model, config, trainer, trainer.initial(start));
  }

  async train(count: number) {
    const start = performance.now();
    for (let turn = 0; turn < count; turn += 1) this.state = (await this.trainer.step(this.state, nothing, null)).state;
    this.seconds += (performance.now() - start) / 1000;
    return { step: this.state.step, seconds: this.seconds };
  }

  async evaluate(batches: number) {
    let right = 0;
    for (let batch = 1; batch <= batches; batch += 1) {
      const fresh = { ...this.config, seed: EVALUATION_SEED };
      const noise = drawNoise(fresh, batch, this.model.sampleShape, STREAMS.evaluation);
      const choice = drawChoice(fresh, batch);
      const { samplers, objective } = this.trainer;
      const phi = this.state.shift.parameters['phi'] as FloatTensor;
      const x = (await samplers.plain(noise, nothing)).samples.at(-1) as FloatTensor;
      const shifted = (await samplers.shifted(noise, phi, choice, nothing)).samples.at(-1) as FloatTensor;
      const { accuracy } = await objective.run({ x, shifted, ...choice }, this.trainer.judgeFeeds(this.state));
      right += accuracy / batches;
    }
    return { accuracy: right };
  }
}

const config: DiscoveryConfig = {
  ...DISCOVERY_DEFAULTS,
  samplingSteps: Number(steps),
  gradientSteps: Number(gradientSteps),
  seed: Number(seed),
};
const device = await openDevice('cpu', Number(threads));
const model = await loadModel(folder);
const begun = performance.now();
const discovery = await Discovery.create(model, config, device);
console.log(JSON.stringify({ ready: process.version, startSeconds: (performance.now() - begun) / 1000 }));
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line) as { readonly train: number } | { readonly evaluate: number };
  const made = 'train' in request ? discovery.train(request.train) : discovery.evaluate(request.evaluate);
  console.log(JSON.stringify(await made));
}
