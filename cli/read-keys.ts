import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { parseAuthorizedKeys, type AuthorizedKey } from '../keys/authorized-keys.ts';
import { Failure } from './failure.ts';
import type { Io } from './io.ts';
import { readLimited } from './read-limited.ts';

/** What `-` on the command line becomes. */
export const STANDARD_INPUT = '/dev/stdin';

/** One more than what the parser accepts, so that it is the parser that complains. */
const FILE_BYTES_MAX = (1 << 20) + 1;

/** The public keys of a file, or of standard input. Throws `Failure` unless every line can be used. */
export async function readKeys(file: string, io: Io): Promise<readonly AuthorizedKey[]> {
  const stream: Readable = file === STANDARD_INPUT ? io.stdin : createReadStream(resolve(io.cwd, file));
  const name = file === STANDARD_INPUT ? 'standard input' : file;
  const bytes = await readLimited(stream, FILE_BYTES_MAX).catch((error: NodeJS.ErrnoException) => {
    throw Object.assign(error, { path: name });
  });
  const { keys, problems } = parseAuthorizedKeys(bytes.toString('utf8'));
  const [problem] = problems;
  if (problem !== undefined) throw new Failure(`${name}, line ${problem.line}: ${problem.reason}`);
  if (keys.length === 0) throw new Failure(`${name} holds no key`);
  return keys;
}
