import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigReader } from './config-reader.js';
import { readTextFile } from './files/text-file.js';
import type { ConfigFinding } from './loaded-model.js';

/** What may lie in a model's folder for what other files do not say. */
export const SETTINGS_FILE = 'azimuth.json';

export interface ModelSettings {
  /** The class that a model of classes samples. */
  readonly classLabel: number | null;
  /** What directions of a model of latents are learned from. */
  readonly learnsFrom: 'images' | 'latents';
}

export const NO_SETTINGS: ModelSettings = { classLabel: null, learnsFrom: 'images' };

const MEANINGS = {
  classLabel: 'class that the model samples',
  learnsFrom: 'what the reconstructor sees of a model of latents: decoded images, or the latents',
};

/** Reads `azimuth.json`, empty where there is none. Throws MODEL_INVALID for keys it does not know. */
export async function readSettings(
  folder: string,
): Promise<{ settings: ModelSettings; findings: ConfigFinding[]; text: string }> {
  const path = join(folder, SETTINGS_FILE);
  const text = existsSync(path) ? await readTextFile(path) : '';
  const reader = ConfigReader.parse(SETTINGS_FILE, text || '{}');
  const settings: ModelSettings = {
    classLabel: reader.integerOrNull('classLabel', [0, 1_000_000]),
    learnsFrom: reader.has('learnsFrom') ? reader.choice('learnsFrom', ['images', 'latents']) : 'images',
  };
  reader.finish([]);
  return { settings, findings: reader.findings(MEANINGS), text };
}
