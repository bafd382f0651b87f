import { jobHref, router } from '../router.svelte';
import type { SourceFile } from './file-sources';
import { UploadSession } from './upload-session.svelte';

/** The uploads of this page. They continue while other views are open. */
class Uploads {
	#sessions = $state.raw<UploadSession[]>([]);
	#opened: UploadSession | null = null;

	/** The upload that has no job yet. */
	get unsaved(): UploadSession | null {
		return this.#sessions.find((session) => session.id === null) ?? null;
	}

	get sending(): UploadSession | undefined {
		return this.#sessions.find((session) => session.sending);
	}

	/** The upload that the address names; on the start page, the unsaved one. */
	get current(): UploadSession | null {
		return router.jobId ? this.session(router.jobId) : this.unsaved;
	}

	/** Return the upload with this job id: sent from this page, or loaded from the service. */
	session(id: string): UploadSession {
		const own = this.#sessions.find((session) => session.id === id);
		if (own) return own;
		if (this.#opened?.id !== id) this.#opened = new UploadSession(id);
		return this.#opened;
	}

	/** Add files to the open upload, else to the one being sent, else to a new one. */
	async add(batches: AsyncIterable<SourceFile[]>): Promise<void> {
		let session: UploadSession | null = null;
		let cancelled: AbortSignal | null = null;
		for await (const files of batches) {
			if (cancelled?.aborted) break;
			if (!session) {
				session = this.#targetSession();
				cancelled = session.cancelled;
				router.go(session.id ? jobHref(session.id) : '#/');
			}
			void session.add(files);
		}
	}

	/** Remove an upload that has no job. Uploads with a job stay available at their address. */
	discard(session: UploadSession): void {
		if (session.id === null) this.#sessions = this.#sessions.filter((other) => other !== session);
	}

	#targetSession(): UploadSession {
		const open = this.current?.notFound ? null : this.current;
		const session = open ?? this.sending ?? new UploadSession(null, moveTo);
		// Complete uploads can be loaded from the service again.
		const others = this.#sessions.filter((other) => other !== session && !other.complete);
		this.#sessions = [...others, session];
		return session;
	}
}

/** Show the job in the address once it exists, unless another view was opened. */
function moveTo(id: string): void {
	if (router.path === '/') router.go(jobHref(id), { replace: true });
}

export const uploads = new Uploads();
