/** What travels: plain data that every carrier knows. Text that holds a lone surrogate travels as its bytes. */
export type WireValue = null | boolean | number | string | Uint8Array | readonly WireValue[];

/** One message: its fields, and perhaps bytes of a file beside them. */
export interface Message {
  readonly head: readonly WireValue[];
  /** Empty where there are none. */
  readonly payload: Uint8Array;
  /** Where the payload of the answer may be put, by a carrier between those who share that memory; others leave it out. */
  readonly room?: Uint8Array | undefined;
}

export const NOTHING = new Uint8Array(0);
