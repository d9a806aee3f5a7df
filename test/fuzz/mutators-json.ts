import type { Random } from '../../scripts/support/random.js';
import type { Mutator } from './mutators.js';

const text = (value: string) => Buffer.from(value);
const deep = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

/** Values as JSON text, of which none is what a configuration holds. */
const STRANGE = [
  'NaN', 'Infinity', '-1', '0', '1e308', '1e-308', '0.5', '9007199254740993', '-0', 'null', 'true', '""', '[]', '{}',
  '[[]]', '"\\u0000"', '[1,2,3]', '[1e9]', '{"a":1}', deep(20_000), `"${'x'.repeat(300_000)}"`, `[${'1,'.repeat(50_000)}1]`,
  '1000000000', '4096', '"../../../etc/passwd"', '{"__proto__":{"toString":1}}', '[null]', '2', '3', '"linear"',
]; // biome-ignore format: a table

/** The members of an object as texts; `null` where it is none any more. */
function members(bytes: Buffer): [string, string][] | null {
  try {
    const value: unknown = JSON.parse(bytes.toString());
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
    return Object.entries(value).map(([key, member]) => [key, JSON.stringify(member)]);
  } catch {
    return null;
  }
}

const object = (entries: readonly (readonly [string, string])[]) =>
  text(`{${entries.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(',')}}`);

function edited(bytes: Buffer, edit: (entries: [string, string][]) => void): Buffer {
  const entries = members(bytes);
  if (!entries || entries.length === 0) return bytes;
  edit(entries);
  return object(entries);
}

const set = (bytes: Buffer, random: Random, value: string) =>
  edited(bytes, (entries) => {
    random.pick(entries)[1] = value;
  });

export const JSON_MUTATORS: Readonly<Record<string, Mutator>> = {
  'a strange value': (bytes, random) => set(bytes, random, random.pick(STRANGE)),
  'three strange values': (bytes, random) => [1, 2, 3].reduce((made) => set(made, random, random.pick(STRANGE)), bytes),
  'a value of another key': (bytes, random) =>
    edited(bytes, (entries) => {
      random.pick(entries)[1] = random.pick(entries)[1];
    }),
  'a key less': (bytes, random) =>
    edited(bytes, (entries) => {
      entries.splice(random.below(entries.length), 1);
    }),
  'a key more': (bytes, random) =>
    edited(bytes, (entries) => {
      entries.push([random.pick(['_hidden', 'unknown', '__proto__', 'constructor', '']), random.pick(STRANGE)]);
    }),
  'a key twice': (bytes, random) =>
    edited(bytes, (entries) => {
      entries.push([random.pick(entries)[0], random.pick(STRANGE)]);
    }),
  'a list one longer or shorter': (bytes, random) =>
    edited(bytes, (entries) => {
      const lists = entries.filter(([, value]) => value.startsWith('['));
      if (lists.length === 0) return;
      const list = random.pick(lists);
      const items = JSON.parse(list[1]) as unknown[];
      list[1] = JSON.stringify(random.below(2) === 0 ? items.slice(1) : [...items, ...items]);
    }),
  'a number scaled': (bytes, random) =>
    edited(bytes, (entries) => {
      const numbers = entries.filter(([, value]) => /^[\d.]+$/.test(value));
      if (numbers.length === 0) return;
      const number = random.pick(numbers);
      number[1] = String(Number(number[1]) * random.pick([2, 0.5, -1, 1e6, 1e-6, 3]));
    }),
  'nested deeply': (_, random) => text(deep(random.pick([10, 1000, 1_000_000]))),
  'nested deeply inside': (bytes, random) => set(bytes, random, `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`),
  'nested and open': () => text('{"a":['.repeat(200_000)),
  'no object': (_, random) =>
    text(random.pick(['null', '[]', '3', '"text"', 'true', '{}', '\ufeff{}', '{"a":1}{"b":2}'])),
  'too long': () => Buffer.alloc(9 * 2 ** 20, ' '),
  'a long string': () => text(`{"_class_name":"${'\\"'.repeat(2_000_000)}"}`),
};
