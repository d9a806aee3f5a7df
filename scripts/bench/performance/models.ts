import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageFile } from '../../../src/package.js';
import { writeRandomModel } from '../random-model.js';
import type { ModelName } from './grid.js';

/** Folders of the models; those of random weights are written when they are first asked for. */
export class ModelFolders {
  private readonly temporary = mkdtempSync(join(tmpdir(), 'azimuth-performance-'));
  private readonly written = new Set<ModelName>();

  folderOf(model: ModelName): string {
    if (model === 'portraits') return packageFile('models/portraits-32');
    const folder = join(this.temporary, model);
    if (!this.written.has(model)) writeRandomModel(folder, model);
    this.written.add(model);
    return folder;
  }

  remove(): void {
    rmSync(this.temporary, { recursive: true, force: true });
  }
}
