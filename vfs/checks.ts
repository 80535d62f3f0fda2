import type { OpName } from './backend.ts';
import { VfsError } from './errors.ts';

/** What is wrong with a value that is called `name`; undefined: nothing. */
export type Check = (value: unknown, name: string) => string | undefined;

export function kind(what: string, is: (value: unknown) => boolean): Check {
  return (value, name) => (is(value) ? undefined : `${name} must be ${what}`);
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
const isId = (value: unknown): boolean =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff;

const anObject = kind('an object', isObject);
export const aString = kind('a string', (value) => typeof value === 'string');
export const aNumber = kind('a number', (value) => typeof value === 'number');
export const aBoolean = kind('true or false', (value) => typeof value === 'boolean');
export const anId = kind('an integer from 0 to 2^32 - 1', isId);
/** Not a number is no limit at all, which nobody means. */
export const aLimit = kind('a number from 0 up', (value) => typeof value === 'number' && value >= 0);

export function oneOf(...words: readonly string[]): Check {
  const listed = words.map((word) => `'${word}'`).join(', ');
  return kind(`one of ${listed}`, (value) => words.includes(value as string));
}

export function optional(check: Check): Check {
  return (value, name) => (value === undefined ? undefined : check(value, name));
}

/** An object of which these properties are checked. */
export function shape(properties: Readonly<Record<string, Check>>): Check {
  const checks = Object.entries(properties);
  return (value, name) => {
    if (!isObject(value)) return anObject(value, name);
    for (const [key, check] of checks) {
      const problem = check(value[key], `${name}.${key}`);
      if (problem !== undefined) return problem;
    }
    return undefined;
  };
}

export const aFunction = kind('a function', (value) => typeof value === 'function');
/** A place of the host's files. */
export const aHostPath = kind(
  'a path',
  (value) => typeof value === 'string' && value !== '' && !value.includes('\0'),
);
export const aBackend = shape({ capabilities: anObject });
/** More than 0, or `Infinity` for no end. */
export const aCeiling = kind('a number above 0', (value) => typeof value === 'number' && value > 0);

/** A list of which each is checked. */
export function listOf(check: Check): Check {
  return (value, name) => {
    if (!Array.isArray(value)) return `${name} must be a list`;
    return value
      .map((one, index) => check(one, `${name}[${index}]`))
      .find((problem) => problem !== undefined);
  };
}

/** As `Limits` has them. */
export const LIMITS = shape({
  bytes: optional(aLimit),
  inodes: optional(aLimit),
  fileSize: optional(aLimit),
});

/** The value, where nothing is wrong with it; `EINVAL` that names it otherwise. */
export function checked<T>(value: T, name: string, check: Check, op?: OpName): T {
  const problem = check(value, name);
  if (problem !== undefined) throw new VfsError('EINVAL', { op, detail: problem });
  return value;
}
