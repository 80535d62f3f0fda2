/*
 * A file system that another library made, as a storage: here memfs with a template, of which everybody gets a copy to
 * change, without anything being copied and without the template ever being written.
 *
 * Run it: npx tsx examples/fs-adapter.ts
 */
import { createFsFromVolume, Volume } from 'memfs';
import { diff, FileStorage, fromFsPromises, MemoryBackend, overlay } from 'anyfs';

const volume = Volume.fromJSON({
  '/template/README': 'Your name here.\n',
  '/template/src/main.ts': 'export {};\n',
});

// Whatever has the functions of node:fs/promises. memfs miscounts hard links and renames what a link leads to: without them.
const template = await fromFsPromises(createFsFromVolume(volume).promises, {
  root: '/template',
  without: ['symlinks', 'hardLinks'],
});

// What is looked at comes from both, what changes is changed in memory.
const copy = await overlay(new MemoryBackend(), template);
const files = new FileStorage(copy);
await files.writeFile('/README', 'Ada.\n');
await files.rename('/src', '/source');
console.log(await files.readdir('/', { recursive: true }));

for await (const { kind, path, from } of diff(copy))
  console.log(from === undefined ? `${kind} ${path}` : `${kind} ${path}, which was ${from}`);
console.log(await new FileStorage(template).readFile('/README', 'utf8'));

/* It prints:
[ 'README', 'source', 'source/main.ts' ]
moved /source, which was /src
removed /src
changed /README
Your name here.

*/
