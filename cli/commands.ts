import type { CommandFactory } from './command.ts';
import { doctor } from './doctor/index.ts';
import { key } from './key/index.ts';
import { serve } from './serve.ts';
import { storage } from './storage/index.ts';
import { user } from './user/index.ts';

/** Every command, in the order of the help. */
export const COMMANDS: readonly CommandFactory[] = [serve, user, key, storage, doctor];
