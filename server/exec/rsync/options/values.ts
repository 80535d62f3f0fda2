import { EXIT, RsyncError } from '../exit.ts';

export function invalid(option: string, value: string): RsyncError {
  return new RsyncError(EXIT.syntax, `the value of ${option} is not valid: ${value}`);
}

export function integer(option: string, value: string, least: number, most: number): number {
  const number = Number(value);
  if (!/^-?\d{1,15}$/.test(value) || number < least || number > most) throw invalid(option, value);
  return number;
}

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 2 ** 10,
  m: 2 ** 20,
  g: 2 ** 30,
  t: 2 ** 40,
  p: 2 ** 50,
};

/** Bytes, as a number with an optional unit and `+1` or `-1` (parse_size_arg, options.c). Clients send plain numbers. */
export function size(option: string, value: string): number {
  const [, digits = '', unit = '', decimal = '', step = '0'] =
    /^(\d+(?:\.\d+)?)([bkmgtp]?)(b|ib)?([+-]1)?$/i.exec(value) ?? [];
  const factor = UNITS[unit.toLowerCase()];
  if (digits === '' || factor === undefined) throw invalid(option, value);
  const scale =
    decimal.toLowerCase() === 'b' && factor > 1 ? 1000 ** Math.round(Math.log2(factor) / 10) : factor;
  return Math.floor(Number(digits) * scale) + Number(step);
}
