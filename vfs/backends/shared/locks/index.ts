export * from './check-lock.ts';
export * from './lock-table.ts';
