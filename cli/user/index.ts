import { group } from '../command.ts';
import { userAdd } from './add.ts';
import { userList } from './list.ts';
import { userRemove } from './remove.ts';
import { userSet } from './set.ts';
import { userShow } from './show.ts';

/** `anyfs user …`. */
export const user = group('user', 'Accounts', [userAdd, userList, userShow, userSet, userRemove]);
