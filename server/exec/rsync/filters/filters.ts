import { EXIT, RsyncError } from '../exit.ts';
import type { MergeFile } from './merge-file.ts';
import { parseRule, type Parsed, type RuleSetting } from './parse-rule.ts';
import type { Rule, Side } from './rule.ts';

/** Rules in force at one place, at most. */
const RULES_MAX = 50_000;

/** A per-directory file in a list of rules: its own rules stand where it stands. */
interface Merge {
  readonly file: MergeFile;
  readonly rules: readonly Item[];
}

type Item = { readonly rule: Rule } | { readonly merge: Merge };

/** The text of a file of rules in a directory (its path from the root of the transfer; the root is empty); absent: none. */
export type ReadMergeFile = (directory: string, name: string) => Promise<string | undefined>;

export type FilterSetting = Omit<RuleSetting, 'base' | 'file'>;

/** The filter rules in force in one directory, in the order in which they are asked (check_filter, exclude.c). */
export class Filters {
  readonly #items: readonly Item[];
  readonly #setting: FilterSetting;

  private constructor(items: readonly Item[], setting: FilterSetting) {
    this.#items = items;
    this.#setting = setting;
  }

  static of(rules: readonly string[], setting: FilterSetting): Filters {
    return new Filters(collect(rules, { ...setting, base: '' }), setting);
  }

  /** Whether files of rules are looked for in directories. */
  get perDirectory(): boolean {
    return this.#items.some((item) => 'merge' in item);
  }

  /** Whether there are rules about names of extended attributes; they are not looked for in files of rules. */
  get aboutXattrs(): boolean {
    return this.#items.some((item) => 'rule' in item && item.rule.xattr);
  }

  /** Whether an extended attribute of that name is left out. */
  excludesXattr(name: string, side: Side): boolean {
    return (
      findRule(this.#items, { name, directory: false, side, removing: false, xattr: true })?.include === false
    );
  }

  /** Further rules at the end. */
  with(rules: readonly string[]): Filters {
    return new Filters([...this.#items, ...collect(rules, { ...this.#setting, base: '' })], this.#setting);
  }

  /** The rules in a directory below the one that these are for. */
  async enter(directory: string, read: ReadMergeFile): Promise<Filters> {
    if (!this.perDirectory) return this;
    const entered = await Promise.all(this.#items.map((item) => this.#enterItem(item, directory, read)));
    const count = entered.reduce((sum, item) => sum + ('merge' in item ? item.merge.rules.length : 1), 0);
    if (count > RULES_MAX) throw new RsyncError(EXIT.memory, 'there are too many filter rules');
    return new Filters(entered, this.#setting);
  }

  /**
   * The first rule about a name decides; `undefined`: none is. `removing`: asked for what is in a directory that is being
   * removed, where perishable rules do not count.
   */
  check(name: string, directory: boolean, side: Side, removing = false): 'include' | 'exclude' | undefined {
    const rule = findRule(this.#items, { name, directory, side, removing, xattr: false });
    return rule === undefined ? undefined : rule.include ? 'include' : 'exclude';
  }

  excludes(name: string, directory: boolean, side: Side, removing = false): boolean {
    return this.check(name, directory, side, removing) === 'exclude';
  }

  async #enterItem(item: Item, directory: string, read: ReadMergeFile): Promise<Item> {
    if (!('merge' in item)) return item;
    const { file, rules } = item.merge;
    const text = await read(directory, file.name);
    const inherited = file.noInherit ? [] : rules;
    if (text === undefined) return { merge: { file, rules: inherited } };
    const lines = linesOf(text, file);
    const cleared = lines.lastIndexOf('!');
    const own = collect(lines.slice(cleared + 1), { ...this.#setting, base: directory, file });
    // Files that are named inside this one are looked for here too.
    const nested = await Promise.all(own.map((one) => this.#enterItem(one, directory, read)));
    return { merge: { file, rules: [...nested, ...(cleared >= 0 ? [] : inherited)] } };
  }
}

/** What is asked about: the name of a file or of an extended attribute. */
interface Question {
  readonly name: string;
  readonly directory: boolean;
  readonly side: Side;
  readonly removing: boolean;
  readonly xattr: boolean;
}

function findRule(items: readonly Item[], question: Question): Rule | undefined {
  const { name, directory, side, removing, xattr } = question;
  for (const item of items) {
    if ('merge' in item) {
      const found = findRule(item.merge.rules, question);
      if (found !== undefined) return found;
      continue;
    }
    const { rule } = item;
    if (rule.xattr !== xattr) continue;
    if (rule.side !== undefined && rule.side !== side) continue;
    if (removing && rule.perishable) continue;
    if (rule.matches(name, directory)) return rule;
  }
  return undefined;
}

function collect(texts: readonly string[], setting: RuleSetting): Item[] {
  const items: Item[] = [];
  for (const text of texts) place(items, parseRule(text, setting));
  if (items.length > RULES_MAX) throw new RsyncError(EXIT.memory, 'there are too many filter rules');
  return items;
}

function place(items: Item[], parsed: Parsed): void {
  if (parsed.kind === 'clear') items.length = 0;
  if (parsed.kind === 'rule') items.push({ rule: parsed.rule });
  if (parsed.kind !== 'merge') return;
  if (parsed.exclude !== undefined) items.push({ rule: parsed.exclude });
  items.push({ merge: { file: parsed.file, rules: [] } });
}

/** Comments are lines only; in a file of words everything counts. */
function linesOf(text: string, { words }: MergeFile): string[] {
  if (words) return text.split(/\s+/).filter((word) => word !== '');
  return text
    .split(/[\r\n\0]+/)
    .filter((line) => line !== '' && !line.startsWith('#') && !line.startsWith(';'));
}
