import type { DiscoveryConfig, MemoryReport } from '../contract.js';
import type { DiffusionModel } from '../diffusion/model.js';
import { recordStep, stepInputs } from '../diffusion/step.js';
import { adviceFor, discoveryBytes, usableBytes } from '../discovery/memory.js';
import { Tape } from '../ops/tape.js';
import { sessionBytes } from '../runtime/footprint.js';

/** A discovery as the API starts it where nothing is said. */
const REFERENCE: DiscoveryConfig = {
  method: 'LEARNED',
  directions: 16,
  trainingSteps: 400,
  batchSize: 8,
  samplingSteps: 5,
  shift: 'SUBSPACE',
  fullSpatial: false,
  orthonormal: true,
  start: 'INDEPENDENT',
  reverseProcess: 'SYMMETRIC',
  maxStrength: 6,
  minStrength: 0.5,
  learningRate: 0.001,
  adversarialWeight: 0.05,
  seed: 0,
  checkpointEvery: 25,
  previewEvery: 25,
};

/** Foretells the memory of one edit and of a discovery at the defaults, from shapes alone. */
export function memoryReport(model: DiffusionModel): MemoryReport {
  const usable = usableBytes();
  const config = {
    ...REFERENCE,
    directions: Math.min(REFERENCE.directions, model.hShape[0]),
    samplingSteps: Math.min(REFERENCE.samplingSteps, model.schedule.trainTimesteps),
  };
  const trainingBytes = discoveryBytes(model, config, false);
  const advice = trainingBytes <= usable ? null : adviceFor(model, config, false, usable);
  return { editingBytes: editingBytes(model), trainingBytes, usableBytes: usable, advice };
}

function editingBytes(model: DiffusionModel): number {
  const tape = new Tape();
  const deltaH = tape.input('deltaH', [1, ...model.hShape]);
  const { xNext, predictedX0 } = recordStep(tape, model, stepInputs(tape, model, 1), 'ASYMMETRIC', () => deltaH);
  return sessionBytes([{ graph: tape.graph({ xNext, predictedX0 }), lanes: 1 }]);
}
