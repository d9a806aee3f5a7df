import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fixture, TINY_MODEL } from '../helpers/models.js';
import { WorkingServer } from '../helpers/working-server.js';

const MODEL = `query ($id: ID!) { model(id: $id) {
  status error { code message } hTap parameterCount samples { width }
  stages { name status done total estimatedSeconds message }
  report {
    format files { path byteSize } config { key value meaning } secondsPerForward warnings
    weights { matched ignored parameterCount byteSize }
    taps { name shape chosen why }
    schedule { trainTimesteps betaSchedule predictionType timestepSpacing firstAlphaBar lastAlphaBar meaning }
    memory { editingBytes trainingBytes usableBytes advice }
    gradients { verdict inputSize errorByX errorByH message }
    samples { verdict count samplingSteps min max mean deviation message }
  }
} }`;

interface Stage {
  readonly name: string;
  readonly status: string;
  readonly done: number;
  readonly total: number;
  readonly estimatedSeconds: number | null;
}
interface Answer {
  readonly model: {
    readonly parameterCount: number;
    readonly samples: readonly unknown[];
    readonly stages: readonly Stage[];
    readonly report: Record<string, never> & {
      readonly gradients: { readonly errorByX: number; readonly errorByH: number };
      readonly samples: { readonly min: number; readonly max: number };
      readonly warnings: readonly string[];
    };
  };
}

let server: WorkingServer;

beforeAll(async () => {
  server = await WorkingServer.start();
}, 300_000);
afterAll(() => server.close());

async function checkedModel(path: string): Promise<Answer['model']> {
  const id = await server.app.importModel(path);
  for (;;) {
    const { model } = await server.app.api.query<Answer>(MODEL, { id });
    const open = model.stages.filter(({ name, status }) => name !== 'STATISTICS' && /WAITING|RUNNING/.test(status));
    if (open.length === 0) return model;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

describe('Model.report', () => {
  test('says what was understood, and what was measured behind the import', async () => {
    const { report, stages, samples, parameterCount } = await checkedModel(TINY_MODEL);
    expect(report).toMatchObject({
      format: 'diffusers',
      weights: { ignored: [], parameterCount, byteSize: 4 * parameterCount },
      schedule: { trainTimesteps: 1000, predictionType: 'v_prediction', timestepSpacing: 'trailing', lastAlphaBar: 0 },
      memory: { advice: null },
      gradients: { verdict: 'PASSED', inputSize: 8 },
      samples: { count: 8, samplingSteps: 20 },
    });
    expect(report['taps']).toContainEqual(
      expect.objectContaining({ name: 'mid_block', shape: [16, 4, 4], chosen: true }),
    );
    expect(report.gradients.errorByX).toBeLessThan(1e-2);
    expect(report.gradients.errorByH).toBeLessThan(1e-2);
    expect(report.samples.min).toBeLessThan(report.samples.max);
    expect(samples).toHaveLength(8);
    expect(stages.map(({ name, status }) => [name, status])).toEqual([
      ['MEMORY', 'DONE'],
      ['SELF_CHECK', 'DONE'],
      ['GALLERY', 'DONE'],
      ['STATISTICS', 'WAITING'],
    ]);
    expect(stages.every(({ name, estimatedSeconds }) => name === 'MEMORY' || (estimatedSeconds ?? 0) > 0)).toBe(true);
  });

  test('of statistics follows the first discovery', async () => {
    const id = await server.app.importModel(fixture('variants/learned-variance'));
    const input = {
      method: 'RANDOM',
      directions: 2,
      trainingSteps: 1,
      samplingSteps: 2,
      batchSize: 2,
      previewEvery: 0,
    };
    await server.app.follow(await server.app.startDiscovery({ modelId: id, ...input }), 0);
    const { model } = await server.app.api.query<Answer>(MODEL, { id });
    expect(model.stages.find(({ name }) => name === 'STATISTICS')).toMatchObject({ status: 'DONE', done: 1, total: 1 });
  });
});
