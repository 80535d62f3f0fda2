/** Packets of the SFTP protocol, version 3, that the scripted client sends (draft-ietf-secsh-filexfer-02). */
export const TYPE = {
  init: 1,
  version: 2,
  open: 3,
  close: 4,
  read: 5,
  write: 6,
  opendir: 11,
  readdir: 12,
  remove: 13,
  mkdir: 14,
  stat: 17,
  status: 101,
  handle: 102,
  data: 103,
} as const;

export const STATUS = { ok: 0, eof: 1 } as const;

/** READ; WRITE, CREATE and TRUNCATE. */
export const FLAGS = { read: 1, write: 2, create: 2 | 8 | 16 } as const;

/** A string with its length in front; text is UTF-8. */
export function string(value: string | Uint8Array): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return Buffer.concat([uint32(bytes.length), bytes]);
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

/** A packet with its length in front. */
export function packet(type: number, ...fields: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat([Buffer.of(type), ...fields]);
  return string(body);
}

/** Where a packet's fields are, counted from its length. */
export const AT = { type: 4, id: 5, fields: 9 } as const;
