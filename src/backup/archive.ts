/**
 * The archive of a backup, inside gzip: lines of JSON, and after each `table` line its rows as PostgreSQL's binary COPY, in
 * chunks that a 32-bit length (big-endian) stands before, up to one of length 0.
 *
 *     {"format":"azimuth-backup","version":1, …}      ArchiveHeader
 *     {"table":"run","columns":["id", …]}             then chunks, then
 *     {"rows":12,"sha256":"…"}                        of that table's bytes
 *     …
 *     {"end":true,"tables":16}
 */

export const FORMAT = 'azimuth-backup';
export const FORMAT_VERSION = 1;

export interface ArchiveHeader {
  readonly format: typeof FORMAT;
  readonly version: typeof FORMAT_VERSION;
  readonly createdAt: string;
  /** The version of Azimuth that wrote it. */
  readonly azimuth: string;
  /** Hashes of the migrations that its tables had. */
  readonly migrations: readonly string[];
  /** Folder of the package that wrote it: models that ship lie in it. */
  readonly packageFolder: string;
}

export interface TableStart {
  readonly table: string;
  readonly columns: readonly string[];
}

export interface TableEnd {
  readonly rows: number;
  readonly sha256: string;
}

export interface ArchiveEnd {
  readonly end: true;
  readonly tables: number;
}

/** What is wrong with an archive, or with the database that it should go into. */
export class BackupError extends Error {
  override readonly name = 'BackupError';
  readonly code = 'BACKUP';
}

export function line(value: ArchiveHeader | TableStart | TableEnd | ArchiveEnd): Buffer {
  return Buffer.from(`${JSON.stringify(value)}\n`);
}

export function chunkLength(length: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(length);
  return bytes;
}

const LINE_MAX = 64 * 1024;
const NEWLINE = 10;

/** Reads lines and chunks off a stream; holds no more than one of them and one buffer of the stream. */
export class ArchiveReader {
  private buffered: Buffer = Buffer.alloc(0);
  private readonly source: AsyncIterator<Buffer>;

  constructor(source: AsyncIterable<Buffer>) {
    this.source = source[Symbol.asyncIterator]();
  }

  async line(): Promise<Record<string, unknown>> {
    let end = this.buffered.indexOf(NEWLINE);
    while (end < 0) {
      if (this.buffered.length > LINE_MAX) throw damaged('a line is longer than any that is written');
      await this.more();
      end = this.buffered.indexOf(NEWLINE);
    }
    const text = this.take(end + 1).toString();
    try {
      return JSON.parse(text) as Record<string, unknown>;
    } catch (cause) {
      throw damaged('a line is not JSON', cause);
    }
  }

  /** Up to the chunk of length 0. */
  async *chunks(): AsyncGenerator<Buffer, void, void> {
    for (;;) {
      const length = (await this.exactly(4)).readUInt32BE();
      if (length === 0) return;
      for (let left = length; left > 0; ) {
        if (this.buffered.length === 0) await this.more();
        const piece = this.take(Math.min(left, this.buffered.length));
        left -= piece.length;
        yield piece;
      }
    }
  }

  private async exactly(length: number): Promise<Buffer> {
    while (this.buffered.length < length) await this.more();
    return this.take(length);
  }

  private take(length: number): Buffer {
    const taken = this.buffered.subarray(0, length);
    this.buffered = this.buffered.subarray(length);
    return taken;
  }

  private async more(): Promise<void> {
    const { done, value } = await this.source.next();
    if (done) throw damaged('it ends too early');
    this.buffered = this.buffered.length === 0 ? value : Buffer.concat([this.buffered, value]);
  }
}

export function damaged(how: string, cause?: unknown): BackupError {
  return new BackupError(`The backup is damaged: ${how}. Nothing was restored; use another copy.`, { cause });
}
