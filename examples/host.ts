/*
 * A folder of your disk as a storage that nothing can lead out of: not `..`, not a symlink, not one that somebody
 * swaps in at the last moment.
 *
 * Run it: npx tsx examples/host.ts
 */
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileStorage, HostBackend } from 'anyfs';

const folder = await mkdtemp(join(tmpdir(), 'anyfs-example-'));
await writeFile(join(folder, 'here.txt'), 'inside');
// A trap: in the storage it leads to /etc/passwd *of the storage*, which there is none.
await symlink('/etc/passwd', join(folder, 'passwords'));

const host = await HostBackend.open(folder);
const files = new FileStorage(host);

console.log(await files.readFile('/here.txt', 'utf8'));
// `..` above the root stays at the root, as with chroot.
console.log(await files.readFile('/../../here.txt', 'utf8'));
// A link can be read, whatever it says.
console.log(await files.readlink('/passwords'));
await files.readFile('/passwords').catch((error: Error) => console.log(error.message));

// What is written is an ordinary file of the disk.
await files.writeFile('/there.txt', 'also inside');
console.log(await readFile(join(folder, 'there.txt'), 'utf8'));

await host.dispose();
await rm(folder, { recursive: true });

/* It prints:
inside
inside
/etc/passwd
ENOENT: no such file or directory, open '/passwords'
also inside
*/
