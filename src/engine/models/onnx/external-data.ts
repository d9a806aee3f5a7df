import { type FileHandle, open, realpath, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative } from 'node:path';
import type { TensorProto } from '../../graph/onnx-messages.js';
import { fromBytes, type HostTensor } from './host-tensor.js';

/** ONNX TensorProto.DataLocation. */
const EXTERNAL = 1;

/** Whether a tensor's values lie in another file. */
export function isExternal(tensor: TensorProto): boolean {
  return tensor.dataLocation === EXTERNAL;
}

/** What one call of the file system reads at most. */
const MAX_TENSOR_BYTES = 2 ** 31 - 1;

interface Opened {
  readonly file: FileHandle;
  readonly bytes: number;
  /** Bytes read so far. */
  read: number;
}

/** The files beside a model that hold its weights. A location that leads out of the model's folder is refused. */
export class ExternalData {
  private readonly handles = new Map<string, Opened>();

  private constructor(private readonly folder: string) {}

  static async beside(modelFile: string): Promise<ExternalData> {
    return new ExternalData(await realpath(dirname(modelFile)));
  }

  /** Paths and sizes of the files read so far, by location. */
  get files(): { path: string; bytes: number }[] {
    return [...this.handles].map(([location, { bytes }]) => ({ path: join(this.folder, location), bytes }));
  }

  /** Throws RangeError on a location outside of the folder, a missing file, or a place that is not in it. */
  async read(tensor: TensorProto): Promise<HostTensor> {
    const entries = new Map(tensor.externalData.map(({ key, value }) => [key, value]));
    const location = entries.get('location') ?? '';
    const opened = await this.open(location);
    const { file, bytes } = opened;
    const offset = place('offset', entries.get('offset') ?? '0');
    const length = place('length', entries.get('length') ?? String(bytes - offset));
    if (offset + length > bytes)
      throw new RangeError(`bytes ${offset}…${offset + length} of ${location}, which has ${bytes}`);
    // A small file must not fill the memory by being read over and over.
    opened.read += length;
    if (opened.read > bytes) throw new RangeError(`the tensors read from ${location} overlap in it`);
    if (length > MAX_TENSOR_BYTES)
      throw new RangeError(`a tensor of ${length} bytes; at most ${MAX_TENSOR_BYTES} are read`);
    const buffer = new Uint8Array(length);
    const { bytesRead } = await file.read(buffer, 0, length, offset);
    if (bytesRead !== length) throw new RangeError(`${location} gave ${bytesRead} of ${length} bytes`);
    return fromBytes(tensor.dataType, [...tensor.dims], buffer);
  }

  async close(): Promise<void> {
    for (const { file } of this.handles.values()) await file.close();
  }

  private async open(location: string): Promise<Opened> {
    const known = this.handles.get(location);
    if (known) return known;
    if (location === '' || isAbsolute(location) || leavesFolder(location))
      throw new RangeError(`external data "${location}": expected a file in the model's folder`);
    const path = await realpath(join(this.folder, location)).catch(() => null);
    if (!path) throw new RangeError(`external data "${location}": found no such file beside the model`);
    if (leavesFolder(relative(this.folder, path)))
      throw new RangeError(`external data "${location}" is a link out of the model's folder`);
    const found = await stat(path);
    if (!found.isFile()) throw new RangeError(`external data "${location}" is not a plain file`);
    const opened = { file: await open(path, 'r'), bytes: found.size, read: 0 };
    this.handles.set(location, opened);
    return opened;
  }
}

function leavesFolder(path: string): boolean {
  return isAbsolute(path) || path.split(/[\\/]/).includes('..');
}

function place(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new RangeError(`external data: ${name} "${text}" is no number of bytes`);
}
