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
  const own = { time: time.toISOString(), level, message };
  return json({ ...own, ...fields, ...own }) ?? json({ ...own, fields: 'cannot be shown' }) ?? '';
}

function textOf(value: unknown): string {
  const safe = escapeUnsafe(rawText(value));
  return safe === '' || /[\s"=]/.test(safe) ? `"${safe.replaceAll('"', '\\"')}"` : safe;
}

function rawText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value instanceof Error) return summary(value);
  return json(value) ?? String(value);
}

/** `message: its cause: that one's cause`. */
function summary(error: Error, depth = 0): string {
  const { cause } = error;
  if (!(cause instanceof Error) || depth >= CAUSES_MAX) return error.message;
  return `${error.message}: ${summary(cause, depth + 1)}`;
}

/** Absent where a value cannot be JSON, for example one that holds itself. */
function json(value: unknown): string | undefined {
  try {
    return JSON.stringify(value, (_name, inner: unknown) => plain(inner));
  } catch {
    return undefined;
  }
}

function plain(value: unknown): unknown {
  if (typeof value === 'string') return escapeUnsafe(value);
  if (typeof value === 'bigint') return value.toString();
  return value instanceof Error ? describe(value) : value;
}

function describe(error: Error, depth = 0): Record<string, unknown> {
  const { code } = error as Error & { readonly code?: unknown };
  const cause =
    error.cause instanceof Error && depth < CAUSES_MAX ? describe(error.cause, depth + 1) : undefined;
  return { name: error.name, message: error.message, code, stack: error.stack?.split('\n'), cause };
}
