import { EXIT, RsyncError } from '../exit.ts';
import type { Options } from '../options/options.ts';
import type { Input } from '../wire/input.ts';
import { cvsRules } from './cvs.ts';
import { RULE_BYTES_MAX } from './parse-rule.ts';

/** Bytes of all rules of a client. */
const RULES_BYTES_MAX = 4 * 1024 * 1024;

/** Whether the client sends rules at all: to a sender always (recv_filter_list, exclude.c). */
function isSent(options: Options, protocol: number): boolean {
  if (options.sender || options.pruneEmptyDirectories) return true;
  return options.deleteTiming !== undefined && (!options.deleteExcluded || protocol >= 29);
}

/** The client's rules, and those that `-C` adds for a sender. */
export async function readRules(input: Input, options: Options, protocol: number): Promise<string[]> {
  const rules: string[] = [];
  let bytes = 0;
  while (isSent(options, protocol)) {
    const rule = await input.parse(readText);
    if (rule === '') break;
    bytes += rule.length;
    if (bytes > RULES_BYTES_MAX) throw new RsyncError(EXIT.memory, 'there are too many filter rules');
    rules.push(rule);
  }
  return options.sender && options.cvsExclude ? [...rules, ...cvsRules(protocol)] : rules;
}

function readText(input: Input): string {
  const length = input.int();
  if (length < 0 || length > RULE_BYTES_MAX) throw new RsyncError(EXIT.protocol, 'a filter rule is too long');
  return input.text(length);
}
