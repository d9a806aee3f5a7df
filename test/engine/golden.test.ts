import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ONNX_EXPORT, VERIFY_TOLERANCE, verifyModel } from '../../src/engine/verify.js';
import { fixture } from '../helpers/models.js';
import { testDevice } from '../helpers/numeric.js';

/** WebGPU multiplies in float32 with other orders of summation, and its transcendental functions are approximations. */
const tolerance = { cpu: VERIFY_TOLERANCE, webgpu: 1e-3 } as const;
/** The variants differ in options, not in operators: the software driver, which takes its time, is spared them. */
const variants =
  process.env['AZIMUTH_TEST_DEVICE'] === 'webgpu'
    ? []
    : readdirSync(fixture('variants')).map((name) => `variants/${name}`);

const folders = ['google-ddpm', 'diffusers-modern', ...variants];
const exports = folders.filter((name) => existsSync(join(fixture(name), ONNX_EXPORT)));
/** Other exporters, opsets and options, which have no weights but those in the export. */
const onlyOnnx = variants.length === 0 ? [] : readdirSync(fixture('onnx')).map((name) => `onnx/${name}`);

describe('against PyTorch', () => {
  it.each([...folders.map((name) => [name, '']), ...[...exports, ...onlyOnnx].map((name) => [name, ONNX_EXPORT])])(
    '%s %s: outputs, steps, trajectories and their gradients',
    async (name = '', file) => {
      const device = await testDevice();
      const { comparisons } = await verifyModel(fixture(name), device, file);
      expect(comparisons.length).toBeGreaterThanOrEqual(15);
      const limit = device.name === 'webgpu' ? tolerance.webgpu : tolerance.cpu;
      expect(comparisons.filter(({ error }) => !(error <= limit))).toEqual([]);
    },
    900_000,
  );

  // Of one model on the software driver, which takes minutes.
  it.each(variants.length === 0 ? folders.slice(0, 1) : folders)(
    '%s: the same with as many checkpoints inside a step as take the least memory',
    async (name) => {
      const device = { ...(await testDevice()), memoryBudget: 1 };
      const { comparisons } = await verifyModel(fixture(name), device);
      const limit = device.name === 'webgpu' ? tolerance.webgpu : tolerance.cpu;
      expect(comparisons.filter(({ error }) => !(error <= limit))).toEqual([]);
    },
    900_000,
  );
});
