import { join, resolve } from 'node:path';
import { readEnvironment, strayVariables, type Environment } from './environment.ts';
import { readConfigFile } from './file.ts';
import type { Config } from './schema.ts';
import { SETTING_NAMES, SETTINGS, type SettingName } from './settings.ts';
import { validate, type GivenSettings } from './validate.ts';

const DEFAULT_DATA = 'anyfs-data';

/** The configuration file in a data directory. */
export const CONFIG_FILE = 'anyfs.yaml';

export interface ConfigSources {
  /** The flags that were given, by the names of their settings. */
  readonly flags: Readonly<Partial<Record<SettingName, readonly string[]>>>;
  /** `--data`. */
  readonly data?: string | undefined;
  readonly env: Environment;
  readonly cwd: string;
}

export interface LoadedConfig {
  readonly config: Config;
  /** Lines for the log: what was given and is not used. */
  readonly warnings: readonly string[];
}

/** Flags, then `ANYFS_…` variables, then `DATA/anyfs.yaml`, then defaults: the first that says something wins. Throws `ConfigError`. */
export function loadConfig(sources: ConfigSources): LoadedConfig {
  const data = dataDirectory(sources);
  const file = readConfigFile(join(data, CONFIG_FILE));
  const config = validate(data, [givenFlags(sources.flags), readEnvironment(sources.env), file]);
  return { config, warnings: strayVariables(sources.env) };
}

/** The data directory, absolute: `--data`, else `ANYFS_DATA`, else `./anyfs-data`. */
export function dataDirectory({ data, env, cwd }: Pick<ConfigSources, 'data' | 'env' | 'cwd'>): string {
  return resolve(cwd, data || env['ANYFS_DATA'] || DEFAULT_DATA);
}

function givenFlags(flags: ConfigSources['flags']): GivenSettings {
  const entries = SETTING_NAMES.flatMap((name) => {
    const texts = flags[name];
    return texts === undefined ? [] : [[name, { texts, source: `--${SETTINGS[name].key}` }] as const];
  });
  return Object.fromEntries(entries);
}
