import { spawnSync } from 'node:child_process';
import { cp, mkdtemp, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packageFile } from '../../src/package.js';
import { TINY_MODEL } from '../helpers/models.js';

/** The compiled command, as `npm run doctor` runs it. */
function doctor(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [packageFile('dist/scripts/doctor.js'), ...args], {
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'azimuth-doctor-'));
  await cp(TINY_MODEL, folder, { recursive: true });
});
afterAll(() => rm(folder, { recursive: true }));

describe('npm run doctor', () => {
  test('says what it found, and ends with 0', () => {
    const { status, stdout } = doctor(folder);
    expect(status).toBe(0);
    for (const part of ['mid_block  [16,4,4]', 'v_prediction|velocity', 'PASSED', 'Memory', 'samples of 10 steps'])
      expect(stdout).toMatch(new RegExp(part.replace(/[[\]]/g, '\\$&')));
  });

  test('gives the same as JSON', () => {
    const { stdout } = doctor(folder, '--json', '--quick');
    const found = JSON.parse(stdout);
    expect(found).toMatchObject({
      gradients: null,
      samples: null,
      description: { hTap: 'mid_block', hShape: [16, 4, 4] },
    });
  });

  test('ends with 1 and the reason where a model is refused', async () => {
    await truncate(join(folder, 'diffusion_pytorch_model.safetensors'), 2000);
    const { status, stderr } = doctor(folder);
    expect(status).toBe(1);
    expect(stderr).toMatch(/refused: .*diffusion_pytorch_model/);
  });
});
