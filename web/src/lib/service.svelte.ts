import { createSubscriber } from 'svelte/reactivity';
import { ProblemError } from './api/client';
import { readLimits, readStatus } from './api/jobs';
import type { Limits, ServiceStatus } from './api/types';
import { count, plural } from './format';

const EVERY_MS = 4000;
const PATIENCE_MS = 15_000;

export type Notice = {
	tone: 'good' | 'busy' | 'warn' | 'bad';
	short: string;
	long: string;
	/** What waits because of it, in numbers that change. */
	held?: string;
};

/** What the service says of itself, asked for only while something on the page shows it. */
class Service {
	#limits = $state.raw<Limits | null>(null);
	#status = $state.raw<ServiceStatus | null>(null);
	#reachable = $state(true);
	#looking = false;
	#watch = createSubscriber(() => {
		const look = () => document.visibilityState === 'visible' && void this.#look();
		const timer = setInterval(look, EVERY_MS);
		document.addEventListener('visibilitychange', look);
		addEventListener('online', look);
		look();
		return () => {
			clearInterval(timer);
			document.removeEventListener('visibilitychange', look);
			removeEventListener('online', look);
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

	/** The limits, asked for once; null while the service cannot be reached. */
	async learnLimits(): Promise<Limits | null> {
		this.#limits ??= await readLimits().catch(() => null);
		return this.#limits;
	}

	async #look(): Promise<void> {
		if (this.#looking) return;
		this.#looking = true;
		try {
			this.#status = await readStatus(AbortSignal.timeout(PATIENCE_MS));
			this.#reachable = true;
			void this.learnLimits();
		} catch (error) {
			// Who is told to slow down has reached it.
			this.#reachable = error instanceof ProblemError && error.status === 429;
		} finally {
			this.#looking = false;
		}
	}
}

const OFFLINE: Notice = {
	tone: 'bad',
	short: 'Offline',
	long: 'The gallery cannot be reached. The page tries again by itself; nothing is lost.',
};

export function noticeOf({ queue, images, workers }: ServiceStatus): Notice {
	const waiting = queue.interactive + queue.bulk;
	const held = waiting
		? `${plural(waiting, 'picture')} will wait until then.`
		: 'New pictures will wait until then.';
	if (workers.state !== 'ready') {
		const short = workers.state === 'no_weights' ? 'No model' : 'No worker';
		return { tone: 'warn', short, long: workers.detail, held };
	}
	if (waiting + images.running > 0) {
		const long = `${count(waiting)} waiting, ${count(images.running)} being classified.`;
		return { tone: 'busy', short: `${count(waiting + images.running)} in work`, long };
	}
	return { tone: 'good', short: 'Ready', long: 'Everything uploaded has been classified.' };
}

export const service = new Service();
