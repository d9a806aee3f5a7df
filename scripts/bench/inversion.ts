import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { portraits } from '../domains/portraits.js';
import { Api } from '../support/api.js';
import { launchServer } from '../support/launch.js';
import { median } from './contender.js';
import { EditClient } from './slider/client.js';

export interface InversionOptions {
  /** Data folder; a new one where null. */
  readonly data: string | null;
  readonly count: number;
  readonly steps: number;
}

const SCENES_SEED = 77;

/** How well the shipped model gives images back: its own samples, and portraits that it has never seen, as PNG uploads. */
export async function inversion({ data, count, steps }: InversionOptions) {
  const server = await launchServer(data ?? mkdtempSync(join(tmpdir(), 'azimuth-inversion-')), {
    AZIMUTH_DEVICE: 'cpu',
  });
  const api = new Api(server.url);
  try {
    const query = '{ models(first: 1) { edges { node { id } } } }';
    const { models } = await api.query<{ models: { edges: { node: { id: string } }[] } }>(query);
    const measure = new Measure(api, models.edges[0]?.node.id ?? '', steps);
    const own: number[] = [];
    for (let seed = 1; seed <= Math.ceil(count / 4); seed += 1)
      own.push(await measure.psnr(await measure.sample(seed)));
    print('own samples', own);
    const uploads: number[] = [];
    for (let scene = 0; scene < count; scene += 1) uploads.push(await measure.psnr(await upload(server.url, scene)));
    print('portraits', uploads);
    return { steps, own, portraits: uploads };
  } finally {
    await api.close();
    await server.stop();
  }
}

function print(title: string, values: readonly number[]): void {
  const [least, middle] = [Math.min(...values), median([...values])].map((value) => value.toFixed(1));
  console.log(`${title}: ${values.length}, reconstruction at least ${least} dB, median ${middle} dB`);
}

class Measure {
  private readonly client: EditClient;

  constructor(
    private readonly api: Api,
    private readonly modelId: string,
    private readonly samplingSteps: number,
  ) {
    this.client = new EditClient(api);
  }

  /** Image id of an unedited sample. */
  async sample(seed: number): Promise<string> {
    return (await this.edit({ seed })).result.id;
  }

  async psnr(imageId: string): Promise<number> {
    return (await this.edit({ imageId })).reconstructionPsnr ?? Number.NaN;
  }

  private async edit(base: Record<string, unknown>) {
    const { modelId, samplingSteps } = this;
    const { seen, ended } = await this.client.apply({
      ...base,
      modelId,
      samplingSteps,
      shifts: [],
      previewEvery: 1000,
    });
    await ended;
    const query = 'query ($id: ID!) { edit(id: $id) { result { id } reconstructionPsnr } }';
    type Answer = { edit: { result: { id: string }; reconstructionPsnr: number | null } };
    return (await this.api.query<Answer>(query, { id: seen.id })).edit;
  }
}

async function upload(url: string, scene: number): Promise<string> {
  const { resolution: size } = portraits;
  const planes = portraits.render(portraits.sample(1, SCENES_SEED, scene));
  const pixels = Uint8Array.from(planes, (_, at) =>
    Math.round(((planes[(at % 3) * size * size + Math.floor(at / 3)] ?? 0) + 1) * 127.5),
  );
  const png = await sharp(pixels, { raw: { width: size, height: size, channels: 3 } })
    .png()
    .toBuffer();
  const headers = { 'content-type': 'image/png' };
  const response = await fetch(`${url}/images`, { method: 'POST', headers, body: new Uint8Array(png) });
  return ((await response.json()) as { id: string }).id;
}
