import { storage } from '../storage';

const storageKey = (id: string): string => `sending:${id}`;

/** Store how many files a job will have, so that a reload can count those not sent. */
export const storeExpectedFiles = (id: string, files: number): void =>
	storage.write(storageKey(id), String(files));
export const clearExpectedFiles = (id: string): void => storage.write(storageKey(id), null);
export const readExpectedFiles = (id: string): number => Number(storage.read(storageKey(id)) ?? 0);
