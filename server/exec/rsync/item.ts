import type { Input } from './wire/input.ts';
import type { Output } from './wire/output.ts';

/** What is said of one name beside its index (ITEM_*, rsync.h). */
export const ITEM = {
  content: 0x0002,
  size: 0x0004,
  time: 0x0008,
  permissions: 0x0010,
  owner: 0x0020,
  group: 0x0040,
  xattr: 0x0100,
  basisFollows: 0x0800,
  nameFollows: 0x1000,
  isNew: 0x2000,
  localChange: 0x4000,
  transfer: 0x8000,
  /** What is worth a report by itself (SIGNIFICANT_ITEM_FLAGS). */
  significant: 0xffff & ~(0x0800 | 0x1000 | 0x4000),
} as const;

/** Which file the receiver has compared with (FNAMECMP_*, rsync.h); below 0x80, the number of a basis directory. */
export const BASIS = { file: 0x80, partial: 0x81, backup: 0x82, fuzzy: 0x83 } as const;

export interface Item {
  readonly flags: number;
  readonly basis: number;
  readonly name: string;
}

/** What protocols before 29 mean by an index alone. */
const REQUEST: Item = { flags: ITEM.transfer, basis: BASIS.file, name: '' };

/** read_ndx_and_attrs, without the index. */
export async function readItem(input: Input, protocol: number): Promise<Item> {
  if (protocol < 29) return REQUEST;
  return input.parse((bytes) => {
    const flags = bytes.short();
    const basis = (flags & ITEM.basisFollows) !== 0 ? bytes.byte() : BASIS.file;
    const name = (flags & ITEM.nameFollows) !== 0 ? bytes.vstring() : '';
    return { flags, basis, name };
  });
}

export function writeItem(output: Output, protocol: number, { flags, basis, name }: Item): void {
  if (protocol < 29) return;
  output.short(flags);
  if ((flags & ITEM.basisFollows) !== 0) output.byte(basis);
  if ((flags & ITEM.nameFollows) !== 0) output.vstring(name);
}
