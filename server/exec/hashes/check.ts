import { errorText } from '../error-text.ts';
import { isVfsError } from '../../../vfs/errors.ts';
import { linesOf } from '../tools/content.ts';
import { shown as shownName } from '../tools/quoted.ts';
import type { AnyRun } from '../tools/tool.ts';
import type { Algorithm } from './algorithms.ts';
import { unescapeName } from './escaping.ts';
import { hashContent } from './hash-content.ts';

/** Bytes of a line in a file of sums at most. */
const LINE_MAX = 16 * 1024;

export interface CheckSettings {
  readonly algorithm: Algorithm;
  readonly ignoreMissing: boolean;
  readonly quiet: boolean;
  /** Nothing is said but errors; the status tells. */
  readonly silent: boolean;
  readonly strict: boolean;
  readonly warn: boolean;
}

interface Counts {
  proper: number;
  improper: number;
  unread: number;
  mismatched: number;
  matched: number;
}

interface Sum {
  readonly digest: string;
  readonly name: string;
}

/** Compares files with the sums in a file, as `md5sum -c` does; `-` is stdin. */
export async function checkSums(run: AnyRun, file: string, settings: CheckSettings): Promise<void> {
  const counts: Counts = { proper: 0, improper: 0, unread: 0, mismatched: 0, matched: 0 };
  let number = 0;
  for await (const line of linesOf(run.context, file, LINE_MAX)) {
    number += 1;
    const sum = parseSum(line, settings.algorithm);
    if (sum !== undefined) await checkSum(run, sum, settings, counts);
    else if (line !== '' && !line.startsWith('#')) {
      counts.improper += 1;
      if (settings.warn)
        await run.complain(
          `${shown(file)}: ${number}: improperly formatted ${settings.algorithm.tag} checksum line`,
          0,
        );
    }
  }
  await summarize(run, file, settings, counts);
}

async function checkSum(run: AnyRun, sum: Sum, settings: CheckSettings, counts: Counts): Promise<void> {
  counts.proper += 1;
  let outcome: 'OK' | 'FAILED' | 'FAILED open or read';
  try {
    const digest = await hashContent(run.context, sum.name, settings.algorithm);
    outcome = digest === sum.digest ? 'OK' : 'FAILED';
  } catch (error) {
    run.context.signal.throwIfAborted();
    if (settings.ignoreMissing && isVfsError(error, 'ENOENT')) return;
    await run.complain(`${shownName(sum.name)}: ${errorText(error)}`);
    outcome = 'FAILED open or read';
  }
  if (outcome === 'OK') counts.matched += 1;
  else if (outcome === 'FAILED') counts.mismatched += 1;
  else counts.unread += 1;
  const isSaid = !settings.silent && !(settings.quiet && outcome === 'OK');
  if (isSaid) await run.print(`${sum.name}: ${outcome}\n`);
}

async function summarize(
  run: AnyRun,
  file: string,
  { silent, strict, ignoreMissing }: CheckSettings,
  { proper, improper, unread, mismatched, matched }: Counts,
): Promise<void> {
  if (proper === 0) {
    return run.complain(`${shown(file)}: no properly formatted checksum lines found`);
  }
  const lines = [
    [improper, 'line is improperly formatted', 'lines are improperly formatted', strict ? 1 : 0],
    [unread, 'listed file could not be read', 'listed files could not be read', 1],
    [mismatched, 'computed checksum did NOT match', 'computed checksums did NOT match', 1],
  ] as const;
  for (const [count, one, many, status] of lines) {
    if (count === 0) continue;
    run.status = Math.max(run.status, status);
    if (!silent) await run.complain(`WARNING: ${count} ${count === 1 ? one : many}`, status);
  }
  if (ignoreMissing && matched === 0) await run.complain(`${shown(file)}: no file was verified`);
}

function shown(file: string): string {
  return file === '-' ? "'standard input'" : shownName(file);
}

const PLAIN = /^(\\?)([0-9a-fA-F]+) [ *]([\s\S]+)$/;
const TAGGED = /^(\\?)([A-Za-z0-9]+) \(([\s\S]+)\) = ([0-9a-fA-F]+)$/;

function parseSum(line: string, { tag, digits }: Algorithm): Sum | undefined {
  const plain = PLAIN.exec(line);
  const tagged = plain === null ? TAGGED.exec(line) : null;
  if (tagged !== null && tagged[2] !== tag) return undefined;
  const [mark, digest, text] =
    plain === null ? [tagged?.[1], tagged?.[4], tagged?.[3]] : [plain[1], plain[2], plain[3]];
  if (digest === undefined || digest.length !== digits || text === undefined) return undefined;
  const name = mark === '' ? text : unescapeName(text);
  return name === undefined ? undefined : { digest: digest.toLowerCase(), name };
}
