/** E `[K][F]`: mean change of factor f per unit strength of direction k, in standard deviations of unedited samples. */
export type EffectMatrix = readonly (readonly number[])[];

/** How well directions and known factors match, from their effects; every direction weighs as much as it does. */
export interface Disentanglement {
  /** 1: every direction changes one factor only. */
  readonly disentanglement: number;
  /** 1: every factor is changed by one direction only. */
  readonly completeness: number;
  /** Per factor, best minus second-best direction, over the best; mean over the factors. */
  readonly gap: number;
  /** Factors that some direction spends at least half of its effect on, monotonously. */
  readonly covered: readonly number[];
}

/** Share of its total effect that a direction must spend on a factor to cover it. */
export const COVERING_SHARE = 0.5;
/** |Spearman ρ| of strength and factor, per sample, from which a factor follows a direction. */
export const COVERING_CORRELATION = 0.9;

/**
 * DCI of Eastwood & Williams (ICLR 2018, section 2) with |E| as the importance matrix: disentanglement of a direction is
 * 1 − entropy of its effects over the factors, completeness of a factor 1 − entropy of its effects over the directions
 * (logarithms to the base of their number); means weighted by total effect. `correlation` `[K][F]`: mean |Spearman ρ|.
 */
export function disentanglementOf(effects: EffectMatrix, correlation: EffectMatrix): Disentanglement {
  const importance = effects.map((row) => row.map(Math.abs));
  const columns = transposed(importance);
  return {
    disentanglement: weightedConcentration(importance),
    completeness: weightedConcentration(columns),
    gap: mean(columns.map(gapOf)),
    covered: columns.flatMap((_, f) =>
      importance.some((row, k) => covers(row, f, correlation[k]?.[f] ?? 0)) ? [f] : [],
    ),
  };
}

/** The factor that a direction changes most, and the share of its total effect that it spends there. */
export function mainFactor(effects: readonly number[]): { factor: number; share: number } {
  const sizes = effects.map(Math.abs);
  const total = sum(sizes);
  const factor = sizes.indexOf(Math.max(...sizes));
  return { factor, share: total === 0 ? 0 : (sizes[factor] ?? 0) / total };
}

function covers(row: readonly number[], factor: number, correlation: number): boolean {
  const total = sum(row);
  return total > 0 && (row[factor] ?? 0) / total >= COVERING_SHARE && correlation >= COVERING_CORRELATION;
}

function weightedConcentration(rows: readonly (readonly number[])[]): number {
  const total = sum(rows.map(sum));
  return total === 0 ? 0 : sum(rows.map((row) => (sum(row) / total) * concentration(row)));
}

/** 1 − entropy of the shares, to the base of their number: 1 if one takes all, 0 if all are equal. */
function concentration(row: readonly number[]): number {
  const total = sum(row);
  if (total === 0 || row.length < 2) return 0;
  const entropy = -sum(row.map((value) => (value === 0 ? 0 : (value / total) * Math.log(value / total))));
  return 1 - entropy / Math.log(row.length);
}

function gapOf(column: readonly number[]): number {
  const [best = 0, second = 0] = [...column].sort((a, b) => b - a);
  return best === 0 ? 0 : (best - second) / best;
}

function transposed(rows: readonly (readonly number[])[]): number[][] {
  return (rows[0] ?? []).map((_, column) => rows.map((row) => row[column] ?? 0));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : sum(values) / values.length;
}
