export { HostBackend, type HostBackendOptions } from './host-backend.ts';
