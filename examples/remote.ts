/*
 * A storage that another process owns, over a Unix socket. Here both ends are in one program, so that you can run it;
 * `PortChannel` does the same between threads.
 *
 * Run it: npx tsx examples/remote.ts
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectBackend, FileStorage, MemoryBackend, serveBackend, SocketChannel } from 'anyfs';

const directory = await mkdtemp(join(tmpdir(), 'anyfs-example-'));
const address = join(directory, 'storage.sock');

// The end that owns the storage. Whoever can open the socket can do everything; its directory is the owner's alone.
const storage = new MemoryBackend();
const server = createServer((socket) => serveBackend(storage, new SocketChannel(socket)));
await new Promise<void>((resolve) => server.listen(address, resolve));

// The other end. What comes back is a backend like any other: put layers on it, or a `FileStorage`.
const remote = await connectBackend(new SocketChannel(connect(address)));
const files = new FileStorage(remote);
await files.writeFile('/greeting', 'Hello over a socket');
console.log(await files.readFile('/greeting', 'utf8'));

// Errors come back as what they are, limits are kept by the owner, and handles end with their connection.
await files.rmdir('/greeting').catch((error: Error) => console.log(error.message));

await remote.dispose();
server.close();
await storage.dispose();
await rm(directory, { recursive: true });

/* It prints:
Hello over a socket
ENOTDIR: not a directory, rmdir '/greeting'
*/
