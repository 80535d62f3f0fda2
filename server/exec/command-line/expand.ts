import type { CallContext, VfsBackend } from '../../../vfs/backend.ts';
import { isVfsError } from '../../../vfs/errors.ts';
import { entriesOf } from '../../../vfs/extensions/entries.ts';
import { compareNames } from '../../../vfs/names.ts';
import type { VfsPath } from '../../../vfs/path.ts';
import { pathFrom } from '../paths.ts';
import { componentsOf, isPattern, type Component } from './glob-pattern.ts';
import { CommandLineError, textOf, type Word } from './words.ts';

/** UTF-16 units of all words after expansion at most: as much as Linux gives a program. */
export const ARGUMENTS_MAX = 2 * 1024 * 1024;

/** What words stand on. */
export interface Surroundings {
  readonly mount: VfsBackend;
  readonly cwd: VfsPath;
  /** What `~` and `~USER` stand for. */
  readonly home: string;
  readonly user: string;
  readonly ctx: CallContext;
}

/**
 * Words as a program gets them: `~` at their beginning and globs over the storage take effect. A glob that matches
 * nothing stays as it was written. Throws `CommandLineError` past the limit.
 */
export async function expandWords(words: readonly Word[], surroundings: Surroundings): Promise<string[]> {
  const expanded: string[] = [];
  let left = ARGUMENTS_MAX;
  for (const word of words) {
    for (const text of await expandWord(word, surroundings, left)) {
      left -= text.length + 1;
      if (left < 0) throw tooLong();
      expanded.push(text);
    }
  }
  return expanded;
}

function tooLong(): CommandLineError {
  return new CommandLineError('Argument list too long');
}

async function expandWord(word: Word, surroundings: Surroundings, left: number): Promise<string[]> {
  const homed = withHome(word, surroundings);
  if (!isPattern(homed)) return [textOf(homed)];
  const found: string[] = [];
  for await (const text of matchesBelow(surroundings, '', componentsOf(homed))) {
    left -= text.length + 1;
    if (left < 0) throw tooLong();
    found.push(text);
  }
  return found.length === 0 ? [textOf(homed)] : found.sort(compareNames);
}

/** `~`, `~/…`, and the same with the account's own name. */
function withHome(word: Word, { home, user }: Surroundings): Word {
  const [first, ...rest] = word;
  if (first === undefined || first.quoted || !first.text.startsWith('~')) return word;
  const slash = first.text.indexOf('/');
  // A quoted part right behind it makes it a name.
  if (slash < 0 && rest.length > 0) return word;
  const name = first.text.slice(1, slash < 0 ? undefined : slash);
  if (name !== '' && name !== user) return word;
  const after = slash < 0 ? '' : first.text.slice(slash);
  const text = after.startsWith('/') && home.endsWith('/') ? home.slice(0, -1) : home;
  return [{ text, quoted: true }, { text: after, quoted: false }, ...rest];
}

/** `prefix` is the text so far, with a slash at its end where something follows. */
async function* matchesBelow(
  surroundings: Surroundings,
  prefix: string,
  components: readonly Component[],
): AsyncGenerator<string> {
  const at = components.findIndex(({ kind }) => kind === 'pattern');
  const [literal, pattern, rest] =
    at < 0
      ? [components, undefined, []]
      : [components.slice(0, at), components[at], components.slice(at + 1)];
  const texts = literal.map((component) => (component.kind === 'text' ? component.text : ''));
  if (pattern?.kind !== 'pattern') {
    const text = prefix + texts.join('/');
    if (await exists(surroundings, text)) yield text;
    return;
  }
  const directory = prefix + texts.map((text) => `${text}/`).join('');
  for await (const { name, stats } of entriesIn(surroundings, directory)) {
    if (!pattern.matches(name)) continue;
    if (rest.length === 0) yield directory + name;
    else if (stats.type !== 'file') yield* matchesBelow(surroundings, `${directory}${name}/`, rest);
  }
}

/** What cannot be listed matches nothing. */
async function* entriesIn(
  { mount, cwd, ctx }: Surroundings,
  directory: string,
): ReturnType<typeof entriesOf> {
  try {
    for await (const entry of entriesOf(mount, pathFrom(cwd, directory === '' ? '.' : directory), ctx)) {
      ctx.signal?.throwIfAborted();
      yield entry;
    }
  } catch (error) {
    if (!isVfsError(error)) throw error;
  }
}

async function exists({ mount, cwd, ctx }: Surroundings, text: string): Promise<boolean> {
  try {
    await mount.lstat(pathFrom(cwd, text), ctx);
    return true;
  } catch (error) {
    if (isVfsError(error)) return false;
    throw error;
  }
}
