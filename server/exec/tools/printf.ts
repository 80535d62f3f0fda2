import { send } from '../output.ts';
import type { Program } from '../program.ts';
import { unescape } from './escapes.ts';
import { quoted, shellQuoted } from './quoted.ts';

const CONVERSION = /%([-+ 0#]*)(\d+|\*)?(?:\.(\d*|\*))?([diouxXcsbqeEfFgG%])/g;
/** Columns that a width may ask for. */
const WIDTH_MAX = 10_000;

/** As bash's printf: the format is used again until all arguments are. */
export const printf: Program = async ({ args, stdout, stderr, signal }) => {
  const [format, ...values] = args[0] === '--' ? args.slice(1) : args;
  if (format === undefined) {
    await send(stderr, 'printf: usage: printf format [arguments]\n', signal);
    return 2;
  }
  const run = new Formatting(unescape(format).text, values);
  for (;;) {
    const text = run.once();
    for (const problem of run.problems.splice(0)) await send(stderr, `printf: ${problem}\n`, signal);
    await send(stdout, text, signal);
    if (run.isOver) return run.status;
  }
};

class Formatting {
  readonly #format: string;
  readonly #values: readonly string[];
  readonly problems: string[] = [];
  status = 0;
  #at = 0;
  #stopped = false;
  #used = false;

  constructor(format: string, values: readonly string[]) {
    this.#format = format;
    this.#values = values;
  }

  /** A format that takes no argument is used once. */
  get isOver(): boolean {
    return this.#stopped || !this.#used || this.#at >= this.#values.length;
  }

  once(): string {
    this.#used = false;
    let text = '';
    let from = 0;
    for (const match of this.#format.matchAll(CONVERSION)) {
      text += this.#format.slice(from, match.index);
      from = match.index + match[0].length;
      text += this.#convert(match);
      if (this.#stopped) return text;
    }
    return text + this.#format.slice(from);
  }

  #next(): string | undefined {
    this.#used = true;
    return this.#values[this.#at++];
  }

  #convert([, flags = '', widthText, precisionText, letter = '']: RegExpMatchArray): string {
    if (letter === '%') return '%';
    const width = widthText === '*' ? this.#number(this.#next()) : Number(widthText ?? 0);
    const precision =
      precisionText === undefined
        ? undefined
        : precisionText === '*'
          ? this.#number(this.#next())
          : Number(precisionText);
    const value = this.#text(letter, this.#next(), flags, precision);
    const columns = Math.min(Math.abs(width), WIDTH_MAX);
    if (flags.includes('-') || width < 0) return value.padEnd(columns);
    const isNumber = 'diouxXeEfFgG'.includes(letter);
    if (!isNumber || !flags.includes('0')) return value.padStart(columns);
    const sign = /^[-+ ]/.exec(value)?.[0] ?? '';
    return sign + value.slice(sign.length).padStart(columns - sign.length, '0');
  }

  #text(letter: string, value: string | undefined, flags: string, precision: number | undefined): string {
    if (letter === 's') return (value ?? '').slice(0, precision);
    if (letter === 'q') return shellQuoted(value ?? '');
    if (letter === 'c') return Array.from(value ?? '')[0] ?? '';
    if (letter === 'b') {
      const { text, stopped } = unescape(value ?? '');
      this.#stopped = stopped;
      return text.slice(0, precision);
    }
    const number = this.#number(value);
    const sign = number < 0 ? '-' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
    if ('eEfFgG'.includes(letter)) return sign + floating(letter, Math.abs(number), precision ?? 6);
    return integral(letter, number, sign, precision);
  }

  #number(value: string | undefined): number {
    if (value === undefined || value === '') return 0;
    if (/^['"]/.test(value)) return value.codePointAt(1) ?? 0;
    const octal = /^([-+]?)0([0-7]+)$/.exec(value);
    if (octal !== null) return (octal[1] === '-' ? -1 : 1) * parseInt(octal[2] ?? '0', 8);
    const number = Number(value);
    if (!Number.isNaN(number)) return number;
    this.status = 1;
    this.problems.push(`${quoted(value).slice(1, -1)}: invalid number`);
    return Number.parseFloat(value) || 0;
  }
}

function integral(letter: string, number: number, sign: string, precision: number | undefined): string {
  const whole = BigInt(Math.trunc(Number.isFinite(number) ? number : 0));
  const radix = letter === 'o' ? 8 : letter === 'x' || letter === 'X' ? 16 : 10;
  const isSigned = letter === 'd' || letter === 'i';
  const bits = isSigned ? (whole < 0n ? -whole : whole) : BigInt.asUintN(64, whole);
  const digits = bits.toString(radix).padStart(precision ?? 0, '0');
  return (isSigned ? sign : '') + (letter === 'X' ? digits.toUpperCase() : digits);
}

function floating(letter: string, number: number, precision: number): string {
  const places = Math.min(precision, 100);
  const exponent = (text: string): string => text.replace(/e([+-])(\d)$/, 'e$10$2');
  const kind = letter.toLowerCase();
  const text =
    kind === 'f'
      ? number.toFixed(places)
      : kind === 'e'
        ? exponent(number.toExponential(places))
        : general(number, places, exponent);
  return letter === kind ? text : text.toUpperCase();
}

function general(number: number, precision: number, exponent: (text: string) => string): string {
  const digits = Math.max(1, precision);
  const power = number === 0 ? 0 : Math.floor(Math.log10(number));
  if (power >= -4 && power < digits) return String(Number(number.toFixed(Math.min(100, digits - 1 - power))));
  return exponent(number.toExponential(digits - 1).replace(/\.?0+e/, 'e'));
}
