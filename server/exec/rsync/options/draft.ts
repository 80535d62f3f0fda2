import type { Options } from './options.ts';

/** What the command line says of deletion before all of it is known: its words have an effect only together. */
export interface Draft {
  readonly options: Options;
  delete: boolean;
  deleteTiming: Options['deleteTiming'];
}

export type Apply = (draft: Draft, value: string) => void;

type Flag = {
  [K in keyof Options]: Options[K] extends boolean ? K : never;
}[keyof Options];

/** Turns options on. */
export function on(...names: Flag[]): Apply {
  return ({ options }) => {
    for (const name of names) options[name] = true;
  };
}

export function off(...names: Flag[]): Apply {
  return ({ options }) => {
    for (const name of names) options[name] = false;
  };
}

export const nothing: Apply = () => undefined;
