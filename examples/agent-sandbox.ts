/*
 * A workspace for an agent (a program that you do not trust, such as what a language model writes): it sees a part of a
 * storage, makes no symlinks, and fills no more than 100 MiB. Every change is in a log.
 *
 * Run it: npx tsx examples/agent-sandbox.ts
 */
import {
  denySymlinks,
  FileStorage,
  MemoryBackend,
  mutates,
  pathFilter,
  quota,
  resolvePaths,
  stack,
} from 'anyfs';
import type { Layer } from 'anyfs';

const MEBIBYTE = 1024 * 1024;

/** A layer is a function over calls, which are plain data. This one is ours: it logs what could change something. */
const log: string[] = [];
const logged: Layer = (next) => (call) => {
  if (mutates(call)) log.push(call.op);
  return next(call);
};

// All files, yours and the agent's. Yours is a `FileStorage` on the backend itself.
const backend = new MemoryBackend();
const yours = new FileStorage(backend);
await yours.mkdir('/project/src', { recursive: true });
await yours.writeFile('/project/src/main.ts', 'export {};\n');
await yours.writeFile('/project/.env', 'TOKEN=secret\n');
await yours.mkdir('/private');

// The agent's goes through layers, the outermost first. Nothing below `resolvePaths` can be walked around by a symlink.
const sandbox = stack(
  backend,
  resolvePaths(),
  pathFilter([{ deny: '.env' }, { allow: '/project/**' }]),
  denySymlinks(),
  quota({ bytes: 100 * MEBIBYTE, inodes: 10_000 }),
  logged,
);
const agents = new FileStorage(sandbox, { resolved: true });

console.log(await agents.readdir('/', { recursive: true }));
await agents.writeFile('/project/src/more.ts', 'export const more = 1;\n');

const attempts: (() => Promise<unknown>)[] = [
  () => agents.readFile('/project/.env'),
  () => agents.readdir('/project/../private'),
  () => agents.symlink('/private', '/project/way-out'),
  () => agents.writeFile('/project/large', new Uint8Array(101 * MEBIBYTE)),
];
// The file that is too large is written in pieces of 1 MiB; the store refuses the one that would pass the limit.
for (const attempt of attempts) await attempt().catch((error: Error) => console.log(error.message));

console.log(log.filter((op) => op !== 'write').join(' '));

/* It prints:
[ 'project', 'project/src', 'project/src/main.ts' ]
EACCES: permission denied, open '/project/.env'
EACCES: permission denied, scandir '/project/../private'
ENOTSUP: symlinks are not allowed here, symlink '/private' -> '/project/way-out'
EDQUOT: quota exceeded: 99 MiB used of 100 MiB, write '/project/large'
open open
*/
