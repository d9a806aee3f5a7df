import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EngineError } from '../../../src/engine/errors.js';
import { decodeModelProto, encodeModelProto } from '../../../src/engine/graph/onnx-messages.js';
import { floatTensor } from '../../../src/engine/graph/tensor.js';
import { type LoadOptions, loadModel } from '../../../src/engine/models/load-model.js';
import type { LoadedModel } from '../../../src/engine/models/loaded-model.js';
import { Tape } from '../../../src/engine/ops/tape.js';
import { openDevice } from '../../../src/engine/runtime/device.js';
import { Session } from '../../../src/engine/runtime/session.js';
import { fixture } from '../../helpers/models.js';
import { generator, randomTensor, relativeError, TOLERANCE } from '../../helpers/numeric.js';

const STATIC = fixture('onnx/legacy-18-static');
const EXTERNAL = fixture('onnx/dynamo-18-external');
const MID = '/unet/mid_block/resnets.1/Div_1_output_0';
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'azimuth-onnx-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const file = (name = 'unet.onnx') => join(folder, name);

/** The parts of a message that tests change. */
type Node = { name: string; opType: string; domain: string; input: string[]; output: string[]; attribute: object[] };
type Tensor = {
  name: string;
  dims: number[];
  dataType: number;
  dataLocation: number;
  rawData: Uint8Array;
  externalData: { key: string; value: string }[];
};
type Info = { name: string; type: { tensorType: { elemType: number; shape: { dim: object[] } } } };
type Graph = { node: Node[]; initializer: Tensor[]; input: Info[]; output: Info[] };
type Model = { graph: Graph; opsetImport: { version: number }[] };

/** A copy of a fixture whose model is changed. */
function changed(source: string, change: (model: Model) => void): void {
  cpSync(source, folder, { recursive: true });
  const model = decodeModelProto(readFileSync(file())) as unknown as Model;
  change(model);
  writeFileSync(file(), encodeModelProto(model));
}

const conv = ({ graph }: Model) => graph.node.find(({ opType }) => opType === 'Conv')!;

async function refusal(path = folder, options?: LoadOptions): Promise<string> {
  const error = await loadModel(path, options).then(
    () => new Error('the model was taken'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(EngineError);
  expect((error as EngineError).code).toBe('MODEL_INVALID');
  return (error as EngineError).message;
}

async function run(model: LoadedModel, batch: number, seed: number) {
  const tape = new Tape();
  const x = randomTensor([batch, ...model.sampleShape], generator(seed));
  const features = tape.input('features', [1, model.featureCount]);
  const encoded = model.encode(tape, tape.input('x', x.shape), features);
  const y = model.decode(tape, encoded.h, encoded);
  const session = await Session.create(tape.graph({ h: encoded.h, y }), await openDevice('cpu'));
  const made = await session.run({ x, features: model.timestepFeatures(300) });
  await session.release();
  return { x, h: made['h']!, y: made['y']! };
}

describe('an ONNX export', () => {
  it('exported for a batch of one gives each sample of a batch what it gives alone', async () => {
    const model = await loadModel(STATIC);
    const alone = await run(model, 1, 7);
    const together = await run(model, 3, 7);
    expect(together.h.shape).toEqual([3, ...model.hShape]);
    const first = floatTensor(alone.y.shape, together.y.data.slice(0, alone.y.data.length));
    expect([...together.x.data.slice(0, alone.x.data.length)]).toEqual([...alone.x.data]);
    expect(relativeError(first, alone.y)).toBeLessThan(TOLERANCE.exact * 5);
  });

  it('has the parameters of the model it was exported from', async () => {
    for (const name of ['google-ddpm', 'diffusers-modern']) {
      const [export_, own] = [await loadModel(fixture(`${name}/unet.onnx`)), await loadModel(fixture(name))];
      expect(export_.origin.format).toBe('onnx');
      expect(own.origin.format).toBe('diffusers');
      expect(export_.parameterCount).toBe(own.parameterCount);
      expect([export_.sampleShape, export_.hShape]).toEqual([own.sampleShape, own.hShape]);
      expect(export_.origin.weights.ignored).toEqual([]);
    }
  });

  it('has its h at the end of the mid block, and lists what else could be it', async () => {
    const { hTap, origin } = await loadModel(STATIC);
    expect(hTap).toBe(MID);
    expect(origin.taps.filter(({ chosen }) => chosen).map(({ name }) => name)).toEqual([MID]);
    expect(origin.taps.map(({ name }) => name)).toContain('/unet/mid_block/attentions.0/Div_1_output_0');
    // x / 1 is x.
    expect(origin.taps.find(({ name }) => name === '/unet/mid_block/resnets.1/Add_3_output_0')?.why).toMatch(
      /^the same/,
    );
    const dynamo = await loadModel(fixture('onnx/dynamo-21'));
    expect(dynamo.origin.taps.find(({ chosen }) => chosen)?.why).toMatch(/module unet\.mid_block\.resnets\.1$/);
  });

  it('has its h where it is told to, and the same output', async () => {
    const [own, other] = [
      await loadModel(STATIC),
      await loadModel(STATIC, { hTap: '/unet/mid_block/attentions.0/Div_1_output_0' }),
    ];
    expect(other.hTap).not.toBe(own.hTap);
    expect(other.hash).not.toBe(own.hash);
    const [a, b] = [await run(own, 2, 3), await run(other, 2, 3)];
    expect(relativeError(b.y, a.y)).toBeLessThan(TOLERANCE.exact * 5);
    expect(relativeError(b.h, a.h)).toBeGreaterThan(0.01);
  });

  it('may be a file, alone in a folder, or in unet/ beside scheduler/', async () => {
    const { hash } = await loadModel(STATIC);
    expect((await loadModel(join(STATIC, 'unet.onnx'))).hash).toBe(hash);
    mkdirSync(file('unet'));
    cpSync(join(STATIC, 'unet.onnx'), file('unet/model.onnx'));
    cpSync(join(STATIC, 'scheduler'), file('scheduler'), { recursive: true });
    expect((await loadModel(folder)).hash).toBe(hash);
    expect((await loadModel(file('unet/model.onnx'))).hash).toBe(hash);
    cpSync(join(STATIC, 'unet.onnx'), file('unet/other.onnx'));
    expect(await refusal()).toMatch(/one \.onnx file, found 2/);
  });

  it('has another hash for other weights, beside the file too, and for another schedule', async () => {
    const { hash, origin } = await loadModel(EXTERNAL);
    expect(origin.files.map(({ path }) => path.slice(EXTERNAL.length + 1))).toEqual(['unet.onnx', 'unet.onnx.data']);
    cpSync(EXTERNAL, folder, { recursive: true });
    expect((await loadModel(folder)).hash).toBe(hash);
    const weights = readFileSync(file('unet.onnx.data'));
    weights.writeFloatLE(0.5, 0);
    writeFileSync(file('unet.onnx.data'), weights);
    const { hash: heavier } = await loadModel(folder);
    expect(heavier).not.toBe(hash);
    const schedule = file('scheduler/scheduler_config.json');
    writeFileSync(schedule, JSON.stringify({ ...JSON.parse(readFileSync(schedule, 'utf8')), beta_end: 0.03 }));
    expect((await loadModel(folder)).hash).not.toBe(heavier);
  });

  it('with an open height and width takes them from a config.json beside it', async () => {
    changed(fixture('onnx/dynamo-20-batch'), ({ graph }) => {
      const { dim } = graph.input[0]!.type.tensorType.shape;
      dim.splice(2, 2, { dimParam: 'height' }, { dimParam: 'width' });
    });
    expect(await refusal()).toMatch(/fixed height and width, or sample_size in config\.json/);
    writeFileSync(file('config.json'), JSON.stringify({ sample_size: 8 }));
    expect((await loadModel(folder)).sampleShape).toEqual([3, 8, 8]);
  });

  it('without its schedule is refused', async () => {
    cpSync(join(STATIC, 'unet.onnx'), file());
    expect(await refusal()).toMatch(/scheduler_config\.json/);
  });

  it('is refused for a tap that it does not have', async () => {
    expect(await refusal(STATIC, { hTap: 'mid_block' })).toMatch(
      /hTap: expected a tensor of rank 4.*Div_1_output_0; got mid_block/,
    );
  });
});

describe('an ONNX file', () => {
  it.each<[string, (model: Model) => void, RegExp]>([
    [
      'of an older opset',
      ({ opsetImport }) => Object.assign(opsetImport[0]!, { version: 11 }),
      /opset: expected 13 to 23, got 11/,
    ],
    [
      'with an operator nobody knows',
      (model) => Object.assign(conv(model), { opType: 'Warp' }),
      /node \/unet\/conv_in\/Conv \(Warp\)/,
    ],
    [
      'with an operator of another domain',
      (model) => Object.assign(conv(model), { domain: 'com.example' }),
      /\(com\.example\.Conv\): this operator is not built/,
    ],
    [
      'with grouped convolutions',
      (model) => conv(model).attribute.push({ name: 'group', type: 2, i: 3 }),
      /\/unet\/conv_in\/Conv \(Conv\): group: expected 1, got 3/,
    ],
    [
      'with a weight that does not fit',
      ({ graph }) =>
        graph.initializer.find(({ name }) => name === 'unet.conv_in.weight')!.dims.splice(0, 4, 4, 27, 1, 1),
      /\/unet\/conv_in\/Conv \(Conv\): .*input has 3 channels/,
    ],
    [
      'whose nodes form a cycle',
      (model) => Object.assign(conv(model), { input: [model.graph.output[0]!.name, ...conv(model).input.slice(1)] }),
      /\/unet\/conv_in\/Conv \(Conv\): reads out_sample, which no earlier node makes/,
    ],
    [
      'that makes a tensor twice',
      (model) => model.graph.node.push({ ...conv(model), name: 'again' }),
      /node again \(Conv\): makes \/unet\/conv_in\/Conv_output_0, which exists already/,
    ],
    [
      'with absurd extents',
      ({ graph }) => Object.assign(graph.initializer[0]!, { dims: [2 ** 40, 2 ** 40] }),
      /weight .*is no shape/,
    ],
    [
      'with fewer bytes than a weight needs',
      ({ graph }) => Object.assign(graph.initializer[0]!, { rawData: new Uint8Array(4) }),
      /weight .*needs \d+ bytes, got 4/,
    ],
    [
      'with a weight that is not a number',
      ({ graph }) => graph.initializer.find(({ name }) => name === 'unet.conv_in.weight')!.rawData.fill(0xff),
      /\/unet\/conv_in\/Conv \(Conv\): operand unet\.conv_in\.weight holds values that are not finite/,
    ],
    [
      'that wants a class',
      ({ graph }) => graph.input.push({ ...graph.input[1]!, name: 'class_labels' }),
      /conditions and classes are not fed\); got sample\[1,3,8,8\], timestep\[\], class_labels\[\]/,
    ],
    [
      'without a sample',
      ({ graph }) => graph.input.splice(0, 1),
      /reads sample, which no earlier node makes|expected a sample/,
    ],
    [
      'that gives something else than an image',
      ({ graph }) => Object.assign(graph.output[0]!, { name: MID }),
      /output .*expected \[N,3 or 6,8,8\]/,
    ],
    [
      'that mixes the samples of a batch',
      ({ graph }) =>
        graph.node.push({
          ...graph.node[0]!,
          ...{ opType: 'Softmax', name: 'across', input: ['out_sample'], output: ['mixed'] },
          attribute: [{ name: 'axis', type: 2, i: 0 }],
        }) && Object.assign(graph.output[0]!, { name: 'mixed' }),
      /node across \(Softmax\): it mixes the samples of a batch/,
    ],
    ['without a graph', (model) => Object.assign(model, { graph: { node: [] } }), /found no graph/],
  ])('%s is refused, saying where', async (_, change, message) => {
    changed(STATIC, change);
    expect(await refusal()).toMatch(message);
  });

  it.each([0, 1, 100, 5000, 120_000])('cut off after %i bytes is refused', async (length) => {
    cpSync(STATIC, folder, { recursive: true });
    writeFileSync(file(), readFileSync(file()).subarray(0, length));
    expect(await refusal()).toMatch(/^unet\.onnx: /);
  });

  it.each<[string, string, () => void, RegExp]>([
    ['is missing', 'absent.bin', () => {}, /weight .*found no such file/],
    ['leads out of the folder', '../secret', () => {}, /expected a file in the model's folder/],
    ['is an absolute path', '/etc/hostname', () => {}, /expected a file in the model's folder/],
    ['is a link out of the folder', 'link', () => symlinkSync('/etc/hostname', file('link')), /a link out of/],
    ['is a folder', 'scheduler', () => {}, /not a plain file/],
    ['is too short', 'short.bin', () => writeFileSync(file('short.bin'), new Uint8Array(8)), /which has 8/],
  ])('whose external data %s is refused', async (_, location, prepare, message) => {
    changed(EXTERNAL, ({ graph }) => {
      const { externalData } = graph.initializer.find((tensor) => tensor.externalData.length > 0)!;
      Object.assign(externalData.find(({ key }) => key === 'location')!, { value: location });
    });
    prepare();
    expect(await refusal()).toMatch(message);
  });

  it('whose tensors read one piece of external data over and over is refused', async () => {
    changed(EXTERNAL, ({ graph }) => {
      const [first, ...others] = graph.initializer.filter(({ externalData }) => externalData.length > 0);
      for (const other of others) Object.assign(other, { externalData: first!.externalData, dims: first!.dims });
      const { dims, dataType, dataLocation, externalData } = first!;
      const copies = Array.from({ length: 2000 }, (_, at) => {
        const name = `copy${at}`;
        return { name, dims, dataType, dataLocation, externalData, rawData: new Uint8Array() };
      });
      graph.initializer.push(...copies);
    });
    expect(await refusal()).toMatch(/overlap/);
  });

  it('with bytes changed anywhere is refused or still a model, and never anything else', async () => {
    cpSync(STATIC, folder, { recursive: true });
    const good = readFileSync(file());
    const random = generator(11);
    for (let round = 0; round < 60; round += 1) {
      const bytes = Buffer.from(good);
      for (let n = 0; n < 1 + (round % 8); n += 1)
        bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
      writeFileSync(file(), bytes);
      const error: unknown = await loadModel(folder).catch((reason: unknown) => reason);
      if (error instanceof Error) {
        expect(error, `round ${round}: ${error.stack}`).toBeInstanceOf(EngineError);
        expect((error as EngineError).code).toBe('MODEL_INVALID');
      }
    }
  });
});
