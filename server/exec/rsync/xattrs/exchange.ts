import { ITEM } from '../item.ts';
import type { Session } from '../session.ts';

/** A link or copy whose attributes come with it; such items carry no values where both sides agreed on that. */
const COMES_ALONG = ITEM.nameFollows | ITEM.localChange;

/** Whether attributes of that kind are followed by requests for values, or by values (read_ndx_and_attrs and its callers). */
export function carriesXattrs({ options, dialect }: Session, flags: number): boolean {
  if (options.xattrs === 0 || options.dryRun || (flags & ITEM.xattr) === 0) return false;
  return !dialect.abilities.xattrOptimization || (flags & COMES_ALONG) !== COMES_ALONG;
}
