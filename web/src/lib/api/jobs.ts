import { authSession } from '../auth-session.svelte';
import {
	apiUrl,
	OfflineError,
	ProblemError,
	queryString,
	readJson,
	fetchJson,
	fetchApi,
	sendJson,
} from './client';
import type { Job, JobPage, Limits, ServiceStatus } from './types';

export const listJobs = (limit: number, signal?: AbortSignal) =>
	fetchJson<JobPage>(`jobs${queryString({ limit })}`, signal ? { signal } : {});

export const retryJob = (id: string) => sendJson<Job>('POST', `jobs/${id}/retry`);
export const cancelJob = (id: string) => sendJson<Job>('POST', `jobs/${id}/cancel`);

export const readLimits = () => fetchJson<Limits>('limits');
export const readStatus = (signal?: AbortSignal) =>
	fetchJson<ServiceStatus>('status', signal ? { signal } : {});

type Since = { wait?: number; cursor?: string | undefined; etag?: string | undefined };

/** Return the job, or null when nothing changed within `wait` seconds. */
export async function readJob(
	id: string,
	{ wait, cursor, etag }: Since = {},
	signal?: AbortSignal,
): Promise<{ job: Job | null; etag: string | undefined }> {
	const response = await fetchApi(`jobs/${id}${queryString({ wait, changed_since: cursor })}`, {
		...(signal ? { signal } : {}),
		...(etag ? { headers: { 'if-none-match': etag } } : {}),
	});
	if (response.status === 304) return { job: null, etag };
	return {
		job: await readJson<Job>(response, signal),
		etag: response.headers.get('etag') ?? undefined,
	};
}

type Upload = {
	/** The job to add the files to; null creates one. */
	jobId: string | null;
	files: readonly File[];
	/** Idempotency key. */
	key: string;
	onsent: (bytes: number) => void;
};

/** Upload files. Uses XMLHttpRequest, because fetch reports no upload progress. */
export function sendFiles({ jobId, files, key, onsent }: Upload): Promise<Job> {
	const form = new FormData();
	for (const file of files) form.append('files', file, file.name);
	return new Promise((resolve, reject) => {
		const http = new XMLHttpRequest();
		http.open('POST', apiUrl(jobId ? `jobs/${jobId}/images` : 'jobs'));
		http.setRequestHeader('Idempotency-Key', key);
		http.upload.onprogress = ({ loaded }) => onsent(loaded);
		http.onload = () => {
			const body = parse(http.responseText);
			if (http.status === 401) authSession.required = true;
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
