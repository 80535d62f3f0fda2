import { ConfigError } from './config-error.ts';
import type { Config } from './schema.ts';
import { SETTING_NAMES, SETTINGS, type SettingName } from './settings.ts';

/** What one source says of a setting, with the words that name the place: `--listen`, `ANYFS_LISTEN`, `anyfs.yaml: listen`. */
export interface Given {
  readonly texts: readonly string[];
  readonly source: string;
}

export type GivenSettings = Readonly<Partial<Record<SettingName, Given>>>;

/** The configuration from sources, the strongest first. Throws `ConfigError` for the first setting that cannot be used. */
export function validate(data: string, sources: readonly GivenSettings[]): Config {
  const entries = SETTING_NAMES.map((name) => [name, settingFrom(name, sources)] as const);
  // Each value is what the schema of its own setting gave, and every setting is there.
  return { data, ...Object.fromEntries(entries) } as unknown as Config;
}

function settingFrom(name: SettingName, sources: readonly GivenSettings[]): unknown {
  const { schema, default: fallback } = SETTINGS[name];
  const given = sources.map((source) => source[name]).find((found) => found !== undefined);
  const result = schema.safeParse(given?.texts ?? fallback);
  if (result.success) return result.data;
  const message = result.error.issues[0]?.message ?? 'cannot be used';
  throw new ConfigError(`${given?.source ?? name}: ${message}`);
}
