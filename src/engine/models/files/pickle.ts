import { globalNamed, PickleError, persistent, reduce } from './pickle-globals.js';
import { PickleGlobal, type PickleValue } from './pickle-value.js';

const MARK = Symbol('mark');
type Entry = PickleValue | typeof MARK;

/** A tensor takes about thirty; each step makes one value at most, of some hundred bytes. */
const MAX_STEPS = 500_000;
const DECODERS = { 'utf-8': new TextDecoder(), latin1: new TextDecoder('latin1') };

/**
 * Reads a pickle as data: the opcodes (PEP 3154) that PyTorch writes for tensors in lists and dictionaries, and none that
 * imports or calls anything. It takes half a million steps at most, whatever it says. Throws
 * {@link PickleError} for everything else.
 */
export function readPickle(bytes: Uint8Array): PickleValue {
  return new PickleReader(bytes).run();
}

class PickleReader {
  private readonly view: DataView;
  private at = 0;
  private readonly stack: Entry[] = [];
  private readonly memo = new Map<number, PickleValue>();

  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  run(): PickleValue {
    for (let steps = 0; steps < MAX_STEPS; steps += 1) {
      const opcode = String.fromCharCode(this.byte());
      if (opcode === '.') {
        const result = this.pop();
        if (this.stack.length > 0) throw new PickleError('it ends with values left over');
        return result;
      }
      const step = OPCODES.get(opcode);
      if (!step)
        throw new PickleError(
          `opcode 0x${opcode.charCodeAt(0).toString(16)} at byte ${this.at - 1} is none that tensors need`,
        );
      step(this);
    }
    throw new PickleError(`it takes more than ${MAX_STEPS} steps`);
  }

  take(length: number): number {
    const start = this.at;
    if (!(length >= 0 && start + length <= this.bytes.length)) throw new PickleError('it is truncated');
    this.at += length;
    return start;
  }

  byte = () => this.view.getUint8(this.take(1));
  short = () => this.view.getUint16(this.take(2), true);
  int = () => this.view.getInt32(this.take(4), true);
  uint = () => this.view.getUint32(this.take(4), true);
  /** The one number that is stored big end first. */
  double = () => this.view.getFloat64(this.take(8), false);
  ulong = () => Number(this.view.getBigUint64(this.take(8), true));

  slice(length: number): Uint8Array {
    const start = this.take(length);
    return this.bytes.subarray(start, start + length);
  }

  text(length: number, encoding: keyof typeof DECODERS = 'utf-8'): string {
    return DECODERS[encoding].decode(this.slice(length));
  }

  line(): string {
    const end = this.bytes.indexOf(0x0a, this.at);
    if (end < 0 || end - this.at > 1000) throw new PickleError('a name does not end');
    const text = this.text(end - this.at);
    this.at = end + 1;
    return text;
  }

  /** Two's complement, little end first. */
  long(length: number): number {
    if (length > 16) throw new PickleError(`a number of ${length} bytes`);
    const bytes = this.slice(length);
    let value = 0n;
    bytes.forEach((byte, i) => {
      value |= BigInt(byte) << BigInt(8 * i);
    });
    return Number(BigInt.asIntN(Math.max(8 * length, 1), value));
  }

  push(value: Entry): void {
    this.stack.push(value);
  }

  pop(): PickleValue {
    const value = this.stack.pop();
    if (value === undefined || value === MARK) throw new PickleError('it takes a value where there is none');
    return value;
  }

  /** Everything above the last mark. */
  popMark(): PickleValue[] {
    const mark = this.stack.lastIndexOf(MARK);
    if (mark < 0) throw new PickleError('it lacks a mark');
    const values = this.stack.splice(mark) as PickleValue[];
    values.shift();
    return values;
  }

  popMany(count: number): PickleValue[] {
    return Array.from({ length: count }, () => this.pop()).reverse();
  }

  /** Appends to the list below. */
  append(values: readonly PickleValue[]): void {
    const list = this.stack.at(-1);
    if (!Array.isArray(list)) throw new PickleError('it appends to what is no list');
    for (const value of values) list.push(value);
  }

  /** Puts keys and values, in turns, into the dictionary below. */
  setItems(values: readonly PickleValue[]): void {
    const into = this.stack.at(-1);
    if (!(into instanceof Map) || values.length % 2 !== 0)
      throw new PickleError('it puts items into what is no dictionary');
    for (let i = 0; i < values.length; i += 2) into.set(values[i] as PickleValue, values[i + 1] as PickleValue);
  }

  remember(index: number): void {
    const value = this.stack.at(-1);
    if (value === undefined || value === MARK) throw new PickleError('it remembers a value where there is none');
    this.memo.set(index, value);
  }

  rememberNext(): void {
    this.remember(this.memo.size);
  }

  recall(index: number): void {
    const value = this.memo.get(index);
    if (value === undefined) throw new PickleError(`it recalls value ${index}, which it never remembered`);
    this.push(value);
  }

  /** Attributes of an object; those of a state dict describe modules, and are not needed. */
  build(): void {
    this.pop();
    if (!(this.stack.at(-1) instanceof Map)) throw new PickleError('it sets attributes of what is no dictionary');
  }

  global(): void {
    const module = this.line();
    this.push(globalNamed(module, this.line()));
  }

  stackGlobal(): void {
    const [module, name] = this.popMany(2);
    if (typeof module !== 'string' || typeof name !== 'string') throw new PickleError('a name is no text');
    this.push(globalNamed(module, name));
  }

  reduce(): void {
    const [callee, parameters] = this.popMany(2);
    this.push(reduce(callee as PickleGlobal, parameters as PickleValue));
  }
}

const OPCODES: ReadonlyMap<string, (reader: PickleReader) => void> = new Map<string, (reader: PickleReader) => void>([
  ['\x80', (r) => void r.byte()],
  ['\x95', (r) => void r.ulong()],
  ['(', (r) => r.push(MARK)],
  ['N', (r) => r.push(null)],
  ['\x88', (r) => r.push(true)],
  ['\x89', (r) => r.push(false)],
  ['J', (r) => r.push(r.int())],
  ['K', (r) => r.push(r.byte())],
  ['M', (r) => r.push(r.short())],
  ['\x8a', (r) => r.push(r.long(r.byte()))],
  ['G', (r) => r.push(r.double())],
  ['X', (r) => r.push(r.text(r.uint()))],
  ['\x8c', (r) => r.push(r.text(r.byte()))],
  ['\x8d', (r) => r.push(r.text(r.ulong()))],
  ['U', (r) => r.push(r.text(r.byte(), 'latin1'))],
  ['T', (r) => r.push(r.text(r.uint(), 'latin1'))],
  ['C', (r) => r.push(r.slice(r.byte()))],
  ['B', (r) => r.push(r.slice(r.uint()))],
  [')', (r) => r.push([])],
  ['\x85', (r) => r.push(r.popMany(1))],
  ['\x86', (r) => r.push(r.popMany(2))],
  ['\x87', (r) => r.push(r.popMany(3))],
  ['t', (r) => r.push(r.popMark())],
  [']', (r) => r.push([])],
  ['l', (r) => r.push(r.popMark())],
  ['a', (r) => r.append([r.pop()])],
  ['e', (r) => r.append(r.popMark())],
  ['}', (r) => r.push(new Map())],
  ['s', (r) => r.setItems(r.popMany(2))],
  ['u', (r) => r.setItems(r.popMark())],
  ['q', (r) => r.remember(r.byte())],
  ['r', (r) => r.remember(r.uint())],
  ['\x94', (r) => r.rememberNext()],
  ['h', (r) => r.recall(r.byte())],
  ['j', (r) => r.recall(r.uint())],
  ['c', (r) => r.global()],
  ['\x93', (r) => r.stackGlobal()],
  ['R', (r) => r.reduce()],
  ['b', (r) => r.build()],
  ['Q', (r) => r.push(persistent(r.pop()))],
]);
