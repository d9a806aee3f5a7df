import type { Random } from '../../scripts/support/random.js';
import type { Mutator } from './mutators.js';
import { unzip, type ZipEntry, zipEntries } from './zip.js';

const latin = (text: string) => Buffer.from(text, 'latin1');
/** Pieces of pickles: calls of code, and operations where they make no sense. */
const FRAGMENTS = [
  'cos\nsystem\n(X\x04\0\0\0trueitR', 'c__builtin__\neval\n(X\x01\0\0\x001tR', 'cbuiltins\nexec\n', 'ctorch\nload\n',
  'ctorch._utils\n_rebuild_tensor_v2\n)R', 'ctorch._utils\n_rebuild_parameter\n)R', 'ccollections\nOrderedDict\n(K\x01tR',
  '\x8c\x02os\x8c\x06system\x93', 'ios\nsystem\n', 'oq\0', '\x81', '\x92', 'P1\n', 'Q', 'R', 'b', 's', 'u', 'e', 'a', 't', '(', '.', '0',
  'h\xff', 'j\xff\xff\xff\xff', 'r\xff\xff\xff\xff', 'X\xff\xff\xff\xff', '\x8d\xff\xff\xff\xff\xff\xff\xff\xff', '\x8a\xff', '\x8b\xff\xff\xff\x7f',
  '\x95\xff\xff\xff\xff\xff\xff\xff\xff', 'B\xff\xff\xff\x7f', 'I01\n', 'V\\u0000\n', 'cno\nnewline', 'K\x01', 'N', ']', '}', '\x94', '2',
]; // biome-ignore format: a table
const INTEGERS = [-1, 0, 1, 2 ** 31 - 1, -(2 ** 31), 65_536, 1_000_000];

/** Changes the archive's content, and writes it again with the sizes and checksums that fit. */
function rezipped(bytes: Buffer, edit: (entries: ZipEntry[]) => void): Buffer {
  const entries = unzip(bytes);
  if (entries.length === 0) return bytes;
  edit(entries);
  return zipEntries(entries);
}

function change(entries: ZipEntry[], index: number, make: (entry: ZipEntry) => Partial<ZipEntry>): void {
  const entry = entries[index];
  if (entry) entries[index] = { ...entry, ...make(entry) };
}

function onPickle(bytes: Buffer, edit: (pickle: Buffer) => Buffer): Buffer {
  return rezipped(bytes, (entries) => {
    const index = entries.findIndex(({ name }) => name.endsWith('data.pkl'));
    change(entries, index, ({ bytes: pickle }) => ({ bytes: pickle.length > 0 ? edit(Buffer.from(pickle)) : pickle }));
  });
}

const anyEntry = (bytes: Buffer, random: Random, make: (entry: ZipEntry) => Partial<ZipEntry>) =>
  rezipped(bytes, (entries) => change(entries, random.below(entries.length), make));

/** Positions of an opcode's byte; also inside other things, which is as well. */
function positions(pickle: Buffer, opcode: string): number[] {
  const found: number[] = [];
  for (let at = pickle.indexOf(opcode, 0, 'latin1'); at >= 0; at = pickle.indexOf(opcode, at + 1, 'latin1'))
    found.push(at);
  return found;
}

function spliced(pickle: Buffer, at: number, removed: number, piece: Buffer): Buffer {
  return Buffer.concat([pickle.subarray(0, at), piece, pickle.subarray(at + removed)]);
}

/** One tensor of `shape` and `strides` over a storage of `count` floats, `times` times. */
function tensors(times: number, count: number, shape: readonly number[], strides: readonly number[]): Buffer {
  const int = (value: number) => {
    const out = Buffer.from('J\0\0\0\0');
    out.writeInt32LE(value, 1);
    return out;
  };
  const text = (value: string) => Buffer.concat([latin('X'), Buffer.from([value.length, 0, 0, 0]), latin(value)]);
  const tuple = (values: readonly number[]) => Buffer.concat([latin('('), ...values.map(int), latin('t')]);
  const storage = Buffer.concat([
    latin('('),
    text('storage'),
    latin('ctorch\nFloatStorage\n'),
    text('0'),
    text('cpu'),
    int(count),
    latin('tQ'),
  ]);
  const one = (name: string) =>
    Buffer.concat([
      text(name),
      latin('ctorch._utils\n_rebuild_tensor_v2\n('),
      storage,
      latin('K\0'),
      tuple(shape),
      tuple(strides),
      latin('\x89NtR'),
    ]);
  const all = Array.from({ length: times }, (_, i) => one(`down.${i}.block.0.norm1.weight`));
  return Buffer.concat([latin('\x80\x02}('), ...all, latin('u.')]);
}

/** An archive of `times` tensors over one storage of `count` floats. */
export function sharedStorage(
  times: number,
  count: number,
  shape: readonly number[],
  strides: readonly number[],
): Buffer {
  return zipEntries([
    { name: 'archive/data.pkl', bytes: tensors(times, count, shape, strides) },
    { name: 'archive/data/0', bytes: Buffer.alloc(count * 4) },
  ]);
}

export const TORCH_MUTATORS: Readonly<Record<string, Mutator>> = {
  'bit flips in the pickle': (bytes, random) =>
    onPickle(bytes, (pickle) => {
      for (let left = 1 + random.below(6); left > 0; left -= 1) {
        const at = random.below(pickle.length);
        pickle[at] = (pickle[at] ?? 0) ^ (1 << random.below(8));
      }
      return pickle;
    }),
  'an opcode replaced': (bytes, random) =>
    onPickle(bytes, (pickle) => spliced(pickle, random.below(pickle.length), 1, latin(random.pick(FRAGMENTS)))),
  'a piece inserted': (bytes, random) =>
    onPickle(bytes, (pickle) => spliced(pickle, 2 + random.below(pickle.length), 0, latin(random.pick(FRAGMENTS)))),
  'a piece removed': (bytes, random) =>
    onPickle(bytes, (pickle) => spliced(pickle, random.below(pickle.length), 1 + random.below(20), Buffer.alloc(0))),
  'a global replaced by code': (bytes, random) =>
    onPickle(bytes, (pickle) => {
      const at = random.pick([2, ...positions(pickle, 'c')]);
      const end = pickle.indexOf('\n', pickle.indexOf('\n', at) + 1);
      return spliced(pickle, at, end < 0 ? 1 : end + 1 - at, latin(random.pick(FRAGMENTS.slice(0, 4))));
    }),
  'a number replaced': (bytes, random) =>
    onPickle(bytes, (pickle) => {
      const at = random.pick([2, ...positions(pickle, 'J')]);
      if (at + 5 <= pickle.length) pickle.writeInt32LE(random.pick(INTEGERS), at + 1);
      return pickle;
    }),
  'a small number replaced': (bytes, random) =>
    onPickle(bytes, (pickle) => {
      const at = random.pick([2, ...positions(pickle, 'K')]);
      pickle[Math.min(at + 1, pickle.length - 1)] = random.below(256);
      return pickle;
    }),
  'a pickle cut short': (bytes, random) => onPickle(bytes, (pickle) => pickle.subarray(0, random.below(pickle.length))),
  'a pickle of dictionaries': (bytes) => onPickle(bytes, () => Buffer.alloc(3_000_000, '}')),
  'a pickle of marks': (bytes) => onPickle(bytes, () => Buffer.alloc(3_000_000, '(')),
  'a pickle of nested tuples': (bytes) =>
    onPickle(bytes, () => Buffer.concat([latin('\x80\x02)'), Buffer.alloc(400_000, 0x85), latin('.')])),
  'a list in itself': (bytes) => onPickle(bytes, () => latin('\x80\x02]q\0h\0ah\0a.')),
  'a dictionary in itself': (bytes) => onPickle(bytes, () => latin('\x80\x02}q\0X\x01\0\0\0ah\0s.')),
  'too long a pickle': (bytes) => onPickle(bytes, () => Buffer.alloc(17 * 2 ** 20, 'N')),
  'a tensor of no stride': (bytes) => onPickle(bytes, () => tensors(1, 4, [60_000, 60_000], [0, 0])),
  'a huge tensor': (bytes) => onPickle(bytes, () => tensors(1, 2 ** 31 - 1, [2 ** 15, 2 ** 15], [2 ** 15, 1])),
  'a storage shared by many': (bytes) =>
    rezipped(bytes, (entries) => {
      const at = (ending: string) => entries.findIndex(({ name }) => name.endsWith(ending));
      change(entries, at('data.pkl'), () => ({ bytes: tensors(3000, 30_000, [30_000], [1]) }));
      change(entries, at('data/0'), () => ({ bytes: Buffer.alloc(120_000) }));
    }),
  'strides beyond the storage': (bytes) => onPickle(bytes, () => tensors(1, 100, [10, 10], [11, 1])),
  'negative strides': (bytes) => onPickle(bytes, () => tensors(1, 100, [10, 10], [-10, 1])),
  'axes without end': (bytes) => onPickle(bytes, () => tensors(1, 100, new Array(300).fill(1), new Array(300).fill(1))),
  'a storage cut short': (bytes, random) =>
    anyEntry(bytes, random, ({ bytes: content }) => ({ bytes: content.subarray(0, random.below(content.length)) })),
  'an entry of another checksum': (bytes, random) => anyEntry(bytes, random, () => ({ checksum: 1 })),
  'an entry of another size': (bytes, random) =>
    anyEntry(bytes, random, () => ({ declaredSize: random.pick([0, 1, 2 ** 31, 2 ** 32 - 2, 2 ** 32 - 1]) })),
  'a bomb': (bytes, random) => anyEntry(bytes, random, () => ({ bytes: Buffer.alloc(16 * 2 ** 20), method: 8 })),
  'a bomb that says it is small': (bytes, random) =>
    anyEntry(bytes, random, () => ({ bytes: Buffer.alloc(16 * 2 ** 20), method: 8, declaredSize: 64 })),
  'a bomb of a pickle': (bytes) =>
    rezipped(bytes, (entries) => {
      const index = entries.findIndex(({ name }) => name.endsWith('data.pkl'));
      change(entries, index, () => ({ bytes: Buffer.alloc(16 * 2 ** 20, '}'), method: 8 }));
    }),
  'another method': (bytes, random) => anyEntry(bytes, random, () => ({ method: random.pick([1, 9, 12, 14, 95]) })),
  'a name that climbs': (bytes, random) =>
    anyEntry(bytes, random, ({ name }) => ({
      name: random.pick(['../', '/', 'a\\', './', 'c:/', '\0', '../../../tmp/']) + name,
    })),
  'a name twice': (bytes, random) =>
    rezipped(bytes, (entries) => {
      entries.push(random.pick(entries));
    }),
  'an entry less': (bytes, random) =>
    rezipped(bytes, (entries) => {
      entries.splice(random.below(entries.length), 1);
    }),
  'many entries': (bytes) =>
    rezipped(bytes, (entries) => {
      for (let i = 0; i < 20_001; i += 1) entries.push({ name: `x/${i}`, bytes: Buffer.alloc(0) });
    }),
  'a directory elsewhere': (bytes, random) => {
    const out = Buffer.from(bytes);
    const end = out.lastIndexOf('PK\x05\x06', undefined, 'latin1');
    if (end >= 0) out.writeUInt32LE(random.pick([0, 1, 2 ** 31, 2 ** 32 - 1, random.below(out.length)]), end + 16);
    return out;
  },
  'a directory of 64 bits': (bytes, random) => {
    const end = bytes.lastIndexOf('PK\x05\x06', undefined, 'latin1');
    const [record, locator] = [Buffer.alloc(56), Buffer.alloc(20)];
    record.write('PK\x06\x06', 'latin1');
    record.writeBigUInt64LE(random.pick([2n ** 60n, 2n ** 63n, 1n]), 32);
    record.writeBigUInt64LE(random.pick([2n ** 60n, 2n ** 64n - 1n, 0n]), 48);
    locator.write('PK\x06\x07', 'latin1');
    locator.writeBigUInt64LE(random.pick([BigInt(Math.max(0, end)), 2n ** 60n, 2n ** 64n - 1n]), 8);
    return Buffer.concat([bytes.subarray(0, Math.max(0, end)), record, locator, bytes.subarray(Math.max(0, end))]);
  },
};
