import type { Dialect } from '../handshake.ts';
import { EXIT, RsyncError } from '../exit.ts';
import type { Options } from '../options/options.ts';
import { DIGEST_LENGTHS } from '../sums/digest.ts';

/** Which fields the entries of a session's list have. */
export interface ListShape {
  readonly protocol: number;
  readonly variableFlags: boolean;
  readonly safeList: boolean;
  readonly owner: boolean;
  readonly group: boolean;
  readonly symlinks: boolean;
  readonly devices: boolean;
  readonly specials: boolean;
  readonly hardLinks: boolean;
  readonly accessTimes: boolean;
  readonly creationTimes: boolean;
  readonly acls: boolean;
  readonly xattrs: boolean;
  /** Bytes of a checksum with each file; 0: none. */
  readonly checksum: number;
  readonly numericIds: boolean;
  readonly relative: boolean;
  readonly recurse: boolean;
  readonly deleteMissing: boolean;
}

export function listShape(options: Options, { protocol, abilities, checksums }: Dialect): ListShape {
  if (protocol < 30 && (options.acls || options.xattrs > 0))
    throw new RsyncError(EXIT.protocol, '--acls and --xattrs need protocol 30 or newer');
  return {
    protocol,
    variableFlags: abilities.variableFlags,
    safeList: abilities.safeList || protocol >= 31,
    owner: options.owner,
    group: options.group,
    symlinks: options.symlinks,
    devices: options.devices,
    specials: options.specials,
    hardLinks: options.hardLinks,
    accessTimes: options.accessTimes,
    creationTimes: options.creationTimes,
    acls: options.acls,
    xattrs: options.xattrs > 0,
    checksum: options.checksum ? DIGEST_LENGTHS[checksums.listName] : 0,
    numericIds: options.numericIds,
    relative: options.relative,
    recurse: options.recurse,
    deleteMissing: options.deleteMissingArguments,
  };
}
