import { decodeText } from '../../../../vfs/names.ts';
import type { InputSource } from './input-source.ts';
import { COMMAND_MAX } from './limits.ts';
import { parseLines } from './syntax.ts';

/** Where commands come from. */
export interface Commands {
  /** The next commands, whole where they can be made so; absent at the end. */
  next(): Promise<string | undefined>;
}

/** Commands that are one text. */
export function once(text: string): Commands {
  let given = false;
  return {
    next: async () => {
      if (given) return undefined;
      given = true;
      return text;
    },
  };
}

/** Commands as lines of input, each run before the next is read: it may want what follows it as its own input. */
export function linesOf(input: InputSource): Commands {
  return {
    next: async () => {
      const gathered = new LineGatherer();
      for (;;) {
        const line = await input.line(undefined, COMMAND_MAX);
        if (line === undefined) return gathered.rest;
        const whole = gathered.add(decodeText(line));
        if (whole !== undefined) return whole;
      }
    },
  };
}

/** Lines until they are whole commands. */
export class LineGatherer {
  #text = '';
  /** A here-document is open: nothing is looked at before this line. */
  #until: string | undefined;

  get empty(): boolean {
    return this.#text === '';
  }

  /** What is there, whole or not; absent where nothing is. */
  get rest(): string | undefined {
    return this.#text === '' ? undefined : this.#text;
  }

  /** `line` with its newline. Answers the commands once they are whole, or can never be. */
  add(line: string): string | undefined {
    this.#text += line;
    const content = line.replace(/\n$/, '');
    if (
      this.#until !== undefined &&
      content !== this.#until &&
      content.replace(/^\t+/, '') !== this.#until &&
      this.#text.length < COMMAND_MAX
    )
      return undefined;
    const parsed = parseLines(this.#text);
    if (parsed.is === 'incomplete' && this.#text.length < COMMAND_MAX) {
      this.#until = parsed.until;
      return undefined;
    }
    const whole = this.#text;
    this.#text = '';
    this.#until = undefined;
    return whole;
  }
}
