import { readPickle } from './pickle.js';
import { PickleError } from './pickle-globals.js';
import { PickledTensor, type PickleValue } from './pickle-value.js';
import type { StoredTensor } from './stored-tensor.js';
import { loadStrided } from './strided.js';
import type { WeightFile } from './weight-file.js';
import { ZipArchive } from './zip-archive.js';

/** A thousand tensors take 150 kB. */
const MAX_PICKLE_BYTES = 16 * 2 ** 20;
const RESAVE = 'torch.save(torch.load(file, weights_only=True), new_file)';

/** A table of tensors found in a file, and the way to it: `''` the whole, `0`, `4` of a list, `ema` of a dictionary. */
export interface StateTable {
  readonly path: string;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

/**
 * The tables of tensors (state dicts) that a file of `torch.save` holds, at its top or one level below. The pickle is
 * read as data, never executed. Throws MODEL_INVALID for anything else than tensors in dictionaries and lists, for
 * TorchScript, and for the format before PyTorch 1.6.
 */
export async function statesIn(file: WeightFile): Promise<readonly StateTable[]> {
  const archive = await ZipArchive.open(file);
  const pickles = archive.names.filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  const [pickle] = pickles;
  if (pickles.length !== 1 || pickle === undefined)
    throw file.invalid('a zip archive, but not one that torch.save made: expected one <name>/data.pkl.');
  const root = pickle.slice(0, -'data.pkl'.length);
  if (archive.names.includes(`${root}constants.pkl`))
    throw file.invalid(
      'a TorchScript program; save its state dict: torch.save(torch.jit.load(file).state_dict(), new_file).',
    );
  await checkByteOrder(file, archive, `${root}byteorder`);
  const size = archive.sizeOf(pickle) ?? 0;
  if (size > MAX_PICKLE_BYTES) throw file.invalid(`${pickle}: ${size} bytes; at most ${MAX_PICKLE_BYTES} are read.`);
  const bytes = await archive.read(pickle, 0, size);
  return tables(readAsData(file, bytes), (tensor) => loadStrided(file, archive, `${root}data/`, tensor));
}

function readAsData(file: WeightFile, bytes: Uint8Array): PickleValue {
  try {
    return readPickle(bytes);
  } catch (cause) {
    if (cause instanceof PickleError) throw file.invalid(`the pickle is refused: ${cause.message}.`, cause);
    throw cause;
  }
}

async function checkByteOrder(file: WeightFile, archive: ZipArchive, name: string): Promise<void> {
  if (archive.sizeOf(name) === null) return;
  const text = new TextDecoder().decode(await archive.read(name, 0, Math.min(archive.sizeOf(name) ?? 0, 16)));
  if (text !== 'little')
    throw file.invalid(`written on a machine of another byte order (${text}); save it again: ${RESAVE}.`);
}

/** What to do about a file that is none of those known, from its first bytes. */
export function adviceFor(start: Uint8Array): string {
  const text = new TextDecoder('latin1').decode(start);
  if (text.startsWith('version https://git-lfs'))
    return 'a Git LFS pointer, not the weights themselves; fetch them with git lfs pull';
  if (start[0] === 0x80) return `a pickle without an archive, as PyTorch before 1.6 wrote; save it again: ${RESAVE}`;
  if (/^\s*</.test(text)) return 'a web page, not weights; the download went wrong';
  return 'neither safetensors nor a file of torch.save';
}

function tables(root: PickleValue, load: (tensor: PickledTensor) => StoredTensor['load']): StateTable[] {
  const places: [string, PickleValue][] = [['', root]];
  const inside = Array.isArray(root) ? root.entries() : root instanceof Map ? root.entries() : [];
  for (const [key, value] of inside) if (typeof key !== 'object') places.push([String(key), value]);
  return places.flatMap(([path, value]) => {
    if (!(value instanceof Map)) return [];
    const tensors = new Map<string, StoredTensor>();
    for (const [name, tensor] of value) {
      if (typeof name === 'string' && tensor instanceof PickledTensor)
        tensors.set(name, { shape: tensor.shape, load: load(tensor) });
    }
    return tensors.size > 0 ? [{ path, tensors }] : [];
  });
}
