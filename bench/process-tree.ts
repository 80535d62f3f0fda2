import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

/** `sysconf(_SC_CLK_TCK)` is 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

// Fields of /proc/PID/stat after the name, counted from the state (proc(5), field 3) on.
const PARENT = 1;
const USER_TICKS = 11;
const SYSTEM_TICKS = 12;
const CHILDREN_USER_TICKS = 13;
const CHILDREN_SYSTEM_TICKS = 14;

/** The process and its living descendants. */
export function processTree(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const parent = statFields(Number(entry))?.[PARENT];
    if (parent !== undefined)
      children.set(Number(parent), [...(children.get(Number(parent)) ?? []), Number(entry)]);
  }
  const tree = [root];
  for (const pid of tree) tree.push(...(children.get(pid) ?? []));
  return tree;
}

/** CPU seconds of a process, its living descendants, and those it has waited for. */
export function cpuSeconds(root: number): number {
  return processTree(root).reduce((sum, pid) => sum + ownCpuSeconds(pid) + waitedCpuSeconds(pid), 0);
}

/** CPU seconds of the descendants that a process has waited for. */
export function waitedCpuSeconds(pid: number): number {
  return ticks(pid, CHILDREN_USER_TICKS, CHILDREN_SYSTEM_TICKS);
}

export function ownCpuSeconds(pid: number): number {
  return ticks(pid, USER_TICKS, SYSTEM_TICKS);
}

function ticks(pid: number, ...fields: readonly number[]): number {
  const stat = statFields(pid);
  if (stat === undefined) return 0;
  return fields.reduce((sum, field) => sum + Number(stat[field]), 0) / TICKS_PER_SECOND;
}

/** The most memory that a tree's living processes have had resident, in bytes, since they began or were reset. */
export function peakBytes(root: number): number {
  return processTree(root).reduce((sum, pid) => sum + highWaterBytes(pid), 0);
}

/** Makes the memory in use now the new peak. */
export function resetPeak(root: number): void {
  for (const pid of processTree(root)) writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

function highWaterBytes(pid: number): number {
  const kibibytes = readOrNothing(`/proc/${pid}/status`)?.match(/^VmHWM:\s+(\d+) kB/m)?.[1];
  return Number(kibibytes ?? 0) * 1024;
}

function statFields(pid: number): string[] | undefined {
  const stat = readOrNothing(`/proc/${pid}/stat`);
  // The name is in parentheses and may hold blanks and parentheses itself.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** A process may end between being listed and being read. */
function readOrNothing(file: string): string | undefined {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return undefined;
  }
}
