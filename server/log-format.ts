import { escapeUnsafe } from './escape.ts';

/** One line of a log, before it is text. */
export interface LogEntry {
  readonly time: Date;
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Causes of causes are shown so deep. */
const CAUSES_MAX = 5;

/** For people: `2026-11-23T07:01:02.345Z info  alice logged in  connection=c1 …`. Always one line. */
export function formatText({ time, level, message, fields }: LogEntry): string {
  const pairs = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${textOf(value)}`);
  const head = `${time.toISOString()} ${level.padEnd(5)} ${escapeUnsafe(message)}`;
  return pairs.length === 0 ? head : `${head}  ${pairs.join(' ')}`;
}

/** For programs: an object a line, with `time`, `level`, `message` and the fields. */
export function formatJson({ time, level, message, fields }: LogEntry): string {
  const entry = { time: time.toISOString(), level, message, ...fields };
  return JSON.stringify(entry, (_name, value: unknown) =>
    value instanceof Error ? describe(value) : plain(value),
  );
}

function textOf(value: unknown): string {
  const text =
    value instanceof Error
      ? summary(value)
      : typeof value === 'string'
        ? value
        : JSON.stringify(value, (_name, inner: unknown) => plain(inner));
  const safe = escapeUnsafe(text ?? String(value));
  return safe === '' || /[\s"=]/.test(safe) ? `"${safe.replaceAll('"', '\\"')}"` : safe;
}

/** `message: its cause: that one's cause`. */
function summary(error: Error, depth = 0): string {
  const { cause } = error;
  if (!(cause instanceof Error) || depth >= CAUSES_MAX) return error.message;
  return `${error.message}: ${summary(cause, depth + 1)}`;
}

function describe(error: Error, depth = 0): Record<string, unknown> {
  const { code } = error as Error & { readonly code?: unknown };
  const cause =
    error.cause instanceof Error && depth < CAUSES_MAX ? describe(error.cause, depth + 1) : undefined;
  return { name: error.name, message: escapeUnsafe(error.message), code, stack: error.stack, cause };
}

function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  return typeof value === 'string' ? escapeUnsafe(value) : value;
}
