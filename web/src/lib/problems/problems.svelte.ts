import { errorMessage } from '../api/client';
import { listFailures, rerunFailed } from '../api/images';
import { readStatus } from '../api/jobs';
import type { FailureCount, ServiceStatus } from '../api/types';

const POLL_MS = 1000;

/** A bulk retry: progress while it runs, then its result. */
export type Retry = {
	queued: number;
	processed: number;
	/** Images that failed again; null while the retry runs. */
	failed: number | null;
};

/** Return the search for the images that failed with a code. */
export const reasonQuery = (code: string): string => `reason:${code}`;

/** Reasons why images failed, and the retries started from this page. */
class Problems {
	#rows = $state.raw<FailureCount[] | null>(null);
	#error = $state.raw<string | null>(null);
	#retries = $state.raw<Readonly<Record<string, Retry>>>({});

	/** The reasons; null until loaded. */
	get rows(): FailureCount[] | null {
		return this.#rows;
	}
	get error(): string | null {
		return this.#error;
	}

	retryOf(code: string): Retry | undefined {
		return this.#retries[code];
	}

	async refresh(): Promise<void> {
		try {
			const { items } = await listFailures();
			this.#rows = mergeRows(this.#rows ?? [], items, Object.keys(this.#retries));
			this.#error = null;
		} catch (error) {
			this.#error = errorMessage(error);
		}
	}

	/** Retry all images of a reason. Resolves when they are processed; throws if none was queued. */
	async retryAll(code: string): Promise<void> {
		const before = await readStatus();
		const { queued } = await rerunFailed(reasonQuery(code));
		const failedBefore = before.problems - queued;
		let retry: Retry = { queued, processed: 0, failed: null };
		this.#show(code, retry);
		void this.refresh();
		while (retry.failed === null) {
			await new Promise((resolve) => setTimeout(resolve, POLL_MS));
			// While the service is unreachable, nothing is known.
			const status = await readStatus().catch(() => null);
			if (status) retry = nextRetry(retry, status, failedBefore);
			this.#show(code, retry);
		}
		await this.refresh();
	}

	/** Forget the results of finished retries. */
	forgetResults(): void {
		const running = Object.entries(this.#retries).filter(([, { failed }]) => failed === null);
		this.#retries = Object.fromEntries(running);
	}

	#show(code: string, retry: Retry): void {
		this.#retries = { ...this.#retries, [code]: retry };
	}
}

/**
 * Return the state of a retry for the current counts. The counts are of the whole gallery: other
 * images that are processed at the same time make the progress slower and can add to the failures.
 */
export function nextRetry(
	{ queued, processed }: Retry,
	{ images, problems }: ServiceStatus,
	failedBefore: number,
): Retry {
	const open = Math.min(queued, images.queued + images.running);
	const failed = Math.min(queued, Math.max(0, problems - failedBefore));
	return {
		queued,
		processed: Math.max(processed, queued - open),
		failed: open === 0 ? failed : null,
	};
}

/** Return the rows in the order in which they appeared. Codes in `kept` stay with a count of 0. */
export function mergeRows(
	rows: FailureCount[],
	fresh: FailureCount[],
	kept: string[],
): FailureCount[] {
	const byCode = new Map(fresh.map((row) => [row.code, row]));
	const known = rows
		.filter(({ code }) => byCode.has(code) || kept.includes(code))
		.map((row) => byCode.get(row.code) ?? { ...row, count: 0 });
	const codes = new Set(known.map(({ code }) => code));
	return [...known, ...fresh.filter(({ code }) => !codes.has(code))];
}

export const problems = new Problems();
