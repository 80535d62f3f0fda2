import { group } from '../command.ts';
import { storageCat } from './cat.ts';
import { storageCheck } from './check.ts';
import { storageExport } from './export.ts';
import { storageImport } from './import.ts';
import { storageLs } from './ls.ts';
import { storageUsage } from './usage.ts';

/** `anyfs storage …`. */
export const storage = group('storage', "What is in an account's storage", [
  storageLs,
  storageCat,
  storageUsage,
  storageCheck,
  storageImport,
  storageExport,
]);
