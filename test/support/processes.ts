import { readdirSync, readFileSync } from 'node:fs';

/** The processes that a process has started and that live. */
export function childrenOf(pid: number): number[] {
  const tasks = readdirSync(`/proc/${pid}/task`);
  return tasks
    .flatMap((task) => childrenOfThread(`/proc/${pid}/task/${task}/children`).split(' '))
    .filter((child) => child !== '')
    .map(Number);
}

/** Nothing where the thread has ended meanwhile. */
function childrenOfThread(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

/** Is there a process of that number which has not ended? */
export function isAlive(pid: number): boolean {
  try {
    // One that has ended and that nobody has waited for is a zombie.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'));
  } catch {
    return false;
  }
}

/** The process and those that it has started. */
function treeOf(pid: number): number[] {
  return [pid, ...childrenOf(pid)];
}

/** Bytes that a server's processes have resident, what they share counted in each. */
export function residentBytes(pid: number): number {
  const resident = (of: number): number => {
    const status = readFileSync(`/proc/${of}/status`, 'latin1');
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
  };
  return treeOf(pid).reduce((sum, of) => sum + resident(of), 0);
}

/** Threads of a server's processes. */
export function threadsOf(pid: number): number {
  return treeOf(pid).reduce((sum, of) => sum + readdirSync(`/proc/${of}/task`).length, 0);
}
