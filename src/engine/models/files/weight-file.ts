import { createHash } from 'node:crypto';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { EngineError } from '../../errors.js';

/** Files of weights beyond this are refused before they are read. */
export const MAX_WEIGHT_BYTES = 8 * 2 ** 30;
/** What a file may cost to read, for each of its bytes: float32 made of 8-bit elements takes four. */
const COST_PER_BYTE = 4;
const FREE_BYTES = 2 ** 20;
const CHUNK = 4 * 2 ** 20;

/**
 * A file read where it is asked for, never outside itself. Bytes that are read, and bytes of float32 made of them, count
 * against a budget of four times its size (and a MiB), so that no file, however it was made, costs more than that.
 */
export class WeightFile {
  private reading: number;
  private making: number;

  private constructor(
    readonly path: string,
    readonly size: number,
    private readonly handle: FileHandle,
  ) {
    this.reading = COST_PER_BYTE * size + FREE_BYTES;
    this.making = this.reading;
  }

  /** Throws MODEL_INVALID if there is no such regular file, or one of more than {@link MAX_WEIGHT_BYTES}. */
  static async open(path: string): Promise<WeightFile> {
    const found = await stat(path).catch((cause: unknown) => {
      throw new EngineError('MODEL_INVALID', `${path}: expected the weights, found no such file.`, { cause });
    });
    if (!found.isFile()) throw new EngineError('MODEL_INVALID', `${path}: expected a file of weights, it is none.`);
    if (found.size > MAX_WEIGHT_BYTES)
      throw new EngineError('MODEL_INVALID', `${path}: ${found.size} bytes; at most ${MAX_WEIGHT_BYTES} are read.`);
    return new WeightFile(path, found.size, await open(path, 'r'));
  }

  /** `length` bytes from `offset`. Throws MODEL_INVALID if the file has none there, or has been read too often. */
  async read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    if (!(offset >= 0 && length >= 0 && offset + length <= this.size))
      throw this.invalid(
        `bytes ${offset}…${offset + length} are needed, it has ${this.size}; it is truncated or broken.`,
      );
    this.reading -= length;
    if (this.reading < 0)
      throw this.invalid(`its tensors share bytes too often: more than ${COST_PER_BYTE} reads of each.`);
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const { bytesRead } = await this.handle.read(bytes, done, length - done, offset + done);
      if (bytesRead === 0) throw this.invalid('it became shorter while it was read.');
      done += bytesRead;
    }
    return bytes;
  }

  /** To be called before float32 elements are made. Throws MODEL_INVALID where they outgrow the file. */
  reserve(elements: number, what: string): void {
    this.making -= elements * 4;
    if (this.making < 0)
      throw this.invalid(
        `${what}: ${elements} elements; tensors may take at most ${COST_PER_BYTE} times the file's bytes.`,
      );
  }

  /** Feeds the whole content to a hash; not counted. */
  async digest(hash: ReturnType<typeof createHash>): Promise<void> {
    const chunk = new Uint8Array(Math.min(CHUNK, this.size));
    for (let at = 0; at < this.size; ) {
      const { bytesRead } = await this.handle.read(chunk, 0, chunk.length, at);
      if (bytesRead === 0) throw this.invalid('it became shorter while it was read.');
      hash.update(chunk.subarray(0, bytesRead));
      at += bytesRead;
    }
  }

  invalid(message: string, cause?: unknown): EngineError {
    return new EngineError('MODEL_INVALID', `${this.path}: ${message}`, { cause });
  }

  async close(): Promise<void> {
    await this.handle.close();
  }
}
