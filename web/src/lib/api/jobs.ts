import { session } from '../auth-session.svelte';
import { address, OfflineError, ProblemError, query, read, request, respond, send } from './client';
import type { Job, JobPage, Limits, ServiceStatus } from './types';

export const listJobs = (limit: number, signal?: AbortSignal) =>
	request<JobPage>(`jobs${query({ limit })}`, signal ? { signal } : {});

export const retryJob = (id: string) => send<Job>('POST', `jobs/${id}/retry`);
export const cancelJob = (id: string) => send<Job>('POST', `jobs/${id}/cancel`);

export const readLimits = () => request<Limits>('limits');
export const readStatus = (signal?: AbortSignal) =>
	request<ServiceStatus>('status', signal ? { signal } : {});

type Since = { wait?: number; cursor?: string | undefined; etag?: string | undefined };

/** The job as it stands, or null when nothing changed within `wait` seconds. */
export async function readJob(
	id: string,
	{ wait, cursor, etag }: Since = {},
	signal?: AbortSignal,
): Promise<{ job: Job | null; etag: string | undefined }> {
	const response = await respond(`jobs/${id}${query({ wait, changed_since: cursor })}`, {
		...(signal ? { signal } : {}),
		...(etag ? { headers: { 'if-none-match': etag } } : {}),
	});
	if (response.status === 304) return { job: null, etag };
	return {
		job: await read<Job>(response, signal),
		etag: response.headers.get('etag') ?? undefined,
	};
}

type Sending = {
	jobId: string | null;
	files: readonly File[];
	key: string;
	onsent: (bytes: number) => void;
};

/** XMLHttpRequest, because fetch cannot say how many bytes have left. */
export function sendFiles({ jobId, files, key, onsent }: Sending): Promise<Job> {
	const form = new FormData();
	for (const file of files) form.append('files', file, file.name);
	return new Promise((resolve, reject) => {
		const http = new XMLHttpRequest();
		http.open('POST', address(jobId ? `jobs/${jobId}/images` : 'jobs'));
		http.setRequestHeader('Idempotency-Key', key);
		http.upload.onprogress = ({ loaded }) => onsent(loaded);
		http.onload = () => {
			const body = parse(http.responseText);
			if (http.status === 401) session.needed = true;
			if (http.status < 300 && body) resolve(body as Job);
			else if (http.status < 300) reject(new OfflineError());
			else reject(new ProblemError(http.status, body, http.getResponseHeader('retry-after')));
		};
		http.onerror = () => reject(new OfflineError());
		http.send(form);
	});
}

function parse(body: string): unknown {
	try {
		return JSON.parse(body);
	} catch {
		return null;
	}
}
