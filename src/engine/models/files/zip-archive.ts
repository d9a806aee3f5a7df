import { crc32 } from 'node:zlib';
import { type Entry, fromRandomAccessReaderPromise, RandomAccessReader, type ZipFile } from 'yauzl';
import { EngineError } from '../../errors.js';
import type { WeightFile } from './weight-file.js';

/** A storage is an entry, and no model has as many. */
const MAX_ENTRIES = 20_000;
/** The directory at the archive's end is read in pieces of this many bytes. */
const AHEAD = 2 ** 16;

/**
 * A zip archive of stored (not compressed) entries, as `torch.save` writes it: an entry takes no more bytes than the
 * archive has. Nothing is ever extracted to a file.
 */
export class ZipArchive {
  private constructor(
    private readonly file: WeightFile,
    private readonly zip: ZipFile,
    private readonly entries: ReadonlyMap<string, Entry>,
  ) {}

  /** Throws MODEL_INVALID for a broken archive, and for names that are absolute, climb up or come twice. */
  static async open(file: WeightFile): Promise<ZipArchive> {
    try {
      const options = { strictFileNames: true, autoClose: false };
      const reader = new Reader(file);
      const zip = await fromRandomAccessReaderPromise(reader, file.size, options);
      const entries = new Map<string, Entry>();
      for await (const entry of zip.eachEntry()) {
        if (entries.has(entry.fileName)) throw file.invalid(`the archive holds ${entry.fileName} twice.`);
        if (entries.size >= MAX_ENTRIES) throw file.invalid(`the archive holds more than ${MAX_ENTRIES} entries.`);
        entries.set(entry.fileName, entry);
      }
      reader.ahead = 0;
      return new ZipArchive(file, zip, entries);
    } catch (cause) {
      throw broken(file, cause);
    }
  }

  get names(): readonly string[] {
    return [...this.entries.keys()];
  }

  /** Bytes of an entry; `null` if there is none of the name. */
  sizeOf(name: string): number | null {
    return this.entries.get(name)?.uncompressedSize ?? null;
  }

  /** `length` bytes of an entry from `offset`; the checksum is compared where that is all of it. */
  async read(name: string, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const entry = this.entries.get(name);
    if (!entry) throw this.file.invalid(`the archive lacks ${name}; it is broken.`);
    if (entry.compressionMethod !== 0 || entry.isEncrypted()) {
      throw this.file.invalid(
        `${name} is compressed, which torch.save never does; load the file in PyTorch and save it again.`,
      );
    }
    if (offset + length > entry.uncompressedSize)
      throw this.file.invalid(`${name}: ${offset + length} bytes are needed, it has ${entry.uncompressedSize}.`);
    const bytes = await this.file.read((await this.start(entry)) + offset, length);
    if (length === entry.uncompressedSize && crc32(bytes) !== entry.crc32)
      throw this.file.invalid(`${name}: the checksum does not fit its bytes; the file is damaged, fetch it again.`);
    return bytes;
  }

  private async start(entry: Entry): Promise<number> {
    try {
      return (await this.zip.readLocalFileHeaderPromise(entry, { minimal: true })).fileDataStart;
    } catch (cause) {
      throw broken(this.file, cause);
    }
  }
}

function broken(file: WeightFile, cause: unknown): EngineError {
  if (cause instanceof EngineError) return cause;
  return file.invalid(
    `a zip archive that cannot be read (${(cause as Error).message}); it is truncated or broken.`,
    cause,
  );
}

/** Lets the archive's reader see the file within its bounds. */
class Reader extends RandomAccessReader {
  /** Bytes that are read at once, if fewer are asked for. */
  ahead = AHEAD;
  private piece: { readonly from: number; readonly bytes: Uint8Array } = { from: 0, bytes: new Uint8Array() };

  constructor(private readonly file: WeightFile) {
    super();
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null, bytesRead?: number) => void,
  ): void {
    this.bytesAt(position, length)
      .then((bytes) => {
        buffer.set(bytes, offset);
        callback(null, length);
      })
      .catch((error: Error) => callback(error));
  }

  private async bytesAt(position: number, length: number): Promise<Uint8Array> {
    const start = position - this.piece.from;
    if (start >= 0 && start + length <= this.piece.bytes.length)
      return this.piece.bytes.subarray(start, start + length);
    const most = Math.max(length, Math.min(this.ahead, this.file.size - position));
    this.piece = { from: position, bytes: await this.file.read(position, most) };
    return this.piece.bytes.subarray(0, length);
  }
}
