/*
 * What the contract decides without a store, for whoever writes a backend: `anyfs/backend-kit`. See docs/writing-a-backend.md.
 */

export * from './backends/shared/index.ts';
export { resolveByCalls, resolveDirectly, type DirectLookups } from './resolve.ts';
