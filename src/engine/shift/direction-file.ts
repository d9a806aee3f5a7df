import type { DirectionRecord, ReverseProcess, ShiftKind } from '../contract.js';
import { EngineError } from '../errors.js';
import { type FloatTensor, floatTensor, sizeOf } from '../graph/tensor.js';
import { type TensorFile, writeSafetensors } from '../safetensors.js';
import type { DirectionBank } from './bank.js';
import { blockShift, blockSpecs } from './block.js';
import { type ShiftConfig, UNIT } from './control.js';
import { type DirectionFileFacts, MetadataReader } from './direction-metadata.js';
import { directionNetwork, directionTable } from './portable.js';
import type { HStatistics } from './statistics.js';
import { stacked, tableSource } from './table.js';
import { GATE_TERMS } from './timestep.js';

/** What docs/directions-format.md describes. */
const FORMAT = 'azimuth-direction-file-1';

/** One direction to write, and what is known of it. */
export interface WrittenDirection {
  readonly bank: DirectionBank;
  readonly directionIndex: number;
  readonly record: DirectionRecord;
}

/** What a file says of the model that its directions are of. */
export type FileModel = Pick<DirectionFileFacts, 'modelHash' | 'tap' | 'hShape' | 'schedule'>;

export function isDirectionFile({ metadata }: TensorFile): boolean {
  return metadata['format'] === FORMAT;
}

/**
 * Directions of one kind, process, T_ref and set of measured timesteps as a file that needs nothing else. Throws
 * BAD_USER_INPUT where they differ.
 */
export function encodeDirectionFile(model: FileModel, written: readonly WrittenDirection[]): Uint8Array {
  const bank = commonBank(written.map((direction) => direction.bank));
  const { kind, reverseProcess, samplingSteps, statistics } = bank;
  const metadata = {
    format: FORMAT,
    modelHash: model.modelHash,
    tap: model.tap,
    hShape: JSON.stringify(model.hShape),
    schedule: JSON.stringify(model.schedule),
    kind,
    reverseProcess,
    samplingSteps: String(samplingSteps),
    unit: String(UNIT[kind]),
    timesteps: JSON.stringify(statistics.timesteps),
    rho: JSON.stringify([...statistics.rho.data]),
    directions: JSON.stringify(written.map(({ record }) => record)),
  };
  return writeSafetensors({ tensors: tensorsOf(kind, written), metadata });
}

function tensorsOf(kind: ShiftKind, written: readonly WrittenDirection[]): Map<string, FloatTensor> {
  if (kind === 'BLOCK') {
    const networks = written.map(({ bank, directionIndex }) => directionNetwork(bank, directionIndex));
    const names = [...(networks[0]?.keys() ?? [])];
    return new Map(names.map((name) => [name, stacked(networks.flatMap((network) => network.get(name) ?? []))]));
  }
  const tables = written.map(({ bank, directionIndex }) => directionTable(bank, directionIndex));
  const gates = tables.flatMap((table) => table.gates ?? []);
  return new Map([
    ['vectors', stacked(tables.map(({ vectors }) => vectors))],
    ...(gates.length > 0 ? ([['gates', stacked(gates)]] as const) : []),
  ]);
}

/** What all directions of a file share, as one of their banks; BAD_USER_INPUT where they do not. */
function commonBank(banks: readonly DirectionBank[]): DirectionBank {
  const [first] = banks;
  if (!first) throw new EngineError('BAD_USER_INPUT', 'ids: expected at least one direction, got none.');
  const expected = sharedBy(first);
  for (const bank of banks) {
    for (const [what, value] of Object.entries(sharedBy(bank))) {
      if (value === expected[what]) continue;
      const advice = `The directions of one file share their ${what}: export them as several files.`;
      throw new EngineError('BAD_USER_INPUT', `ids: expected ${what} ${expected[what]}, got ${value}. ${advice}`);
    }
  }
  return first;
}

function sharedBy(bank: DirectionBank): Record<string, string> {
  const { kind, reverseProcess, samplingSteps, statistics, config } = bank;
  return {
    kind,
    reverseProcess,
    samplingSteps: String(samplingSteps),
    timesteps: String(statistics.timesteps),
    fullSpatial: String(config.fullSpatial),
    // A network takes h in units of it.
    ...(kind === 'BLOCK' ? { ρ: String([...statistics.rho.data]) } : {}),
  };
}

/** Reads a direction file; throws MODEL_INVALID, naming the entry, where it is not one. */
export function decodeDirectionFile(file: TensorFile): {
  bank: DirectionBank;
  facts: DirectionFileFacts;
} {
  const facts = new MetadataReader(file.metadata).facts();
  const statistics: HStatistics = {
    modelHash: facts.modelHash,
    timesteps: facts.timesteps,
    hShape: facts.hShape,
    components: floatTensor([facts.timesteps.length, 0, sizeOf(facts.hShape)]),
    independent: null,
    rho: floatTensor([facts.rho.length], Float32Array.from(facts.rho)),
  };
  const shared = {
    kind: facts.kind,
    reverseProcess: facts.reverseProcess satisfies ReverseProcess,
    samplingSteps: facts.samplingSteps,
    directions: facts.directions.length,
    statistics,
  };
  const bank = facts.kind === 'BLOCK' ? networks(file, facts, shared) : tables(file, facts, shared);
  return { bank, facts };
}

type Shared = Omit<DirectionBank, 'rows' | 'control' | 'config' | 'table'>;

function tables(file: TensorFile, facts: DirectionFileFacts, shared: Shared): DirectionBank {
  const { hShape, timesteps, directions, kind } = facts;
  const [channels] = hShape;
  const rows = [directions.length, timesteps.length] as const;
  const perChannel = (kind === 'GLOBAL' || kind === 'TIMESTEP') && file.tensors.get('vectors')?.shape[3] === 1;
  const vectors = tensor(file, 'vectors', [...rows, ...(perChannel ? [channels, 1, 1] : hShape)]);
  const gates = kind === 'TIMESTEP' ? tensor(file, 'gates', [directions.length, GATE_TERMS]) : null;
  const table = { timesteps, vectors, gates };
  const control = { directions: tableSource(table, hShape), operand: () => floatTensor([0]) };
  const config = configOf(facts, 0, (kind === 'GLOBAL' || kind === 'TIMESTEP') && !perChannel);
  return { ...shared, rows: floatTensor([directions.length, 0]), control, config, table };
}

/** The φ of each direction alone, one a row. */
function networks(file: TensorFile, facts: DirectionFileFacts, shared: Shared): DirectionBank {
  const count = facts.directions.length;
  const width = file.tensors.get('time.weight')?.shape[2] ?? 0;
  const specs = Object.entries(blockSpecs(1, facts.hShape[0], width));
  const parts = specs.map(([name, { shape }]) =>
    tensor(file, name, [count, ...(name === 'heads' ? shape.slice(1) : shape)]),
  );
  const length = parts.reduce((sum, { data }) => sum + data.length / count, 0);
  const rows = floatTensor([count, length]);
  let at = 0;
  for (const { data } of parts) {
    const size = data.length / count;
    for (let k = 0; k < count; k += 1) rows.data.set(data.subarray(k * size, (k + 1) * size), k * length + at);
    at += size;
  }
  const config = configOf(facts, width, false);
  const { operand } = blockShift({ ...config, directions: 1 }, shared.statistics);
  const alone = (all: FloatTensor, k: number) => floatTensor([length], all.data.slice(k * length, (k + 1) * length));
  return { ...shared, rows, control: { directions: { dependsOn: 'SAMPLE', alone }, operand }, config, table: null };
}

function configOf(
  { kind, directions }: DirectionFileFacts,
  timeEmbeddingWidth: number,
  fullSpatial: boolean,
): ShiftConfig {
  return { kind, directions: directions.length, fullSpatial, orthonormal: false, seed: 0, timeEmbeddingWidth };
}

function tensor({ tensors }: TensorFile, name: string, shape: readonly number[]): FloatTensor {
  const found = tensors.get(name);
  if (found?.shape.join() !== shape.join()) {
    const got = found ? `[${found.shape}]` : 'none';
    throw new EngineError('MODEL_INVALID', `directions: tensor ${name}: expected [${shape}], got ${got}.`);
  }
  if (found.data.every(Number.isFinite)) return found;
  throw new EngineError('MODEL_INVALID', `directions: tensor ${name} holds values that are not finite.`);
}
