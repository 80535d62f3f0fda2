import { tool, type Run } from './tool.ts';
import { quoted } from './quoted.ts';

const OPTIONS = {
  user: '-u --user',
  group: '-g --group',
  groups: '-G --groups',
  name: '-n --name',
  real: '-r --real',
  zero: '-z --zero',
};

/** Who the account is. Others are not told of. */
export const id = tool(
  'id',
  OPTIONS,
  async (run) => {
    const { account } = run.context;
    if (isOther(run)) return run.complain(`${quoted(run.operands[0] ?? '')}: no such user`);
    const { name, uid, gid } = account;
    const what = run.options.last('user', 'group', 'groups');
    const end = run.options.has('zero') ? '\0' : '\n';
    if (what === undefined)
      return run.print(`uid=${uid}(${name}) gid=${gid}(${name}) groups=${gid}(${name})${end}`);
    const number = what === 'user' ? uid : gid;
    await run.print((run.options.has('name') ? name : String(number)) + end);
  },
  { operandsMax: 1 },
);

export const whoami = tool('whoami', {}, (run) => run.print(`${run.context.account.name}\n`), {
  operandsMax: 0,
});

export const groups = tool('groups', {}, async (run) => {
  if (isOther(run)) return run.complain(`${quoted(run.operands[0] ?? '')}: no such user`);
  await run.print(`${run.context.account.name}\n`);
});

function isOther<N extends string>({ operands, context: { account } }: Run<N>): boolean {
  const [name] = operands;
  return name !== undefined && name !== account.name && name !== String(account.uid);
}
