import type { Handle, OpName } from '../../backend.ts';
import { formatBytes, isEmptyChange } from '../../backends/shared/index.ts';
import { isVfsError } from '../../errors.ts';
import type { Call, Next, OpResult } from '../../layer.ts';
import type { VfsPath } from '../../path.ts';
import type { Stats } from '../../stats.ts';
import { wordsOfChange, type Plan, type Words } from './plan.ts';

/** What must be known from before a call to say what it has changed: what its path named, or its handle. */
type Before = Stats | undefined;

type NameOf = (handle: Handle) => string;

/** In words what a planned call has changed; undefined where it was nothing. */
type Describe = {
  readonly [K in OpName]?: (
    call: Call<K>,
    before: Before,
    result: OpResult<K>,
    nameOf: NameOf,
  ) => Words | undefined;
};

const one = (verb: string, path: string): Words => ({ paths: [path], text: `${verb} ${path}` });
const two = (verb: string, from: string, to: string): Words => ({
  paths: [from, to],
  text: `${verb} ${from} → ${to}`,
});

const DESCRIBE: Describe = {
  open({ args: [path, { truncate }] }, before) {
    if (before === undefined) return one('create', path);
    return truncate === true ? one('cut', path) : undefined;
  },
  copyRange({ args: [from, fromPosition, , to, toPosition] }, _, copied, nameOf) {
    if (copied === 0) return undefined;
    const [source, target] = [nameOf(from), nameOf(to)];
    const text = `copy ${formatBytes(copied)} of ${source} at ${fromPosition} to ${target} at ${toPosition}`;
    return { paths: [source, target], text, bytes: copied };
  },
  fsetstat: ({ args: [handle, change] }, _, __, nameOf) =>
    isEmptyChange(change) ? undefined : wordsOfChange(nameOf(handle), change),
  setstat: ({ args: [path, change] }) => (isEmptyChange(change) ? undefined : wordsOfChange(path, change)),
  mkdir: ({ args: [path] }) => one('mkdir', path),
  rmdir: ({ args: [path] }) => one('rmdir', path),
  unlink: ({ args: [path] }) => one('unlink', path),
  // What has been moved onto another name of itself is where it was.
  rename: ({ args: [from, to] }, before) => (before === undefined ? two('rename', from, to) : undefined),
  link: ({ args: [from, to] }) => two('link', from, to),
  symlink: ({ args: [target, path] }) => ({ paths: [path], text: `symlink ${path} → ${target}` }),
  setxattr: ({ args: [path, name] }) => ({ paths: [path], text: `set attribute ${name} of ${path}` }),
  removexattr: ({ args: [path, name] }) => ({ paths: [path], text: `remove attribute ${name} of ${path}` }),
};

/** Makes the call by `perform` and puts what it has changed into the plan. */
export async function recorded<K extends OpName>(
  plan: Plan,
  perform: Next,
  call: Call<K>,
  nameOf: NameOf,
): Promise<OpResult<K>> {
  const before = await lookBefore(perform, call);
  const result = await perform(call);
  if (call.op === 'write') addWrite(plan, call as unknown as Call<'write'>, before, nameOf);
  const describe = DESCRIBE[call.op];
  const words = describe?.(call, before, result, nameOf);
  if (words !== undefined) plan.add(call, words);
  return result;
}

function addWrite(plan: Plan, call: Call<'write'>, before: Before, nameOf: NameOf): void {
  const [handle, position, bytes] = call.args;
  if (bytes.length === 0) return;
  plan.addWrite(call, nameOf(handle), position === 'end' ? (before?.size ?? 0) : position);
}

async function lookBefore(perform: Next, call: Call): Promise<Before> {
  const { op, args, ctx } = call;
  if (op === 'open') return lookedAt(perform, args[0], ctx);
  if (op === 'write' && args[1] === 'end')
    return unlessRefused(perform({ op: 'fstat', args: [args[0] as Handle], ctx }));
  if (op !== 'rename') return undefined;
  const [from, to] = [await lookedAt(perform, args[0], ctx), await lookedAt(perform, args[1], ctx)];
  return from?.inode === to?.inode ? to : undefined;
}

function lookedAt(perform: Next, path: VfsPath, ctx: Call['ctx']): Promise<Before> {
  return unlessRefused(perform({ op: 'lstat', args: [path], ctx }));
}

/** The call itself will be refused for the same reason. */
async function unlessRefused(stats: Promise<Stats>): Promise<Before> {
  try {
    return await stats;
  } catch (error) {
    if (isVfsError(error)) return undefined;
    throw error;
  }
}
