import type { VfsBackend } from '../../vfs/backend.ts';
import type { Capabilities } from '../../vfs/capabilities.ts';
import { readAttributes } from './attributes.ts';
import type { Decoder, RequestName } from './requests.ts';

/** An extended request (section 8) of OpenSSH's. */
export interface Extension {
  readonly name: string;
  /** Sent in VERSION as text. */
  readonly version: string;
  /** What it asks for. */
  readonly request: RequestName;
  /** Not offered by a mount without this ability. */
  readonly needs?: keyof Capabilities;
  readonly decode: Decoder;
}

/** In the order in which OpenSSH's server announces them. The layouts are those of its PROTOCOL, section 4. */
const EXTENSIONS: readonly Extension[] = [
  {
    name: 'posix-rename@openssh.com',
    version: '1',
    request: 'posix-rename',
    decode: (reader) => ({ name: 'posix-rename', from: reader.text(), to: reader.text() }),
  },
  {
    name: 'statvfs@openssh.com',
    version: '2',
    request: 'statvfs',
    decode: (reader) => ({ name: 'statvfs', path: reader.text() }),
  },
  {
    name: 'fstatvfs@openssh.com',
    version: '2',
    request: 'fstatvfs',
    decode: (reader) => ({ name: 'fstatvfs', handle: reader.handle() }),
  },
  {
    name: 'hardlink@openssh.com',
    version: '1',
    request: 'hardlink',
    needs: 'hardLinks',
    decode: (reader) => ({ name: 'hardlink', from: reader.text(), to: reader.text() }),
  },
  {
    name: 'fsync@openssh.com',
    version: '1',
    request: 'fsync',
    decode: (reader) => ({ name: 'fsync', handle: reader.handle() }),
  },
  {
    name: 'lsetstat@openssh.com',
    version: '1',
    request: 'lsetstat',
    decode: (reader) => ({ name: 'lsetstat', path: reader.text(), change: readAttributes(reader) }),
  },
  { name: 'limits@openssh.com', version: '1', request: 'limits', decode: () => ({ name: 'limits' }) },
  {
    name: 'expand-path@openssh.com',
    version: '1',
    request: 'expand-path',
    decode: (reader) => ({ name: 'expand-path', path: reader.text() }),
  },
  {
    name: 'copy-data',
    version: '1',
    request: 'copy-data',
    decode: (reader) => ({
      name: 'copy-data',
      from: reader.handle(),
      fromOffset: reader.uint64(),
      length: reader.uint64(),
      to: reader.handle(),
      toOffset: reader.uint64(),
    }),
  },
  {
    name: 'home-directory',
    version: '1',
    request: 'home-directory',
    decode: (reader) => ({ name: 'home-directory', user: reader.text() }),
  },
  {
    name: 'users-groups-by-id@openssh.com',
    version: '1',
    request: 'users-groups-by-id',
    decode: (reader) => ({ name: 'users-groups-by-id', uids: reader.numbers(), gids: reader.numbers() }),
  },
];

type Mount = Pick<VfsBackend, 'capabilities' | 'denied'>;

/** What is known, by name: what a mount can do, and what it denies. Nothing else is answered. */
export function extensionsOf({ capabilities, denied }: Mount): ReadonlyMap<string, Extension> {
  const known = EXTENSIONS.filter(
    ({ needs, request }) => needs === undefined || capabilities[needs] || denied?.has(request),
  );
  return new Map(known.map((extension) => [extension.name, extension]));
}

/** What VERSION announces: as OpenSSH's `compose_extension`, nothing that is denied. */
export function announced(known: ReadonlyMap<string, Extension>, { denied }: Mount): Extension[] {
  return [...known.values()].filter(({ request }) => denied?.has(request) !== true);
}
