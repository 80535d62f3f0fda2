import { protocolError } from '../exit.ts';
import type { Input } from '../wire/input.ts';
import type { Output } from '../wire/output.ts';

/** Entries of one list at most. */
const ENTRIES_MAX = 65_536;

/**
 * Reads over the access control lists of an entry: one, and for a directory a default one (recv_rsync_acl, acls.c). No
 * storage keeps them; what they say of owner, group and others is in the mode of the entry.
 */
export function skipAcls(input: Input, directory: boolean): void {
  skipAcl(input);
  if (directory) skipAcl(input);
}

function skipAcl(input: Input): void {
  if (input.varint() !== 0) return;
  const fields = input.byte();
  for (let bit = 1; bit <= 8; bit <<= 1) if ((fields & bit) !== 0) input.varint();
  if ((fields & 16) === 0) return;
  const count = input.varint();
  if (count < 0 || count > ENTRIES_MAX) throw protocolError('an access control list is too long');
  for (let entry = 0; entry < count; entry++) {
    input.varint();
    if ((input.varint() & 1) !== 0) input.text(input.byte());
  }
}

/** Says of each entry that its mode is all there is: in full once, and by reference after (send_rsync_acl, acls.c). */
export class NoAcls {
  #said = false;
  #saidDefault = false;

  write(output: Output, directory: boolean): void {
    this.#one(output, this.#said);
    this.#said = true;
    if (!directory) return;
    this.#one(output, this.#saidDefault);
    this.#saidDefault = true;
  }

  #one(output: Output, said: boolean): void {
    output.varint(said ? 1 : 0);
    if (!said) output.byte(0);
  }
}
