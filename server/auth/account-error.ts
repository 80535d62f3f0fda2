export type AccountErrorCode = 'EXISTS' | 'UNKNOWN' | 'INVALID' | 'LIMIT' | 'BUSY' | 'FILE';

/** What is wrong with an account or with the file of accounts; the message is one line for a person and says what to do. */
export class AccountError extends Error {
  override readonly name = 'AccountError';
  readonly code: AccountErrorCode;

  constructor(code: AccountErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
