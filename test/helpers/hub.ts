import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, relative } from 'node:path';

/** Above this a file is stored by its SHA-256, as large files are. */
const LARGE = 10_000;

/**
 * A model hub in small, by the protocol of the real one: model info, a paged file tree, files by range. What a network does
 * to it is set from outside.
 */
export class FakeHub {
  commit = '';
  readonly files = new Map<string, Buffer>();
  /** A token that every request must carry. */
  token: string | null = null;
  /** Bytes of a file after which its connection breaks; once for each entry. */
  breaks: number[] = [];
  /** Awaited before a file's bytes are sent. */
  beforeFile: (path: string) => Promise<void> = async () => {};
  /** Changes what is sent, not what is promised. */
  damage: (path: string, bytes: Buffer) => Buffer = (_, bytes) => bytes;
  /** Names to list besides. */
  extraPaths: string[] = [];
  bytesSent = 0;
  /** `Range` of each request for content, by path. */
  readonly ranges: string[] = [];

  private constructor(private readonly server: Server) {
    server.on('request', (request, response) => {
      this.answer(request, response).catch(() => response.destroy());
    });
  }

  static async start(): Promise<FakeHub> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new FakeHub(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** A repository with the files of a folder; all else as at the start. */
  offer(folder: string, prefix = ''): void {
    const walk = (at: string): string[] =>
      readdirSync(at).flatMap((name) =>
        statSync(join(at, name)).isDirectory() ? walk(join(at, name)) : [join(at, name)],
      );
    this.files.clear();
    for (const path of walk(folder)) this.files.set(prefix + relative(folder, path), readFileSync(path));
    this.token = null;
    this.commit = 'c'.repeat(40);
    this.breaks = [];
    this.beforeFile = async () => {};
    this.damage = (_, bytes) => bytes;
    this.extraPaths = [];
    this.bytesSent = 0;
    this.ranges.length = 0;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url);
    const path = decodeURIComponent(url.pathname);
    if (this.token && request.headers.authorization !== `Bearer ${this.token}`)
      return void response
        .writeHead(401, { 'content-type': 'application/json' })
        .end('{"error":"Invalid credentials"}');
    const info = /^\/api\/models\/([^/]+\/[^/]+)\/revision\/(.+)$/.exec(path);
    if (info?.[1] === 'someone/tiny' && info[2] !== 'gone')
      return this.json(response, { _id: '1', id: info[1], sha: this.commit });
    const tree = /^\/api\/models\/someone\/tiny\/tree\/(.+)$/.exec(path);
    if (tree?.[1] === this.commit) return this.tree(response, Number(url.searchParams.get('cursor') ?? 0));
    const file = /^\/someone\/tiny\/resolve\/([0-9a-f]{40})\/(.+)$/.exec(path);
    const bytes = this.files.get(file?.[2] ?? '');
    if (file && bytes) return this.file(request, response, file[2] ?? '', bytes);
    response.writeHead(404, { 'content-type': 'application/json', 'x-error-code': 'RepoNotFound' });
    response.end('{"error":"Repository not found"}');
  }

  private json(response: ServerResponse, value: unknown, headers: Record<string, string> = {}): void {
    response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
  }

  /** Two entries a page. */
  private tree(response: ServerResponse, from: number): void {
    const entries = [...this.files].map(([path, bytes]) => entryOf(path, bytes));
    const all = [...entries, ...this.extraPaths.map((path) => ({ ...entryOf('x', Buffer.from('x')), path }))];
    const next = `${this.url}/api/models/someone/tiny/tree/${this.commit}?recursive=true&cursor=${from + 2}`;
    this.json(response, all.slice(from, from + 2), from + 2 < all.length ? { link: `<${next}>; rel="next"` } : {});
  }

  private async file(request: IncomingMessage, response: ServerResponse, path: string, whole: Buffer): Promise<void> {
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
    const start = Number(range?.[1] ?? 0);
    const end = Math.min(whole.length, range?.[2] ? Number(range[2]) + 1 : whole.length);
    const isProbe = end - start === 1;
    if (!isProbe) {
      this.ranges.push(`${path} ${request.headers.range ?? 'all'}`);
      await this.beforeFile(path);
    }
    const bytes = this.damage(path, whole).subarray(start, end);
    response.writeHead(range ? 206 : 200, {
      'content-type': 'application/octet-stream',
      'content-length': bytes.length,
      etag: `"${entryOf(path, whole).oid}"`,
      ...(range ? { 'content-range': `bytes ${start}-${end - 1}/${whole.length}` } : {}),
    });
    const broken = isProbe || bytes.length < LARGE ? undefined : this.breaks.shift();
    const sent = broken === undefined ? bytes : bytes.subarray(0, broken);
    this.bytesSent += sent.length;
    if (broken === undefined) response.end(sent);
    else response.write(sent, () => setTimeout(() => response.destroy(), 50));
  }
}

function entryOf(path: string, bytes: Buffer) {
  const oid = createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const large = bytes.length >= LARGE ? { lfs: { oid: sha256, size: bytes.length, pointerSize: 130 } } : {};
  return { type: 'file', path, size: bytes.length, oid, ...large };
}
