import type { Inputs, Workload } from '../workload.ts';
import { clients } from './clients.ts';
import { idle, idleShells } from './idle.ts';
import { latency, latencyOneUser } from './latency.ts';
import { list } from './list.ts';
import { login, logins } from './logins.ts';
import { randomAccess } from './random-access.ts';
import { rsync } from './rsync.ts';
import { shell } from './shell.ts';
import { scriptedSmall, small } from './small.ts';
import { scp, scriptedTransfer, transfer } from './transfer.ts';

/** Every workload, by the name that `--only` takes, in the order in which they run. */
export const WORKLOADS: Readonly<Record<string, (inputs: Inputs) => Workload>> = {
  login,
  logins,
  idle,
  transfer,
  transfer64: scriptedTransfer,
  small,
  small64: scriptedSmall,
  list,
  random: randomAccess,
  clients,
  scp,
  rsync,
  shell,
  'idle-shells': idleShells,
  latency,
  'latency-one-user': latencyOneUser,
};
