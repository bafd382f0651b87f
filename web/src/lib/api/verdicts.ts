import { fetchJson, queryString, sendJson } from './client';
import type { Image, Tag, Verdict } from './types';

const path = (id: string, tag: string) => `images/${id}/verdicts/${encodeURIComponent(tag)}`;

/** Confirm or reject a tag of an image; null withdraws the verdict. Return the image. */
export const decide = (id: string, tag: string, verdict: Verdict | null) =>
	verdict
		? sendJson<Image>('PUT', path(id, tag), { verdict })
		: sendJson<Image>('DELETE', path(id, tag));

/** Find tags of the whole vocabulary that begin with `prefix`. */
export const findTags = (prefix: string, signal?: AbortSignal) =>
	fetchJson<{ items: Tag[] }>(
		`tags${queryString({ q: prefix, limit: 8, unused: true })}`,
		signal ? { signal } : {},
	);
