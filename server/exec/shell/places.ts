import { createNamedLimit } from '../../limits.ts';

/** A place for a shell, to be left by the function; or whose limit is reached. */
export type ShellPlace = (() => void) | ShellLimit;
export type ShellLimit = 'account' | 'server';

/** Counts shells: of each account, and of all. */
export interface ShellPlaces {
  take(account: string): ShellPlace | Promise<ShellPlace>;
}

/** Those that live in this process. */
export interface LocalShellPlaces extends ShellPlaces {
  take(account: string): ShellPlace;
}

export interface ShellLimits {
  readonly shellsPerAccount: number;
  readonly maxShells: number;
}

export function createShellPlaces({ shellsPerAccount, maxShells }: ShellLimits): LocalShellPlaces {
  const ofAccount = createNamedLimit(shellsPerAccount);
  const ofServer = createNamedLimit(maxShells);
  return {
    take(account) {
      const leaveAccount = ofAccount.take(account);
      if (leaveAccount === undefined) return 'account';
      const leaveServer = ofServer.take('');
      if (leaveServer !== undefined) {
        return () => {
          leaveServer();
          leaveAccount();
        };
      }
      leaveAccount();
      return 'server';
    },
  };
}
