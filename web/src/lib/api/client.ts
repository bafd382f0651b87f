/** The one place that speaks HTTP. Errors leave it as ProblemError or OfflineError, nothing else. */

import { session } from '../auth-session.svelte';

/** Beside the page, whatever path the page is served from. */
export const address = (path: string): string =>
	new URL(`api/v1/${path}`, document.baseURI).toString();

export class ProblemError extends Error {
	override name = 'ProblemError';
	readonly status: number;
	readonly type: string;
	readonly retryAfter: number | null;

	constructor(status: number, body: unknown, retryAfter: string | null = null) {
		const problem = isRecord(body) ? body : {};
		super(text(problem.detail) ?? text(problem.title) ?? `The service answered ${status}.`);
		this.status = status;
		this.type = text(problem.type) ?? 'about:blank';
		this.retryAfter = retryAfter === null ? null : Number(retryAfter) || null;
	}

	/** Whether the same request may succeed later without being changed. */
	get passing(): boolean {
		return this.status >= 500 || this.status === 429 || this.status === 408;
	}
}

/** Nothing answered: no network, or no service behind it. */
export class OfflineError extends Error {
	override name = 'OfflineError';

	constructor() {
		super('The gallery cannot be reached.');
	}
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
	typeof value === 'object' && value !== null;
const text = (value: unknown): string | undefined =>
	typeof value === 'string' && value !== '' ? value : undefined;

export async function respond(path: string, init?: RequestInit): Promise<Response> {
	let response: Response;
	try {
		response = await fetch(address(path), init);
	} catch (error) {
		if (init?.signal?.aborted) throw error;
		throw new OfflineError();
	}
	if (response.ok || response.status === 304) return response;
	if (response.status === 401) session.needed = true;
	const body: unknown = await response.json().catch(() => null);
	throw new ProblemError(response.status, body, response.headers.get('retry-after'));
}

export async function request<T>(path: string, init?: RequestInit): Promise<T> {
	const response = await respond(path, init);
	return response.status === 204 ? (undefined as T) : read<T>(response, init?.signal);
}

/** The body of an answer; one that is cut off on its way is as good as none. */
export async function read<T>(response: Response, signal?: AbortSignal | null): Promise<T> {
	try {
		return (await response.json()) as T;
	} catch (error) {
		if (signal?.aborted) throw error;
		throw new OfflineError();
	}
}

export const posting = (body: unknown): RequestInit => ({
	method: 'POST',
	body: JSON.stringify(body),
	headers: { 'content-type': 'application/json' },
});

export const send = <T>(method: string, path: string, body?: unknown): Promise<T> =>
	request<T>(path, { ...(body === undefined ? {} : posting(body)), method });

type Value = string | number | boolean | null | undefined;

/** "?a=1&b=2" of what is set; nothing for what is empty. */
export function query(values: Record<string, Value>): string {
	const params = new URLSearchParams();
	for (const [key, value] of Object.entries(values)) {
		if (value !== undefined && value !== null && value !== '' && value !== false) {
			params.set(key, String(value));
		}
	}
	const written = params.toString();
	return written && `?${written}`;
}

export const isAbort = (error: unknown): boolean =>
	error instanceof DOMException && error.name === 'AbortError';

export const sentence = (error: unknown): string =>
	error instanceof Error ? error.message : String(error);
