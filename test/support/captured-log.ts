import type { Logger } from '../../server/log.ts';

export interface LogLine {
  readonly level: 'error' | 'warn' | 'info' | 'debug';
  readonly message: string;
  readonly fields: Record<string, unknown>;
}

/** A logger that keeps its lines for a test to look at. */
export interface CapturedLog extends Logger {
  readonly lines: LogLine[];
  /** Lines that are worth someone's attention: `error` and `warn`. */
  readonly alarms: LogLine[];
  /** The first line that fits, now or once it comes; rejects after `timeout` milliseconds. */
  waitFor(fits: (line: LogLine) => boolean, timeout?: number): Promise<LogLine>;
}

export function captureLog(): CapturedLog {
  const lines: LogLine[] = [];
  const watchers = new Set<() => void>();
  const add =
    (level: LogLine['level']) =>
    (message: string, fields: Record<string, unknown> = {}): void => {
      lines.push({ level, message, fields });
      for (const watcher of watchers) watcher();
    };
  return {
    lines,
    get alarms() {
      return lines.filter(({ level }) => level === 'error' || level === 'warn');
    },
    error: add('error'),
    warn: add('warn'),
    info: add('info'),
    debug: add('debug'),
    waitFor: (fits, timeout = 10_000) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = lines.find(fits);
          if (found === undefined) return;
          done();
          resolve(found);
        };
        const timer = setTimeout(() => {
          done();
          reject(
            new Error(`no such line in the log:\n${lines.map((line) => JSON.stringify(line)).join('\n')}`),
          );
        }, timeout);
        const done = (): void => {
          clearTimeout(timer);
          watchers.delete(look);
        };
        watchers.add(look);
        look();
      }),
  };
}
