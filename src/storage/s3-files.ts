import { createHash } from 'node:crypto';
import type { AwsClient } from 'aws4fetch';
import type { FileStore } from './file-store.js';
import type { S3Place } from './s3-url.js';

/** A request that is refused for a passing reason is sent again this often, waiting longer each time. */
const RETRIES = 5;
const FIRST_RETRY_MS = 100;

/**
 * Files as objects of an S3-compatible storage: `prefix/<hash>/000000` and so on, and `prefix/<hash>/whole` with their number
 * once all are there. Objects of a few MiB each: none needs a multipart upload, and one that failed is sent again alone.
 */
export class S3Files implements FileStore {
  readonly name: string;

  private constructor(
    private readonly client: AwsClient,
    private readonly place: S3Place,
  ) {
    this.name = `s3://${place.bucket}/${place.prefix}`;
  }

  static async open(place: S3Place): Promise<S3Files> {
    const { AwsClient } = await import('aws4fetch');
    const { accessKeyId, secretAccessKey, sessionToken, region } = place;
    const token = sessionToken === null ? {} : { sessionToken };
    const retry = { retries: RETRIES, initRetryMs: FIRST_RETRY_MS };
    return new S3Files(
      new AwsClient({ accessKeyId, secretAccessKey, ...token, region, service: 's3', ...retry }),
      place,
    );
  }

  async has(hash: string): Promise<boolean> {
    return (await this.get(`${hash}/whole`)) !== null;
  }

  async put(hash: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    if (await this.has(hash)) return;
    let count = 0;
    const digest = createHash('sha256');
    for await (const bytes of chunks) {
      digest.update(bytes);
      await this.write(`${hash}/${nameOf(count)}`, bytes);
      count += 1;
    }
    // Without its last object a file is not there, and the next one that puts it writes over what is.
    if (digest.digest('hex') !== hash) throw new Error(`the file with SHA-256 ${hash} changed while it was stored`);
    await this.write(`${hash}/whole`, new TextEncoder().encode(String(count)));
  }

  async read(hash: string): Promise<AsyncIterable<Uint8Array> | null> {
    const whole = await this.get(`${hash}/whole`);
    return whole && this.chunks(hash, Number(Buffer.from(whole).toString()));
  }

  private async *chunks(hash: string, count: number): AsyncGenerator<Uint8Array> {
    for (let place = 0; place < count; place += 1) {
      const bytes = await this.get(`${hash}/${nameOf(place)}`);
      if (!bytes) throw new Error(`${this.name}: object ${hash}/${nameOf(place)} is gone`);
      yield bytes;
    }
  }

  private url(key: string): string {
    const { endpoint, bucket, prefix } = this.place;
    return [endpoint, bucket, ...(prefix ? [prefix] : []), key].join('/');
  }

  private async get(key: string): Promise<Uint8Array | null> {
    const response = await this.client.fetch(this.url(key));
    if (response.status === 404) {
      await response.body?.cancel();
      return null;
    }
    if (!response.ok) throw await this.refusal('reading', key, response);
    return new Uint8Array(await response.arrayBuffer());
  }

  private async write(key: string, bytes: Uint8Array): Promise<void> {
    // With the hash of the body in the signature the storage refuses what was damaged on the way.
    const headers = { 'x-amz-content-sha256': createHash('sha256').update(bytes).digest('hex') };
    const response = await this.client.fetch(this.url(key), { method: 'PUT', headers, body: Buffer.from(bytes) });
    if (!response.ok) throw await this.refusal('writing', key, response);
    await response.body?.cancel();
  }

  private async refusal(doing: string, key: string, response: Response): Promise<Error> {
    const text = (await response.text()).replace(/\s+/g, ' ').slice(0, 300);
    return new Error(`${this.name}: ${doing} ${key}: the storage answers ${response.status} (${text}).`);
  }
}

function nameOf(place: number): string {
  return String(place).padStart(6, '0');
}
