import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

const KEY = 'AKIATEST';
const SECRET = 'secret/of+the/test';

/**
 * An S3-compatible storage in small: objects by path, and Signature Version 4 computed from the specification's own steps, so
 * that a client which signs wrongly is refused as it would be elsewhere.
 */
export class ObjectStorage {
  readonly objects = new Map<string, Buffer>();
  /** Requests to refuse with 503 before the next one is answered. */
  failures = 0;
  largestBytes = 0;

  private constructor(private readonly server: Server) {}

  static async start(): Promise<ObjectStorage> {
    const server = createServer();
    const storage = new ObjectStorage(server);
    server.on('request', (request, response) => {
      void storage.answer(request).then(({ status, body }) => response.writeHead(status).end(body));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return storage;
  }

  /** What a process is given in order to use it. */
  get environment() {
    const endpoint = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    return {
      AZIMUTH_BLOBS: `s3://bucket/some/prefix?endpoint=${encodeURIComponent(endpoint)}`,
      AWS_ACCESS_KEY_ID: KEY,
      AWS_SECRET_ACCESS_KEY: SECRET,
    };
  }

  stop(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  private async answer(request: IncomingMessage): Promise<{ status: number; body?: Buffer | string }> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    if (this.failures-- > 0) return { status: 503, body: 'SlowDown' };
    if (!isSigned(request)) return { status: 403, body: 'SignatureDoesNotMatch' };
    const [path = ''] = (request.url ?? '').split('?');
    if (request.method === 'PUT') {
      if (request.headers['x-amz-content-sha256'] !== createHash('sha256').update(body).digest('hex'))
        return { status: 400, body: 'XAmzContentSHA256Mismatch' };
      this.largestBytes = Math.max(this.largestBytes, body.byteLength);
      this.objects.set(path, body);
      return { status: 200 };
    }
    const found = this.objects.get(path);
    return found ? { status: 200, body: found } : { status: 404, body: 'NoSuchKey' };
  }
}

/** AWS Signature Version 4, from "Create a signed AWS API request". */
function isSigned({ method, url, headers }: IncomingMessage): boolean {
  const match = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/([^,]+), ?SignedHeaders=([^,]+), ?Signature=(\w+)$/.exec(
    headers.authorization ?? '',
  );
  if (match?.[1] !== KEY) return false;
  const [, , scope = '', names = '', signature] = match;
  const canonicalHeaders = names.split(';').map((name) => `${name}:${String(headers[name]).trim()}\n`);
  const [path = '', query = ''] = (url ?? '').split('?');
  const payload = headers['x-amz-content-sha256'];
  const canonical = [method, path, query, canonicalHeaders.join(''), names, payload].join('\n');
  const [date = '', region = '', service = '', last = ''] = scope.split('/');
  const hashed = createHash('sha256').update(canonical).digest('hex');
  const toSign = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, hashed].join('\n');
  const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
  const key = [date, region, service, last].reduce<string | Buffer>(hmac, `AWS4${SECRET}`);
  return createHmac('sha256', key).update(toSign).digest('hex') === signature;
}
