import { readdirSync, readFileSync } from 'node:fs';

/** `sysconf(_SC_CLK_TCK)` is 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

// Fields of /proc/PID/stat after the name, counted from the state (proc(5), field 3) on.
const PARENT = 1;
const USER_TICKS = 11;
const SYSTEM_TICKS = 12;
const CHILDREN_USER_TICKS = 13;
const CHILDREN_SYSTEM_TICKS = 14;

/** The kernel's own threads are below it. */
const KERNEL_THREADS = 2;

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

/** CPU seconds of a process, its living descendants, and those that they have waited for. */
export function cpuSeconds(root: number): number {
  return processTree(root).reduce(
    (sum, pid) => sum + ticks(pid, USER_TICKS, SYSTEM_TICKS, CHILDREN_USER_TICKS, CHILDREN_SYSTEM_TICKS),
    0,
  );
}

/** CPU seconds of the kernel's threads: writing back to the disk, loop devices. */
export function kernelSeconds(): number {
  return cpuSeconds(KERNEL_THREADS);
}

function ticks(pid: number, ...fields: readonly number[]): number {
  const stat = statFields(pid);
  if (stat === undefined) return 0;
  return fields.reduce((sum, field) => sum + Number(stat[field]), 0) / TICKS_PER_SECOND;
}

/**
 * Bytes of memory that a tree's living processes use: what several share counts once (proportional set size), where
 * the kernel tells; otherwise what is resident, in each.
 */
export function memoryBytes(root: number): number {
  return processTree(root).reduce((sum, pid) => sum + (proportionalBytes(pid) ?? residentBytes(pid)), 0);
}

function proportionalBytes(pid: number): number | undefined {
  return kibibytes(readOrNothing(`/proc/${pid}/smaps_rollup`), /^Pss:\s+(\d+) kB/m);
}

function residentBytes(pid: number): number {
  return kibibytes(readOrNothing(`/proc/${pid}/status`), /^VmRSS:\s+(\d+) kB/m) ?? 0;
}

function kibibytes(text: string | undefined, line: RegExp): number | undefined {
  const found = text?.match(line)?.[1];
  return found === undefined ? undefined : Number(found) * 1024;
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
