import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EngineError } from '../../../src/engine/errors.js';
import { loadModel } from '../../../src/engine/models/load-model.js';
import { openDevice } from '../../../src/engine/runtime/device.js';
import { readSafetensors, writeSafetensors } from '../../../src/engine/safetensors.js';
import { VERIFY_TOLERANCE, verifyModel } from '../../../src/engine/verify.js';
import { fixture, TINY_MODEL } from '../../helpers/models.js';

const WEIGHTS = 'diffusion_pytorch_model.safetensors';
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'azimuth-model-'));
  cpSync(TINY_MODEL, folder, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Changes one JSON file of the folder. */
function edit(file: string, change: Record<string, unknown>): void {
  const path = join(folder, file);
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), ...change }));
}

async function refusal(): Promise<string> {
  const error = await loadModel(folder).then(
    () => new Error('the model was taken'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(EngineError);
  expect((error as EngineError).code).toBe('MODEL_INVALID');
  return (error as EngineError).message;
}

describe('a diffusers folder', () => {
  it('may hold the UNet in unet/ and the schedule beside it', async () => {
    const pipeline = join(folder, 'pipeline');
    mkdirSync(pipeline);
    cpSync(TINY_MODEL, join(pipeline, 'unet'), { recursive: true });
    cpSync(join(TINY_MODEL, 'scheduler'), join(pipeline, 'scheduler'), { recursive: true });
    expect((await loadModel(pipeline)).hash).toBe((await loadModel(folder)).hash);
  });

  it('has the same hash whatever the order of its keys, and another for other weights or settings', async () => {
    const { hash } = await loadModel(folder);
    const config = Object.entries(JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')));
    writeFileSync(join(folder, 'config.json'), JSON.stringify(Object.fromEntries(config.reverse())));
    expect((await loadModel(folder)).hash).toBe(hash);
    edit('scheduler/scheduler_config.json', { beta_end: 0.03 });
    expect((await loadModel(folder)).hash).not.toBe(hash);
  });

  it('may name its attention weights as those of 2022 did', async () => {
    const source = fixture('diffusers-modern');
    cpSync(source, folder, { recursive: true });
    const { tensors, metadata } = readSafetensors(readFileSync(join(source, WEIGHTS)), 'weights');
    const old = { to_q: 'query', to_k: 'key', to_v: 'value', 'to_out.0': 'proj_attn' };
    const renamed = [...tensors].map(([name, tensor]) => {
      const part = Object.entries(old).find(([today]) => new RegExp(`attentions\\.\\d\\.${today}\\.`).test(name));
      return [part ? name.replace(part[0], part[1]) : name, tensor] as const;
    });
    expect(renamed.filter(([name]) => name.includes('proj_attn'))).not.toEqual([]);
    writeFileSync(join(folder, WEIGHTS), writeSafetensors({ tensors: new Map(renamed), metadata }));
    const { comparisons } = await verifyModel(folder, await openDevice('cpu'));
    expect(comparisons.filter(({ error }) => !(error <= VERIFY_TOLERANCE))).toEqual([]);
  });

  it.each<[string, () => void, RegExp]>([
    ['without a schedule', () => rmSync(join(folder, 'scheduler'), { recursive: true }), /scheduler_config\.json/],
    ['without weights', () => rmSync(join(folder, WEIGHTS)), /found no such file/],
    ['whose configuration is not JSON', () => writeFileSync(join(folder, 'config.json'), '{'), /not JSON/],
    ['of another architecture', () => edit('config.json', { _class_name: 'UNet2DConditionModel' }), /UNet2DModel/],
    ['with a key nobody knows', () => edit('config.json', { flux_capacitor: 3 }), /unknown keys flux_capacitor/],
    ['with an activation that is not built', () => edit('config.json', { act_fn: 'snake' }), /act_fn.*"snake"/],
    [
      'with a block that is not built',
      () => edit('config.json', { down_block_types: ['SkipDownBlock2D', 'DownBlock2D'] }),
      /down_block_types.*NCSN\+\+.*"SkipDownBlock2D"/,
    ],
    ['of text', () => edit('config.json', { cross_attention_dim: 768 }), /unknown keys cross_attention_dim/],
    ['with an image beside x', () => edit('config.json', { in_channels: 6 }), /out_channels.*in_channels = 6/],
    ['with vectors as classes', () => edit('config.json', { class_embed_type: 'identity' }), /class_embed_type/],
    ['with groups left open', () => edit('config.json', { norm_num_groups: null }), /norm_num_groups.*null/],
    ['with odd channels', () => edit('config.json', { block_out_channels: [8, 18] }), /norm_num_groups/],
    ['with an odd size', () => edit('config.json', { sample_size: 9 }), /sample_size/],
    ['with layers it does not have', () => edit('config.json', { layers_per_block: 3 }), /resnets\.1.*missing/],
    ['with another width', () => edit('config.json', { block_out_channels: [8, 32] }), /has shape/],
    [
      'with a prediction type nobody knows',
      () => edit('scheduler/scheduler_config.json', { prediction_type: 'flow' }),
      /prediction_type/,
    ],
    [
      'with a billion timesteps',
      () => edit('scheduler/scheduler_config.json', { num_train_timesteps: 1e9 }),
      /num_train_timesteps/,
    ],
    ['with betas that are text', () => edit('scheduler/scheduler_config.json', { beta_end: '0.02' }), /beta_end/],
  ])('%s is refused, saying where', async (_, change, message) => {
    change();
    expect(await refusal()).toMatch(message);
  });

  it('is explained: every key with its value and meaning, what is ignored, and what was taken for granted', async () => {
    const config = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')) as Record<string, unknown>;
    delete config['norm_eps'];
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...config, dropout: 0.25 }));
    const { origin } = await loadModel(folder);
    const found = new Map(origin.config.map((finding) => [finding.key, finding]));
    const schedule = JSON.parse(readFileSync(join(folder, 'scheduler/scheduler_config.json'), 'utf8')) as object;
    expect([...found.keys()]).toEqual(expect.arrayContaining([...Object.keys(config), ...Object.keys(schedule)]));
    expect(origin.config.filter(({ meaning }) => meaning === '')).toEqual([]);
    expect(found.get('dropout')).toMatchObject({ value: '0.25', meaning: expect.stringContaining('ignored') });
    expect(found.get('norm_eps')?.value).toBe('0.00001 (default)');
    expect(found.get('attention_head_dim')?.value).toBe('4');
    expect(origin.warnings).toEqual([]);
  });

  it('of classes samples the one that azimuth.json names, and has another hash for another one', async () => {
    cpSync(fixture('variants/classes-relu'), folder, { recursive: true });
    const { hash } = await loadModel(folder);
    edit('azimuth.json', { classLabel: 2 });
    expect((await loadModel(folder)).hash).not.toBe(hash);
    edit('azimuth.json', { classLabel: 5 });
    expect(await refusal()).toMatch(/trained with 5 classes.*azimuth\.json.*"classLabel": 0.*got 5/);
    rmSync(join(folder, 'azimuth.json'));
    expect(await refusal()).toMatch(/5 classes.*got none/);
    writeFileSync(join(folder, 'azimuth.json'), '{"label": 1}');
    expect(await refusal()).toMatch(/azimuth\.json: unknown keys label/);
    writeFileSync(join(folder, 'azimuth.json'), '{"classLabel": 0}');
    cpSync(TINY_MODEL, folder, { recursive: true });
    expect(await refusal()).toMatch(/classLabel: the model has no classes/);
  });

  it('of Fourier features is refused with a schedule that leads to timestep 0, which they do not have', async () => {
    cpSync(fixture('variants/fourier-mish'), folder, { recursive: true });
    edit('scheduler/scheduler_config.json', { steps_offset: 0 });
    expect(await refusal()).toMatch(/no timestep 0.*trailing/);
  });

  it('warns where the schedule and the output channels disagree about a learned variance', async () => {
    const schedule = 'scheduler/scheduler_config.json';
    edit(schedule, { _class_name: 'DDPMScheduler', variance_type: 'learned_range' });
    expect((await loadModel(folder)).origin.warnings).toEqual([
      expect.stringMatching(/variance_type.*no output channels/),
    ]);
    cpSync(fixture('variants/learned-variance'), folder, { recursive: true });
    expect((await loadModel(folder)).origin.warnings).toEqual([expect.stringMatching(/6 output channels for 3/)]);
    edit(schedule, { _class_name: 'DDPMScheduler', variance_type: 'learned' });
    expect((await loadModel(folder)).origin.warnings).toEqual([]);
  });

  it('with a weight that is not finite is refused', async () => {
    const { tensors, metadata } = readSafetensors(readFileSync(join(folder, WEIGHTS)), 'weights');
    tensors.get('conv_in.bias')!.data[0] = Number.NaN;
    writeFileSync(join(folder, WEIGHTS), writeSafetensors({ tensors, metadata }));
    expect(await refusal()).toMatch(/conv_in\.bias holds values that are not finite/);
  });
});

describe('safetensors', () => {
  const good = () => Buffer.from(readFileSync(join(TINY_MODEL, WEIGHTS)));
  const headerOf = (bytes: Buffer) => Number(bytes.readBigUInt64LE(0));
  const withHeader = (text: string, data = 64) => {
    const out = Buffer.alloc(8 + text.length + data);
    out.writeBigUInt64LE(BigInt(text.length), 0);
    out.write(text, 8);
    return out;
  };

  it.each<[string, () => Uint8Array]>([
    ['nothing', () => new Uint8Array()],
    ['text', () => Buffer.from('this is not a safetensors file')],
    ['a truncated header', () => good().subarray(0, 100)],
    ['truncated data', () => good().subarray(0, -4)],
    [
      'a header longer than the file',
      () => {
        const b = good();
        b.writeBigUInt64LE(2n ** 62n, 0);
        return b;
      },
    ],
    [
      'a header that is not JSON',
      () => {
        const b = good();
        b.fill(0x7b, 8, 8 + headerOf(b));
        return b;
      },
    ],
    ['integers', () => withHeader('{"a":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}}')],
    ['negative extents', () => withHeader('{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}')],
    ['offsets beyond the file', () => withHeader('{"a":{"dtype":"F32","shape":[100],"data_offsets":[0,400]}}')],
    [
      'a length that does not fit the shape',
      () => withHeader('{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}'),
    ],
    [
      'overlapping tensors',
      () =>
        withHeader(
          '{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}',
        ),
    ],
  ])('refuses %s', (_, bytes) => {
    expect(() => readSafetensors(bytes(), 'file')).toThrow(/^file: /);
  });

  it('reads half precision exactly', () => {
    const file = withHeader(
      '{"h":{"dtype":"F16","shape":[5],"data_offsets":[0,10]},"b":{"dtype":"BF16","shape":[2],"data_offsets":[10,14]}}',
    );
    const data = file.subarray(file.length - 64);
    // 1, −2, 65504, 2⁻²⁴, 1/3 rounded; 1 and −3 as bfloat16 (IEEE 754).
    [0x3c00, 0xc000, 0x7bff, 0x0001, 0x3555, 0x3f80, 0xc040].forEach((word, i) => {
      data.writeUInt16LE(word, 2 * i);
    });
    const { tensors } = readSafetensors(file, 'file');
    expect([...tensors.get('h')!.data]).toEqual([1, -2, 65504, 2 ** -24, 0.333251953125]);
    expect([...tensors.get('b')!.data]).toEqual([1, -3]);
  });

  it('gives back what it wrote', () => {
    const file = readSafetensors(good(), 'file');
    const again = readSafetensors(writeSafetensors(file), 'again');
    expect([...again.tensors.keys()]).toEqual([...file.tensors.keys()]);
    for (const [name, tensor] of file.tensors) expect(again.tensors.get(name)).toEqual(tensor);
  });
});
