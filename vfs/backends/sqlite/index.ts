export { SqliteBackend, type SqliteOptions, type SqliteStorage } from './backend.ts';
export { checkStorage } from './check.ts';
