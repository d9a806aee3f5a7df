import { crc32, deflateRawSync } from 'node:zlib';

/** An entry of an archive as it is written; what is left out is what its bytes say. */
export interface ZipEntry {
  readonly name: string;
  readonly bytes: Buffer;
  readonly method?: number;
  readonly declaredSize?: number;
  readonly checksum?: number;
}

const TAIL = 14;

/** Writes an archive that may lie about its entries. */
export function zipEntries(entries: readonly ZipEntry[]): Buffer {
  const [local, central]: [Buffer[], Buffer[]] = [[], []];
  let offset = 0;
  for (const { name, bytes, method = 0, declaredSize = bytes.length, checksum = crc32(bytes) } of entries) {
    const stored = method === 8 ? deflateRawSync(bytes) : bytes;
    const common = Buffer.alloc(26);
    const nameBytes = Buffer.from(name);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(method, 4);
    common.writeUInt32LE(checksum >>> 0, 10);
    common.writeUInt32LE(method === 8 ? stored.length : declaredSize >>> 0, 14);
    common.writeUInt32LE(declaredSize >>> 0, 18);
    common.writeUInt16LE(nameBytes.length, 22);
    const tail = Buffer.alloc(TAIL);
    tail.writeUInt32LE(offset, 10);
    const head = Buffer.concat([Buffer.from('PK\x03\x04'), common, nameBytes]);
    central.push(Buffer.from('PK\x01\x02\x14\0', 'latin1'), common, tail, nameBytes);
    local.push(head, stored);
    offset += head.length + stored.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(entries.length & 0xffff, 8);
  end.writeUInt16LE(entries.length & 0xffff, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...local, directory, end]);
}

/** The entries of an archive of stored ones; none of what is no such archive any more. */
export function unzip(bytes: Buffer): ZipEntry[] {
  const entries: ZipEntry[] = [];
  try {
    let at = bytes.readUInt32LE(bytes.lastIndexOf('PK\x05\x06', undefined, 'latin1') + 16);
    while (bytes.toString('latin1', at, at + 4) === 'PK\x01\x02') {
      const [name, extra, comment] = [28, 30, 32].map((field) => bytes.readUInt16LE(at + field)) as [
        number,
        number,
        number,
      ];
      const local = bytes.readUInt32LE(at + 42);
      const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
      const content = bytes.subarray(start, start + bytes.readUInt32LE(at + 24));
      entries.push({ name: bytes.toString('utf8', at + 46, at + 46 + name), bytes: content });
      at += 46 + name + extra + comment;
    }
  } catch {
    return [];
  }
  return entries;
}
