import type { ApplyEditInput, ImageFit } from '../api/operations';

/** Everything that a person has chosen; it stands in the address, so that a reload or a link gives the same image. */
export interface Recipe {
  readonly base: Base;
  readonly shifts: readonly RecipeShift[];
  readonly samplingSteps: number;
  /** 0 to 1. */
  readonly qualityBoost: number;
}

export type Base =
  | { readonly kind: 'seed'; readonly seed: number }
  | { readonly kind: 'image'; readonly imageId: string; readonly fit: ImageFit };

export interface RecipeShift {
  readonly directionId: string;
  readonly strength: number;
  /** Empty: weight 1 throughout. */
  readonly curve: readonly CurvePoint[];
}

/** `t` 0 is the noisiest step, 1 the last. */
export interface CurvePoint {
  readonly t: number;
  readonly weight: number;
}

export const SEED_MAX = 2_147_483_647;
export const SHIFTS_MAX = 32;
const STEPS = 20;
const FITS: readonly ImageFit[] = ['CROP', 'PAD', 'STRETCH'];

export function recipeOf(search: URLSearchParams): Recipe {
  const imageId = search.get('image');
  return {
    base: imageId
      ? { kind: 'image', imageId, fit: FITS.find((fit) => fit === search.get('fit')) ?? 'CROP' }
      : { kind: 'seed', seed: Math.round(numberIn(search.get('seed'), 0, SEED_MAX, 0)) },
    shifts: (search.get('shifts') ?? '').split(',').filter(Boolean).slice(0, SHIFTS_MAX).map(shiftOf),
    samplingSteps: Math.round(numberIn(search.get('steps'), 2, 200, STEPS)),
    qualityBoost: numberIn(search.get('boost'), 0, 1, 0),
  };
}

/** For `href`; what is as it is by default is left out. */
export function searchOf({ base, shifts, samplingSteps, qualityBoost }: Recipe): Record<string, string | undefined> {
  return {
    seed: base.kind === 'seed' ? String(base.seed) : undefined,
    image: base.kind === 'image' ? base.imageId : undefined,
    fit: base.kind === 'image' && base.fit !== 'CROP' ? base.fit : undefined,
    shifts: shifts.map(shiftText).join(',') || undefined,
    steps: samplingSteps === STEPS ? undefined : String(samplingSteps),
    boost: qualityBoost === 0 ? undefined : String(qualityBoost),
  };
}

/** What the recipe is to the API, without what only a live preview needs. */
export function inputOf(modelId: string, { base, shifts, samplingSteps, qualityBoost }: Recipe): ApplyEditInput {
  return {
    modelId,
    ...(base.kind === 'seed' ? { seed: base.seed } : { imageId: base.imageId, fit: base.fit }),
    samplingSteps,
    ...(qualityBoost > 0 && { qualityBoost }),
    shifts: shifts.map(({ directionId, strength, curve }) => ({
      directionId,
      strength,
      ...(curve.length > 0 && { curve }),
    })),
  };
}

/** `id~strength~t:weight;t:weight`; the last two may be missing. */
function shiftOf(text: string): RecipeShift {
  const [directionId = '', strength, curve = ''] = text.split('~');
  const points = curve.split(';').filter(Boolean).map(pointOf);
  return { directionId, strength: numberIn(strength, -100, 100, 2), curve: points };
}

function pointOf(text: string): CurvePoint {
  const [t, weight] = text.split(':');
  return { t: numberIn(t, 0, 1, 0), weight: numberIn(weight, -100, 100, 1) };
}

function shiftText({ directionId, strength, curve }: RecipeShift): string {
  const points = curve.map(({ t, weight }) => `${t}:${weight}`).join(';');
  return [directionId, strength, ...(points ? [points] : [])].join('~');
}

function numberIn(text: string | null | undefined, min: number, max: number, otherwise: number): number {
  const value = text ? Number(text) : Number.NaN;
  return Number.isFinite(value) ? Math.min(max, Math.max(min, value)) : otherwise;
}
