import { jobHref, router } from '../router.svelte';
import type { Found } from './file-sources';
import { UploadSession } from './upload-session.svelte';

/** The uploads of this page, which go on whatever view is being looked at. */
class Uploads {
	#live = $state.raw<UploadSession[]>([]);
	#opened: UploadSession | null = null;

	/** The upload without a job's address yet: nothing of it has been answered. */
	get fresh(): UploadSession | null {
		return this.#live.find((session) => session.id === null) ?? null;
	}

	get sending(): UploadSession | undefined {
		return this.#live.find((session) => session.sending);
	}

	/** The upload that is being looked at, or would be. */
	get shown(): UploadSession | null {
		return router.jobId ? this.session(router.jobId) : this.fresh;
	}

	/** The upload behind a job's address: this page's own, or read from its receipt. */
	session(id: string): UploadSession {
		const own = this.#live.find((session) => session.id === id);
		if (own) return own;
		if (this.#opened?.id !== id) this.#opened = new UploadSession(id);
		return this.#opened;
	}

	/** Takes files into the job being looked at or being sent, else into a new one. */
	async take(handfuls: AsyncIterable<Found[]>): Promise<void> {
		let session: UploadSession | null = null;
		let cancelled: AbortSignal | null = null;
		for await (const files of handfuls) {
			if (cancelled?.aborted) break;
			if (!session) {
				session = this.#receiver();
				cancelled = session.cancelled;
				router.go(session.id ? jobHref(session.id) : '#/');
			}
			void session.add(files);
		}
	}

	/** Puts an upload aside of which nothing was ever sent; every other has an address. */
	leave(session: UploadSession): void {
		if (session.id === null) this.#live = this.#live.filter((other) => other !== session);
	}

	#receiver(): UploadSession {
		const looked = this.shown?.missing ? null : this.shown;
		const session = looked ?? this.sending ?? new UploadSession(null, moveTo);
		// Those that are over can be read from their receipts.
		const others = this.#live.filter((other) => other !== session && !other.over);
		this.#live = [...others, session];
		return session;
	}
}

/** The address follows an upload that is being looked at once its job has a name. */
function moveTo(id: string): void {
	if (router.path === '/') router.go(jobHref(id), { replace: true });
}

export const uploads = new Uploads();
