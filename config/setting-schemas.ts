import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { ConfigError } from './config-error.ts';
import { parseListenAddress } from './listen-address.ts';

/** Exactly one text. */
const one = z
  .array(z.string())
  .readonly()
  .refine((texts) => texts.length === 1, 'is given more than once')
  .transform((texts) => texts[0] ?? '');

/** A whole number within bounds. */
export function whole(minimum: number, maximum: number): z.ZodType<number, readonly string[]> {
  const range = `must be a whole number from ${minimum} to ${maximum}`;
  return one
    .refine((text) => /^\d{1,15}$/.test(text), range)
    .transform(Number)
    .refine((value) => value >= minimum && value <= maximum, range);
}

/** A whole number within bounds; `cores` stands for as many as the machine has, but no fewer than `fewest`. */
export function wholeOrCores(
  minimum: number,
  maximum: number,
  fewest = minimum,
): z.ZodType<number, readonly string[]> {
  const cores = Math.min(maximum, Math.max(fewest, availableParallelism()));
  const count = whole(minimum, maximum);
  return z
    .array(z.string())
    .readonly()
    .transform((texts) => (texts.length === 1 && texts[0] === 'cores' ? [String(cores)] : texts))
    .pipe(count);
}

/** One of a few words. */
export function choice<const T extends string>(
  ...choices: readonly [T, ...T[]]
): z.ZodType<T, readonly string[]> {
  return one.pipe(z.enum(choices, `must be ${choices.join(' or ')}`));
}

/** Turns the `ConfigError` of a parser into an issue of zod. */
function parsed<T>(parse: (text: string) => T) {
  return (text: string, context: z.RefinementCtx): T => {
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      context.addIssue(error.message);
      return z.NEVER;
    }
  };
}

export const listen = z
  .array(z.string().transform(parsed(parseListenAddress)))
  .min(1, 'must have an address like 127.0.0.1:2022')
  .readonly();

export const banner = one
  .refine((text) => Buffer.byteLength(text) <= 4096, 'must not be longer than 4096 bytes')
  .transform((text) => (text === '' ? undefined : text));

export const umask = one
  .refine((text) => /^(0o?)?[0-7]{1,3}$/.test(text), 'must be octal, like 022')
  .transform((text) => Number.parseInt(text.replace(/^0o/, ''), 8));
