import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { FileError } from '../../errors.js';
import type { Field, Message, ObjectOf, ScalarKind } from './schema.js';

/** The most fields that a file may have besides the values of tensors: each takes much more memory than in the file. */
const mostFields = 1_000_000;

/** The wire type of a value of each kind of field. */
const wireTypes: Readonly<Record<ScalarKind, WireType>> = {
  int32: WireType.Varint,
  int64: WireType.Varint,
  float: WireType.Bit32,
  string: WireType.LengthDelimited,
  bytes: WireType.LengthDelimited,
  numbers: WireType.LengthDelimited,
};

/**
 * Reads a message. Bytes are views of the given ones, not copies. Fields that the message does not list are skipped.
 * @throws FileError, with `file` and the place in the message, for bytes that are not such a message.
 */
export function decode<M extends Message>(file: string, message: M, bytes: Uint8Array): ObjectOf<M> {
  const decoder = new Decoder(bytes);
  try {
    return decoder.message(message, bytes.length) as ObjectOf<M>;
  } catch (error) {
    throw new FileError(`${file}: expected ${decoder.place(message)}, got ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** What reading a message needs: its fields by number, and a message without any. */
interface Layout {
  readonly byNumber: ReadonlyMap<number, readonly [name: string, field: Field]>;
  readonly defaults: Readonly<Record<string, unknown>>;
}

const layouts = new WeakMap<Message, Layout>();

/** The list of all repeated fields that are absent. */
const none: readonly unknown[] = Object.freeze([]);

function layoutOf(message: Message): Layout {
  const found = layouts.get(message);
  if (found) return found;
  const entries = Object.entries(message.fields);
  const layout: Layout = {
    byNumber: new Map(entries.map(([name, field]) => [field.number, [name, field]])),
    defaults: Object.fromEntries(entries.map(([name, { repeated }]) => [name, repeated ? none : undefined])),
  };
  layouts.set(message, layout);
  return layout;
}

/** Reads a message field by field. */
class Decoder {
  readonly #reader: BinaryReader;
  readonly #path: string[] = [];
  #count = 0;

  constructor(bytes: Uint8Array) {
    this.#reader = new BinaryReader(bytes);
  }

  /** Where the reader is, for messages. */
  place(message: Message): string {
    return `a field of ${[message.name, ...this.#path].join('.')} before byte ${this.#reader.pos}`;
  }

  message(message: Message, end: number): Record<string, unknown> {
    const reader = this.#reader;
    const { byNumber, defaults } = layoutOf(message);
    const value: Record<string, unknown> = { ...defaults };
    while (reader.pos < end) {
      if (++this.#count > mostFields) throw new Error(`more than ${mostFields} fields`);
      const [number, wireType] = reader.tag();
      const [name, field] = byNumber.get(number) ?? [];
      if (name === undefined || field === undefined) {
        reader.skip(wireType, number);
        if (reader.pos > end) throw new Error('a field that is longer than the message');
        continue;
      }
      const before = value[name] as readonly unknown[];
      this.#path.push(field.repeated ? `${name}[${before.length}]` : name);
      const read = this.#values(field, wireType, end);
      if (!field.repeated) value[name] = read[0];
      else if (before === none) value[name] = read;
      else for (const each of read) (before as unknown[]).push(each);
      if (reader.pos > end) throw new Error('a value that is longer than the message');
      this.#path.pop();
    }
    return value;
  }

  /** The values of a field: several if they are packed. */
  #values({ kind, repeated }: Field, wireType: WireType, end: number): readonly unknown[] {
    const reader = this.#reader;
    const wanted = typeof kind === 'string' ? wireTypes[kind] : WireType.LengthDelimited;
    if (kind === 'numbers' && wireType !== wanted) return [reader.skip(wireType)];
    const isPacked = repeated && wireType === WireType.LengthDelimited && wanted !== wireType;
    if (!isPacked && wireType !== wanted) throw new Error(`wire type ${wireType}`);
    if (typeof kind !== 'string') return [this.message(kind, this.#end(end))];
    if (!isPacked) return [this.#scalar(kind)];
    const values: unknown[] = [];
    for (const last = this.#end(end); reader.pos < last; ) {
      if (++this.#count > mostFields) throw new Error(`more than ${mostFields} fields`);
      values.push(this.#scalar(kind));
    }
    return values;
  }

  /** Reads a length, and returns the position after as many bytes. */
  #end(limit: number): number {
    const length = this.#reader.uint32();
    const end = this.#reader.pos + length;
    if (end > limit) throw new Error(`a length of ${length} bytes where ${limit - this.#reader.pos} are left`);
    return end;
  }

  #scalar(kind: ScalarKind): unknown {
    const reader = this.#reader;
    if (kind === 'int32') return reader.int32();
    if (kind === 'int64') return Number(reader.int64());
    if (kind === 'float') return reader.float();
    return kind === 'string' ? reader.string(true) : reader.bytes();
  }
}
