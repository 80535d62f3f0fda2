/** What travels: plain data that every carrier knows. Text that holds a lone surrogate travels as its bytes. */
export type WireValue = null | boolean | number | string | Uint8Array | readonly WireValue[];

/** One message: its fields, and perhaps bytes of a file beside them. */
export interface Message {
  readonly head: readonly WireValue[];
  /** Empty where there are none. */
  readonly payload: Uint8Array;
}

export const NOTHING = new Uint8Array(0);
