import { protocolError } from '../exit.ts';
import type { Input } from '../wire/input.ts';
import type { Output } from '../wire/output.ts';

/** Owners in a list at most. */
const IDS_MAX = 1_000_000;

/** Names of the owners in a file list, by number (recv_id_list, uidlist.c). */
export async function readIdNames(input: Input, protocol: number): Promise<Map<number, string>> {
  const names = new Map<number, string>();
  for (;;) {
    const one = await input.parse((bytes) => readIdName(bytes, protocol));
    if (one === undefined) return names;
    if (names.size >= IDS_MAX) throw protocolError('there are too many owners');
    names.set(one.id, one.name);
  }
}

function readIdName(input: Input, protocol: number): { id: number; name: string } | undefined {
  const id = (protocol < 30 ? input.int() : input.varint()) >>> 0;
  return id === 0 ? undefined : { id, name: input.text(input.byte()) };
}

/** Each number but 0 with the name that it has, where it has one (send_id_lists). */
export function writeIdNames(
  output: Output,
  protocol: number,
  ids: Iterable<number>,
  nameOf: (id: number) => string | undefined,
): void {
  const number = (id: number): void => (protocol < 30 ? output.int(id) : output.varint(id));
  for (const id of ids) {
    const name = id === 0 ? undefined : nameOf(id)?.slice(0, 255);
    if (name === undefined || name === '') continue;
    number(id);
    output.byte(name.length);
    output.text(name);
  }
  number(0);
}
