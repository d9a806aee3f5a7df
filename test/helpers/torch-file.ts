import { crc32 } from 'node:zlib';
import type { FloatTensor } from '../../src/engine/graph/tensor.js';

/** What {@link torchFile} writes: tensors in dictionaries and lists, as checkpoints hold them. */
export type TorchValue = null | number | string | FloatTensor | TorchValue[] | Map<string, TorchValue>;

/** The bytes that `torch.save(root, file)` would write, in what matters to a reader. */
export function torchFile(root: TorchValue): Buffer {
  const storages: Buffer[] = [];
  const pickle = Buffer.concat([Buffer.from([0x80, 2]), pickled(root, storages), Buffer.from('.')]);
  return zipFile([
    ['archive/data.pkl', pickle],
    ['archive/byteorder', Buffer.from('little')],
    ...storages.map((bytes, key) => [`archive/data/${key}`, bytes] as const),
    ['archive/version', Buffer.from('3\n')],
  ]);
}

const op = (opcode: string, ...rest: Uint8Array[]) => Buffer.concat([Buffer.from(opcode, 'latin1'), ...rest]);

function int(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return op('X', int(bytes.length), bytes);
}

function pickled(value: TorchValue, storages: Buffer[]): Buffer {
  if (value === null) return op('N');
  if (typeof value === 'string') return text(value);
  if (typeof value === 'number') return op('J', int(value));
  if (Array.isArray(value)) return op('](', ...value.map((item) => pickled(item, storages)), op('e'));
  if (value instanceof Map) {
    const items = [...value].flatMap(([key, item]) => [text(key), pickled(item, storages)]);
    return op('ccollections\nOrderedDict\n)R(', ...items, op('u'));
  }
  return tensor(value, storages);
}

function tensor({ shape, data }: FloatTensor, storages: Buffer[]): Buffer {
  const key = storages.push(Buffer.from(data.buffer, data.byteOffset, data.byteLength)) - 1;
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, extent) => product * extent, 1));
  const tuple = (values: readonly number[]) => op('(', ...values.map((value) => op('J', int(value))), op('t'));
  const id = op(
    '(',
    text('storage'),
    op('ctorch\nFloatStorage\n'),
    text(String(key)),
    text('cpu'),
    op('J', int(data.length)),
  );
  const hooks = op('ccollections\nOrderedDict\n)R');
  return op(
    'ctorch._utils\n_rebuild_tensor_v2\n(',
    id,
    op('tQ'),
    op('K\0'),
    tuple(shape),
    tuple(strides),
    op('\x89'),
    hooks,
    op('tR'),
  );
}

/** A zip archive of stored entries. */
export function zipFile(entries: readonly (readonly [string, Buffer])[]): Buffer {
  const [local, central]: [Buffer[], Buffer[]] = [[], []];
  let offset = 0;
  for (const [name, bytes] of entries) {
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt32LE(crc32(bytes), 10);
    common.writeUInt32LE(bytes.length, 14);
    common.writeUInt32LE(bytes.length, 18);
    common.writeUInt16LE(name.length, 22);
    const head = Buffer.concat([Buffer.from('PK\x03\x04'), common, Buffer.from(name)]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    central.push(Buffer.from('PK\x01\x02\x14\0', 'latin1'), common, tail, Buffer.from(name));
    local.push(head, bytes);
    offset += head.length + bytes.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...local, directory, end]);
}
