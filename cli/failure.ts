/** The command could not do its work: one line for a person that says what to do. Exit code 1. */
export class Failure extends Error {
  override readonly name = 'Failure';
}

/** The command was called wrongly: one line that says how to call it. Exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
