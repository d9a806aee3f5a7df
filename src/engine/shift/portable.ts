import { type FloatTensor, floatTensor, sizeOf } from '../graph/tensor.js';
import type { DirectionBank } from './bank.js';
import { blockSpecs } from './block.js';
import { type DirectionTable, tableRow } from './table.js';
import { GATE_TERMS } from './timestep.js';

/** One direction of a bank as a table of one row; a kind that depends on the sample has none. */
export function directionTable(bank: DirectionBank, k: number): DirectionTable {
  if (bank.table) return tableRow(bank.table, k);
  const { timesteps, hShape } = bank.statistics;
  if (bank.kind === 'GLOBAL' || bank.kind === 'TIMESTEP') return scaledTable(bank, k);
  const { directions } = bank.control;
  if (directions.dependsOn !== 'TIMESTEP') throw new RangeError(`a direction of kind ${bank.kind} has no table`);
  const vectors = floatTensor([1, timesteps.length, ...hShape]);
  timesteps.forEach((timestep, at) => {
    vectors.data.set(directions.at(bank.rows, k, timestep), at * sizeOf(hShape));
  });
  return { timesteps, vectors, gates: null };
}

/** ρ(t)·u, u as it is stored: a value a channel, or one for every position. */
function scaledTable({ kind, rows, config, statistics }: DirectionBank, k: number): DirectionTable {
  const { timesteps, hShape, rho } = statistics;
  const terms = kind === 'TIMESTEP' ? GATE_TERMS : 0;
  const stride = rows.shape[1] ?? 0;
  const u = rows.data.subarray(k * stride, (k + 1) * stride - terms);
  const vectors = floatTensor([1, timesteps.length, ...(config.fullSpatial ? hShape : [hShape[0], 1, 1])]);
  rho.data.forEach((scale, at) => {
    vectors.data.set(
      u.map((value) => value * scale),
      at * u.length,
    );
  });
  const gates = rows.data.slice((k + 1) * stride - terms, (k + 1) * stride);
  return { timesteps, vectors, gates: terms === 0 ? null : floatTensor([1, terms], gates) };
}

/** The network of one BLOCK direction, by the names of {@link blockSpecs}, each with a leading extent of 1. */
export function directionNetwork({ control, rows, config, statistics }: DirectionBank, k: number) {
  if (control.directions.dependsOn !== 'SAMPLE') throw new RangeError('only a BLOCK is a network');
  const { data } = control.directions.alone(rows, k);
  const parts = new Map<string, FloatTensor>();
  let at = 0;
  for (const [name, { shape }] of Object.entries(blockSpecs(1, statistics.hShape[0], config.timeEmbeddingWidth))) {
    const own = name === 'heads' ? shape.slice(1) : shape;
    parts.set(name, floatTensor([1, ...own], data.slice(at, at + sizeOf(own))));
    at += sizeOf(own);
  }
  return parts;
}
