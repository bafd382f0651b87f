/** HTTP client of the API. It throws only ProblemError, OfflineError and AbortError. */

import { authSession } from '../auth-session.svelte';

/** Return the URL of an API path, relative to the path that the page is served from. */
export const apiUrl = (path: string): string =>
	new URL(`api/v1/${path}`, document.baseURI).toString();

/** Error response of the API, as problem details (RFC 9457). */
export class ProblemError extends Error {
	override name = 'ProblemError';
	readonly status: number;
	readonly type: string;
	readonly retryAfter: number | null;

	constructor(status: number, body: unknown, retryAfter: string | null = null) {
		const problem = isRecord(body) ? body : {};
		super(text(problem.detail) ?? text(problem.title) ?? `Something went wrong (HTTP ${status}).`);
		this.status = status;
		this.type = text(problem.type) ?? 'about:blank';
		this.retryAfter = retryAfter === null ? null : Number(retryAfter) || null;
	}

	/** Whether the same request may succeed later. */
	get isTransient(): boolean {
		return this.status >= 500 || this.status === 429 || this.status === 408;
	}
}

/** The request got no complete response: no network, or no service. */
export class OfflineError extends Error {
	override name = 'OfflineError';

	constructor() {
		super("Can't reach the server.");
	}
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
	typeof value === 'object' && value !== null;
const text = (value: unknown): string | undefined =>
	typeof value === 'string' && value !== '' ? value : undefined;

/** Fetch an API path. Raises ProblemError on an error status, except 304. */
export async function fetchApi(path: string, init?: RequestInit): Promise<Response> {
	let response: Response;
	try {
		response = await fetch(apiUrl(path), init);
	} catch (error) {
		if (init?.signal?.aborted) throw error;
		throw new OfflineError();
	}
	if (response.ok || response.status === 304) return response;
	if (response.status === 401) authSession.required = true;
	const body: unknown = await response.json().catch(() => null);
	throw new ProblemError(response.status, body, response.headers.get('retry-after'));
}

/** Fetch an API path and return the parsed body; undefined for status 204. */
export async function fetchJson<T>(path: string, init?: RequestInit): Promise<T> {
	const response = await fetchApi(path, init);
	return response.status === 204 ? (undefined as T) : readJson<T>(response, init?.signal);
}

/** Parse a JSON body. A truncated body raises OfflineError, like a missing response. */
export async function readJson<T>(response: Response, signal?: AbortSignal | null): Promise<T> {
	try {
		return (await response.json()) as T;
	} catch (error) {
		if (signal?.aborted) throw error;
		throw new OfflineError();
	}
}

/** Return fetch options for a POST request with a JSON body. */
export const jsonPost = (body: unknown): RequestInit => ({
	method: 'POST',
	body: JSON.stringify(body),
	headers: { 'content-type': 'application/json' },
});

/** Send a request with an optional JSON body and return the parsed response. */
export const sendJson = <T>(method: string, path: string, body?: unknown): Promise<T> =>
	fetchJson<T>(path, { ...(body === undefined ? {} : jsonPost(body)), method });

type Value = string | number | boolean | null | undefined;

/** Return "?a=1&b=2" without empty, null and false values; "" when none remains. */
export function queryString(values: Record<string, Value>): string {
	const params = new URLSearchParams();
	for (const [key, value] of Object.entries(values)) {
		if (value !== undefined && value !== null && value !== '' && value !== false) {
			params.set(key, String(value));
		}
	}
	const encoded = params.toString();
	return encoded && `?${encoded}`;
}

export const isAbort = (error: unknown): boolean =>
	error instanceof DOMException && error.name === 'AbortError';

export const errorMessage = (error: unknown): string =>
	error instanceof Error ? error.message : String(error);
