import type { DiscoveryConfig } from '../../src/engine/contract.js';
import { packageFile } from '../../src/package.js';

/** A folder under test/golden. */
export const fixture = (name: string) => packageFile(`test/golden/${name}`);

/** A UNet of 8×8 pixels with random weights (v-prediction): milliseconds a step. */
export const TINY_MODEL = fixture('variants/v-zero-snr');

/** A discovery on {@link TINY_MODEL} that takes seconds. */
export const TINY_DISCOVERY: DiscoveryConfig = {
  method: 'LEARNED',
  directions: 4,
  trainingSteps: 6,
  batchSize: 8,
  samplingSteps: 3,
  shift: 'SUBSPACE',
  fullSpatial: false,
  orthonormal: true,
  reverseProcess: 'SYMMETRIC',
  maxStrength: 6,
  minStrength: 0.5,
  learningRate: 0.005,
  adversarialWeight: 0.05,
  seed: 1,
  checkpointEvery: 2,
  previewEvery: 2,
};
