import { parse } from './engine.ts';
import type { CommandNode, ScriptNode, WordNode } from './engine.ts';

type RedirectionNode = CommandNode['redirections'][number];
type WordPart = WordNode['parts'][number];

/** What became of a text that is to be run. */
export type Parsed =
  | { readonly is: 'script'; readonly script: ScriptNode }
  /** More lines are needed; `until`: a here-document ends with the line that is this. */
  | { readonly is: 'incomplete'; readonly until?: string | undefined }
  | { readonly is: 'wrong'; readonly message: string };

const CONTINUED = /(?:^|[^\\|&])(?:\|\|?|&&)[ \t]*\n?$/;

/** Parses commands as a person or a script gives them, line by line. */
export function parseLines(text: string): Parsed {
  if (/(?:^|[^\\])(?:\\\\)*\\\n?$/.test(text)) return { is: 'incomplete' };
  try {
    const script = parse(text);
    const open = openHereDocument(script);
    if (open !== undefined) return { is: 'incomplete', until: open };
    const wrong = script.statements.find(({ deferredError }) => deferredError !== undefined);
    if (wrong === undefined && CONTINUED.test(text)) return { is: 'incomplete' };
    return { is: 'script', script };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return atEnd(message, text) ? { is: 'incomplete' } : { is: 'wrong', message: plain(message) };
  }
}

/** The parser names the end of the text, or a place there: it would have gone on. */
function atEnd(message: string, text: string): boolean {
  if (/\bEOF\b/.test(message)) return true;
  const [, line, column] = /^Parse error at (\d+):(\d+)/.exec(message) ?? [];
  const lines = text.replace(/\n+$/, '').split('\n');
  const last = lines.at(-1) ?? '';
  return Number(line) > lines.length || (Number(line) === lines.length && Number(column) > last.length);
}

function plain(message: string): string {
  return message.replace(/^(?:Parse error at \d+:\d+|line \d+): /, '');
}

/** The text of a word that is the same whatever the shell's variables are; absent for others. */
export function literal(word: WordNode | null): string | undefined {
  if (word === null) return undefined;
  let text = '';
  for (const part of word.parts) {
    if (part.type !== 'Literal' && part.type !== 'SingleQuoted' && part.type !== 'Escaped') return undefined;
    text += part.value;
  }
  return text;
}

export interface Node {
  readonly type?: unknown;
  readonly [field: string]: unknown;
}

/** The delimiter of a here-document that has not ended. */
function openHereDocument(node: unknown): string | undefined {
  let found: string | undefined;
  walk(node, ({ type, terminated, delimiter }) => {
    if (type === 'HereDoc' && terminated !== true) found ??= String(delimiter);
    return found === undefined;
  });
  return found;
}

/** The names of the functions that a script defines, wherever it does so. */
export function functionsOf(script: ScriptNode): string[] {
  const names: string[] = [];
  walk(script, ({ type, name }) => {
    if (type === 'FunctionDef') names.push(String(name));
    return true;
  });
  return names;
}

/**
 * Changes a script in place where just-bash 3.4.2 would write it wrongly: a newline from `$'\n'` as a backslash and a
 * newline, which are nothing when they are read again, a quote within quotes as it is, and a here-document in the middle of its command's line, which
 * then holds the rest of the line.
 */
export function withoutSerializerFaults(script: ScriptNode): void {
  walk(script, (node) => {
    if (node.type === 'DoubleQuoted') return false;
    if (node.type === 'Redirection') asHereString(node as unknown as RedirectionNode);
    // One within braces, `{a,b}`, has the type too, and no parts.
    if (node.type === 'Word' && Array.isArray(node['parts']))
      Object.assign(node, { parts: (node['parts'] as WordPart[]).flatMap(quotable) });
    return true;
  });
}

function quotable(part: WordPart): WordPart[] {
  const isPlain = part.type === 'Escaped' || part.type === 'Literal';
  const isText = part.type === 'SingleQuoted' || (isPlain && part.value.includes('\n'));
  if (!isText || part.value === '') return [part];
  return part.value
    .split(/(')/)
    .filter((piece) => piece !== '')
    .map((value) => ({ type: value === "'" ? 'Escaped' : 'SingleQuoted', value }));
}

/** `<<E` as `<<<`, which adds a newline at the end. */
function asHereString(redirection: RedirectionNode): void {
  if (redirection.target.type !== 'HereDoc') return;
  const { content, quoted } = redirection.target;
  const parts = [...content.parts];
  const last = parts.at(-1);
  if (last === undefined || last.type !== 'Literal' || !last.value.endsWith('\n')) return;
  if (last.value === '\n') parts.pop();
  else parts[parts.length - 1] = { ...last, value: last.value.slice(0, -1) };
  const text = quoted
    ? parts.map((part) => ({ type: 'SingleQuoted', value: (part as { value: string }).value }))
    : [{ type: 'DoubleQuoted', parts }];
  Object.assign(redirection, { operator: '<<<', target: { type: 'Word', parts: text } });
}

/** Calls `visit` for every node; false: not for what is below. */
export function walk(node: unknown, visit: (node: Node) => boolean): void {
  if (Array.isArray(node)) for (const one of node) walk(one, visit);
  if (typeof node !== 'object' || node === null || Array.isArray(node)) return;
  if (!visit(node as Node)) return;
  for (const value of Object.values(node)) walk(value, visit);
}

/** Where a part stands, and how it was written. */
const IGNORED: ReadonlySet<string> = new Set([
  'line',
  'column',
  'offset',
  'sourceText',
  'sourceFile',
  'originalText',
]);

/** Whether two scripts mean the same. */
export function sameScript(a: ScriptNode, b: ScriptNode): boolean {
  return essence(a) === essence(b);
}

function essence(script: ScriptNode): string {
  return JSON.stringify(script, (key, value: unknown) => {
    if (IGNORED.has(key)) return undefined;
    return key === 'parts' && Array.isArray(value) ? joined(value as WordPart[]) : value;
  });
}

/** Text is text, in however many pieces and with whatever quotes. */
function joined(parts: readonly WordPart[]): unknown[] {
  const all: unknown[] = [];
  for (const part of parts) {
    const before = all.at(-1);
    if (part.type !== 'Literal' && part.type !== 'Escaped' && part.type !== 'SingleQuoted') all.push(part);
    else if (typeof before === 'string') all[all.length - 1] = before + part.value;
    else all.push(part.value);
  }
  return all;
}
