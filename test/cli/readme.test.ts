import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { SETTING_NAMES, SETTINGS } from '../../config/settings.ts';
import { anyfs } from '../support/command-line.ts';

const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

/** The first two cells of a table row, without backquotes. */
function cells(row: string): [string, string] {
  const [, first = '', second = ''] = row.split('|').map((cell) => cell.trim().replaceAll('`', ''));
  return [first, second];
}

function rowsUnder(heading: string): [string, string][] {
  const section = README.slice(README.indexOf(heading)).split('\n## ')[0] ?? '';
  return section
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map(cells);
}

describe('the README', () => {
  it('has every setting with its default', () => {
    const settings = SETTING_NAMES.map((name) => [SETTINGS[name].key, SETTINGS[name].default.join(', ')]);
    expect(Object.fromEntries(rowsUnder('## Settings'))).to.deep.equal(Object.fromEntries(settings));
  });

  it('has every command, and no other', async () => {
    const listed = new Set<string>();
    const rows = rowsUnder('## Users and keys').map(([usage]) => usage.replaceAll('anyfs ', ''));
    for (const usage of rows.flatMap((row) => row.split(', '))) listed.add(usage.replace(/ ?[A-Z[-].*$/, ''));
    const commands = await commandsBelow([]);
    expect([...listed].sort()).to.deep.equal(commands.sort());
  });

  it('names flags that exist', async () => {
    const { stdout: help } = await anyfs(['user', 'add', '--help']);
    const { stdout: more } = await anyfs(['user', 'set', '--help']);
    const { stdout: removal } = await anyfs(['user', 'remove', '--help']);
    const { stdout: serve } = await anyfs(['serve', '--help']);
    const { stdout: list } = await anyfs(['storage', 'ls', '--help']);
    const known = [help, more, removal, serve, list].join('\n');
    const named = new Set(README.match(/--[a-z][a-z-]+/g) ?? []);
    expect([...named].filter((flag) => !known.includes(flag))).to.deep.equal([]);
  });
});

/** The commands that the help names, groups left out. */
async function commandsBelow(words: readonly string[]): Promise<string[]> {
  const { stdout } = await anyfs([...words, '--help']);
  const found = [...stdout.matchAll(/^ {2}anyfs ([a-z ]+?)(?: [<[]| {2,}|$)/gm)].map(
    (match) => match[1] ?? '',
  );
  if (found.length === 0) return [words.join(' ')];
  const below = await Promise.all(found.map((command) => commandsBelow(command.split(' '))));
  return below.flat();
}
