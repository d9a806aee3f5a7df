import type { DirectionFileContent, ExportedDirection } from '../contract.js';
import type { DiffusionModel } from '../diffusion/model.js';
import { EngineError } from '../errors.js';
import { readSafetensors } from '../safetensors.js';
import { decodeDirectionFile, encodeDirectionFile, type FileModel, isDirectionFile } from '../shift/direction-file.js';
import { bankFor } from './variations.js';

/** The directions of a model as a file; BAD_USER_INPUT if one belongs to another model, or they are not alike. */
export function exportDirections(model: DiffusionModel, directions: readonly ExportedDirection[]): Uint8Array {
  const written = directions.map(({ bank, directionIndex, record }) => ({
    bank: bankFor(model, bank),
    directionIndex,
    record,
  }));
  return encodeDirectionFile(fileModel(model), written);
}

/** What a file holds for the model; MODEL_INVALID if it is damaged, BAD_USER_INPUT if it was made for another model. */
export function readDirections(model: DiffusionModel, bytes: Uint8Array): DirectionFileContent {
  const file = readSafetensors(bytes, 'directions');
  if (!isDirectionFile(file)) {
    const got = file.metadata['format'] ?? 'no format in its metadata';
    throw new EngineError('MODEL_INVALID', `directions: expected a file of exportDirections, got ${got}.`);
  }
  const { facts, bank } = decodeDirectionFile(file);
  const own = fileModel(model);
  match('the model with hash', own.modelHash, facts.modelHash);
  match('h read at', own.tap, facts.tap);
  match('h of shape', String(own.hShape), String(facts.hShape));
  match('the schedule', JSON.stringify(own.schedule), JSON.stringify(facts.schedule));
  if (bank.kind === 'BLOCK')
    match('a time embedding of width', String(model.timeEmbeddingWidth), String(bank.config.timeEmbeddingWidth));
  const { kind, reverseProcess, samplingSteps, directions } = facts;
  return { kind, reverseProcess, samplingSteps, directions };
}

function match(what: string, expected: string, got: string): void {
  if (expected === got) return;
  throw new EngineError(
    'BAD_USER_INPUT',
    `directions: expected directions for ${what} ${expected}, got ${got}. They act in the model only that they were found in.`,
  );
}

function fileModel({ hash, hTap, hShape, schedule }: DiffusionModel): FileModel {
  const { trainTimesteps, betaSchedule, predictionType } = schedule;
  return { modelHash: hash, tap: hTap, hShape, schedule: { trainTimesteps, betaSchedule, predictionType } };
}
