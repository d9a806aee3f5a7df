import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { vjp } from '../../../src/engine/autodiff/vjp.js';
import type { DiffusionModel } from '../../../src/engine/diffusion/model.js';
import { checkGradients } from '../../../src/engine/doctor/gradient-check.js';
import { loadModel } from '../../../src/engine/models/load-model.js';
import type { Device } from '../../../src/engine/runtime/device.js';
import { fixture, TINY_MODEL } from '../../helpers/models.js';
import { testDevice } from '../../helpers/numeric.js';

vi.mock('../../../src/engine/autodiff/vjp.js', { spy: true });

const nothing = async () => {};
let device: Device;
let model: DiffusionModel;

beforeAll(async () => {
  device = await testDevice();
  model = await loadModel(TINY_MODEL);
});
afterEach(() => vi.mocked(vjp).mockReset());

describe('the self-check of gradients', () => {
  it.each(['v-zero-snr', 'sample-cosine', 'learned-variance'])('passes on %s', async (variant) => {
    const check = await checkGradients(await loadModel(fixture(`variants/${variant}`)), device, nothing);
    expect(check).toMatchObject({ verdict: 'PASSED', inputSize: 8 });
    expect(Math.max(check.errorByX ?? 1, check.errorByH ?? 1)).toBeLessThan(4e-3);
  });

  it.each([0, 1])('fails where a gradient is wrong by a twentieth (the one of input %i)', async (wrong) => {
    const { vjp: real } = await vi.importActual<typeof import('../../../src/engine/autodiff/vjp.js')>(
      '../../../src/engine/autodiff/vjp.js',
    );
    vi.mocked(vjp).mockImplementation((tape, ...rest) =>
      real(tape, ...rest).map((gradient, at) =>
        gradient && at === wrong ? tape.mul(gradient, tape.scalar(1.05)) : gradient,
      ),
    );
    const check = await checkGradients(model, device, nothing);
    expect(check.verdict).toBe('FAILED');
    expect(wrong === 0 ? check.errorByX : check.errorByH).toBeCloseTo(0.05, 2);
    expect(check.message).toMatch(/disagree/);
  });

  it('fails where the output does not depend on h', async () => {
    const deaf = {
      ...model,
      decode: (...[tape, , encoded]: Parameters<DiffusionModel['decode']>) => model.decode(tape, encoded.h, encoded),
    };
    const check = await checkGradients(deaf, device, nothing);
    expect(check).toMatchObject({
      verdict: 'FAILED',
      errorByH: null,
      message: expect.stringMatching(/not depend on h/),
    });
  });

  it('takes a crop of a larger model, and says so', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'azimuth-crop-'));
    await cp(TINY_MODEL, folder, { recursive: true });
    const config = JSON.parse(await readFile(join(folder, 'config.json'), 'utf8'));
    await writeFile(join(folder, 'config.json'), JSON.stringify({ ...config, sample_size: 128 }));
    const large = await loadModel(folder);
    await rm(folder, { recursive: true });
    const check = await checkGradients(large, device, nothing);
    expect(check).toMatchObject({ verdict: 'PASSED', inputSize: 64 });
    expect(check.message).toMatch(/a crop of 64×64 from its 128×128/);
    const stubborn = {
      ...large,
      encode: (...[tape, x, features]: Parameters<DiffusionModel['encode']>) => {
        if (x.shape[2] !== 128) throw new RangeError('this graph is of 128×128');
        return large.encode(tape, x, features);
      },
    };
    expect(await checkGradients(stubborn, device, nothing)).toMatchObject({ verdict: 'SKIPPED', errorByX: null });
  });
});
