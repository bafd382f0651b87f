import { isAbort, OfflineError, ProblemError } from '../api/client';
import { readJob } from '../api/jobs';
import type { Job } from '../api/types';

const WAIT_SECONDS = 20;
/** A busy job changes hundreds of times a second; the page updates less often. */
const MIN_INTERVAL_MS = 400;
const RETRY_MS = 3000;

type Hooks = {
	/** Called with the changed job, or null when nothing changed. */
	onjob: (job: Job | null) => void;
	onerror: (error: unknown, willRetry: boolean) => void;
	/** Whether the job changes only after a user action. Polling then waits for `wake`. */
	isIdle: () => boolean;
	/** Receives the function that ends the current wait. */
	setWake: (wake: () => void) => void;
};

/** Long-poll a job for changes until the signal aborts or an error is permanent. */
export async function pollJob(id: string, hooks: Hooks, signal: AbortSignal): Promise<void> {
	let cursor: string | undefined;
	let etag: string | undefined;
	while (!signal.aborted) {
		try {
			// The first request returns the current state at once; later ones wait for a change.
			const wait = etag === undefined ? 0 : WAIT_SECONDS;
			const response = await readJob(id, { wait, cursor, etag }, signal);
			etag = response.etag;
			cursor = response.job?.cursor ?? cursor;
			hooks.onjob(response.job);
			if (hooks.isIdle()) await sleep(Infinity, hooks, signal);
			else await sleep(MIN_INTERVAL_MS, hooks, signal);
		} catch (error) {
			if (isAbort(error) || signal.aborted) return;
			const willRetry =
				error instanceof OfflineError || (error instanceof ProblemError && error.isTransient);
			hooks.onerror(error, willRetry);
			if (!willRetry) return;
			await sleep(RETRY_MS, hooks, signal);
		}
	}
}

/** Wait for the time given; end early on abort, on reconnection, or when woken. */
function sleep(milliseconds: number, hooks: Hooks, signal: AbortSignal): Promise<void> {
	return new Promise((resolve) => {
		const end = () => {
			clearTimeout(timer);
			removeEventListener('online', end);
			signal.removeEventListener('abort', end);
			resolve();
		};
		const timer = milliseconds === Infinity ? undefined : setTimeout(end, milliseconds);
		hooks.setWake(milliseconds === MIN_INTERVAL_MS ? () => {} : end);
		addEventListener('online', end);
		signal.addEventListener('abort', end);
	});
}
