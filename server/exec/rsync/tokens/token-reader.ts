/** What becomes of the content of a file as it arrives. */
export interface TokenSink {
  /** The bytes are the reader's; they are not used after the promise is settled. */
  literal(bytes: Uint8Array): Promise<void> | void;
  /** Copies a block of the basis, and answers its content. */
  block(index: number): Promise<Uint8Array>;
}

/** Reads the content of a file up to its end (recv_token, token.c). */
export interface TokenReader {
  read(sink: TokenSink): Promise<void>;
  /** Lets go of everything. */
  close(): void;
}
