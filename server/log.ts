/** Where the server's lines go. `fields` are data for the reader of JSON logs. */
export interface Logger {
  error(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  debug(message: string, fields?: Record<string, unknown>): void;
  /** False: nobody reads `debug`, so its fields need not be made. */
  readonly debugging?: boolean | undefined;
}

/** A logger that adds `fields` to every line. */
export function withFields(log: Logger, fields: Record<string, unknown>): Logger {
  return {
    debugging: log.debugging,
    error: (message, more) => log.error(message, { ...fields, ...more }),
    warn: (message, more) => log.warn(message, { ...fields, ...more }),
    info: (message, more) => log.info(message, { ...fields, ...more }),
    debug: (message, more) => log.debug(message, { ...fields, ...more }),
  };
}
