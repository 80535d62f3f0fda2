import { opendir, stat } from 'node:fs/promises';
import { decodeText } from '../../names.ts';
import type { ListedDirectory } from '../shared/foreign/index.ts';
import { nameOfDescriptor } from './descriptors.ts';
import type { Directory } from './directory.ts';
import { statEntry, type Host } from './host.ts';
import { statsFrom } from './host-stats.ts';

const ENTRIES_PER_READ = 512;

/** An open directory as `Listings` needs it. */
export function listedDirectory(
  host: Host,
  directory: Directory,
  signal: AbortSignal | undefined,
): ListedDirectory {
  const place = nameOfDescriptor(directory.fd);
  return {
    key: directory.key,
    async stamp() {
      const { mtimeNs, ctimeNs } = await stat(place, { bigint: true });
      return { times: `${mtimeNs} ${ctimeNs}`, changed: Number(ctimeNs / 1_000_000n) };
    },
    names: () => namesIn(place),
    stat: async (name) => statsFrom(await statEntry(host, directory, name, signal)),
  };
}

async function* namesIn(place: string): AsyncGenerator<string> {
  const options = { encoding: 'buffer' as BufferEncoding, bufferSize: ENTRIES_PER_READ };
  for await (const { name } of await opendir(place, options)) {
    // Node's types know no encoding `buffer` here.
    yield decodeText(name as unknown as Uint8Array);
  }
}
