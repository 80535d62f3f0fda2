import { checkAddressPattern } from './address-patterns.ts';
import type { KeyOptions } from './authorized-keys.ts';
import { KeyError } from './key-error.ts';

interface Mutable {
  from?: readonly string[];
  expiryTime?: number;
}

/** Takes an option's value (absent: none was given) into the result, or throws `KeyError` with the reason to refuse the key. */
type Rule = (value: string | undefined, into: Mutable) => void;

const harmless: Rule = () => {};

/** An option that narrows what a key may do, which would be wider without it: better no key than that. */
function unsupported(name: string): Rule {
  return () => {
    throw new KeyError(`the option ${name}= is not supported, and the key would be allowed more without it`);
  };
}

const certificate: Rule = () => {
  throw new KeyError('certificates are not supported');
};

/**
 * The options of sshd(8), AUTHORIZED_KEYS FILE FORMAT. Harmless are those that speak of what this server never grants
 * (forwarding, agents, tunnels, start-up files) or grants again.
 */
const RULES: Readonly<Record<string, Rule>> = {
  'agent-forwarding': harmless,
  'cert-authority': certificate,
  command: unsupported('command'),
  environment: unsupported('environment'),
  'expiry-time': expiryTime,
  from,
  'no-agent-forwarding': harmless,
  'no-port-forwarding': harmless,
  'no-pty': harmless,
  'no-touch-required': harmless,
  'no-user-rc': harmless,
  'no-x11-forwarding': harmless,
  permitlisten: harmless,
  permitopen: harmless,
  'port-forwarding': harmless,
  principals: certificate,
  pty: harmless,
  restrict: harmless,
  tunnel: harmless,
  'user-rc': harmless,
  'verify-required': unsupported('verify-required'),
  'x11-forwarding': harmless,
};

/** One option, `name` or `name="value"` with `\"` for a quote in the value, and what ends it. */
const OPTION = /([A-Za-z0-9-]+)(?:=(?:"((?:\\"|[^"\\]|\\(?!"))*)"|([^",]*)))?(,|$)/y;

/** Reads the options of a line, e.g. `restrict,from="10.0.0.0/8,!10.1.2.3"`. Throws `KeyError` with the reason to refuse the key. */
export function parseKeyOptions(text: string): KeyOptions {
  const options: Mutable = {};
  OPTION.lastIndex = 0;
  while (OPTION.lastIndex < text.length) {
    const rest = text.slice(OPTION.lastIndex);
    const match = OPTION.exec(text);
    if (match === null) throw new KeyError(`the options are malformed at: ${rest.slice(0, 40)}`);
    const [whole, name = '', quoted, bare] = match;
    if (bare !== undefined) throw new KeyError(`the value of the option ${name} needs quotes: ${name}="…"`);
    take(name, quoted?.replaceAll('\\"', '"'), options);
    if (whole.endsWith(',') && OPTION.lastIndex === text.length)
      throw new KeyError('the options end in a comma');
  }
  return options;
}

function take(name: string, value: string | undefined, into: Mutable): void {
  // Object.hasOwn: a name like `constructor` is no option.
  const key = name.toLowerCase();
  const rule = Object.hasOwn(RULES, key) ? RULES[key] : undefined;
  if (rule === undefined) throw new KeyError(`there is no option ${name}`);
  rule(value, into);
}

function from(value: string | undefined, into: Mutable): void {
  if (value === undefined || value === '')
    throw new KeyError('the option from needs a value: from="10.0.0.0/8"');
  if (into.from !== undefined) throw new KeyError('the option from is given twice; put both lists into one');
  const patterns = value.split(',').map((pattern) => pattern.trim());
  for (const pattern of patterns) checkAddressPattern(pattern);
  into.from = patterns;
}

/** `YYYYMMDD`, `YYYYMMDDHHMM` or `YYYYMMDDHHMMSS`, in local time, or in UTC with a `Z` after it. */
const TIME = /^(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2})?)?(Z?)$/;

function expiryTime(value: string | undefined, into: Mutable): void {
  const match = TIME.exec(value ?? '');
  if (match === null)
    throw new KeyError(
      'the option expiry-time needs a time: expiry-time="YYYYMMDD" or "YYYYMMDDHHMM[SS]", Z for UTC',
    );
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((digits) => Number(digits ?? 0));
  const utc = Date.UTC(year, month - 1, day, hour, minute, second);
  const exists = new Date(utc)
    .toISOString()
    .startsWith(
      `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}T${pad(hour, 2)}:${pad(minute, 2)}:${pad(second, 2)}`,
    );
  if (!exists) throw new KeyError(`the option expiry-time names a time that does not exist: ${value}`);
  const milliseconds =
    match[7] === 'Z' ? utc : new Date(year, month - 1, day, hour, minute, second).getTime();
  into.expiryTime = Math.min(into.expiryTime ?? Infinity, Math.floor(milliseconds / 1000));
}

function pad(value: number, digits: number): string {
  return String(value).padStart(digits, '0');
}
