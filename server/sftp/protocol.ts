/*
 * The numbers of SFTP version 3 (draft-ietf-secsh-filexfer-02) and the limits of this server.
 */

export const PROTOCOL_VERSION = 3;

/** Bytes after a packet's length field at most, as in OpenSSH's server; told to clients by `limits@openssh.com`. */
export const PACKET_MAX = 256 * 1024;
/** Bytes in one READ or WRITE at most. A longer READ is answered with less. */
export const DATA_MAX = PACKET_MAX - 1024;

/** Packet types (section 3). */
export const PACKET = {
  INIT: 1,
  VERSION: 2,
  OPEN: 3,
  CLOSE: 4,
  READ: 5,
  WRITE: 6,
  LSTAT: 7,
  FSTAT: 8,
  SETSTAT: 9,
  FSETSTAT: 10,
  OPENDIR: 11,
  READDIR: 12,
  REMOVE: 13,
  MKDIR: 14,
  RMDIR: 15,
  REALPATH: 16,
  STAT: 17,
  RENAME: 18,
  READLINK: 19,
  SYMLINK: 20,
  STATUS: 101,
  HANDLE: 102,
  DATA: 103,
  NAME: 104,
  ATTRS: 105,
  EXTENDED: 200,
  EXTENDED_REPLY: 201,
} as const;

/** Status codes (section 7). */
export const STATUS = {
  OK: 0,
  EOF: 1,
  NO_SUCH_FILE: 2,
  PERMISSION_DENIED: 3,
  FAILURE: 4,
  BAD_MESSAGE: 5,
  OP_UNSUPPORTED: 8,
} as const;

export type StatusCode = (typeof STATUS)[keyof typeof STATUS];

/** The flags of OPEN (section 6.3). */
export const OPEN_FLAG = { READ: 1, WRITE: 2, APPEND: 4, CREAT: 8, TRUNC: 16, EXCL: 32 } as const;

/** Which attributes are there (section 5). */
export const ATTRIBUTE = {
  SIZE: 1,
  UIDGID: 2,
  PERMISSIONS: 4,
  ACMODTIME: 8,
  EXTENDED: 0x80000000,
} as const;

/** The flag of statvfs@openssh.com for a storage that cannot be written (OpenSSH's PROTOCOL, section 4.5). */
export const STORAGE_READ_ONLY = 1;
