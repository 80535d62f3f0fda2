import { isVfsError, VfsError } from '../../errors.ts';
import { fromForeign } from '../shared/foreign/index.ts';

/** The same object, whose calls fail with errors that name no place of the file system: its paths are not the storage's. */
export function guarded<T extends object>(object: T): T {
  return new Proxy(object, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key);
      if (typeof member !== 'function') return member;
      return async (...args: readonly unknown[]): Promise<unknown> => {
        try {
          return (await Reflect.apply(member, target, args)) as unknown;
        } catch (error) {
          throw withoutPlace(error);
        }
      };
    },
  });
}

/** A file system may itself be made of a storage. */
function withoutPlace(error: unknown): VfsError {
  return isVfsError(error) ? new VfsError(error.code, { detail: error.detail }) : fromForeign(error);
}
