import { createHash } from 'node:crypto';
import type { DiscoveryConfig } from '../../../src/engine/index.js';
import { DISCOVERY_DEFAULTS } from '../../../src/resolvers/discovery/defaults.js';

/** Changes whenever what a cell measures, or how, changes: results of another version count for nothing. */
const VERSION = 1;

/** One discovery to be run and measured. */
export interface Cell {
  /** As the tables name it, without the seed. */
  readonly label: string;
  readonly group: Group;
  readonly domain: 'portraits' | 'shapes';
  readonly config: DiscoveryConfig;
}

export type Group = 'methods' | 'directions' | 'gradient' | 'second model' | 'ablation';

export const SEEDS: readonly number[] = [0, 1, 2];

/** Folder of each domain's model. */
export const MODELS = { portraits: 'models/portraits-32', shapes: 'models/shapes-32' } as const;

/** The defaults, as `startDiscovery` resolves them. */
export const DEFAULTS: DiscoveryConfig = { ...DISCOVERY_DEFAULTS, previewEvery: 0 };

/** Of the ablation: what its cells share but for the one thing that each changes. */
export const ABLATION: DiscoveryConfig = { ...DEFAULTS, samplingSteps: 5, trainingSteps: 600 };

const FREE = { fullSpatial: false, orthonormal: false };
const MEASURED = { shift: 'PER_TIMESTEP', fullSpatial: true, orthonormal: false } as const;

interface Variant {
  readonly label: string;
  readonly config: Partial<DiscoveryConfig>;
}

/** Of a method whose directions are the same whatever the seed, one seed is run. */
const METHODS: readonly (Variant & { readonly seeds: readonly number[] })[] = [
  { label: 'LEARNED', config: {}, seeds: SEEDS },
  { label: 'PCA', config: { method: 'PCA', ...MEASURED }, seeds: [0] },
  { label: 'JACOBIAN', config: { method: 'JACOBIAN', ...MEASURED }, seeds: [0] },
  { label: 'RANDOM', config: { method: 'RANDOM', shift: 'GLOBAL', ...FREE }, seeds: SEEDS },
  { label: 'RANDOM, SUBSPACE', config: { method: 'RANDOM', orthonormal: true }, seeds: SEEDS },
];

const VARIANTS: readonly Variant[] = [
  { label: 'base', config: {} },
  { label: 'no discriminator', config: { adversarialWeight: 0 } },
  { label: 'adversarialWeight 0.5', config: { adversarialWeight: 0.5 } },
  { label: 'orthonormal', config: { orthonormal: true } },
  { label: 'start PRINCIPAL', config: { start: 'PRINCIPAL', orthonormal: true } },
  { label: 'GLOBAL', config: { shift: 'GLOBAL', ...FREE } },
  { label: 'GLOBAL, fullSpatial', config: { shift: 'GLOBAL', fullSpatial: true, orthonormal: false } },
  { label: 'TIMESTEP', config: { shift: 'TIMESTEP', ...FREE } },
  { label: 'BLOCK', config: { shift: 'BLOCK', ...FREE } },
  { label: 'ASYMMETRIC', config: { reverseProcess: 'ASYMMETRIC' } },
  { label: 'T = 10', config: { samplingSteps: 10 } },
  { label: 'K = 32', config: { directions: 32 } },
  { label: 'maxStrength 3', config: { maxStrength: 3 } },
  { label: 'learningRate 0.001', config: { learningRate: 0.001 } },
];

/** Every cell, the ones that matter most first. */
export function allCells(): Cell[] {
  const methods = (group: Group, domain: Cell['domain']) =>
    METHODS.flatMap(({ label, config, seeds }) =>
      seeds.map((seed) => cell(label, group, domain, { ...DEFAULTS, ...config, seed })),
    );
  return [
    ...methods('methods', 'portraits'),
    ...SEEDS.map((seed) => cell('LEARNED, K = 32', 'directions', 'portraits', { ...DEFAULTS, directions: 32, seed })),
    ...[3, 2, 1].flatMap((gradientSteps) =>
      SEEDS.map((seed) =>
        cell(`LEARNED, gradientSteps ${gradientSteps}`, 'gradient', 'portraits', { ...DEFAULTS, gradientSteps, seed }),
      ),
    ),
    ...VARIANTS.map(({ label, config }) => cell(label, 'ablation', 'portraits', { ...ABLATION, ...config })),
    ...methods('second model', 'shapes'),
  ];
}

/** `start` is of SUBSPACE alone, and of what is learned. */
function cell(label: string, group: Group, domain: Cell['domain'], config: DiscoveryConfig): Cell {
  if (config.shift === 'SUBSPACE' && config.method === 'LEARNED') return { label, group, domain, config };
  const { start: _, ...rest } = config;
  return { label, group, domain, config: rest };
}

/** What does not matter to a baseline, and to no measurement at all. */
const ONLY_LEARNED: ReadonlySet<string> = new Set(['learningRate', 'adversarialWeight']);
const UNMEASURED: ReadonlySet<string> = new Set(['checkpointEvery', 'previewEvery']);

/** What a cell is, whatever it is called: the same measurement is made once. */
export function cellKey({ domain, config }: Cell, modelHash: string): string {
  const isFixed = config.method !== 'LEARNED';
  const canonical = Object.entries(config)
    .filter(([name]) => !(isFixed && ONLY_LEARNED.has(name)) && !UNMEASURED.has(name))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([VERSION, domain, modelHash, canonical]))
    .digest('hex')
    .slice(0, 16);
}
