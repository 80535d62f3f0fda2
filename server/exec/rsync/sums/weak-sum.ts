/** The weak sum of a block (get_checksum1, checksum.c): bytes are signed; the two sums are kept modulo 2^16. */
export function weakSum(bytes: Uint8Array): number {
  const signed = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  const whole = signed.length & ~3;
  let low = 0;
  let high = 0;
  let at = 0;
  for (; at < whole; at += 4) {
    const a = signed[at] ?? 0;
    const b = signed[at + 1] ?? 0;
    const c = signed[at + 2] ?? 0;
    const d = signed[at + 3] ?? 0;
    high = (high + ((low + a) << 2) + b * 3 + (c << 1) + d) | 0;
    low = (low + a + b + c + d) | 0;
  }
  for (; at < signed.length; at++) {
    low = (low + (signed[at] ?? 0)) | 0;
    high = (high + low) | 0;
  }
  return (low & 0xffff) | (high << 16);
}
