/** Something is wrong with a key or its file; the message is one line for a person and says what to do. */
export class KeyError extends Error {
  override readonly name = 'KeyError';
}
