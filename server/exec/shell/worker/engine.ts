import { restoreGlobals } from './lossless-text.ts';

// Loaded between the two, in this order.
export * from 'just-bash';

restoreGlobals();
