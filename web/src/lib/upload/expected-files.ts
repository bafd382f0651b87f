import { notes } from '../storage';

const keyOf = (id: string): string => `sending:${id}`;

/** Notes how many files a job is to have, so that a reload can tell how many never left. */
export const noteExpected = (id: string, files: number): void =>
	notes.write(keyOf(id), String(files));
export const forgetExpected = (id: string): void => notes.write(keyOf(id), null);
export const expectedFiles = (id: string): number => Number(notes.read(keyOf(id)) ?? 0);
