const SIGNS = 0x8080_8080 | 0;
/** What a byte is too large by once its sign is turned. */
const BIAS = 128;

/** The weak sum of a block (get_checksum1, checksum.c): bytes are signed; the two sums are kept modulo 2^16. */
export function weakSum(bytes: Uint8Array): number {
  const words = bytes.byteOffset % 4 === 0 ? bytes.length >>> 2 : 0;
  let low = 0;
  let high = 0;
  if (words > 0) {
    // Four at a time, as numbers from 0 on: a word's bytes at even places in one half-word each, at odd ones in another.
    const four = new Int32Array(bytes.buffer, bytes.byteOffset, words);
    for (let index = 0; index < words; index++) {
      const word = (four[index] as number) ^ SIGNS;
      const even = word & 0x00ff_00ff;
      const odd = (word >>> 8) & 0x00ff_00ff;
      const first = (even + odd) & 0xffff;
      const second = (even + odd) >>> 16;
      high = (high + ((low + first) << 2) - (odd & 0xffff) + (second << 1) - (odd >>> 16)) | 0;
      low = (low + first + second) | 0;
    }
    const count = words * 4;
    low = (low - BIAS * count) | 0;
    high = (high - Math.imul(BIAS, Math.imul(count / 2, count + 1))) | 0;
  }
  for (let at = words * 4; at < bytes.length; at++) {
    low = (low + (((bytes[at] as number) << 24) >> 24)) | 0;
    high = (high + low) | 0;
  }
  return (low & 0xffff) | (high << 16);
}
