import { protocolError } from '../exit.ts';
import type { Input } from '../wire/input.ts';
import type { Output } from '../wire/output.ts';

/** Attributes of one entry at most, and bytes of a name or value that is read over. */
const ATTRIBUTES_MAX = 65_536;
const VALUE_MAX = 64 * 1024 * 1024;
/** MAX_FULL_DATUM, xattrs.c: longer values travel as a digest. */
const WHOLE_VALUE_MAX = 32;
const DIGEST_BYTES = 16;

/** Reads over the ACLs of an entry: one, and for a directory a default one (recv_rsync_acl, acls.c). */
export function skipAcls(input: Input, directory: boolean): void {
  skipAcl(input);
  if (directory) skipAcl(input);
}

function skipAcl(input: Input): void {
  if (input.varint() !== 0) return;
  const fields = input.byte();
  for (let bit = 1; bit <= 8; bit <<= 1) if ((fields & bit) !== 0) input.varint();
  if ((fields & 16) === 0) return;
  const count = counted(input.varint());
  for (let entry = 0; entry < count; entry++) {
    input.varint();
    if ((input.varint() & 1) !== 0) input.text(input.byte());
  }
}

/** Reads over the extended attributes of an entry (receive_xattr, xattrs.c). */
export function skipXattrs(input: Input): void {
  if (input.varint() !== 0) return;
  const count = counted(input.varint());
  for (let attribute = 0; attribute < count; attribute++) {
    const nameLength = counted(input.varint());
    const valueLength = input.varint();
    if (valueLength < 0 || valueLength > VALUE_MAX) throw protocolError('an extended attribute is too long');
    input.bytes(nameLength);
    input.bytes(valueLength > WHOLE_VALUE_MAX ? DIGEST_BYTES : valueLength);
  }
}

function counted(value: number): number {
  if (value < 0 || value > ATTRIBUTES_MAX) throw protocolError('there are too many extended attributes');
  return value;
}

/** Says of each entry that it has neither ACLs nor extended attributes: in full once, and by reference after. */
export class NoExtendedAttributes {
  #saidAcl = false;
  #saidDefaultAcl = false;
  #saidXattrs = false;

  acls(output: Output, directory: boolean): void {
    this.#acl(output, this.#saidAcl);
    this.#saidAcl = true;
    if (!directory) return;
    this.#acl(output, this.#saidDefaultAcl);
    this.#saidDefaultAcl = true;
  }

  xattrs(output: Output): void {
    output.varint(this.#saidXattrs ? 1 : 0);
    if (!this.#saidXattrs) output.varint(0);
    this.#saidXattrs = true;
  }

  #acl(output: Output, said: boolean): void {
    output.varint(said ? 1 : 0);
    if (!said) output.byte(0);
  }
}
