import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requireBelow } from '../../src/access/model-roots.js';
import { startTestServer, type TestServer } from '../helpers/server.js';

const base = mkdtempSync(join(tmpdir(), 'azimuth-roots-'));
const at = (...parts: string[]) => join(base, ...parts);
let server: TestServer;
let modelId: string;

beforeAll(async () => {
  for (const folder of ['models/unet', 'models-of-others', 'outside', 'real/unet'])
    mkdirSync(at(folder), { recursive: true });
  writeFileSync(at('outside/secret.safetensors'), 'x');
  symlinkSync(at('outside'), at('models/link'));
  symlinkSync(at('outside/secret.safetensors'), at('models/secret.safetensors'));
  symlinkSync(at('models/loop'), at('models/loop'));
  symlinkSync(at('models/unet'), at('models/inner'));
  // A root that is itself reached through a link.
  symlinkSync(at('real'), at('linked'));
  server = await startTestServer({ access: { modelRoots: [at('models'), at('linked')] } });
  // What was there before the roots were set stays usable.
  modelId = await server.readyModel({ name: 'here', path: at('models/unet') });
});
afterAll(async () => {
  await server.close();
  rmSync(base, { recursive: true, force: true });
});

const INSIDE: readonly (readonly [string, string])[] = [
  ['a folder', at('models/unet')],
  ['the root', at('models')],
  ['a link within the root', at('models/inner')],
  ['a way out and in again', `${base}/outside/../models/unet`],
  ['what is not there yet', at('models/none/unet')],
  ['below a root that is a link', at('linked/unet')],
  ['the real folder of such a root', at('real/unet')],
];
const OUTSIDE: readonly (readonly [string, string])[] = [
  ['another folder', at('outside')],
  ['a folder whose name begins with the name of the root', at('models-of-others')],
  ['the folder above', base],
  ['the root of the disk', '/'],
  ['a way out', `${base}/models/../outside`],
  ['a way out that begins where nothing is', `${base}/models/none/../../outside`],
  ['a link to a folder', at('models/link')],
  ['below a link', at('models/link/secret.safetensors')],
  ['a link to a file', at('models/secret.safetensors')],
  ['what is not there, behind a link', at('models/link/none')],
  ['a system file', '/etc/passwd'],
];

const IMPORT_MODEL = 'mutation ($input: ImportModelInput!) { importModel(input: $input) { id } }';
const IMPORT_DIRECTIONS = 'mutation ($input: ImportDirectionsInput!) { importDirections(input: $input) { id } }';

describe('a path that an API client names', () => {
  test.each(INSIDE)('may be %s', async (_, path) => {
    expect((await server.api.request(IMPORT_MODEL, { input: { path } })).errors).toEqual([]);
  });

  test.each(OUTSIDE)('may not be %s', async (_, path) => {
    for (const [query, input] of [
      [IMPORT_MODEL, { path }],
      [IMPORT_DIRECTIONS, { modelId, path }],
    ] as const) {
      const { message, extensions } = await server.api.errorOf(query, { input });
      expect(extensions.code).toBe('FORBIDDEN');
      expect(message).toContain('input.path');
      expect(message).toContain('AZIMUTH_MODEL_ROOTS');
    }
  });

  test('that is no folder at all is not let through', async () => {
    await expect(requireBelow([at('models')], 'input.path', at('models/loop/x'))).resolves.toBeUndefined();
    await expect(requireBelow([], 'input.path', at('models'))).rejects.toThrow('AZIMUTH_MODEL_ROOTS');
  });
});
