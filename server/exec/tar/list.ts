import { decodeText } from '../../../vfs/names.ts';
import { modeLetters } from '../../sftp/longname.ts';
import { strftime } from '../tools/time-text.ts';
import type { Run } from '../tools/tool.ts';
import { shownName } from './create.ts';
import { excluder, Wanted } from './members.ts';
import type { TarEntry, TarReader } from './reader.ts';
import type { TarSettings } from './settings.ts';

const SERIOUS = 2;
/** Columns of owner and size together at least; more once there were more. */
const WIDTH = 19;
const TYPES = { file: 'file', 'hard link': 'file', symlink: 'symlink', directory: 'directory' } as const;

/** `tar t`: names, with -v as a long listing. */
export async function list(run: Run, { options, operands }: TarSettings, reader: TarReader): Promise<void> {
  const wanted = new Wanted(operands);
  const excludes = excluder(options.values('exclude'));
  let width = WIDTH;
  for (let entry = await reader.next(); entry !== undefined; entry = await reader.next()) {
    run.context.signal.throwIfAborted();
    const name = decodeText(entry.name);
    if (!wanted.has(name) || excludes(name)) continue;
    if (!options.has('verbose')) {
      await run.print(`${shownName(name)}\n`);
      continue;
    }
    const [owner, size] = [ownerOf(entry, options.has('numericOwner')), String(entry.size)];
    width = Math.max(width, owner.length + 1 + size.length);
    const time = strftime('%F %R', entry.mtime);
    const text = `${letters(entry)} ${owner} ${size.padStart(width - owner.length - 1)} ${time} ${shownName(name)}`;
    await run.print(`${text}${linkText(entry)}\n`);
  }
  await reader.drain();
  for (const name of wanted.missing) await run.complain(`${shownName(name)}: Not found in archive`, SERIOUS);
}

function letters({ type, mode }: TarEntry): string {
  const known = type in TYPES ? TYPES[type as keyof typeof TYPES] : 'file';
  const text = modeLetters({ type: known, mode } as Parameters<typeof modeLetters>[0]);
  return type === 'hard link' ? `h${text.slice(1)}` : text;
}

function ownerOf({ user, group, uid, gid }: TarEntry, isNumeric: boolean): string {
  const named = (name: Buffer, id: number): string =>
    isNumeric || name.length === 0 ? String(id) : decodeText(name);
  return `${named(user, uid)}/${named(group, gid)}`;
}

function linkText({ type, link }: TarEntry): string {
  if (type === 'symlink') return ` -> ${shownName(decodeText(link))}`;
  return type === 'hard link' ? ` link to ${shownName(decodeText(link))}` : '';
}
