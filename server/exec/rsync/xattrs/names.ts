import { Filters } from '../filters/filters.ts';
import type { Options } from '../options/options.ts';
import type { Session } from '../session.ts';

const USER = 'user.';
const SYSTEM = 'system.';
/** Attributes of rsync's own, `user.rsync.%stat` and so on, in which `--fake-super` keeps things. */
const OWN = 'user.rsync.';

/** Which extended attributes a session is about, by their names (rsync_xal_get and receive_xattr, xattrs.c). */
export interface XattrNames {
  /** Whether one that a file here has is sent, or compared with and removed. */
  readonly isStored: (name: string) => boolean;
  /** The name under which one that comes is stored; absent: it is passed over. */
  readonly storedAs: (name: string) => string | undefined;
}

/** Absent without `-X`. Rules about names of attributes are about the whole transfer, wherever it goes. */
export function xattrNamesOf(
  { options, dialect, program }: Session,
  rules: readonly string[],
): XattrNames | undefined {
  if (options.xattrs === 0) return undefined;
  const setting = { protocol: dialect.protocol, root: '/', deleteExcluded: options.deleteExcluded };
  return xattrNames(options, program.account.superuser, Filters.of(rules, setting));
}

/** A rule of a client about names of attributes takes the place of the rule about namespaces. */
function xattrNames(
  { sender, xattrs }: Pick<Options, 'sender' | 'xattrs'>,
  superuser: boolean,
  filters: Filters,
): XattrNames {
  const filtered = filters.aboutXattrs;
  const excluded = (name: string): boolean => filters.excludesXattr(name, sender ? 'sender' : 'receiver');
  const isOwn = (name: string): boolean => xattrs < 2 && name.startsWith(`${OWN}%`);
  const userOnly = !sender && !superuser;
  const isOfNamespace = (name: string): boolean =>
    userOnly ? name.startsWith(USER) : !name.startsWith(SYSTEM);
  return {
    isStored: (name) => (filtered ? !excluded(name) : isOfNamespace(name)) && !(sender && isOwn(name)),
    storedAs: (name) => {
      if (filtered && excluded(name)) return undefined;
      const foreign = !superuser && !name.startsWith(USER);
      if (foreign && !filtered) return undefined;
      const stored = foreign ? `${OWN}${name}` : name;
      return isOwn(stored) ? undefined : stored;
    },
  };
}
