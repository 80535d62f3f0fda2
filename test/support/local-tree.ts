import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, lstatSync, readFileSync, readdirSync, readlinkSync, type Stats } from 'node:fs';
import { sep } from 'node:path';

/** What is below a local directory: one line an entry with its path, type and content. Names are bytes, shown as Latin-1. */
export function describeTree(directory: string, fact: (stats: Stats) => string = () => ''): string[] {
  return entriesBelow(Buffer.from(directory), '').map(({ path, name, stats }) =>
    [name, content(path, stats), fact(stats)].filter((part) => part !== '').join(' '),
  );
}

interface Entry {
  readonly path: Buffer;
  readonly name: string;
  readonly stats: Stats;
}

function entriesBelow(directory: Buffer, above: string): Entry[] {
  const names = readdirSync(directory, { encoding: 'buffer' }).sort((a, b) => Buffer.compare(a, b));
  return names.flatMap((bytes) => {
    const path = Buffer.concat([directory, Buffer.from(sep), bytes]);
    const entry = { path, name: above + bytes.toString('latin1'), stats: lstatSync(path) };
    return entry.stats.isDirectory() ? [entry, ...entriesBelow(path, `${entry.name}/`)] : [entry];
  });
}

function content(path: Buffer, stats: Stats): string {
  if (stats.isDirectory()) return 'directory';
  if (stats.isSymbolicLink()) return `-> ${readlinkSync(path, { encoding: 'latin1' })}`;
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

/** SHA-256 of a file of any size, in hex. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const block of createReadStream(path, { highWaterMark: 1024 * 1024 }))
    hash.update(block as Uint8Array);
  return hash.digest('hex');
}

/** Random bytes; at most 2 GiB. */
export function noise(length: number): Buffer {
  return randomBytes(length);
}
