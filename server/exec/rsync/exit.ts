/** Exit codes of rsync (errcode.h) that a session here can end with. */
export const EXIT = {
  ok: 0,
  syntax: 1,
  protocol: 2,
  fileSelection: 3,
  unsupported: 4,
  fileIo: 11,
  stream: 12,
  signal: 20,
  memory: 22,
  partial: 23,
  vanished: 24,
  deleteLimit: 25,
  timeout: 30,
} as const;

/** Ends a whole session. The message is one line for the person at the client, without a line end. */
export class RsyncError extends Error {
  override readonly name = 'RsyncError';
  readonly exit: number;

  constructor(exit: number, message: string) {
    super(message);
    this.exit = exit;
  }
}

/** What a peer that keeps to the protocol never sends. */
export function protocolError(message: string): RsyncError {
  return new RsyncError(EXIT.protocol, message);
}

/** The peer has gone, or has said that it ends; nobody is left to be told. */
export class SessionEnded extends Error {
  override readonly name = 'SessionEnded';
  readonly exit: number;

  constructor(exit: number) {
    super('the session has ended');
    this.exit = exit;
  }
}
