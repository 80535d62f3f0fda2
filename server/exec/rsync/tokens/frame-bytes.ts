/** First bytes of what compressed contents are made of (token.c). */
export const FRAME = {
  end: 0x00,
  longToken: 0x20,
  longRun: 0x21,
  /** With the high bits of a length; the low byte follows. */
  deflated: 0x40,
  /** With the distance to the token before, in six bits. */
  token: 0x80,
  run: 0xc0,
} as const;

/** Bytes of compressed data in one frame (MAX_DATA_COUNT). */
export const DEFLATED_MAX = 16383;

/** What ends a piece of deflated data; it is not sent. */
export const SYNC_END = new Uint8Array([0, 0, 0xff, 0xff]);

/** Bytes of a stored block of deflate at most. */
export const STORED_MAX = 0xffff;
