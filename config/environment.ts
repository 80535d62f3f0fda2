import { didYouMean } from './nearest.ts';
import { SETTING_NAMES, SETTINGS, variableOf } from './settings.ts';
import type { GivenSettings } from './validate.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What `ANYFS_…` variables say. A list is separated by commas; an empty variable says nothing. */
export function readEnvironment(env: Environment): GivenSettings {
  const entries = SETTING_NAMES.flatMap((name) => {
    const { key, list } = SETTINGS[name];
    const source = variableOf(key);
    const text = env[source];
    if (text === undefined || text === '') return [];
    return [[name, { source, texts: list ? text.split(',') : [text] }] as const];
  });
  return Object.fromEntries(entries);
}

/**
 * One line for each `ANYFS_…` variable that is no setting. Not an error: Kubernetes puts `ANYFS_SERVICE_HOST` and the
 * like into the environment of whatever runs beside a service of that name.
 */
export function strayVariables(env: Environment): string[] {
  const known = ['ANYFS_DATA', ...SETTING_NAMES.map((name) => variableOf(SETTINGS[name].key))];
  const strays = Object.keys(env).filter((name) => name.startsWith('ANYFS_') && !known.includes(name));
  return strays.sort().map((name) => `${name} is no setting and is ignored${didYouMean(name, known)}`);
}
