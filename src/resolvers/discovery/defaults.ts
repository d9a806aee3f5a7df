/** A discovery's hyper-parameters where nobody says otherwise; docs/quality.md has what was measured of them. */
export const DISCOVERY_DEFAULTS = {
  method: 'LEARNED',
  directions: 16,
  trainingSteps: 400,
  batchSize: 8,
  samplingSteps: 5,
  shift: 'SUBSPACE',
  start: 'INDEPENDENT',
  fullSpatial: false,
  /** Independent effects do not come from orthogonal mixtures; a SUBSPACE that starts elsewhere is orthonormal. */
  orthonormal: false,
  reverseProcess: 'SYMMETRIC',
  maxStrength: 6,
  minStrength: 0.5,
  learningRate: 0.0003,
  adversarialWeight: 0.05,
  seed: 0,
  checkpointEvery: 25,
  previewEvery: 25,
} as const;
