import { isAbort, OfflineError, ProblemError } from '../api/client';
import { readJob } from '../api/jobs';
import type { Job } from '../api/types';

const WAIT_SECONDS = 20;
/** A busy job changes hundreds of times a second; nobody reads that fast. */
const AT_MOST_EVERY_MS = 400;
const AGAIN_MS = 3000;

type Hooks = {
	/** The job as it stands now, or null when it is as it was. */
	onjob: (job: Job | null) => void;
	onerror: (error: unknown, again: boolean) => void;
	/** Nothing is going to change unless somebody does something. */
	idle: () => boolean;
	/** Gives the function that ends an idle wait. */
	onwake: (wake: () => void) => void;
};

/** Long-polls a job, asking each time only for what changed, until the signal ends it. */
export async function follow(id: string, hooks: Hooks, signal: AbortSignal): Promise<void> {
	let cursor: string | undefined;
	let etag: string | undefined;
	while (!signal.aborted) {
		try {
			// The first answer is how things stand; only the next is worth waiting for.
			const wait = etag === undefined ? 0 : WAIT_SECONDS;
			const answer = await readJob(id, { wait, cursor, etag }, signal);
			etag = answer.etag;
			cursor = answer.job?.cursor ?? cursor;
			hooks.onjob(answer.job);
			if (hooks.idle()) await sleep(Infinity, hooks, signal);
			else await sleep(AT_MOST_EVERY_MS, hooks, signal);
		} catch (error) {
			if (isAbort(error) || signal.aborted) return;
			const again =
				error instanceof OfflineError || (error instanceof ProblemError && error.passing);
			hooks.onerror(error, again);
			if (!again) return;
			await sleep(AGAIN_MS, hooks, signal);
		}
	}
}

function sleep(milliseconds: number, hooks: Hooks, signal: AbortSignal): Promise<void> {
	return new Promise((resolve) => {
		const end = () => {
			clearTimeout(timer);
			removeEventListener('online', end);
			signal.removeEventListener('abort', end);
			resolve();
		};
		const timer = milliseconds === Infinity ? undefined : setTimeout(end, milliseconds);
		hooks.onwake(milliseconds === AT_MOST_EVERY_MS ? () => {} : end);
		addEventListener('online', end);
		signal.addEventListener('abort', end);
	});
}
