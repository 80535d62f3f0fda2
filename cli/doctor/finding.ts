/** What one look at one thing found. `warn`: it works, but should be looked at; `fail`: it will not work. */
export interface Finding {
  readonly about: string;
  readonly verdict: 'ok' | 'warn' | 'fail';
  /** One line for a person; where it is not `ok`, it says what to do. */
  readonly says: string;
}

export function ok(about: string, says: string): Finding {
  return { about, verdict: 'ok', says };
}

export function warn(about: string, says: string): Finding {
  return { about, verdict: 'warn', says };
}

export function fail(about: string, says: string): Finding {
  return { about, verdict: 'fail', says };
}
