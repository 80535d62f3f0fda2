/*
 * A file system in memory, with the functions of node:fs/promises.
 *
 * Run it: npx tsx examples/memory.ts
 */
import { FileStorage, MemoryBackend } from 'anyfs';

// A backend keeps files; `FileStorage` is the face for programs. Nothing here touches your disk.
const files = new FileStorage(new MemoryBackend());

await files.mkdir('/notes/2026', { recursive: true });
await files.writeFile('/notes/2026/today.txt', 'Buy milk.\n');
await files.appendFile('/notes/2026/today.txt', 'Write to Ada.\n');
await files.symlink('2026/today.txt', '/notes/latest');

console.log(await files.readFile('/notes/latest', 'utf8'));
console.log(await files.readdir('/', { recursive: true }));

// Errors are those that you know from node:fs.
await files.readFile('/notes/tomorrow.txt').catch((error: Error) => console.log(error.message));

// Lines one by one, as with Node's own file handles; the file is closed after the last.
const file = await files.open('/notes/latest');
for await (const line of file.readLines()) console.log('-', line);

/* It prints:
Buy milk.
Write to Ada.

[ 'notes', 'notes/2026', 'notes/2026/today.txt', 'notes/latest' ]
ENOENT: no such file or directory, open '/notes/tomorrow.txt'
- Buy milk.
- Write to Ada.
*/
