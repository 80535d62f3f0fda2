/** Counts what is in use under a name and refuses beyond a limit. */
export interface NamedLimit {
  /** A place, to be left by the function that comes back; absent where all are taken. */
  take(name: string): (() => void) | undefined | Promise<(() => void) | undefined>;
}

/** One that lives in this process. */
export interface LocalLimit extends NamedLimit {
  take(name: string): (() => void) | undefined;
}

/** At most `limit` places for each name. */
export function createNamedLimit(limit: number): LocalLimit {
  const used = new Map<string, number>();
  return {
    take: (name) => {
      const before = used.get(name) ?? 0;
      if (before >= limit) return undefined;
      used.set(name, before + 1);
      let left = false;
      return () => {
        if (left) return;
        left = true;
        const now = (used.get(name) ?? 1) - 1;
        if (now === 0) used.delete(name);
        else used.set(name, now);
      };
    },
  };
}
