import type { Program } from '../program.ts';

export const succeed: Program = () => Promise.resolve(0);
export const fail: Program = () => Promise.resolve(1);
