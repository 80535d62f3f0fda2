const WORD = 8;

/** True for bytes that are all zero, which need not be written where a hole is. */
export function isZero(bytes: Uint8Array): boolean {
  const misaligned = (WORD - (bytes.byteOffset % WORD)) % WORD;
  const start = Math.min(misaligned, bytes.length);
  const count = Math.floor((bytes.length - start) / WORD);
  // Two words of 32 bits a step: those of 64 bits would be objects.
  const words = new Uint32Array(
    count === 0 ? new ArrayBuffer(0) : bytes.buffer,
    count === 0 ? 0 : bytes.byteOffset + start,
    count * 2,
  );
  return (
    words.every((word) => word === 0) &&
    bytes.subarray(0, start).every((byte) => byte === 0) &&
    bytes.subarray(start + count * WORD).every((byte) => byte === 0)
  );
}
