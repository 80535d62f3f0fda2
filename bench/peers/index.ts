import type { Peer } from '../peer.ts';
import { anyfs } from './anyfs.ts';
import { openssh } from './openssh.ts';
import { proftpd } from './proftpd.ts';
import { rclone } from './rclone.ts';

/** Every server that can be measured, by the name that `--peers` takes. */
export const PEERS: Readonly<Record<string, Peer>> = { anyfs, proftpd, rclone, openssh };
