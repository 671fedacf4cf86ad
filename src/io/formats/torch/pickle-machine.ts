import { expected, FileError, textOf } from '../../../errors.js';

/** A function that a pickle may call, by its name in Python. */
export class PickleFunction {
  readonly name: string;
  /** Receives the arguments; `spend` takes what the result costs from the pickle's budget. */
  readonly call: (args: readonly unknown[], spend: (cost: number) => void) => unknown;

  constructor(name: string, call: PickleFunction['call']) {
    this.name = name;
    this.call = call;
  }
}

/** What the program that reads a pickle allows it to use. Both throw FileError for what they do not know. */
export interface PickleWorld {
  /** Returns the object that a pickle names. */
  find(module: string, name: string): unknown;
  /** Returns an object that is stored outside of the pickle. */
  persistent(id: unknown): unknown;
}

/** Marks the beginning of the items of a tuple, list, set or dictionary on the stack. */
const mark = Symbol('mark');

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The state of the machine that a pickle is a program for: a position in the bytes, a stack and a memo. */
export class PickleMachine {
  readonly world: PickleWorld;
  readonly memo = new Map<number, unknown>();
  readonly #name: string;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #stack: unknown[] = [];
  /** How much more the calls of functions may produce: as much as the pickle has bytes, so that time is linear. */
  #budget: number;
  #at: number;

  constructor(name: string, bytes: Uint8Array, start: number, world: PickleWorld) {
    this.world = world;
    this.#name = name;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#budget = bytes.length - start;
    this.#at = start;
  }

  /** The offset of the next byte. */
  get at(): number {
    return this.#at;
  }

  /** Makes the error for a pickle that is not as expected. */
  error(wanted: string, got: string): FileError {
    return new FileError(expected(`${this.#name} at byte ${this.#at}`, wanted, got));
  }

  spend(cost: number): void {
    this.#budget -= cost;
    if (this.#budget < 0) throw this.error('objects of no more bytes than the pickle has', 'more');
  }

  /** Returns the offset of the next `length` bytes and moves behind them. */
  #skip(length: number): number {
    const start = this.#at;
    if (!(length <= this.#bytes.length - start)) {
      throw this.error(`${length} more bytes`, `${this.#bytes.length - start}; the pickle is cut short`);
    }
    this.#at += length;
    return start;
  }

  byte(): number {
    return this.#bytes[this.#skip(1)];
  }

  uint16(): number {
    return this.#view.getUint16(this.#skip(2), true);
  }

  int32(): number {
    return this.#view.getInt32(this.#skip(4), true);
  }

  uint32(): number {
    return this.#view.getUint32(this.#skip(4), true);
  }

  /** A length of 64 bits; beyond 2^53 it is inexact, and more than any pickle has. */
  uint64(): number {
    return Number(this.#view.getBigUint64(this.#skip(8), true));
  }

  /** A double, which is big-endian in pickles. */
  double(): number {
    return this.#view.getFloat64(this.#skip(8));
  }

  bytes(length: number): Uint8Array {
    const start = this.#skip(length);
    return new Uint8Array(this.#bytes.subarray(start, start + length));
  }

  text(length: number): string {
    const start = this.#skip(length);
    try {
      return utf8.decode(this.#bytes.subarray(start, start + length));
    } catch {
      throw this.error('text in UTF-8', 'other bytes');
    }
  }

  /** The text up to the end of the line. */
  line(): string {
    const end = this.#bytes.indexOf(10, this.#at);
    if (end < 0) throw this.error('the end of a line', 'none; the pickle is cut short');
    const text = this.text(end - this.#at);
    this.#at++;
    return text;
  }

  /** An integer in two's complement. Integers of more bits than a double holds become BigInts. */
  long(length: number): number | bigint {
    if (length > 255) throw this.error('an integer of at most 255 bytes', `${length}`);
    const bytes = this.bytes(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]);
    if (length > 0 && bytes[length - 1] > 127) value -= 1n << BigInt(8 * length);
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }

  push(value: unknown): void {
    this.#stack.push(value);
  }

  mark(): void {
    this.#stack.push(mark);
  }

  pop(): unknown {
    const value = this.#stack.length > 0 ? this.#stack.pop() : mark;
    if (value === mark) throw this.error('a value on the stack', 'none');
    return value;
  }

  /** The value on top of the stack, which stays there. */
  top(): unknown {
    const value = this.pop();
    this.#stack.push(value);
    return value;
  }

  /** Takes the values above the last mark, and the mark. */
  popMark(): unknown[] {
    const start = this.#stack.lastIndexOf(mark);
    if (start < 0) throw this.error('a mark on the stack', 'none');
    const items = this.#stack.splice(start + 1);
    this.#stack.pop();
    return items;
  }

  /** Takes the last `count` values. */
  popMany(count: number): unknown[] {
    const items: unknown[] = [];
    for (let i = 0; i < count; i++) items.unshift(this.pop());
    return items;
  }

  recall(key: number): void {
    if (!this.memo.has(key)) throw this.error(`an object ${key} in the memo`, 'none');
    this.#stack.push(this.memo.get(key));
  }

  /** Calls a function. */
  call(callee: unknown, args: unknown): unknown {
    if (!(callee instanceof PickleFunction) || !Array.isArray(args)) {
      throw this.error('a call of a known function', `one of ${kindOf(callee)}`);
    }
    try {
      return callee.call(args, (cost) => this.spend(cost));
    } catch (error) {
      if (!(error instanceof BadArguments)) throw error;
      throw this.error(
        `arguments of ${callee.name}: ${error.message}`,
        args.map(kindOf).join(', ').slice(0, 200) || 'none',
      );
    }
  }
}

/** Thrown by a PickleFunction: the message says which arguments it expects. */
export class BadArguments extends Error {}

/** A value of a pickle in a few words. */
export function kindOf(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (value instanceof Map || value instanceof Set)
    return `a ${value instanceof Map ? 'dict' : 'set'} of ${value.size}`;
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (value instanceof PickleFunction) return value.name;
  return typeof value === 'object' && value !== null ? value.constructor.name : textOf(value);
}
