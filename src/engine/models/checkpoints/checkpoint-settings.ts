import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigReader } from '../config-reader.js';
import { readTextFile } from '../files/text-file.js';
import type { ConfigFinding } from '../loaded-model.js';
import { SETTINGS_FILE } from '../model-settings.js';

/** What `azimuth.json` may say of a checkpoint that carries no configuration; docs/models/checkpoints.md describes the keys. */
export interface CheckpointSettings {
  readonly weights: string | null;
  readonly state: string | null;
  readonly imageSize: number | null;
  readonly heads: number | null;
  readonly headChannels: number | null;
  readonly attentionOrder: 'legacy' | 'new' | null;
  readonly rescaleTimesteps: boolean;
  readonly classLabel: number | null;
  /** A `scheduler_config.json` of diffusers. */
  readonly scheduler: string | null;
}

const MEANINGS = {
  weights: 'file of the weights, where the folder has several',
  state: 'table of weights to take, where the file has several',
  imageSize: 'height and width of x',
  heads: 'heads of every attention',
  headChannels: 'channels of one attention head',
  attentionOrder: 'how query, key and value are laid out in one weight: legacy by heads, new by kind',
  rescaleTimesteps: 'whether timesteps are embedded as if there were 1000 of them',
  classLabel: 'class that the model samples',
  scheduler: 'schedule, as in scheduler_config.json',
};

const CHANNELS = [1, 8192] as const;

/** Reads `azimuth.json` of a folder, all at its defaults where there is none. Throws MODEL_INVALID for keys it does not know. */
export async function readCheckpointSettings(
  folder: string,
): Promise<{ settings: CheckpointSettings; findings: ConfigFinding[]; text: string }> {
  const path = join(folder, SETTINGS_FILE);
  const text = existsSync(path) ? await readTextFile(path) : '';
  const reader = ConfigReader.parse(path, text || '{}');
  const settings: CheckpointSettings = {
    weights: reader.has('weights') ? reader.text('weights', '') : null,
    state: reader.has('state') ? reader.text('state', '') : null,
    imageSize: reader.integerOrNull('imageSize', [1, 4096]),
    heads: reader.integerOrNull('heads', CHANNELS),
    headChannels: reader.integerOrNull('headChannels', CHANNELS),
    attentionOrder: reader.has('attentionOrder') ? reader.choice('attentionOrder', ['legacy', 'new']) : null,
    rescaleTimesteps: reader.boolean('rescaleTimesteps', false),
    classLabel: reader.integerOrNull('classLabel', [0, 1_000_000]),
    scheduler: reader.objectText('scheduler'),
  };
  reader.finish([]);
  if (settings.heads !== null && settings.headChannels !== null)
    reader.refuse('headChannels', 'nothing beside heads', settings.headChannels);
  return { settings, findings: text ? reader.findings(MEANINGS) : [], text };
}
