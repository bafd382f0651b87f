import { createSubscriber } from 'svelte/reactivity';
import { ProblemError } from './api/client';
import { readLimits, readStatus } from './api/jobs';
import type { Limits, ServiceStatus } from './api/types';
import { count, plural } from './format';

const POLL_INTERVAL_MS = 4000;
const TIMEOUT_MS = 15_000;

export type Notice = {
	tone: 'good' | 'busy' | 'warn' | 'bad';
	short: string;
	long: string;
	/** Sentence on the images that wait, with numbers that change. */
	waiting?: string;
};

/** Status and limits of the service. The status is polled only while a component reads it. */
class Service {
	#limits = $state.raw<Limits | null>(null);
	#status = $state.raw<ServiceStatus | null>(null);
	#reachable = $state(true);
	#polling = false;
	#watch = createSubscriber(() => {
		const poll = () => document.visibilityState === 'visible' && void this.#poll();
		const timer = setInterval(poll, POLL_INTERVAL_MS);
		document.addEventListener('visibilitychange', poll);
		addEventListener('online', poll);
		poll();
		return () => {
			clearInterval(timer);
			document.removeEventListener('visibilitychange', poll);
			removeEventListener('online', poll);
		};
	});

	get limits(): Limits | null {
		return this.#limits;
	}

	get status(): ServiceStatus | null {
		this.#watch();
		return this.#status;
	}

	get notice(): Notice | null {
		this.#watch();
		if (!this.#reachable) return OFFLINE;
		return this.#status && noticeOf(this.#status);
	}

	get reachable(): boolean {
		this.#watch();
		return this.#reachable;
	}

	/** Return the limits, fetched once; null while the service is unreachable. */
	async loadLimits(): Promise<Limits | null> {
		this.#limits ??= await readLimits().catch(() => null);
		return this.#limits;
	}

	async #poll(): Promise<void> {
		if (this.#polling) return;
		this.#polling = true;
		try {
			this.#status = await readStatus(AbortSignal.timeout(TIMEOUT_MS));
			this.#reachable = true;
			void this.loadLimits();
		} catch (error) {
			// A rate-limited request has reached the service.
			this.#reachable = error instanceof ProblemError && error.status === 429;
		} finally {
			this.#polling = false;
		}
	}
}

const OFFLINE: Notice = {
	tone: 'bad',
	short: 'Offline',
	long: "Can't reach the server. Retrying automatically.",
};

/** Return the notice that describes this status. */
export function noticeOf({ queue, images, workers }: ServiceStatus): Notice {
	const queued = queue.interactive + queue.bulk;
	const waiting = queued
		? `${plural(queued, 'image')} waiting to be processed.`
		: 'New images will be processed later.';
	if (workers.state !== 'ready') {
		const short = workers.state === 'no_weights' ? 'No model' : 'No worker';
		return { tone: 'warn', short, long: workers.detail, waiting };
	}
	if (queued + images.running > 0) {
		const long = `${plural(queued, 'image')} queued, ${count(images.running)} processing.`;
		return { tone: 'busy', short: `${count(queued + images.running)} processing`, long };
	}
	return { tone: 'good', short: 'Ready', long: 'All images are processed.' };
}

export const service = new Service();
