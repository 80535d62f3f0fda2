import type { InferredOptionTypes, Options } from 'yargs';
import { loadConfig, type ConfigSources } from '../config/load.ts';
import { SETTING_NAMES, SETTINGS, type SettingName } from '../config/settings.ts';
import { command } from './command.ts';
import { runServer } from './run-server.ts';

/** A flag for every setting. Values are checked with the other sources', so that each refusal names its source. */
const SETTING_OPTIONS: Readonly<Record<string, Options>> = Object.fromEntries(
  SETTING_NAMES.map((name) => {
    const { key, list, describe, default: fallback } = SETTINGS[name];
    const shown = fallback.join(', ');
    const text = `${describe}${shown === '' ? '' : ` (default: ${shown})`}`;
    return [key, { type: 'string', array: list, nargs: 1, describe: text } satisfies Options];
  }),
);

/** `anyfs serve`: runs until it is asked to end. */
export const serve = command({
  usage: 'serve',
  describe: 'Run the server; on the first start it makes everything that it needs',
  positionals: {},
  options: SETTING_OPTIONS,
  async run(args, io) {
    const sources = { flags: flagsOf(args), data: args.data, env: io.env, cwd: io.cwd };
    await runServer(loadConfig(sources), io);
  },
});

function flagsOf(args: InferredOptionTypes<typeof SETTING_OPTIONS>): ConfigSources['flags'] {
  const given = SETTING_NAMES.flatMap((name): [SettingName, string[]][] => {
    const value: unknown = args[SETTINGS[name].key];
    return value === undefined ? [] : [[name, [value].flat().map(String)]];
  });
  return Object.fromEntries(given);
}
