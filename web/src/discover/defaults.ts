import type { DiscoveryMethod, ReverseProcess, ShiftKind, StartDiscoveryInput } from '../api/operations';
import type { Choice } from '../parts/field';

/** What the form shows before anything is changed: the defaults of the API. A test compares them with the schema's. */
export const DEFAULTS = {
  method: 'LEARNED',
  directions: 16,
  trainingSteps: 400,
  samplingSteps: 5,
  batchSize: 8,
  maxStrength: 6,
  minStrength: 0.5,
  seed: 0,
  checkpointEvery: 25,
  previewEvery: 25,
} as const satisfies Partial<StartDiscoveryInput>;

/** Starting points for the form. */
export const PRESETS: readonly {
  readonly name: string;
  readonly hint: string;
  readonly values: Partial<StartDiscoveryInput>;
}[] = [
  {
    name: 'Quick look',
    hint: '8 directions, 60 steps',
    values: { directions: 8, trainingSteps: 60, previewEvery: 10, checkpointEvery: 10 },
  },
  { name: 'Standard', hint: '16 directions, 400 steps', values: {} },
  { name: 'Thorough', hint: '32 directions, 1,600 steps', values: { directions: 32, trainingSteps: 1600 } },
];

export const METHODS: readonly Choice<DiscoveryMethod>[] = [
  { value: 'LEARNED', label: 'Learned: what can be told apart in images' },
  { value: 'PCA', label: 'PCA: principal components of h' },
  { value: 'JACOBIAN', label: 'Jacobian: what the noise depends on most' },
  { value: 'RANDOM', label: 'Random: a baseline' },
];

export const SHIFTS: Readonly<Record<ShiftKind, string>> = {
  SUBSPACE: 'Subspace: mixtures of principal components',
  GLOBAL: 'Global: one vector',
  TIMESTEP: 'Timestep: one vector, gated over time',
  BLOCK: 'Block: a small network',
  PER_TIMESTEP: 'Per timestep: a vector for each',
};

/** What each method can find; the first is its own choice. */
export const SHIFTS_OF: Readonly<Record<DiscoveryMethod, readonly ShiftKind[]>> = {
  LEARNED: ['SUBSPACE', 'GLOBAL', 'TIMESTEP', 'BLOCK'],
  PCA: ['PER_TIMESTEP'],
  JACOBIAN: ['PER_TIMESTEP'],
  RANDOM: ['GLOBAL', 'SUBSPACE', 'TIMESTEP', 'BLOCK'],
};

export const PROCESSES: readonly Choice<ReverseProcess>[] = [
  { value: 'SYMMETRIC', label: 'Symmetric: image and noise' },
  { value: 'ASYMMETRIC', label: 'Asymmetric: image only' },
];
