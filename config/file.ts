import { readFileSync } from 'node:fs';
import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Pair } from 'yaml';
import { ConfigError } from './config-error.ts';
import { didYouMean } from './nearest.ts';
import { SETTING_NAMES, SETTINGS, type SettingName } from './settings.ts';
import type { Given, GivenSettings } from './validate.ts';

const FILE_BYTES_MAX = 1 << 20;

/** What `anyfs.yaml` says; nothing where the file is missing. Throws `ConfigError` with the line that cannot be used. */
export function readConfigFile(file: string): GivenSettings {
  const text = readIfThere(file);
  if (text === undefined) return {};
  if (text.length > FILE_BYTES_MAX) throw new ConfigError(`${file} is larger than 1 MiB`);
  const lines = new LineCounter();
  // In the failsafe schema every scalar is text: otherwise YAML would read the umask 022 as twenty-two.
  const document = parseDocument(text, { schema: 'failsafe', lineCounter: lines });
  const [error] = document.errors;
  if (error !== undefined)
    throw new ConfigError(`${file}, line ${lineOf(lines, error.pos[0])}: ${firstLine(error.message)}`);
  if (document.contents === null) return {};
  if (!isMap(document.contents)) throw new ConfigError(`${file} must hold lines like "log-format: json"`);
  const entries = document.contents.items.map((pair) => entryOf(file, lines, pair));
  return Object.fromEntries(entries);
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new ConfigError(`${file} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

function entryOf(file: string, lines: LineCounter, pair: Pair): readonly [SettingName, Given] {
  const key = textOf(pair.key) ?? '';
  const position = isScalar(pair.key) ? (pair.key.range?.[0] ?? 0) : 0;
  const where = `${file}, line ${lineOf(lines, position)}:`;
  if (key === 'data')
    throw new ConfigError(
      `${where} "data" cannot be set in a file that lies in it; use --data or ANYFS_DATA`,
    );
  const name = SETTING_NAMES.find((candidate) => SETTINGS[candidate].key === key);
  if (name === undefined) throw new ConfigError(`${where} there is no setting "${key}"${suggestion(key)}`);
  const texts = textsOf(pair.value);
  if (texts === undefined) throw new ConfigError(`${where} ${key} must be a plain value or a list of them`);
  return [name, { texts, source: `${where} ${key}` }];
}

function suggestion(key: string): string {
  return didYouMean(
    key,
    SETTING_NAMES.map((name) => SETTINGS[name].key),
  );
}

function textsOf(value: unknown): string[] | undefined {
  const texts = (isSeq(value) ? value.items : [value]).map(textOf);
  return texts.every((text) => text !== undefined) ? texts : undefined;
}

function textOf(node: unknown): string | undefined {
  return isScalar(node) && typeof node.value === 'string' ? node.value : undefined;
}

function lineOf(lines: LineCounter, position: number): number {
  return lines.linePos(position).line;
}

/** The parser adds a picture of the place below its message, and the position that is said already. */
function firstLine(message: string): string {
  return (message.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:?$/, '');
}
