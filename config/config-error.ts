/** A setting that cannot be used; the message is one line that names it, where it came from, and what it may be. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}
