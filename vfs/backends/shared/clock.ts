import { timestampFromMilliseconds, type Timestamp } from '../../stats.ts';

/** The time now. */
export type Clock = () => Timestamp;

/** The machine's clock, to the millisecond. */
export const systemClock: Clock = () => timestampFromMilliseconds(Date.now());
