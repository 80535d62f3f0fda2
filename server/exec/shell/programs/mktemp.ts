import { randomInt } from 'node:crypto';
import { isVfsError, VfsError } from '../../../../vfs/errors.ts';
import { UsageError } from '../../tools/options.ts';
import { tool, type Run } from '../../tools/tool.ts';

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const ATTEMPTS = 100;
const OPTIONS = {
  directory: '-d --directory',
  dryRun: '-u --dry-run',
  quiet: '-q --quiet',
  parent: '-p --tmpdir[=]',
  inTemporary: '-t',
} as const;

/** `mktemp [-d] [TEMPLATE]`: in the current directory, there being no /tmp but one that the user makes. */
export const mktemp = tool(
  'mktemp',
  OPTIONS,
  async (run) => {
    const template = run.operands[0] ?? 'tmp.XXXXXXXXXX';
    const [, before = '', letters = '', after = ''] = /^(.*?)(X{3,})([^X/]*)$/s.exec(template) ?? [];
    if (letters === '') throw new UsageError(`too few X's in template '${template}'`);
    const parent = run.options.value('parent');
    const beginning =
      parent === undefined || parent === '' ? before : `${parent.replace(/\/$/, '')}/${before}`;
    await run.print(`${await make(run, () => beginning + random(letters.length) + after)}\n`);
  },
  { operandsMax: 1 },
);

async function make(run: Run<keyof typeof OPTIONS>, name: () => string): Promise<string> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const text = name();
    try {
      if (run.options.has('dryRun')) return text;
      if (run.options.has('directory')) await run.storage.mkdir(run.path(text), 0o700, run.ctx);
      else
        await run.storage.close(
          await run.storage.open(run.path(text), { access: 'w', create: 'exclusive' }, 0o600, run.ctx),
          {},
        );
      return text;
    } catch (error) {
      if (!isVfsError(error, 'EEXIST')) throw error;
    }
  }
  throw new VfsError('EEXIST', { op: 'open', path: name() });
}

function random(length: number): string {
  return Array.from({ length }, () => LETTERS.charAt(randomInt(LETTERS.length))).join('');
}
