import type { Capabilities } from '../../vfs/capabilities.ts';
import { readAttributes } from './attributes.ts';
import type { Decoder } from './requests.ts';

/** An extended request (section 8) of OpenSSH's. */
export interface Extension {
  readonly name: string;
  /** Sent in VERSION as text. */
  readonly version: string;
  /** Not offered by a mount without this ability. */
  readonly needs?: keyof Capabilities;
  readonly decode: Decoder;
}

/** In the order in which OpenSSH's server announces them. The layouts are those of its PROTOCOL, section 4. */
const EXTENSIONS: readonly Extension[] = [
  {
    name: 'posix-rename@openssh.com',
    version: '1',
    decode: (reader) => ({ name: 'posixRename', from: reader.text(), to: reader.text() }),
  },
  {
    name: 'statvfs@openssh.com',
    version: '2',
    decode: (reader) => ({ name: 'statvfs', path: reader.text() }),
  },
  {
    name: 'fstatvfs@openssh.com',
    version: '2',
    decode: (reader) => ({ name: 'fstatvfs', handle: reader.handle() }),
  },
  {
    name: 'hardlink@openssh.com',
    version: '1',
    needs: 'hardLinks',
    decode: (reader) => ({ name: 'hardlink', from: reader.text(), to: reader.text() }),
  },
  {
    name: 'fsync@openssh.com',
    version: '1',
    decode: (reader) => ({ name: 'fsync', handle: reader.handle() }),
  },
  {
    name: 'lsetstat@openssh.com',
    version: '1',
    decode: (reader) => ({ name: 'lsetstat', path: reader.text(), change: readAttributes(reader) }),
  },
  { name: 'limits@openssh.com', version: '1', decode: () => ({ name: 'limits' }) },
  {
    name: 'expand-path@openssh.com',
    version: '1',
    decode: (reader) => ({ name: 'expandPath', path: reader.text() }),
  },
  {
    name: 'copy-data',
    version: '1',
    decode: (reader) => ({
      name: 'copyData',
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
    decode: (reader) => ({ name: 'homeDirectory', user: reader.text() }),
  },
  {
    name: 'users-groups-by-id@openssh.com',
    version: '1',
    decode: (reader) => ({ name: 'usersGroupsById', uids: reader.numbers(), gids: reader.numbers() }),
  },
];

/** What a mount with these abilities can do, by name; announced in this order, and nothing else is answered. */
export function extensionsOf(capabilities: Capabilities): ReadonlyMap<string, Extension> {
  const offered = EXTENSIONS.filter(({ needs }) => needs === undefined || capabilities[needs]);
  return new Map(offered.map((extension) => [extension.name, extension]));
}
