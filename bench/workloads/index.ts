import type { Inputs, Workload } from '../workload.ts';
import { get } from './get.ts';
import { login } from './login.ts';
import { put } from './put.ts';
import { small } from './small.ts';

/** Every workload, by the name that `--only` takes, in the order in which they run. */
export const WORKLOADS: Readonly<Record<string, (inputs: Inputs) => Workload>> = { login, put, get, small };
