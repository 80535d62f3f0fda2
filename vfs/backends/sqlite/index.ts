export { SqliteBackend, type SqliteOptions } from './backend.ts';
export { checkStorage } from './check.ts';
