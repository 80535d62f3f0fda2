/** Sends the content of a file as literal bytes and numbers of blocks that the receiver has (send_token, token.c). */
export interface TokenWriter {
  /** Begins a file. */
  start(): void;
  /** The bytes may be used again once the promise is settled. */
  literal(bytes: Uint8Array): Promise<void>;
  /** `bytes` is the block's content. */
  block(index: number, bytes: Uint8Array): Promise<void>;
  end(): Promise<void>;
  /** Lets go of everything. */
  close(): void;
}
