import { wireString, wireUint32 } from '../../keys/wire.ts';
import { decodeText } from '../../vfs/names.ts';

/** The client broke the protocol; the connection cannot go on. The message is for the log and for the client. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}

/** Reads the fields of one message after its type. Every breach of its bounds throws `ProtocolError`. */
export interface MessageReader {
  uint32(): number;
  boolean(): boolean;
  /** A `string`, as a view of the message. */
  bytes(): Uint8Array;
  /** A `string` as text; bytes that are not UTF-8 stay as lone surrogates (vfs/names.ts). */
  text(): string;
  /** What is left. */
  rest(): Uint8Array;
  /** Bytes read so far, the type included. */
  position(): number;
}

export function messageReader(message: Uint8Array): MessageReader {
  let at = 1;
  const take = (length: number): Uint8Array => {
    if (length > message.length - at) throw new ProtocolError(`message ${message[0]} is cut short`);
    at += length;
    return message.subarray(at - length, at);
  };
  const uint32 = (): number => {
    const [a = 0, b = 0, c = 0, d = 0] = take(4);
    return a * 0x1000000 + ((b << 16) | (c << 8) | d);
  };
  const bytes = (): Uint8Array => take(uint32());
  return {
    uint32,
    bytes,
    boolean: () => take(1)[0] !== 0,
    text: () => decodeText(bytes()),
    rest: () => take(message.length - at),
    position: () => at,
  };
}

/** A message of its type and fields, each made by `string`, `uint32` or `boolean`. */
export function message(type: number, ...fields: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat([Uint8Array.of(type), ...fields]);
}

export const string = wireString;
export const uint32 = wireUint32;

export function boolean(value: boolean): Uint8Array {
  return Uint8Array.of(value ? 1 : 0);
}
