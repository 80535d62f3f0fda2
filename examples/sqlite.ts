/*
 * A whole file system in one SQLite file: directories, links, modes and times included.
 *
 * Run it: npx tsx examples/sqlite.ts
 */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeFs, SqliteBackend } from 'anyfs';

const directory = await mkdtemp(join(tmpdir(), 'anyfs-example-'));
const database = join(directory, 'album.db');

// The first time, the file is made. One process has a storage open at a time; a second one is refused.
const album = await SqliteBackend.open(database);

// `nodeFs` has the shape of node:fs, with buffers, streams and callbacks, for libraries that take an `fs`.
const fs = nodeFs(album);
await fs.promises.mkdir('/holiday');
await fs.promises.writeFile('/holiday/sea.jpg', Buffer.alloc(3_000_000), { mode: 0o640 });
await new Promise((resolve) => fs.rename('/holiday/sea.jpg', '/holiday/beach.jpg', resolve));

// `fsync` says that it survives the loss of power; `dispose` that all is in the file, which it lets go of.
await album.dispose();
console.log(await readdir(directory));

// Open it again, in this or another process, today or next year.
const again = await SqliteBackend.open(database, { create: false });
const { promises } = nodeFs(again);
const { size, mode } = await promises.stat('/holiday/beach.jpg');
console.log(size, 'bytes, mode', (mode & 0o777).toString(8));
await again.dispose();
await rm(directory, { recursive: true });

/* It prints:
[ 'album.db' ]
3000000 bytes, mode 640
*/
