import type { Program } from '../program.ts';
import { UsageError } from './options.ts';
import { quoted } from './quoted.ts';
import { tool, type Run } from './tool.ts';
import { treeOf, type Met } from './tree.ts';

const OPTIONS = {
  recursive: '-R --recursive',
  changes: '-c --changes',
  silent: '-f --silent --quiet',
  verbose: '-v --verbose',
  noDereference: '-h --no-dereference',
  dereference: '--dereference',
  reference: '--reference=',
};

type ChownRun = Run<keyof typeof OPTIONS>;

interface Owner {
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
}

/** `chown OWNER[:GROUP]` and `chgrp GROUP`; who may give files away is the storage's affair. */
function ownerTool(name: 'chown' | 'chgrp'): Program {
  return tool(
    name,
    OPTIONS,
    async (run) => {
      const reference = run.options.value('reference');
      const [first = '', ...rest] = run.operands;
      const names = reference === undefined ? rest : run.operands;
      if (names.length === 0) throw new UsageError(`missing operand after ${quoted(first)}`);
      const owner =
        reference === undefined ? parseOwner(run, name, first) : await ownerOf(run, name, reference);
      for (const operand of names) await changeAll(run, operand, owner);
    },
    { operandsMin: 1 },
  );
}

export const chown = ownerTool('chown');
export const chgrp = ownerTool('chgrp');

async function ownerOf(run: ChownRun, name: string, reference: string): Promise<Owner> {
  const { uid, gid } = await run.stat(reference);
  return name === 'chgrp' ? { gid } : { uid, gid };
}

function parseOwner(run: ChownRun, tool: string, text: string): Owner {
  if (tool === 'chgrp') return { gid: idOf(run, text, 'group') };
  const separator = text.search(/[:.]/);
  if (separator < 0) return { uid: idOf(run, text, 'user') };
  const [user, group] = [text.slice(0, separator), text.slice(separator + 1)];
  const uid = user === '' ? undefined : idOf(run, user, 'user');
  return { uid, gid: group === '' ? uid : idOf(run, group, 'group') };
}

/** Names are those of accounts, of which one knows only itself; numbers are taken as they are. */
function idOf({ context: { account } }: ChownRun, text: string, kind: 'user' | 'group'): number {
  if (text === account.name) return kind === 'user' ? account.uid : account.gid;
  if (text === 'root') return 0;
  const number = Number(text);
  if (!/^\d+$/.test(text) || number > 0xffff_fffe) throw new UsageError(`invalid ${kind}: ${quoted(text)}`);
  return number;
}

async function changeAll(run: ChownRun, name: string, owner: Owner): Promise<void> {
  const { options } = run;
  await run.attempt(`cannot access ${quoted(name)}`, async () => {
    const itself = options.has('noDereference') || options.has('recursive');
    const stats = itself ? await run.lstat(name) : await run.stat(name);
    const met = { path: run.path(name), name, stats, depth: 0 };
    if (!options.has('recursive')) return change(run, met, owner, !itself);
    for await (const one of treeOf(run, met)) await change(run, one, owner, false);
  });
}

async function change(run: ChownRun, { path, name }: Met, owner: Owner, follow: boolean): Promise<void> {
  const what = owner.uid === undefined ? 'group' : 'ownership';
  const done = await run.attempt(`changing ${what} of ${quoted(name)}`, () =>
    run.storage.setstat(path, owner, follow ? run.following : run.ctx),
  );
  if (done && run.options.has('verbose')) await run.print(`${what} of ${quoted(name)} changed\n`);
}
