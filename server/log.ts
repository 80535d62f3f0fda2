import winston from 'winston';
import type { Config } from '../config/schema.ts';
import { formatJson, formatText, type LogEntry } from './log-format.ts';

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

export interface LoggerOptions {
  readonly format: Config['logFormat'];
  readonly level: Config['logLevel'];
  /** Where lines go; absent: stderr. */
  readonly stream?: NodeJS.WritableStream | undefined;
  readonly now?: (() => Date) | undefined;
}

const FORMATS: Readonly<Record<Config['logFormat'], (entry: LogEntry) => string>> = {
  text: formatText,
  json: formatJson,
};

const LEVELS = { error: 0, warn: 1, info: 2, debug: 3 } as const;

/** Winston's entry carries ours under this name, so that no field of ours meets one of its own. */
interface Entry {
  readonly entry: LogEntry;
}

/** A log by winston: a line an entry, safe to look at whatever clients put into their names. */
export function createLogger({ format, level, stream, now = () => new Date() }: LoggerOptions): Logger {
  const logger = winston.createLogger({
    levels: LEVELS,
    level,
    format: winston.format.printf((info) => FORMATS[format]((info as unknown as Entry).entry)),
    transports: [new winston.transports.Stream({ stream: stream ?? process.stderr })],
    exitOnError: false,
  });
  const at = (line: keyof typeof LEVELS) => {
    if (LEVELS[line] > LEVELS[level]) return () => {};
    return (message: string, fields: Record<string, unknown> = {}): void => {
      logger.log({ level: line, message, entry: { time: now(), level: line, message, fields } });
    };
  };
  return {
    error: at('error'),
    warn: at('warn'),
    info: at('info'),
    debug: at('debug'),
    debugging: level === 'debug',
  };
}
