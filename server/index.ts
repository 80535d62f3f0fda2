export type { Config, ListenAddress } from '../config/schema.ts';
export type { Account, AccountDirectory } from './auth/account.ts';
export { hashPassword } from './auth/password-hash.ts';
export { createThrottle, type Throttle, type ThrottleOptions } from './auth/throttle.ts';
export { startServer, type RunningServer, type ServerOptions } from './listen.ts';
export { createLogger, type Logger, type LoggerOptions } from './log.ts';
export { mount, type MountOptions } from './mount.ts';
export type { TransportLimits } from './ssh/transport.ts';
export type { StorageOwner } from './storages.ts';
