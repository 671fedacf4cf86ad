import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { Field, Given, Message } from './schema.js';

/** Returns the bytes of a message. */
export function encode<M extends Message>(message: M, value: Given<M>): Uint8Array {
  const writer = new BinaryWriter();
  writeFields(writer, message, value as Readonly<Record<string, unknown>>);
  return writer.finish();
}

function writeFields(writer: BinaryWriter, message: Message, value: Readonly<Record<string, unknown>>): void {
  for (const [name, field] of Object.entries(message.fields)) {
    const given = value[name];
    if (given === undefined) continue;
    for (const each of field.repeated ? (given as readonly unknown[]) : [given]) writeField(writer, field, each);
  }
}

function writeField(writer: BinaryWriter, { number, kind }: Field, value: unknown): void {
  if (kind === 'float') writer.tag(number, WireType.Bit32).float(value as number);
  else if (kind === 'int32') writer.tag(number, WireType.Varint).int32(value as number);
  else if (kind === 'int64') writer.tag(number, WireType.Varint).int64(BigInt(value as number));
  else if (kind === 'string') writer.tag(number, WireType.LengthDelimited).string(value as string);
  else if (typeof kind === 'string') writer.tag(number, WireType.LengthDelimited).bytes(value as Uint8Array);
  else {
    writer.tag(number, WireType.LengthDelimited).fork();
    writeFields(writer, kind, value as Readonly<Record<string, unknown>>);
    writer.join();
  }
}
