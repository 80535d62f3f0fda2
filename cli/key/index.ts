import { group } from '../command.ts';
import { keyAdd } from './add.ts';
import { keyList } from './list.ts';
import { keyRemove } from './remove.ts';

/** `anyfs key …`. */
export const key = group('key', 'Public keys of accounts', [keyAdd, keyList, keyRemove]);
