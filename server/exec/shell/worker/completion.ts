import type { VfsBackend } from '../../../../vfs/backend.ts';
import { isVfsError } from '../../../../vfs/errors.ts';
import type { VfsPath } from '../../../../vfs/path.ts';
import { pathFrom } from '../../paths.ts';

export interface CompletionContext {
  readonly mount: VfsBackend;
  readonly cwd: VfsPath;
  /** What the first word of a command may be. */
  readonly commands: Iterable<string>;
}

/** Names that are looked at in a directory, and answers. */
const NAMES_MAX = 5000;
const ANSWERS_MAX = 200;

/** What may stand in the place of the word at the end of `line`, and the word, in the form that node:readline wants. */
export async function complete(line: string, context: CompletionContext): Promise<[string[], string]> {
  const { word, first } = lastWord(line);
  const text = unquoted(word);
  const isCommand = first && !text.includes('/');
  const answers = isCommand ? commandsLike(text, context.commands) : await pathsLike(text, context, first);
  return [answers.slice(0, ANSWERS_MAX), word];
}

/** The word that is being typed, as it is typed, and whether it is a command's name. */
export function lastWord(line: string): { readonly word: string; readonly first: boolean } {
  let start = 0;
  let quote = '';
  let first = true;
  let begun = false;
  for (let at = 0; at < line.length; at++) {
    const character = line.charAt(at);
    if (quote !== '') {
      if (character === quote) quote = '';
      else if (character === '\\' && quote === '"') at++;
      continue;
    }
    if (character === '\\') {
      at++;
      begun = true;
    } else if (character === "'" || character === '"') {
      quote = character;
      begun = true;
    } else if (' \t'.includes(character)) {
      if (begun) first = false;
      begun = false;
      start = at + 1;
    } else if ('|;&('.includes(character)) {
      first = true;
      begun = false;
      start = at + 1;
    } else if ('<>='.includes(character)) {
      if (character !== '=') first = false;
      start = at + 1;
      begun = false;
    } else begun = true;
  }
  return { word: line.slice(Math.min(start, line.length)), first };
}

function unquoted(word: string): string {
  return word.replace(/\\(.)|['"]/gs, '$1');
}

function commandsLike(text: string, commands: Iterable<string>): string[] {
  if (text === '') return [];
  return [...new Set(commands)]
    .filter((name) => name.startsWith(text))
    .sort()
    .map((name) => `${name} `);
}

async function pathsLike(
  text: string,
  { mount, cwd }: CompletionContext,
  onlyDirectories: boolean,
): Promise<string[]> {
  const slash = text.lastIndexOf('/') + 1;
  const above = text.slice(0, slash);
  const beginning = text.slice(slash);
  const home = above.replace(/^~\//, '/');
  try {
    const directory = await mount.resolve(pathFrom(cwd, home === '' ? '.' : home), 'follow', {});
    const answers: string[] = [];
    let after: string | undefined;
    for (let seen = 0; seen < NAMES_MAX && answers.length < ANSWERS_MAX;) {
      const page = await mount.readdir(directory.path, { after, limit: 500 }, {});
      for (const { name, stats } of page) {
        if (!name.startsWith(beginning) || (beginning === '' && name.startsWith('.'))) continue;
        const isDirectory = stats.type === 'directory';
        if (!onlyDirectories || isDirectory || (stats.mode & 0o111) !== 0)
          answers.push(`${escaped(above)}${escaped(name)}${isDirectory ? '/' : ' '}`);
      }
      if (page.length < 500) break;
      seen += page.length;
      after = page.at(-1)?.name;
    }
    return answers;
  } catch (error) {
    if (!isVfsError(error)) throw error;
    return [];
  }
}

/** As a word without quotes has to be typed. A control character cannot be. */
function escaped(text: string): string {
  return text.replace(/[\s!"#$&'()*;<>?[\\\]^`{|}]/g, '\\$&');
}
