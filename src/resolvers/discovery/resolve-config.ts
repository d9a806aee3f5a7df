import type { DiscoveryConfig, DiscoveryMethod as Method, ShiftKind } from '../../engine/index.js';
import { checkInteger, checkNumber, type NumberRange } from '../checks.js';
import { inputError } from '../errors.js';
import { DISCOVERY_DEFAULTS } from './defaults.js';
import type { StartDiscoveryInput } from './discovery.input.js';

const SEED_MAX = 2 ** 31 - 1;
/** Components of a SUBSPACE (M): its orthonormal rows cannot be more. */
const SUBSPACE_COMPONENTS = 64;
const DIRECTIONS_MAX = 256;
const STRENGTH_MAX = 100;
const STEPS_MAX = 1_000_000;

/** What a discovery must know of its model. */
export interface DiscoveryModel {
  /** `[Ch, Hh, Wh]`. */
  readonly hShape: readonly number[];
  readonly trainTimesteps: number;
}

/** The defaults filled in and everything checked; BAD_USER_INPUT names the field. */
export function resolveDiscoveryConfig(input: StartDiscoveryInput, model: DiscoveryModel): DiscoveryConfig {
  const method = input.method ?? DISCOVERY_DEFAULTS.method;
  const training = trainingOf(input, model);
  return {
    method,
    ...shiftOf(method, input, model),
    ...training,
    ...gradientOf(method, input, training),
    ...strengthsOf(input),
  };
}

function trainingOf(input: StartDiscoveryInput, { trainTimesteps }: DiscoveryModel) {
  const integer = (name: NumberField, min: number, max: number, advice = '') =>
    checkInteger(`input.${name}`, filledIn(input, name), { min, max, advice });
  const number = (name: NumberField, range: NumberRange) => checkNumber(`input.${name}`, filledIn(input, name), range);
  return {
    trainingSteps: integer('trainingSteps', 1, STEPS_MAX, 'Some hundreds are usual.'),
    batchSize: integer('batchSize', 1, 64),
    samplingSteps: integer(
      'samplingSteps',
      2,
      Math.min(1000, trainTimesteps),
      `The model has ${trainTimesteps} timesteps.`,
    ),
    reverseProcess: input.reverseProcess ?? DISCOVERY_DEFAULTS.reverseProcess,
    learningRate: number('learningRate', { min: 0, max: 1, aboveMin: true }),
    adversarialWeight: number('adversarialWeight', { min: 0, max: 1000 }),
    seed: integer('seed', 0, SEED_MAX),
    checkpointEvery: integer('checkpointEvery', 1, STEPS_MAX),
    previewEvery: integer('previewEvery', 0, STEPS_MAX),
  };
}

/** Left out, the gradient goes through all sampling steps. */
function gradientOf(
  method: Method,
  { gradientSteps }: StartDiscoveryInput,
  { samplingSteps }: { readonly samplingSteps: number },
) {
  if (gradientSteps === undefined || gradientSteps === null) return {};
  if (method !== 'LEARNED')
    throw inputError('input.gradientSteps', `null with ${method}`, gradientSteps, 'Its directions are not learned.');
  const advice = `There are ${samplingSteps} sampling steps.`;
  return { gradientSteps: checkInteger('input.gradientSteps', gradientSteps, { min: 1, max: samplingSteps, advice }) };
}

type NumberField = {
  [Key in keyof typeof DISCOVERY_DEFAULTS]: (typeof DISCOVERY_DEFAULTS)[Key] extends number ? Key : never;
}[keyof typeof DISCOVERY_DEFAULTS];

/** A number of the input, or its default; an explicit null is the default too. */
function filledIn(input: StartDiscoveryInput, name: NumberField): number {
  return input[name] ?? DISCOVERY_DEFAULTS[name];
}

function strengthsOf(input: StartDiscoveryInput) {
  const range = { min: 0, max: STRENGTH_MAX };
  const max = checkNumber('input.maxStrength', filledIn(input, 'maxStrength'), { ...range, aboveMin: true });
  const min = checkNumber('input.minStrength', filledIn(input, 'minStrength'), range);
  if (min < max) return { maxStrength: max, minStrength: min };
  throw inputError('input.minStrength', `less than maxStrength (${max})`, min);
}

/** What a method finds unless it is told otherwise, and what else it can find. */
const KINDS: Readonly<Record<Method, readonly [ShiftKind, ...ShiftKind[]]>> = {
  LEARNED: [DISCOVERY_DEFAULTS.shift, 'GLOBAL', 'TIMESTEP', 'BLOCK'],
  PCA: ['PER_TIMESTEP'],
  JACOBIAN: ['PER_TIMESTEP'],
  RANDOM: ['GLOBAL', 'SUBSPACE', 'TIMESTEP', 'BLOCK'],
};

function shiftOf(method: Method, input: StartDiscoveryInput, model: DiscoveryModel) {
  const kinds = KINDS[method];
  const shift = kinds.find((kind) => kind === (input.shift ?? kinds[0]));
  if (!shift) throw inputError('input.shift', `${kinds.join(' or ')} with ${method} in this version`, input.shift);
  const directions = input.directions ?? DISCOVERY_DEFAULTS.directions;
  if (shift === 'SUBSPACE') return { shift, ...subspaceOf(input, directions, method) };
  if (input.start) throw inputError('input.start', `null with ${shift}`, input.start, 'It is an option of SUBSPACE.');
  if (shift === 'BLOCK') return { shift, ...blockOf(input, directions) };
  if (shift === 'PER_TIMESTEP') return { shift, ...measuredOf(input, directions, model) };
  return { shift, ...globalOf(input, directions, model) };
}

/** Vectors of one timestep are orthogonal: there are no more than dimensions. */
function measuredOf({ fullSpatial, orthonormal }: StartDiscoveryInput, directions: number, { hShape }: DiscoveryModel) {
  const max = Math.min(DIRECTIONS_MAX, sizeOf(hShape));
  checkInteger('input.directions', directions, { min: 1, max, advice: 'No more vectors can be orthogonal there.' });
  if (fullSpatial === false) throw inputError('input.fullSpatial', 'true with PER_TIMESTEP', false);
  if (orthonormal) throw inputError('input.orthonormal', 'false with PER_TIMESTEP', true);
  return { directions, fullSpatial: true, orthonormal: false };
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

function subspaceOf({ fullSpatial, orthonormal, start }: StartDiscoveryInput, directions: number, method: Method) {
  const advice = `A SUBSPACE has ${SUBSPACE_COMPONENTS} components.`;
  checkInteger('input.directions', directions, { min: 1, max: SUBSPACE_COMPONENTS, advice });
  if (fullSpatial)
    throw inputError('input.fullSpatial', 'false with SUBSPACE', true, 'It is an option of GLOBAL and TIMESTEP.');
  if (method === 'RANDOM' && start)
    throw inputError('input.start', 'null with RANDOM', start, 'Its mixtures of components are random.');
  const starting = method === 'LEARNED' ? { start: start ?? DISCOVERY_DEFAULTS.start } : {};
  // Independent effects do not come from orthogonal mixtures.
  const isOrthonormal = orthonormal ?? starting.start !== 'INDEPENDENT';
  return { directions, fullSpatial: false, orthonormal: isOrthonormal, ...starting };
}

function blockOf({ fullSpatial, orthonormal }: StartDiscoveryInput, directions: number) {
  checkInteger('input.directions', directions, { min: 1, max: DIRECTIONS_MAX, advice: '' });
  const advice = 'A network has neither places nor a dimension: it is an option of GLOBAL and TIMESTEP.';
  if (fullSpatial) throw inputError('input.fullSpatial', 'false with BLOCK', true, advice);
  if (orthonormal) throw inputError('input.orthonormal', 'false with BLOCK', true, advice);
  return { directions, fullSpatial: false, orthonormal: false };
}

function globalOf(input: StartDiscoveryInput, directions: number, { hShape }: DiscoveryModel) {
  const fullSpatial = input.fullSpatial ?? DISCOVERY_DEFAULTS.fullSpatial;
  const orthonormal = input.orthonormal ?? DISCOVERY_DEFAULTS.orthonormal;
  const dimension = sizeOf(fullSpatial ? hShape : hShape.slice(0, 1));
  const max = orthonormal ? Math.min(DIRECTIONS_MAX, dimension) : DIRECTIONS_MAX;
  const advice = orthonormal ? `No more than ${dimension} vectors can be orthonormal there.` : '';
  checkInteger('input.directions', directions, { min: 1, max, advice });
  return { directions, fullSpatial, orthonormal };
}
