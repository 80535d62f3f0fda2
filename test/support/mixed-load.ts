import { isDeepStrictEqual } from 'node:util';
import { createHash } from 'node:crypto';
import type { Ssh2Session } from './ssh2-session.ts';

const FILES_MAX = 12;
const SIZE_MAX = 150_000;

/** What a client was told is there, and what it was not told about. */
export interface MixedLoad {
  /** Puts, replaces, renames and removes files until a call fails. Answers how many were acknowledged. */
  run(session: Ssh2Session): Promise<number>;
  /** Compares all that was acknowledged with what is there, takes away what was not, and answers what is wrong. */
  verify(session: Ssh2Session): Promise<string[]>;
  /** Bytes of all files, after `verify`. */
  readonly bytes: number;
}

/** Work in a directory of its own, made by whoever calls; `below` answers numbers from 0 up to its argument. */
export function mixedLoad(directory: string, below: (limit: number) => number): MixedLoad {
  /** Names with what is in them. */
  const files = new Map<string, Buffer>();
  /** What names were about to become; absent: nothing. */
  let doubtful = new Map<string, readonly (Buffer | 'anything' | undefined)[]>();
  let count = 0;

  const content = (): Buffer => {
    const seed = createHash('sha256').update(`${directory} ${count++}`).digest();
    return Buffer.alloc(below(SIZE_MAX), seed);
  };
  const existing = (): string | undefined => [...files.keys()][below(Math.max(1, files.size))];

  const put = async (session: Ssh2Session, name: string): Promise<void> => {
    const bytes = content();
    // Until its close is acknowledged a file may have any part of what was written.
    doubtful.set(name, ['anything']);
    await session.put(`${directory}/${name}`, bytes);
    files.set(name, bytes);
  };
  const rename = async (session: Ssh2Session, from: string): Promise<void> => {
    const to = `renamed-${count++}`;
    const bytes = files.get(from);
    doubtful = new Map([
      [from, [bytes, undefined]],
      [to, [undefined, bytes]],
    ]);
    await session.rename(`${directory}/${from}`, `${directory}/${to}`);
    files.delete(from);
    files.set(to, bytes ?? Buffer.alloc(0));
  };
  const remove = async (session: Ssh2Session, name: string): Promise<void> => {
    doubtful.set(name, [files.get(name), undefined]);
    await session.remove(`${directory}/${name}`);
    files.delete(name);
  };
  const step = (session: Ssh2Session): Promise<void> => {
    const name = existing();
    const choice = below(10);
    if (name === undefined || choice < 5) {
      if (files.size < FILES_MAX) return put(session, `new-${count++}`);
      return remove(session, name ?? '');
    }
    if (choice < 7) return put(session, name);
    return choice < 9 ? rename(session, name) : remove(session, name);
  };

  return {
    get bytes() {
      return [...files.values()].reduce((sum, bytes) => sum + bytes.length, 0);
    },
    async run(session) {
      for (let acknowledged = 0; ; acknowledged++) {
        try {
          await step(session);
          doubtful.clear();
        } catch {
          return acknowledged;
        }
      }
    },
    async verify(session) {
      const problems: string[] = [];
      const there = new Set(await session.names(directory));
      const read = (name: string): Promise<Buffer | undefined> =>
        there.has(name) ? session.get(`${directory}/${name}`) : Promise.resolve(undefined);
      const found = new Map<string, Buffer | undefined>();
      for (const name of doubtful.keys()) found.set(name, await read(name));
      // A rename is whole: one of its names or the other, never both or none.
      const possible = Math.max(0, ...[...doubtful.values()].map((states) => states.length));
      const agrees = (state: number): boolean =>
        [...doubtful].every(([name, states]) => {
          return states[state] === 'anything' || isDeepStrictEqual(found.get(name), states[state]);
        });
      if (doubtful.size > 0 && !Array.from({ length: possible }, (_, state) => agrees(state)).some(Boolean)) {
        problems.push(`${[...doubtful.keys()].join(' and ')} are neither as before nor as after`);
      }
      for (const name of doubtful.keys()) {
        files.delete(name);
        if (there.has(name)) await session.remove(`${directory}/${name}`);
        there.delete(name);
      }
      doubtful.clear();
      for (const [name, bytes] of files) {
        const now = await read(name);
        if (now === undefined) problems.push(`${name} was acknowledged and is gone`);
        else if (!now.equals(bytes))
          problems.push(`${name} has ${now.length} bytes that are not its ${bytes.length}`);
      }
      for (const name of there) if (!files.has(name)) problems.push(`${name} was removed and is there`);
      return problems;
    },
  };
}
