export * from './change-attributes.ts';
export * from './content.ts';
export * from './copy-range.ts';
export * from './locked-backend.ts';
export * from './no-accounts.ts';
export * from './open-file.ts';
