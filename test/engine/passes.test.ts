import { afterEach, describe, expect, it, vi } from 'vitest';
import { planBatch } from '../../src/engine/runtime/batch-plan.js';
import { VERIFY_TOLERANCE, verifyModel } from '../../src/engine/verify.js';
import { fixture } from '../helpers/models.js';
import { testDevice } from '../helpers/numeric.js';

afterEach(() => vi.unstubAllEnvs());

describe('the engine without a pass', () => {
  // What only a trajectory's gradient has: diffusion/trajectory.test.ts, autodiff/checkpoint.test.ts.
  it.each(['sub-pixel', 'open-extents', 'in-place', 'channel-blocks'])(
    'has the values of PyTorch: %s',
    async (pass) => {
      vi.stubEnv('AZIMUTH_WITHOUT', pass);
      const { comparisons } = await verifyModel(fixture('diffusers-modern'), await testDevice());
      expect(comparisons.length).toBeGreaterThanOrEqual(15);
      expect(comparisons.filter(({ error }) => !(error <= VERIFY_TOLERANCE))).toEqual([]);
    },
  );

  it('leaves out those that are named', () => {
    const lanes = () =>
      planBatch(
        8,
        { name: 'cpu', threads: 2, channelBlock: null, sharesMemory: false },
        { sampleShape: [3, 32, 32], parameterCount: 1e6 },
      ).lanes;
    expect(lanes()).toBe(2);
    vi.stubEnv('AZIMUTH_WITHOUT', 'open-extents,lanes');
    expect(lanes()).toBe(1);
  });

  it('refuses a name that is none', async () => {
    vi.stubEnv('AZIMUTH_WITHOUT', 'lane');
    await expect(verifyModel(fixture('diffusers-modern'), await testDevice())).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      message: expect.stringContaining('"lane"'),
    });
  });
});
