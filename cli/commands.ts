import type { CommandFactory } from './command.ts';
import { key } from './key/index.ts';
import { storage } from './storage/index.ts';
import { user } from './user/index.ts';

/** Every command, in the order of the help. */
export const COMMANDS: readonly CommandFactory[] = [user, key, storage];
